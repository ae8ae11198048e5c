"""A query: what a request may say, and which field is named where it may not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.instant import parse_instant
from retriever.asking.query import MAX_CHARACTERS, Query, parse_labels, parse_query, query_instant
from retriever.errors import BadQuery


def test_question_alone_asks_now_for_five_passages_as_the_public() -> None:
    assert parse_query({"query": "May I return it?"}) == Query(
        text="May I return it?",
        as_of=None,
        known_at=None,
        policies=None,
        facts={},
        audience=("public",),
        k=5,
        max_tokens=None,
        strict=False,
        order="rank",
    )


def test_every_field_is_taken_over() -> None:
    fields = {
        "query": "q",
        "as_of": "2025-03-01",
        "known_at": "2025-03-02T01:00:00+01:00",
        "policies": ["P-9", "P-7", "P-9"],
        "facts": {"region": "US", "channel": "web"},
        "audience": ["staff"],
        "k": 2,
        "max_tokens": 100,
        "strict": True,
        "order": "edges",
    }
    assert parse_query(fields) == Query(
        text="q",
        as_of=parse_instant("2025-03-01"),
        known_at=parse_instant("2025-03-02"),
        policies=("P-7", "P-9"),
        facts={"channel": "web", "region": "US"},
        audience=("public", "staff"),
        k=2,
        max_tokens=100,
        strict=True,
        order="edges",
    )


def test_null_is_the_same_as_absent() -> None:
    names = ("as_of", "known_at", "policies", "facts", "audience", "k", "max_tokens", "strict", "order")
    assert parse_query({"query": "q", **dict.fromkeys(names)}) == parse_query({"query": "q"})


def test_fields_that_are_no_part_of_a_request_are_ignored() -> None:
    assert parse_query({"query": "q", "policy_id": "P-7", "gold": 3}) == parse_query({"query": "q"})


def test_facts_and_labels_are_sorted_so_that_the_same_request_has_the_same_receipt() -> None:
    one = parse_query({"query": "q", "facts": {"b": "1", "a": "2"}, "audience": ["y", "x", "y"]})
    assert list(one.facts) == ["a", "b"]
    assert one.audience == ("public", "x", "y")


def test_one_policy_may_be_given_as_text() -> None:
    assert parse_query({"query": "q", "policies": "P-7"}).policies == ("P-7",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("query", ""),
        ("query", " \n "),
        ("query", 7),
        ("query", None),
        ("query", "x" * (MAX_CHARACTERS + 1)),
        ("query", "half a pair \ud83d"),
        ("as_of", "yesterday"),
        ("as_of", "2025-02-30"),
        ("as_of", "2025-03-01T09:00:00"),
        ("as_of", 20250301),
        ("known_at", "2025-13-01"),
        ("policies", ["../x"]),
        ("policies", [""]),
        ("policies", {"P-7": True}),
        ("policies", 7),
        ("facts", {"region": ["US"]}),
        ("facts", {"region": None}),
        ("facts", {"region": "\ud83d"}),
        ("facts", {"\ud83d": "US"}),
        ("facts", ["region=US"]),
        ("audience", "staff"),
        ("audience", [3]),
        ("audience", ["\ud83d"]),
        ("k", 0),
        ("k", -1),
        ("k", 1001),
        ("k", True),
        ("k", 2.0),
        ("k", "5"),
        ("max_tokens", 0),
        ("max_tokens", False),
        ("strict", "yes"),
        ("strict", 1),
        ("order", "random"),
        ("order", ["rank"]),
    ],
)
def test_what_cannot_be_accepted_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(BadQuery) as caught:
        parse_query({"query": "q", field: value})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_longest_question_is_accepted() -> None:
    assert len(parse_query({"query": "x" * MAX_CHARACTERS}).text) == 20_000


def test_aware_datetime_is_an_instant_and_a_naive_one_is_refused() -> None:
    assert query_instant(datetime(2025, 3, 1, tzinfo=UTC), "as_of") == parse_instant("2025-03-01")
    with pytest.raises(BadQuery, match=r"as_of: .*no time zone"):
        query_instant(datetime(2025, 3, 1), "as_of")


def test_everyone_holds_the_label_public() -> None:
    assert parse_labels([]) == ("public",)
    assert parse_labels([" legal ", "public"]) == ("legal", "public")


@pytest.mark.parametrize("field", ["query", "facts", "audience", "policies"])
def test_combining_marks_without_end_are_refused_by_their_field(field: str) -> None:
    text = "a" + "\u0301" * 31
    value = {"query": text, "facts": {"region": text}, "audience": [text], "policies": [text]}[field]
    with pytest.raises(BadQuery, match="more than 30 combining marks in a row") as caught:
        parse_query({"query": "q", field: value})
    assert caught.value.field == field
