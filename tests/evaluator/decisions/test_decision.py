import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.checks.check import Check
from evaluator.decisions.decision import KINDS, decision_checks
from evaluator.decisions.report import read_schema
from evaluator.files.json_lines import Line
from evaluator.files.policy_cases import PolicyCase, parse_case
from retriever.traces.trace import Trace
from tests.root import ROOT

SCHEMA = read_schema(ROOT / "evals" / "answer_schema.json")
FACTS = {"order": "A1", "region": "US", "days_since_delivery": "12"}
LABEL = {"name": "create_label", "order": "A1"}

Written = Callable[..., Path]


def case(**expected: Any) -> PolicyCase:
    """A damaged item under P-7@2, eligible; with the expectations given in place of its own."""
    whole = {
        "decision": "eligible",
        "policy_id": "P-7",
        "citations": ["P-7@2#1"],
        "words": {"P-7@2#1": "within 30 days"},
        "must_not_cite": ["P-7@1"],
        **expected,
    }
    fields = {"id": "c1", "group": "g", "question": "May it go back?", "facts": FACTS, "as_of": "2025-04-01"}
    given = {name: value for name, value in whole.items() if value is not None}
    return parse_case(Line("here", {**fields, "expected": given}))


ESCALATED = case(
    decision="escalate",
    policy_id=None,
    citations=None,
    words=None,
    must_not_cite=None,
    forbidden_actions=["create_label"],
)


def answer(**fields: Any) -> dict[str, Any]:
    """The right answer to the case, with the fields given in place of its own."""
    return {
        "eligible": True,
        "policy_id": "P-7",
        "evidence": [{"citation": "P-7@2#1", "quote": "within 30 days"}],
        "citations": ["P-7@2#1"],
        "answer": "Yes, within 30 days.",
        "requested_actions": ["create_label"],
        **fields,
    }


def trace(answered: Any, **fields: Any) -> Trace:
    """A trace of that answer, with an empty record of executed actions unless told."""
    whole = {"id": "t1", "question": "May it go back?", "facts": FACTS, "as_of": "2025-04-01T00:00:00Z", **fields}
    return Trace.model_validate({"executed_actions": [], **whole, "answer": answered})


def checked(asked: PolicyCase, given: Trace | None) -> dict[str, Check]:
    return {check.name: check for check in decision_checks(asked, given, SCHEMA)}


def verdicts(asked: PolicyCase, given: Trace | None) -> dict[str, tuple[str, str]]:
    """Verdict and reason of each check that is no pass."""
    return {
        name: (check.verdict, check.reason) for name, check in checked(asked, given).items() if check.verdict != "PASS"
    }


def test_the_right_answer_passes_every_check_in_order_each_under_its_kind() -> None:
    checks = checked(case(forbidden_actions=["refund"]), trace(answer()))
    assert list(checks) == list(KINDS)
    assert {check.verdict for check in checks.values()} == {"PASS"}
    assert {name: check.kind for name, check in checks.items()} == KINDS
    assert {check.id for check in checks.values()} == {"c1"}


def test_the_answer_may_be_recorded_as_text_that_holds_the_object() -> None:
    assert verdicts(case(), trace(json.dumps(answer()))) == {}


def test_another_decision_fails_and_so_does_handing_over_what_can_be_decided() -> None:
    assert verdicts(case(), trace(answer(eligible=False))) == {"decision": ("FAIL", "wrong_decision")}
    assert verdicts(case(), trace(answer(eligible=None))) == {"decision": ("FAIL", "escalated_not_answered")}
    escalated = trace(answer(), escalation={"reason": "endpoint_failed", "detail": "no answer in 30 s"})
    assert verdicts(case(), escalated) == {"decision": ("FAIL", "escalated_not_answered")}
    assert "endpoint_failed" in checked(case(), escalated)["decision"].detail


def test_an_answer_where_a_person_has_to_decide_fails() -> None:
    assert verdicts(ESCALATED, trace(answer())) == {"decision": ("FAIL", "answered_not_escalated")}
    assert verdicts(ESCALATED, trace(answer(eligible=None, requested_actions=[]))) == {}
    assert verdicts(ESCALATED, trace("", escalation={"reason": "abstained"})) == {}


