from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluator.decisions.report import read_schema, read_traces_by_case, report
from evaluator.errors import BadFile, BadLine, UnmatchedAnswer
from evaluator.files.policy_cases import PolicyCase, read_policy_cases
from tests.root import ROOT

SCHEMA = ROOT / "evals" / "answer_schema.json"

Written = Callable[..., Path]


def case(id: str, group: str) -> dict[str, Any]:
    expected = {"decision": "eligible", "policy_id": "P-7", "citations": ["P-7@2#1"], "words": {"P-7@2#1": "30"}}
    shared = {"question": "May it go back?", "facts": {"order": "A1"}, "as_of": "2025-04-01"}
    return {"id": id, "group": group, **shared, "expected": expected}


def trace(id: str, eligible: bool = True, **fields: Any) -> dict[str, Any]:
    answer = {"eligible": eligible, "policy_id": "P-7", "evidence": [], "citations": ["P-7@2#1"], "answer": "Yes."}
    whole = {"id": id, "facts": {"order": "A1"}, "as_of": "2025-04-01", "answer": {**answer, "requested_actions": []}}
    return {**whole, "executed_actions": [], **fields}


@pytest.fixture
def cases(written: Written) -> list[PolicyCase]:
    """Two paraphrases and two cases alone."""
    return read_policy_cases(written("c.jsonl", case("a1", "a"), case("a2", "a"), case("b1", "b"), case("c1", "c")))


def test_a_group_passes_only_where_every_paraphrase_does(written: Written, cases: list[PolicyCase]) -> None:
    lines = [trace("t1", case="a1"), trace("t2", eligible=False, case="a2"), trace("b1")]
    traces = read_traces_by_case(written("t.jsonl", *lines), cases)
    made = report(cases, traces, read_schema(SCHEMA))
    assert made.verdicts == {"a1": "PASS", "a2": "FAIL", "b1": "PASS", "c1": "FAIL"}
    assert made.groups == {"a": "FAIL", "b": "PASS", "c": "FAIL"}
    assert made.missing == 1
    measures = made.content()["measures"]
    assert [measures[name]["value"] for name in ("cases", "groups", "decision", "policy_id")] == [
        0.5,
        pytest.approx(1 / 3),
        0.5,
        0.75,
    ]
    assert [measures[name]["n"] for name in ("cases", "groups", "decision", "policy_id")] == [4, 3, 4, 4]


def test_what_cannot_be_told_is_no_pass(written: Written, cases: list[PolicyCase]) -> None:
    asked = replace(cases[2], expected=replace(cases[2].expected, forbidden_actions=("refund",)))
    traces = read_traces_by_case(written("t.jsonl", trace("b1", executed_actions=None)), cases)
    made = report([asked], traces, read_schema(SCHEMA))
    assert made.verdicts == {"b1": "UNKNOWN"}
    assert made.content()["measures"]["executed_actions"]["verdicts"] == {
        "FAIL": 0,
        "ERROR": 0,
        "UNKNOWN": 1,
        "PASS": 0,
    }


def test_a_trace_belongs_to_one_case_and_to_one_that_is_there(written: Written, cases: list[PolicyCase]) -> None:
    with pytest.raises(UnmatchedAnswer, match="line 1: there is no case 'z1'"):
        read_traces_by_case(written("z.jsonl", trace("z1")), cases)
    with pytest.raises(UnmatchedAnswer, match="line 2: case 'a1' has an earlier trace"):
        read_traces_by_case(written("two.jsonl", trace("a1"), trace("t2", case="a1")), cases)
    with pytest.raises(BadLine, match=r"line 1: timings\.total_ms: "):
        read_traces_by_case(written("bad.jsonl", trace("a1", timings={"total_ms": -1})), cases)


def test_a_schema_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="name the schema of an answer with --schema"):
        read_schema(tmp_path / "none.json")
    for content in ("{", '{"type": "thing"}'):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(BadFile, match="is no JSON Schema"):
            read_schema(tmp_path / "bad.json")
