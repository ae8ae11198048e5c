import json
from typing import Any

import pytest

from evaluator.models.chat_completions import (
    LARGEST,
    BadEndpoint,
    NoCompletion,
    Reply,
    authorization,
    completions_url,
    parse_reply,
)


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


def test_an_answer_has_a_largest_size() -> None:
    padding = " " * (LARGEST - len(body()))
    assert parse_reply(body() + padding.encode()).answer == "red"
    with pytest.raises(NoCompletion, match="longer than 1,048,576 bytes"):
        parse_reply(body() + padding.encode() + b" ")


@pytest.mark.parametrize("url", ["http://r/v1", "http://r/v1/", "http://r/v1/chat/completions"])
def test_an_endpoint_is_named_by_its_base_or_whole(url: str) -> None:
    assert completions_url(url) == "http://r/v1/chat/completions"


def test_what_an_endpoint_has_behind_its_path_stays_there() -> None:
    assert completions_url("https://r:8443/v1?version=2") == "https://r:8443/v1/chat/completions?version=2"


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "/v1", "http://", "http://[bad", "ftp://r/v1"])
def test_what_is_no_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(BadEndpoint, match="write the whole URL, such as http://localhost:8000/v1"):
        completions_url(url)


def test_a_key_goes_into_its_header() -> None:
    assert authorization("sk-1", "ASOF_KEY") == {"authorization": "Bearer sk-1"}
    assert authorization(None, "ASOF_KEY") == authorization("", "ASOF_KEY") == {}


@pytest.mark.parametrize("key", ["schlüssel", "a\nb", "a ", "sk–1"])
def test_what_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(BadEndpoint, match="ASOF_KEY holds white space") as refusal:
        authorization(key, "ASOF_KEY")
    assert key not in str(refusal.value)