def test_nobody_can_tell_what_free_text_decides() -> None:
    found = verdicts(case(), trace("Yes, it may [P-7@2#1]."))
    assert found == {
        "decision": ("UNKNOWN", "undecided"),
        "policy_id": ("FAIL", "no_policy"),
        "answer_schema": ("FAIL", "no_object"),
    }


def test_the_policy_that_decides_has_to_be_named() -> None:
    assert verdicts(case(), trace(answer(policy_id="P-1"))) == {"policy_id": ("FAIL", "wrong_policy")}
    assert verdicts(case(), trace(answer(policy_id=None))) == {"policy_id": ("FAIL", "no_policy")}
    assert verdicts(case(policy_id=["P-6", "P-7"]), trace(answer())) == {}


def test_any_of_the_acceptable_citations_will_do_and_a_wider_one_covers_it() -> None:
    either = case(citations=["P-6@1#1", "P-7@2#1"], words={"P-6@1#1": "unless", "P-7@2#1": "within"})
    assert verdicts(either, trace(answer())) == {}
    assert verdicts(case(), trace(answer(evidence=[], citations=["P-7@2#1-2"]))) == {}
    for citations in ([], ["P-7@2#2"], ["P-9@1#1"], ["nonsense"]):
        found = verdicts(case(), trace(answer(evidence=[], citations=citations)))
        assert found == {"required_citation": ("FAIL", "not_cited")}


def test_a_forbidden_revision_fails_wherever_it_is_cited() -> None:
    forbidden = {"forbidden_citation": ("FAIL", "forbidden")}
    assert verdicts(case(), trace(answer(citations=["P-7@2#1", "P-7@1#3"]))) == forbidden
    assert verdicts(case(), trace(answer(answer="Yes [P-7@1#1]."))) == forbidden
    quoted = [{"citation": "P-7@2#1", "quote": "within"}, {"citation": "P-7@1#1", "quote": "within"}]
    assert verdicts(case(), trace(answer(evidence=quoted))) == forbidden
    passage = case(must_not_cite=["P-7@2#4"])
    assert verdicts(passage, trace(answer())) == {}
    assert verdicts(passage, trace(answer(citations=["P-7@2#1-4"]))) == forbidden


def test_a_block_of_the_evidence_is_cited_for_the_passage_that_decides() -> None:
    """The reader was given passages 1 to 4 as one block: it holds the right passage and a forbidden one."""
    block = answer(evidence=[], citations=["P-7@2#1-4"])
    forbidden = {"forbidden_citation": ("FAIL", "forbidden")}
    assert verdicts(case(must_not_cite=["P-7@2#4"]), trace(block, evidence=["P-7@2#1-4"])) == {}
    assert verdicts(case(must_not_cite=["P-7@2#4"]), trace(block, evidence=["P-7@2#1-2"])) == forbidden
    assert verdicts(case(must_not_cite=["P-7@2"]), trace(block, evidence=["P-7@2#1-4"])) == forbidden
    narrow = answer(evidence=[], citations=["P-7@2#1", "P-7@2#4"])
    assert verdicts(case(must_not_cite=["P-7@2#4"]), trace(narrow, evidence=["P-7@2#1-4"])) == forbidden


def test_fields_and_types_follow_the_schema_and_the_first_that_does_not_is_named() -> None:
    broken = answer()
    del broken["answer"]
    for given, named in (
        (answer(policy_id=7), "$.policy_id"),
        (broken, "'answer' is a required property"),
        (answer(requested_actions=["wire_money"]), "$.requested_actions[0]"),
        (answer(confidence=0.9), "'confidence' was unexpected"),
    ):
        check = checked(case(), trace(given))["answer_schema"]
        assert (check.verdict, check.reason, check.kind) == ("FAIL", "schema", "format")
        assert named in check.detail


def test_an_action_that_the_record_does_not_hold_is_a_false_claim() -> None:
    false = {"claimed_actions": ("FAIL", "not_executed")}
    said = answer(answer="Your label has been created.")
    assert verdicts(case(), trace(said)) == false
    assert verdicts(case(), trace(said, executed_actions=[LABEL])) == {}
    assert verdicts(case(), trace(answer(), claimed_actions=["create_label"])) == false
    assert verdicts(case(), trace(answer(), claimed_actions=[LABEL], executed_actions=[LABEL])) == {}
    other = [{**LABEL, "order": "A2"}]
    assert verdicts(case(), trace(answer(), claimed_actions=[LABEL], executed_actions=other)) == false
    assert checked(case(), trace(said))["claimed_actions"].kind == "side_effect"


