import json
from dataclasses import asdict
from typing import Any

import pytest

from evaluator.models.reply import LARGEST, NoCompletion, Reply, parse_reply, without_fence, without_thinking


def body(content: Any = "red", **fields: Any) -> bytes:
    return json.dumps(
        {"model": "m", "choices": [{"message": {"content": content}, "finish_reason": "stop"}], **fields}
    ).encode()


def test_a_reply_comes_with_its_reason_to_end_and_its_tokens() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    assert parse_reply(body(usage=usage)) == Reply("red", "stop", "m", (7, 2))
    assert parse_reply(body()) == Reply("red", "stop", "m", None)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [5, 1],
        "5",
        {"prompt_tokens": 5},
        {"prompt_tokens": None, "completion_tokens": None},
        {"prompt_tokens": 5, "completion_tokens": "1"},
        {"prompt_tokens": 5.5, "completion_tokens": True},
    ],
)
def test_a_reply_is_as_good_without_whole_counts_of_tokens(usage: Any) -> None:
    assert parse_reply(body(usage=usage)) == Reply("red", "stop", "m", None)


def test_a_null_content_is_an_empty_answer() -> None:
    assert parse_reply(body(None)) == Reply("", "stop", "m")


@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", b'{"choices": []}', b"[" * 100_000, body(7), b"\xff"])
def test_what_is_no_chat_completion_is_no_empty_answer(content: bytes) -> None:
    with pytest.raises(NoCompletion, match="is no chat completion"):
        parse_reply(content)


def test_an_error_that_comes_with_status_200_is_named() -> None:
    with pytest.raises(NoCompletion, match="is no chat completion: quota used up"):
        parse_reply(b'{"error": {"message": "quota used up"}}')


def test_an_answer_has_a_largest_size() -> None:
    padding = " " * (LARGEST - len(body()))
    assert parse_reply(body() + padding.encode()).answer == "red"
    with pytest.raises(NoCompletion, match="longer than 1,048,576 bytes"):
        parse_reply(body() + padding.encode() + b" ")


def test_what_a_model_thought_is_kept_apart_from_its_answer() -> None:
    assert parse_reply(body("<think>Is it red?</think>\n\nred")).thinking == "Is it red?"
    own = {"choices": [{"message": {"content": "red", "reasoning_content": "Is it?"}}]}
    assert parse_reply(json.dumps(own).encode()) == Reply("red", thinking="Is it?")


@pytest.mark.parametrize(
    ("text", "answer", "thinking"),
    [
        ("red", "red", None),
        ("  red", "  red", None),
        ("<think>a</think>red", "red", "a"),
        ("\n<THINKING>\na\nb\n</THINKING>\n red", "red", "a\nb"),
        ("<reasoning>a</reasoning><think>b</think>red", "red", "a\nb"),
        ("<think></think>\n\nred", "red", ""),
        ('<think time="3">a</think>red', "red", "a"),
        ("<seed:think>a</seed:think>red", "red", "a"),
        ("<scratchpad>a</scratchpad>red", "red", "a"),
        ("Here is my thought process: a Here is my response: red", "red", "a"),
        ("[THINK]a[/THINK]red", "red", "a"),
        ("◁think▷a◁/think▷red", "red", "a"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>red", "red", "a"),
        ("The opening stood in the prompt.</think>\nred", "red", "The opening stood in the prompt."),
        ("<think>cut off before any ans", "", "cut off before any ans"),
        ('{"answer": "write </think> here"}', '{"answer": "write </think> here"}', None),
        ("red <think>not at the beginning</think>", "red <think>not at the beginning</think>", None),
        ("<thinker>a</thinker>", "<thinker>a</thinker>", None),
    ],
)
def test_thinking_is_taken_off_the_beginning_alone(text: str, answer: str, thinking: str | None) -> None:
    assert without_thinking(text) == (answer, thinking)


@pytest.mark.parametrize(
    ("text", "inside", "fenced"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}', True),
        ('```\n{"a": 1}```', '{"a": 1}', True),
        ('\n~~~JSON\n{"a": "`x`"}\n~~~\n', '{"a": "`x`"}', True),
        ('```{"a": 1}```', '{"a": 1}', True),
        ('{"a": 1}', '{"a": 1}', False),
        ('Here:\n```json\n{"a": 1}\n```', 'Here:\n```json\n{"a": 1}\n```', False),
        ('```json\n{"a": 1}', '```json\n{"a": 1}', False),
    ],
)
def test_one_fence_around_the_whole_answer_is_taken_off(text: str, inside: str, fenced: bool) -> None:
    assert without_fence(text) == (inside, fenced)


def test_a_reply_is_read_again_as_it_was_kept() -> None:
    reply = Reply("red", "stop", "m", (7, 2), "hm", 3.5, ("temperature left out",))
    assert Reply.from_fields(json.loads(json.dumps(asdict(reply)))) == reply
    assert Reply.from_fields({"answer": "red", "finish_reason": None, "model": None, "tokens": None}) == Reply("red")


def test_content_in_parts_is_read_part_by_part() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Is it?"}]}
    assert parse_reply(body([thinking, {"type": "text", "text": "red"}])).answer == "red"
    assert parse_reply(body([thinking, {"type": "text", "text": "red"}])).thinking == "Is it?"


@pytest.mark.parametrize("left", ["red<|im_end|>", "red\n</s>", "\ufeffred", "red<|eot_id|> <|end|>\n"])
def test_what_a_prompts_format_leaves_around_an_answer_is_taken_off(left: str) -> None:
    assert parse_reply(body(left)).answer == "red"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply("red", "stop"), None),
        (Reply("", "stop", refusal="I cannot."), "the model refused: I cannot."),
        (Reply("", "content_filter"), "the endpoint filtered the answer"),
        (
            Reply("re", "length"),
            "the answer was cut off at its limit of tokens; raise it with --parameter max_tokens=N",
        ),
        (Reply(" ", "stop"), "the answer is empty"),
        (Reply("", "stop", thinking="hm"), "the answer is empty; the model only thought"),
        (Reply("re", None, first_token_ms=3.0), "the stream ended without a reason to stop"),
    ],
)
def test_why_an_answer_may_be_none_is_said(reply: Reply, problem: str | None) -> None:
    assert reply.problem == problem


def test_a_refusal_is_kept_apart_from_answers() -> None:
    refused = {"choices": [{"message": {"content": None, "refusal": "I cannot."}, "finish_reason": "stop"}]}
    assert parse_reply(json.dumps(refused).encode()) == Reply("", "stop", refusal="I cannot.")
