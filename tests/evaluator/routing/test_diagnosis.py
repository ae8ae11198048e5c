from typing import Any

import pytest

from evaluator.checks.check import Check, Verdict
from evaluator.checks.checks_file import CitationResult, Results, Scored
from evaluator.files.policy_cases import Expected, PolicyCase
from evaluator.routing.diagnosis import MEASUREMENTS, Before, diagnose
from evaluator.traces.case_trace import CaseTrace
from policies.instant import parse_instant
from policies.period import Period
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace

MARCH = Period(parse_instant("2025-03-01"))


def traced(needs: PolicyCase | None = None, periods: tuple[tuple[str, Period], ...] = (), **fields: Any) -> CaseTrace:
    trace = Trace.model_validate({"id": "t1", "answer": "Yes.", **fields})
    given = None if trace.given is None else tuple(map(Handle.parse, trace.given))
    return CaseTrace(trace.id, trace, given, periods, needs)


def needs(*citations: str, as_of: str = "2025-04-01", forbidden: tuple[str, ...] = ()) -> PolicyCase:
    expected = Expected("eligible", citations=tuple(map(Handle.parse, citations)), forbidden_actions=forbidden)
    return PolicyCase("t1", "damaged", "Is it eligible?", {}, parse_instant(as_of), expected)


def check(kind: str, verdict: Verdict, name: str = "it") -> Check:
    return Check("t1", name, kind, verdict, "so", "")  # type: ignore[arg-type]


def record(outcome: Verdict = "PASS", **fields: Any) -> CitationResult:
    return CitationResult("here", "t1", "P-7@2#1", outcome, "why", **fields)


def test_without_checks_cases_and_evidence_nothing_is_measured() -> None:
    diagnosis = diagnose(traced(), Results())
    assert diagnosis.passes is None
    assert {name for name in MEASUREMENTS if diagnosis.value(name) is not None} == {"measured"}
    assert diagnosis.value("measured") is False


@pytest.mark.parametrize(
    ("evidence", "needed", "given"),
    [
        (["P-7@2#1"], ["P-7@2#1"], True),
        (["P-7@2#1"], ["P-9@1#1", "P-7@2#1"], True),
        (["P-7@2#1-3"], ["P-7@2#2"], True),
        (["P-7@2#1", "P-7@2#2"], ["P-7@2#1-2"], True),
        (["P-7@2#1"], ["P-7@2#1-2"], False),
        (["P-7@1#1"], ["P-7@2#1"], False),
        ([], ["P-7@2#1"], False),
        (None, ["P-7@2#1"], None),
        (["P-7@2#1"], [], None),
    ],
)
def test_the_needed_fact_was_given_where_any_acceptable_citation_is_whole_in_the_evidence(
    evidence: list[str] | None, needed: list[str], given: bool | None
) -> None:
    assert diagnose(traced(needs(*needed), evidence=evidence), Results()).value("needed_fact_given") is given


@pytest.mark.parametrize(
    ("fields", "case_as_of", "passed"),
    [
        ({"as_of": "2025-04-01"}, None, None),
        ({"as_of": "2025-04-01"}, "2025-04-01T00:00:00Z", True),
        ({"as_of": "2025-04-02"}, "2025-04-01", False),
        ({"as_of": "2025-04-01", "receipt": {"request": {"as_of": "2025-05-01"}}}, None, False),
        ({"as_of": "2025-04-01", "receipt": {"request": {"as_of": "2025-04-01"}}}, None, True),
        ({"receipt": {"request": {"as_of": "2025-05-01"}}}, "2025-04-01", False),
        ({}, "2025-04-01", None),
    ],
)
def test_the_instant_asked_about_is_the_cases_or_the_traces_and_the_receipt_says_which_was_used(
    fields: dict[str, Any], case_as_of: str | None, passed: bool | None
) -> None:
    needed = None if case_as_of is None else needs(as_of=case_as_of)
    assert diagnose(traced(needed, **fields), Results()).value("as_of_passed") is passed


def test_the_period_of_the_evidence_has_to_hold_the_instant_asked_about() -> None:
    periods = (("P-7@2#1", MARCH),)
    assert diagnose(traced(None, periods, as_of="2025-03-01"), Results()).value("evidence_in_force") is True
    assert diagnose(traced(None, periods, as_of="2025-02-28"), Results()).value("evidence_in_force") is False
    assert diagnose(traced(None, periods), Results()).value("evidence_in_force") is None


def test_a_cited_revision_says_something_of_the_evidence_only_where_it_was_in_it() -> None:
    stale = {"exists": True, "in_force": False}
    for in_evidence, expected in ((True, False), (False, None), (None, None)):
        results = Results(citations=(record("FAIL", in_evidence=in_evidence, **stale),))
        diagnosis = diagnose(traced(), results)
        assert diagnosis.value("evidence_in_force") is expected
        assert diagnosis.value("citations_in_force") is False


