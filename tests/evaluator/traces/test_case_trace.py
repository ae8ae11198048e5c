from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.files.policy_cases import read_policy_cases
from evaluator.traces.case_trace import read_case_traces, read_groups
from policies.instant import parse_instant
from policies.period import Period
from retriever.evidence.citations import Handle

Written = Callable[..., Path]
TRACE = {"id": "t1", "answer": "Yes."}
CASE = {
    "id": "c1",
    "group": "damaged",
    "question": "Is it eligible?",
    "facts": {},
    "as_of": "2025-04-01",
    "expected": {
        "decision": "eligible",
        "policy_id": "P-7",
        "citations": ["P-7@2#1"],
        "words": {"P-7@2#1": "within 30 days"},
        "forbidden_actions": ["create_label"],
    },
}


def test_a_trace_answers_the_case_that_it_names_or_that_has_its_id(written: Written) -> None:
    (case,) = read_policy_cases(written("cases.jsonl", CASE))
    lines = ({**TRACE, "case": "c1"}, {**TRACE, "id": "c1"}, {**TRACE, "id": "t3", "group": "own"})
    named, alike, other = read_case_traces(written("t.jsonl", *lines), {"c1": case})
    assert named.policy_case == alike.policy_case == case
    assert (other.policy_case, other.group, named.group) == (None, "own", "damaged")


def test_periods_are_those_of_passages_given_whole(written: Written) -> None:
    passage = {"citation": "P-7@2#1", "valid_from": "2025-03-01", "valid_to": None}
    retrieval = {"receipt": {"request": {"as_of": "2025-04-01"}}, "evidence": [passage]}
    (whole, alone, listed) = read_case_traces(
        written(
            "t.jsonl",
            {**TRACE, "retrieval": retrieval},
            {**TRACE, "id": "t2", "evidence": ["P-7@2#1"]},
            {**TRACE, "id": "t3", "evidence": [passage]},
        )
    )
    expected = (("P-7@2#1", Period(parse_instant("2025-03-01"))),)
    assert (whole.periods, alone.periods, listed.periods) == (expected, (), expected)
    assert whole.evidence == alone.evidence == (Handle.parse("P-7@2#1"),)


def test_the_digest_is_the_receipts_or_else_that_of_the_citations(written: Written) -> None:
    with_receipt, one, same, other, none = read_case_traces(
        written(
            "t.jsonl",
            {**TRACE, "receipt": {"evidence_digest": "abc"}},
            {**TRACE, "id": "t2", "evidence": ["P-7@2#1"]},
            {**TRACE, "id": "t3", "evidence": ["P-7@2#1"]},
            {**TRACE, "id": "t4", "evidence": ["P-7@2#2"]},
            {**TRACE, "id": "t5"},
        )
    )
    assert with_receipt.digest == "abc"
    assert one.digest == same.digest != other.digest
    assert none.digest is None


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "holds no answers"),
        ([{"id": "t1"}], "line 1: answer is missing"),
        ([TRACE, TRACE], "line 2: id is 't1', which an earlier line has"),
        ([{**TRACE, "evidence": ["P-7"]}], "line 1: evidence[0]: 'P-7' is not a citation"),
        ([{**TRACE, "timings": {"first_token_ms": -1}}], "line 1: timings.first_token_ms"),
        ([{**TRACE, "case": ["c1"]}], "line 1: case is ['c1']; write text"),
    ],
)
def test_what_is_wrong_with_a_trace_is_named(written: Written, lines: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises((BadFile, BadLine)) as raised:
        read_case_traces(written("t.jsonl", *lines))
    assert problem in str(raised.value)


def test_groups_are_those_of_lines_with_an_id(written: Written) -> None:
    lines = [{"id": "a", "group": "g"}, {"id": 2, "group": "h"}, {"id": "b", "paraphrase_of": "a"}]
    assert read_groups(written("r.jsonl", *lines)) == {"a": "g", "2": "h", "b": "g"}
    with pytest.raises(BadLine, match="group is missing"):
        read_groups(written("r.jsonl", {"id": "a"}))
