"""An application that asks as of a wrong instant: told by `decisions` and `route`, with both instants, as retrieval's.

The case is of an order on the last day on which 7 days hold: P-7@1 until 2025-03-01, then P-7@2 with 30 days.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evaluator.in_process import Run

Written = Callable[..., Path]

CASE: dict[str, Any] = {
    "id": "c1",
    "group": "damaged",
    "question": "It came broken 12 days ago. May it go back?",
    "facts": {"order": "A1", "ordered_on": "2025-02-28", "days_since_delivery": "12"},
    "as_of": "2025-02-28",
    "expected": {
        "decision": "not_eligible",
        "policy_id": "P-7",
        "citations": ["P-7@1#1"],
        "words": {"P-7@1#1": "within 7 days"},
        "must_not_cite": ["P-7@2"],
        "forbidden_actions": ["create_label"],
    },
}
OLD, NEW = "P-7@1#1", "P-7@2#1"
CASE_IS = "2025-02-28T00:00:00Z"

Asked = dict[str, Any]


def by_trace(as_of: str) -> Asked:
    return {"as_of": as_of}


def by_receipt(sent: str, **own: Any) -> Asked:
    return {**own, "receipt": {"request": {"as_of": sent}, "evidence_digest": "ab" * 32}}


def by_retrieval(as_of: str) -> Asked:
    return {"retrieval": {**by_receipt(as_of), "evidence": []}}


def trace(cited: str, asked: Asked, **fields: Any) -> dict[str, Any]:
    """What a model makes of the evidence that it was given: right by these words, whatever the case says."""
    answer = {
        "eligible": cited == NEW,
        "policy_id": "P-7",
        "citations": [cited],
        "answer": f"{'Yes' if cited == NEW else 'No'}, by [{cited}].",
    }
    same = {"question": CASE["question"], "facts": CASE["facts"]}
    return {"id": "t1", "case": "c1", **same, "answer": answer, "evidence": [cited], "executed_actions": []} | {
        **asked,
        **fields,
    }


@pytest.fixture
def routed(written: Written, tmp_path: Path, asof_eval: Run) -> Callable[..., Any]:
    """The route of a trace, by the commands as they are documented; None where it passed."""

    def of(line: dict[str, Any], *more: object, case: dict[str, Any] = CASE) -> Any:
        cases, traces = written("cases.jsonl", case), written("traces.jsonl", line)
        (tmp_path / "d.json").write_text(asof_eval("decisions", traces, "--cases", cases, "--json").stdout)
        done = asof_eval("route", traces, "--checks", tmp_path / "d.json", "--cases", cases, *more, "--json")
        assert done.returncode == 0, done.stderr
        routes = json.loads(done.stdout)["routes"]
        return routes[0] if routes else None

    return of


def detail(route: dict[str, Any], measurement: str) -> Any:
    [found] = [it for it in route["because"] if it["measurement"] == measurement]
    return found["detail"]


WRONG: dict[str, tuple[Asked, str]] = {
    "today": (by_receipt("2026-01-15T09:31:07.123456Z"), "321 days 9 h later"),
    "today, as a date": (by_trace("2026-01-15"), "321 days later"),
    "the day of the return": (by_receipt("2025-03-12T00:00:00Z", as_of="2025-03-12"), "12 days later"),
    "a day late": (by_trace("2025-03-01"), "1 day later"),
    "a year late": (by_receipt("2026-02-28T00:00:00Z"), "365 days later, the same day of another year"),
    "another century": (by_trace("2125-02-28"), "the same day of another year"),
    "the end of the day for its beginning": (by_trace("2025-03-01T00:00:00Z"), "1 day later"),
    "the right day in the receipt of the month after": (by_retrieval("2025-03-28T00:00:00Z"), "28 days later"),
    "the receipt's is not the trace's": (
        by_receipt("2025-03-01T00:00:00Z", as_of="2025-02-28"),
        "by its receipt and as of 2025-02-28 by its trace",
    ),
    "a day in Auckland": (by_trace("2025-03-01T13:00:00+13:00"), "2025-03-01T13:00:00+13:00 (2025-03-01T00:00:00Z)"),
    "the epoch's end in seconds": (by_receipt("2038-01-19T03:14:07Z"), "4,708 days 3 h later"),
    "the last instant of all": (by_receipt("9999-12-31T23:59:59.999999Z"), "later"),
    "no instant at all": ({}, "neither trace nor receipt says as of when"),
}


@pytest.mark.parametrize("evidence", [NEW, "P-9@1#1"], ids=["another revision", "not of the policy"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_instant_is_retrievals_with_both_instants_and_what_to_mend(
    routed: Callable[..., Any], name: str, evidence: str
) -> None:
    asked, said = WRONG[name]
    route = routed(trace(evidence, asked))
    assert (route["owner"], route["rule"], route["failure"]) == ("retrieval index", "as-of-not-passed", "factual")
    assert route["action"].startswith("Mend the instant that the application sends to retrieval")
    assert route["updates_weights"] is False
    assert CASE_IS in detail(route, "as_of_passed")
    assert said in detail(route, "as_of_passed")


MARCH: dict[str, Any] = {
    **CASE,
    "as_of": "2025-03-01",
    "expected": {
        "decision": "eligible",
        "policy_id": "P-7",
        "citations": [NEW],
        "words": {NEW: "within 30 days"},
        "must_not_cite": ["P-7@1"],
    },
}
"""The first day on which 30 days hold."""

TOO_EARLY: dict[str, tuple[Asked, str]] = {
    "midnight in Berlin": (by_receipt("2025-02-28T23:00:00Z", as_of="2025-03-01"), "1 h earlier, as where a day"),
    "midnight in Berlin, by the trace": (
        by_trace("2025-03-01T00:00:00+01:00"),
        "2025-03-01T00:00:00+01:00 (2025-02-28T23:00:00Z)",
    ),
    "midnight in Kolkata": (by_receipt("2025-02-28T18:30:00Z"), "5 h 30 min earlier, as where a day or time is read"),
    "midnight in Auckland": (by_receipt("2025-02-28T11:00:00Z"), "13 h earlier, as where a day or time is read in"),
    "the last second before": (by_trace("2025-02-28T23:59:59Z"), "1 s earlier"),
    "a day early": (by_trace("2025-02-28"), "1 day earlier"),
    "a year early": (by_receipt("2024-03-01T00:00:00Z"), "365 days earlier, the same day of another year"),
    "day and month change places": (by_trace("2025-01-03"), "57 days earlier, as where day and month change places"),
    "the day of the order before": (by_retrieval("2025-02-17T00:00:00Z"), "12 days earlier"),
}


@pytest.mark.parametrize("name", TOO_EARLY)
def test_a_rule_that_was_not_yet_in_force_is_asked_for_by_a_wrong_instant_too(
    routed: Callable[..., Any], name: str
) -> None:
    asked, said = TOO_EARLY[name]
    route = routed(trace(OLD, asked), case=MARCH)
    assert (route["owner"], route["rule"]) == ("retrieval index", "as-of-not-passed")
    assert "2025-03-01T00:00:00Z" in detail(route, "as_of_passed")
    assert said in detail(route, "as_of_passed")
    assert detail(route, "same_revision_in_force") == "P-7@1, where P-7@2 is in force"


SHIFTED: dict[str, tuple[Asked, str]] = {
    "midnight in New York": (by_receipt("2025-02-28T05:00:00Z"), "5 h later, as where a day or time is read in"),
    "midnight in Berlin": (by_trace("2025-02-28T00:00:00+01:00"), "1 h earlier, as where a day or time is read in"),
    "midnight in Kolkata": (by_receipt("2025-02-27T18:30:00Z"), "5 h 30 min earlier, as where a day or time"),
    "a day early": (by_trace("2025-02-27"), "1 day earlier"),
    "a year early": (by_receipt("2024-02-28T00:00:00Z"), "366 days earlier, the same day of another year"),
    "the last second of the day": (by_trace("2025-02-28T23:59:59Z"), "23 h 59 min later"),
    "a microsecond late": (by_trace("2025-02-28T00:00:00.000001Z"), "1e-06 s later"),
    "the trace's is not the receipt's": (by_receipt(CASE_IS, as_of="2025-03-01"), "as of 2025-03-01 by its trace"),
}


@pytest.mark.parametrize("name", SHIFTED)
def test_where_the_same_revision_is_in_force_the_instant_is_named_as_no_failure_of_the_answer(
    routed: Callable[..., Any], name: str
) -> None:
    asked, said = SHIFTED[name]
    route = routed(trace(OLD, asked))
    assert (route["owner"], route["rule"], route["failure"]) == ("retrieval index", "as-of-differs", "none")
    assert route["action"].startswith("Mend the instant that the application sends to retrieval")
    assert CASE_IS in detail(route, "as_of_passed")
    assert said in detail(route, "as_of_passed")


RIGHT: dict[str, Asked] = {
    "a date": by_trace("2025-02-28"),
    "midnight with Z": by_trace("2025-02-28T00:00:00Z"),
    "a small z and t": by_trace("2025-02-28t00:00:00z"),
    "a space for the T": by_trace("2025-02-28 00:00:00Z"),
    "microseconds": by_trace("2025-02-28T00:00:00.000000Z"),
    "Berlin's clock": by_trace("2025-02-28T01:00:00+01:00"),
    "New York's clock": by_trace("2025-02-27T19:00:00-05:00"),
    "Kolkata's clock": by_receipt("2025-02-28T05:30:00+05:30"),
    "a date, and the receipt's instant": by_receipt("2025-02-28T00:00:00Z", as_of="2025-02-28"),
    "another offset than the receipt's": by_receipt("2025-02-28T00:00:00Z", as_of="2025-02-28T13:00:00+13:00"),
    "the receipt alone": by_receipt("2025-02-28T00:00:00Z"),
    "a leap of no seconds": by_trace("2025-02-28T00:00:00-00:00"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_instant_in_any_form_is_no_wrong_one(routed: Callable[..., Any], name: str) -> None:
    assert routed(trace(OLD, RIGHT[name])) is None
    wrong = routed(trace(NEW, RIGHT[name]))
    assert wrong["rule"] == "needed-fact-missing"
    assert "as_of_passed" not in {it["measurement"] for it in wrong["because"]}


@pytest.mark.parametrize(
    "other", [{"question": "May it stay?"}, {"facts": {**CASE["facts"], "order": "A2"}}], ids=["question", "facts"]
)
def test_another_question_or_other_facts_are_no_wrong_instant(
    routed: Callable[..., Any], other: dict[str, Any]
) -> None:
    route = routed(trace(NEW, by_trace("2025-02-28"), **other))
    assert (route["rule"], route["owner"]) == ("asked-otherwise", "evaluation gate and rollback")
    both = routed(trace(NEW, by_trace("2025-03-28"), **other))
    assert both["rule"] == "asked-otherwise"
    assert "28 days later" in detail(both, "as_of_passed")


def test_a_label_that_was_created_by_the_wrong_days_rule_is_named_beside_the_instant(
    routed: Callable[..., Any],
) -> None:
    route = routed(trace(NEW, by_receipt("2026-01-15T00:00:00Z"), executed_actions=["create_label"]))
    assert route["rule"] == "as-of-not-passed"
    [also] = [it for it in route["because"] if it["measurement"] == "also"]
    assert also["value"] == "forbidden-action-executed"


def test_what_an_answer_did_wrong_comes_before_an_instant_that_changed_nothing(routed: Callable[..., Any]) -> None:
    promised = {"claimed_actions": ["create_label"], "executed_actions": []}
    route = routed(trace(OLD, by_trace("2025-02-28T05:00:00Z"), **promised))
    assert route["rule"] == "action-not-executed"
    assert "5 h later" in detail(route, "as_of_passed")


def test_a_period_tells_where_the_case_names_no_citation(routed: Callable[..., Any]) -> None:
    expected = {"decision": "not_eligible", "policy_id": "P-7"}
    case = {**CASE, "expected": expected}
    period = {"valid_from": "2025-01-01", "valid_to": "2025-03-01"}
    for asked, rule in (("2025-02-27", "as-of-differs"), ("2025-03-01", "as-of-not-passed")):
        line = trace(OLD, by_trace(asked), evidence=[{"citation": OLD, **period}])
        assert routed(line, case=case)["rule"] == rule
    assert routed(trace(OLD, by_trace("2025-02-27")), case=case)["rule"] == "as-of-not-passed", "nobody can tell"


def test_an_overlay_that_does_not_hold_at_the_cases_instant_is_no_small_difference(routed: Callable[..., Any]) -> None:
    """P-1@1 is in force at both instants, and until the first of February P-8@1 holds in its place."""
    expected = {**CASE["expected"], "policy_id": "P-1", "citations": ["P-1@1#1"], "words": {"P-1@1#1": "14 days"}}
    case = {**CASE, "as_of": "2025-02-01", "expected": {**expected, "must_not_cite": ["P-8@1"]}}
    an_hour_early = by_receipt("2025-01-31T23:00:00Z")
    line = trace(NEW, an_hour_early, evidence=["P-8@1#1", "P-1@1#1"], executed_actions=["create_label"])
    route = routed(line, case=case)
    assert route["rule"] == "as-of-not-passed"
    assert "P-8@1, which does not hold for the case" in detail(route, "same_revision_in_force")
    open_case = {**case, "expected": {**expected, "must_not_cite": []}}
    in_january = {"citation": "P-8@1#1", "valid_from": "2024-11-01", "valid_to": "2025-02-01"}
    with_period = {**line, "evidence": [in_january, {"citation": "P-1@1#1"}]}
    assert routed(with_period, case=open_case)["rule"] == "as-of-not-passed"


def test_a_case_for_a_person_has_no_policy_whose_revision_could_be_the_same(routed: Callable[..., Any]) -> None:
    case = {**CASE, "expected": {"decision": "escalate"}}
    assert routed(trace(OLD, by_trace("2025-02-27")), case=case)["rule"] == "as-of-not-passed"


def test_without_cases_the_decisions_tell(written: Written, tmp_path: Path, asof_eval: Run) -> None:
    cases, traces = written("cases.jsonl", CASE), written("traces.jsonl", trace(NEW, by_trace("2025-03-01")))
    (tmp_path / "d.json").write_text(asof_eval("decisions", traces, "--cases", cases, "--json").stdout)
    [route] = json.loads(asof_eval("route", traces, "--checks", tmp_path / "d.json", "--json").stdout)["routes"]
    assert route["rule"] == "as-of-not-passed"
    assert detail(route, "as_of_passed") == f"asked as of 2025-03-01, where the case is as of {CASE_IS}: 1 day later"


def test_without_decisions_the_case_tells_and_an_answer_that_passes_its_checks_does_not_pass(
    written: Written, asof_eval: Run
) -> None:
    cases = written("cases.jsonl", CASE)
    passed = {"id": "t1", "name": "bullets", "kind": "format", "verdict": "PASS", "reason": "", "detail": ""}
    checks = written("k.jsonl", passed)
    for asked, rules in (("2025-03-28", ["as-of-not-passed"]), ("2025-02-28T01:00:00+01:00", [])):
        evidence = OLD if not rules else NEW
        line = {**trace(evidence, by_receipt(asked)), "answer": "No, by the 7 days."}
        traces = written("traces.jsonl", line)
        found = json.loads(asof_eval("route", traces, "--checks", checks, "--cases", cases, "--json").stdout)
        assert [route["rule"] for route in found["routes"]] == rules


def test_a_baseline_with_the_right_instant_does_not_make_it_the_gates_matter(
    routed: Callable[..., Any], written: Written, tmp_path: Path, asof_eval: Run
) -> None:
    earlier = written("was.jsonl", trace(OLD, by_receipt(CASE_IS)))
    cases = written("cases.jsonl", CASE)
    (tmp_path / "was.json").write_text(asof_eval("decisions", earlier, "--cases", cases, "--json").stdout)
    before = ("--baseline", tmp_path / "was.json", "--baseline-traces", earlier)
    assert routed(trace(OLD, by_receipt("2025-02-28T05:00:00Z")), *before)["rule"] == "as-of-differs"
    assert routed(trace(NEW, by_receipt("2025-03-28T00:00:00Z")), *before)["rule"] == "as-of-not-passed"