def test_citation_checks_made_at_another_instant_say_nothing_of_the_one_asked_about() -> None:
    checked = Results(citations=(record(in_evidence=True, in_force=True),))
    assert diagnose(traced(needs(as_of="2025-04-01"), as_of="2025-05-01"), checked).value("evidence_in_force") is None


@pytest.mark.parametrize(
    ("fields", "supported"),
    [
        ({"agrees": True, "support": Scored(0.9, "PASS")}, True),
        ({"agrees": False, "support": Scored(0.9, "PASS")}, False),
        ({"stale": "contradicted"}, False),
        ({"support": Scored(0.1, "FAIL")}, False),
        ({"support": Scored(0.4, "UNKNOWN")}, None),
        ({"support": Scored(None, "ERROR")}, None),
        ({}, None),
    ],
)
def test_a_claim_is_supported_only_where_it_was_scored_and_nothing_disagrees(
    fields: dict[str, Any], supported: bool | None
) -> None:
    assert diagnose(traced(), Results(citations=(record(**fields),))).value("claims_supported") is supported


def test_one_unknown_beside_a_pass_is_not_right_and_beside_a_fail_is_wrong() -> None:
    unknown, passed, failed = (check("decision", verdict) for verdict in ("UNKNOWN", "PASS", "FAIL"))  # type: ignore[arg-type]
    assert diagnose(traced(), Results((passed, unknown))).value("content_right") is None
    assert diagnose(traced(), Results((failed, unknown))).value("content_right") is False
    assert diagnose(traced(), Results((passed,), (record(),))).value("content_right") is True


@pytest.mark.parametrize(
    ("claimed", "executed", "held"),
    [
        (["create_label"], [], False),
        (["create_label"], None, None),
        ([], [], None),
        (["create_label"], ["create_label"], True),
        ([{"name": "refund", "order": "A1"}], [{"name": "refund", "order": "A1", "amount": 3}], True),
        ([{"name": "refund", "order": "A1"}], [{"name": "refund", "order": "A2"}], False),
        ([{"name": "refund", "items": ["a"]}], [{"name": "refund", "items": ["a"]}], True),
    ],
)
def test_a_claimed_action_is_one_that_was_executed_as_the_claim_says(
    claimed: list[Any], executed: list[Any] | None, held: bool | None
) -> None:
    diagnosis = diagnose(
        traced(claimed_actions=claimed, executed_actions=executed), Results((check("format", "PASS"),))
    )
    assert diagnosis.value("claimed_actions_executed") is held
    assert diagnosis.passes is (held is not False)


def test_a_forbidden_action_fails_though_every_check_passed() -> None:
    done = traced(needs(forbidden=("create_label",)), executed_actions=["create_label"])
    assert diagnose(done, Results((check("decision", "PASS"),))).passes is False
    only_said = traced(needs(forbidden=("create_label",)), executed_actions=[], would_do=["create_label"])
    assert diagnose(only_said, Results((check("decision", "PASS"),))).passes is False
    allowed = traced(needs(forbidden=("create_label",)), executed_actions=["escalate"])
    assert diagnose(allowed, Results((check("decision", "PASS"),))).value("executed_actions_allowed") is True


def test_checks_of_side_effects_are_told_apart_by_name() -> None:
    results = Results(
        (check("side_effect", "FAIL", "claimed_action"), check("side_effect", "PASS", "forbidden_action"))
    )
    diagnosis = diagnose(traced(), results)
    assert diagnosis.value("claimed_actions_executed") is False
    assert diagnosis.value("executed_actions_allowed") is True


def test_an_answer_that_cites_nothing_fails_and_one_loose_sentence_does_not() -> None:
    right = check("decision", "PASS")
    assert diagnose(traced(), Results((right,), uncited=1)).passes is False
    assert diagnose(traced(), Results((right,), (record(),), uncited=1)).passes is True


def test_a_slower_answer_with_the_same_words_is_no_regression() -> None:
    before = Before(Results((check("decision", "PASS"), check("serving", "PASS"))), None)
    now = Results((check("decision", "PASS"), check("serving", "FAIL")))
    assert diagnose(traced(), now, before).value("regressed") is False


def test_digests_of_different_kinds_are_not_compared() -> None:
    now = traced(evidence=["P-7@2#1"])
    with_receipt = traced(evidence=["P-7@2#1"], receipt={"evidence_digest": "ab" * 32})
    assert diagnose(now, Results(), Before(Results(), with_receipt.digest)).value("same_evidence") is None
    assert diagnose(now, Results(), Before(Results(), now.digest)).value("same_evidence") is True
