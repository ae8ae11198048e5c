import json
from typing import Any

import pytest

from evaluator.models.reason import MOST_CHARACTERS, reason_of


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"error": {"message": "No such model", "type": "x"}}, "No such model"),
        ({"error": "model 'a' not found"}, "model 'a' not found"),
        ({"object": "error", "message": "too long", "code": 400}, "too long"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "not permitted"}]}, "not permitted (body.seed)"),
        ({"error": {"message": "Unsupported value", "param": "temperature"}}, "Unsupported value (temperature)"),
        ({"error": {"message": "bad 'seed'", "param": "seed"}}, "bad 'seed'"),
        ([{"error": {"message": "one"}}, {"error": "two"}], "one; two"),
        (
            {"error": {"message": "The response was filtered.", "code": "content_filter"}},
            "The response was filtered. (content_filter)",
        ),
        (
            {"error": {"message": "Provider returned error", "metadata": {"raw": '{"message": "no seed"}'}}},
            "Provider returned error: no seed",
        ),
        ({}, ""),
        ({"error": None}, '{"error": null}'),
    ],
)
def test_the_message_is_found_in_each_shape_that_servers_use(content: Any, reason: str) -> None:
    assert reason_of(json.dumps(content).encode()) == reason


def test_text_is_one_line_without_marks_and_no_longer_than_a_message() -> None:
    assert reason_of(b"<html><h1>Bad\n Gateway</h1></html>") == "Bad Gateway"
    assert len(reason_of(b"a" * 9000)) == MOST_CHARACTERS
    assert reason_of(b"") == ""


@pytest.mark.parametrize(
    "text", ["Incorrect key: my.own.key1", "Incorrect key: sk-proj-ab12*****9xyz", "got Bearer abcdef", "hf_abcdefgh12"]
)
def test_a_key_is_never_in_a_reason(text: str) -> None:
    said = reason_of(json.dumps({"error": {"message": text}}).encode(), key="my.own.key1")
    assert "[key]" in said
    assert not any(part in said for part in ("my.own", "ab12", "abcdef"))
