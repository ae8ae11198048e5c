"""What a trace may hold, and what it takes from the retrieval that it was given."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from policies.revision import VersionId
from retriever.traces.trace import EXAMPLE, Trace

REQUEST = {"query": "?", "as_of": "2025-04-01", "known_at": "2025-05-01", "audience": ["legal", "public"]}
RETRIEVAL = {
    "receipt": {"id": "r", "generation": 3, "request": REQUEST},
    "evidence": [{"citation": "P-7@2#1", "text": "within 30 days"}, {"citation": "G-1@1#1-2", "text": "gifts"}],
}


def trace(**fields: Any) -> Trace:
    return Trace.model_validate({"id": "t1", "answer": "Yes.", **fields})


def test_only_id_and_answer_must_be_there() -> None:
    assert trace().content() == {"id": "t1", "answer": "Yes."}
    assert trace(id=7).id == "7"
    with pytest.raises(ValidationError, match="answer"):
        Trace.model_validate({"id": "t1"})


def test_the_example_is_kept_as_it_is() -> None:
    assert Trace.model_validate(EXAMPLE).content() == EXAMPLE


def test_of_a_retrieval_receipt_and_citations_are_kept_and_no_words() -> None:
    found = trace(retrieval=RETRIEVAL)
    content = found.content()
    assert content["evidence"] == ["P-7@2#1", "G-1@1#1-2"]
    assert content["receipt"] == RETRIEVAL["receipt"]
    assert "30 days" not in str(content)
    assert found.versions() == {VersionId("P-7", 2), VersionId("G-1", 1)}


def test_neither_rendered_nor_governing_words_of_a_retrieval_are_kept() -> None:
    block = {
        "citation": "T-1@1#2-3",
        "text": "a **ladder**\n- any saw",
        "words": "- a ladder\n- any saw",
        "governed_by": [{"kind": "lead_in", "text": "Members must not lend:", "char_start": 9, "char_end": 31}],
        "passages": [{"citation": "T-1@1#2", "char_start": 35, "char_end": 47}],
        "best": "T-1@1#2",
    }
    content = trace(retrieval={"evidence": [block]}).content()
    assert content["evidence"] == ["T-1@1#2-3"]
    assert "ladder" not in str(content)
    assert "Members" not in str(content)


def test_what_it_says_itself_wins_over_its_receipt() -> None:
    found = trace(retrieval=RETRIEVAL, as_of="2025-01-01", audience=["staff"]).request
    assert (found.as_of, found.known_at, found.audience) == ("2025-01-01", "2025-05-01", ["public", "staff"])


def test_fields_of_ones_own_are_kept() -> None:
    content = trace(experiment={"arm": "b"}, timings={"total_ms": 9, "queue_ms": 2}).content()
    assert content["experiment"] == {"arm": "b"}
    assert content["timings"] == {"total_ms": 9, "queue_ms": 2}


def test_an_action_may_be_its_name_alone() -> None:
    assert trace(claimed_actions=["create_label"]).content()["claimed_actions"] == [{"name": "create_label"}]


def test_no_record_of_actions_is_not_an_empty_record() -> None:
    assert trace().executed_actions is None
    assert trace(executed_actions=[]).content()["executed_actions"] == []


MARKED = "a" + "\u0301" * 31


@pytest.mark.parametrize(
    ("fields", "place", "problem"),
    [
        ({"answer": ["Yes"]}, ("answer",), "write text, or a JSON object"),
        ({"answer": None}, ("answer",), "write text, or a JSON object"),
        ({"as_of": "later"}, ("as_of",), "neither a date"),
        ({"evidence": ["P-7"]}, ("evidence", 0), "'P-7' is not a citation"),
        ({"audience": "legal"}, ("audience",), "valid list"),
        ({"retrieval": {}}, ("retrieval", "evidence"), "required"),
        ({"timings": {"total_ms": -1}}, ("timings", "total_ms"), "greater than or equal to 0"),
        ({"claimed_actions": [{}]}, ("claimed_actions", 0, "name"), "required"),
        ({"extra": float("nan")}, ("extra",), "is not JSON"),
        ({"extra": "\ud800"}, ("extra",), "is not JSON"),
        ({"extra": json.loads("[" * 120 + "]" * 120)}, ("extra",), "nested deeper than 100"),
        ({"id": ""}, ("id",), "at least 1 character"),
        ({"id": "a\0b"}, ("id",), "holds U+0000"),
        ({"answer": MARKED}, ("answer",), "more than 30 combining marks in a row"),
        ({"question": MARKED}, ("question",), "more than 30 combining marks in a row"),
        ({"facts": {"region": MARKED}}, ("facts",), "more than 30 combining marks in a row"),
        ({"own": {"of": [MARKED]}}, ("own",), "more than 30 combining marks in a row"),
    ],
)
def test_what_cannot_be_accepted_is_named_by_its_field(fields: Any, place: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(ValidationError) as refused:
        trace(**fields)
    (error,) = refused.value.errors()
    assert error["loc"] == place
    assert problem in error["msg"]


def test_the_words_of_evidence_may_hold_combining_marks_without_end() -> None:
    assert trace(evidence=[{"citation": "P-7@2#1", "text": MARKED}]).given == ["P-7@2#1"]
