from dataclasses import replace
from typing import Any

import pytest

from evaluator.models.dialect import ChatRequest, Dialect

SCHEMA = {"type": "object"}
MESSAGES = [{"role": "system", "content": "Judge."}, {"role": "user", "content": "Red?"}]
STRUCTURED = ChatRequest("m", MESSAGES, {"temperature": 0, "max_tokens": 5}, SCHEMA, stream=True)
PLAIN = ChatRequest("m", MESSAGES, {"temperature": 0, "max_tokens": 5})


def test_the_first_dialect_asks_for_the_schema_by_name_and_for_the_tokens_of_a_stream() -> None:
    assert Dialect().body(STRUCTURED) == {
        "model": "m",
        "messages": MESSAGES,
        "temperature": 0,
        "max_tokens": 5,
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
    }
    assert Dialect().words(STRUCTURED) == ()


def test_a_json_object_may_carry_its_schema_as_llama_cpp_takes_it() -> None:
    asked = Dialect("json_object with schema").body(STRUCTURED)
    assert asked["response_format"] == {"type": "json_object", "schema": SCHEMA}
    assert Dialect("json_object").body(STRUCTURED)["response_format"] == {"type": "json_object"}
    assert "response_format" not in Dialect("plain").body(STRUCTURED)


@pytest.mark.parametrize("form", ["json_object with schema", "json_object", "plain"])
def test_a_form_without_a_schema_says_it_in_the_prompt_unless_that_tells_it_already(form: str) -> None:
    told = Dialect(form).body(STRUCTURED)["messages"]
    assert told[0]["content"].endswith('by this JSON Schema and nothing else:\n{"type": "object"}')
    assert told[1] == MESSAGES[1]
    assert Dialect(form).body(replace(STRUCTURED, told=True))["messages"] == MESSAGES


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Unsupported value: 'temperature' does not support 0 with this model", ("temperature left out",)),
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            ("max_completion_tokens for max_tokens",),
        ),
        ("This model does not support response format `json_schema`", ("response_format json_object with schema",)),
        ("'response_format.type' must be 'json_object' or 'text'", ("response_format json_object with schema",)),
        ("Extra inputs are not permitted (body.stream_options)", ("stream_options left out",)),
    ],
)
def test_a_field_that_the_reason_names_is_asked_otherwise(reason: str, words: tuple[str, ...]) -> None:
    step = Dialect().named(STRUCTURED, 400, reason)
    assert step is not None
    assert step.words(STRUCTURED) == words


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "This model's maximum context length is 4096 tokens; reduce max_tokens"),
        (400, "seed is not known"),
        (401, "temperature"),
        (503, "temperature"),
        (None, "temperature"),
    ],
)
def test_what_is_no_refusal_of_a_field_that_was_sent_changes_nothing(status: int | None, reason: str) -> None:
    assert Dialect().named(STRUCTURED, status, reason) is None


def test_each_form_and_name_is_stepped_down_to_its_end() -> None:
    forms: list[Any] = [Dialect()]
    while (step := forms[-1].named(STRUCTURED, 400, "response_format")) is not None:
        forms.append(step)
    assert [item.form for item in forms] == ["json_schema", "json_object with schema", "json_object", "plain"]
    limits: list[Any] = [Dialect()]
    while (step := limits[-1].named(PLAIN, 400, "max_tokens and max_completion_tokens")) is not None:
        limits.append(step)
    assert [{"max_tokens", "max_completion_tokens"} & item.body(PLAIN).keys() for item in limits] == [
        {"max_tokens"},
        {"max_completion_tokens"},
        set(),
    ]


def test_where_no_field_is_named_each_step_is_tried_alone_and_then_all_together() -> None:
    tried = [other.words(STRUCTURED) for other in Dialect().others(STRUCTURED, 500, "internal error")]
    assert tried == [
        ("response_format json_object with schema",),
        ("response_format json_object",),
        ("response_format left out",),
        ("stream_options left out",),
        ("temperature left out",),
        ("max_completion_tokens for max_tokens",),
        (
            "response_format left out",
            "stream_options left out",
            "temperature left out",
            "max_completion_tokens for max_tokens",
        ),
    ]


@pytest.mark.parametrize(("request_", "status"), [(PLAIN, 500), (STRUCTURED, 404), (STRUCTURED, 429)])
def test_nothing_is_tried_for_a_request_without_structure_or_another_fault(request_: ChatRequest, status: int) -> None:
    assert list(Dialect().others(request_, status, "")) == []