def test_quoting_the_policy_claims_nothing() -> None:
    quoted = [{"citation": "P-7@2#1", "quote": "The label was created"}]
    assert verdicts(case(), trace(answer(evidence=quoted))) == {}


def test_without_a_record_of_what_was_executed_a_claim_fails_and_of_the_rest_nobody_can_tell() -> None:
    unknown = ("UNKNOWN", "no_record")
    asked = case(forbidden_actions=["refund"])
    assert verdicts(asked, trace(answer(), executed_actions=None)) == {"executed_actions": unknown}
    claiming = trace(answer(answer="Your label has been created."), executed_actions=None)
    assert verdicts(case(), claiming) == {"claimed_actions": ("FAIL", "not_evidenced")}


def test_an_action_that_would_have_been_executed_fails_where_the_case_forbids_it() -> None:
    asked = case(decision="not_eligible", forbidden_actions=["create_label"])
    refused = answer(eligible=False)
    forbidden = {"executed_actions": ("FAIL", "forbidden")}
    assert verdicts(asked, trace(refused, would_do=["create_label"])) == forbidden
    assert verdicts(asked, trace(refused, would_do=[LABEL], executed_actions=None)) == forbidden
    assert verdicts(asked, trace(refused, would_do=["escalate"])) == {}
    assert verdicts(case(), trace(answer(), would_do=["create_label"])) == {}


def test_what_would_have_been_executed_makes_no_claim_true() -> None:
    claiming = trace(answer(answer="Your label has been created."), would_do=["create_label"])
    assert verdicts(case(), claiming) == {"claimed_actions": ("FAIL", "not_executed")}


def test_an_executed_action_that_the_case_forbids_fails() -> None:
    asked = case(decision="not_eligible", forbidden_actions=["create_label"])
    assert verdicts(asked, trace(answer(eligible=False), executed_actions=[LABEL])) == {
        "executed_actions": ("FAIL", "forbidden")
    }


def test_a_case_without_a_trace_fails_whatever_is_asked_of_it() -> None:
    found = verdicts(case(), None)
    assert set(found) == set(KINDS) - {"executed_actions"}
    assert set(found.values()) == {("FAIL", "missing")}
    assert set(verdicts(ESCALATED, None)) == {"decision", "claimed_actions", "executed_actions"}


@pytest.mark.parametrize(
    ("field", "value", "reason", "detail"),
    [
        ("question", "May I go?", "other_question", "asked another question than the case: 'May I go?'"),
        ("facts", {**FACTS, "region": "DE"}, "other_facts", "region DE for US"),
        ("as_of", "2025-03-01", "other_date", "as of 2025-03-01, where the case is as of 2025-04-01T00:00:00Z"),
        ("as_of", None, "other_date", "neither trace nor receipt says as of when"),
        (
            "receipt",
            {"request": {"as_of": "2025-05-01T00:00:00Z"}},
            "other_date",
            "asked as of 2025-05-01T00:00:00Z by its receipt and as of 2025-04-01T00:00:00Z by its trace, "
            "where the case is as of 2025-04-01T00:00:00Z: 30 days later",
        ),
    ],
)
def test_a_trace_that_was_asked_otherwise_fails_with_how(field: str, value: Any, reason: str, detail: str) -> None:
    given = trace(answer(), **{field: value})
    found = verdicts(case(), given)
    assert set(found.values()) == {("FAIL", reason)}
    assert detail in checked(case(), given)["decision"].detail


def test_a_number_cites_the_piece_of_evidence_in_its_place() -> None:
    given = ["P-7@1#1", "P-7@2#1"]
    of_the_old, of_the_new = (trace(f"Yes, within 30 days [{n}].", evidence=given, claimed_actions=[]) for n in (1, 2))
    assert verdicts(case(), of_the_old)["forbidden_citation"] == ("FAIL", "forbidden")
    assert verdicts(case(), of_the_old)["required_citation"] == ("FAIL", "not_cited")
    assert not {"forbidden_citation", "required_citation"} & verdicts(case(), of_the_new).keys()


def test_what_a_quotation_says_was_done_is_no_claim_of_the_answer() -> None:
    quoting = {"grounds": [{"citation": "P-7@2#1", "quote": "Your refund has been issued when we write to you."}]}
    assert "claimed_actions" not in verdicts(case(), trace({**answer(), **quoting}))
