"""Each failure goes to the owner that can mend it: every shipped rule, and the order among them."""

from collections.abc import Iterator
from typing import Any

import pytest

from evaluator.checks.check import Check, Verdict
from evaluator.checks.checks_file import CitationResult, Results, Scored
from evaluator.files.policy_cases import Expected, PolicyCase
from evaluator.routing.diagnosis import Before
from evaluator.routing.routing import Route, Routing, results_of, route_all
from evaluator.routing.rules import read_rules
from evaluator.traces.case_trace import CaseTrace
from policies.instant import parse_instant
from policies.period import Period
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace
from tests.root import ROOT

FACT = "P-7@2#1"
STALE = "P-7@1#1"
RULES = read_rules()


def traced(
    id: str = "t1", evidence: list[str] | None = None, needs: list[str] | None = None, **fields: Any
) -> CaseTrace:
    """A trace, with the case that needs these citations as of April 2025."""
    trace = Trace.model_validate({"id": id, "answer": "Yes.", **fields})
    given = None if evidence is None else tuple(map(Handle.parse, evidence))
    needed = None
    if needs is not None:
        citations = tuple(map(Handle.parse, needs))
        expected = Expected("eligible", citations=citations, forbidden_actions=("create_label",))
        needed = PolicyCase(id, "damaged", "Is it eligible?", {}, parse_instant("2025-04-01"), expected)
    return CaseTrace(str(fields.get("case", id)), trace, given, (), needed)


def check(kind: str, verdict: Verdict = "FAIL", name: str = "it", reason: str = "so", id: str = "t1") -> Check:
    return Check(id, name, kind, verdict, reason, "in words")  # type: ignore[arg-type]


def cited(outcome: Verdict = "PASS", why: str = "supported", citation: str = FACT, **fields: Any) -> CitationResult:
    found = {"exists": True, "in_evidence": True, "in_force": True, "applies": True, "agrees": True, **fields}
    return CitationResult("here", "t1", citation, outcome, why, **found)


def results(*found: Check | CitationResult, uncited: int = 0) -> Results:
    checks = tuple(it for it in found if isinstance(it, Check))
    return Results(checks, tuple(it for it in found if isinstance(it, CitationResult)), uncited)


WRONG = check("decision", name="decision")
RIGHT = check("decision", "PASS", name="decision")
LATE = {"first_token_ms": 2001}
RECEIPT_OF_MAY = {"request": {"as_of": "2025-05-01"}}

Fired = tuple[CaseTrace, Results]

FIRES: dict[str, Fired] = {
    "gate-broken": (traced(), results(check("decision", "ERROR"), cited("ERROR", "support"))),
    "asked-otherwise": (
        traced(claimed_actions=["create_label"], executed_actions=[]),
        results(check("decision", name="decision", reason="other_facts")),
    ),
    "as-of-not-passed": (traced(evidence=[STALE], needs=[FACT], receipt=RECEIPT_OF_MAY), results(WRONG)),
    "no-answer-came": (
        traced(answer="", escalation={"reason": "endpoint_timeout", "detail": "no answer in 30 s"}),
        results(check("format", name="answer_schema", reason="no_object"), WRONG),
    ),
    "forbidden-action-executed": (
        traced(needs=[FACT], executed_actions=["create_label"]),
        results(RIGHT),
    ),
    "action-not-executed": (traced(claimed_actions=["create_label"], executed_actions=[]), results(RIGHT)),
    "answer-incomplete": (
        traced(answer='{"eligible": true'),
        results(check("format", name="answer_schema", reason="no_object"), WRONG),
    ),
    "passed-before": (traced(evidence=[FACT]), results(WRONG)),
    "evidence-not-in-force": (
        traced(evidence=[STALE, FACT], needs=[FACT], as_of="2025-04-01"),
        results(cited("FAIL", "stale_contradicted", STALE, in_force=False, stale="contradicted")),
    ),
    "evidence-does-not-apply": (
        traced(evidence=["P-4@1#1"]),
        results(cited("FAIL", "not_applicable", "P-4@1#1", applies=False)),
    ),
    "needed-fact-missing": (traced(evidence=["P-8@1#1"], needs=[FACT], as_of="2025-04-01"), results(WRONG)),
    "obeyed-the-text": (traced(), results(check("usefulness", reason="obeyed_input"))),
    "refused-a-harmless-task": (traced(), results(check("usefulness", name="no_refusal", reason="refused"))),
    "stale-from-memory": (
        traced(evidence=[FACT], needs=[FACT], as_of="2025-04-01"),
        results(cited("FAIL", "not_in_evidence", STALE, in_evidence=False, in_force=False)),
    ),
    "cited-outside-the-evidence": (
        traced(evidence=[FACT]),
        results(cited("FAIL", "unknown_version", "P-9@9#9", exists=False, in_evidence=False, in_force=None)),
    ),
    "quote-altered": (traced(), results(cited("FAIL", "quote_not_found", quote="within 3 days", quoted=False))),
    "abstained-needlessly": (
        traced(answer={"eligible": None}, evidence=[FACT], needs=[FACT], as_of="2025-04-01"),
        results(check("decision", name="decision", reason="escalated_not_answered")),
    ),
    "fact-given-answer-wrong": (traced(evidence=[FACT], needs=[FACT], as_of="2025-04-01"), results(cited(), WRONG)),
    "claim-not-supported": (traced(), results(cited("FAIL", "support", support=Scored(0.1, "FAIL")))),
    "facts-lost": (traced(), results(check("preservation", name="keeps", reason="lost"))),
    "format-unsteady": (traced(group="summary"), results(check("format", name="bullets"))),
    "format-lost": (traced(), results(check("format", name="bullets"), check("preservation", "PASS"))),
    "another-speaker": (traced(), results(check("usefulness", name="one_speaker", reason="chat_template"))),
    "nothing-cited": (traced(), results(RIGHT, uncited=2)),
    "style-ranked-worse": (traced(), results(RIGHT, check("usefulness", name="only_the_answer", reason="closing"))),
    "as-of-differs": (
        traced(evidence=[FACT], needs=[FACT], receipt=RECEIPT_OF_MAY),
        results(check("decision", name="decision", reason="other_date")),
    ),
    "first-token-late": (traced(timings=LATE), results(RIGHT)),
    "served-late": (traced(), results(RIGHT, check("serving", name="total"))),
    "nothing-measured": (traced(), results()),
    "undecided": (traced(), results(RIGHT, cited("UNKNOWN", "support", support=Scored(0.4, "UNKNOWN")))),
    "unexplained": (traced(), results(WRONG)),
}
PARAPHRASE = (traced("t2", group="summary"), Results((check("format", "PASS", id="t2"),)))
BASELINE = {"passed-before": Before(results(RIGHT), traced(evidence=[FACT]).digest)}


def routed(name: str) -> Route:
    one, found = FIRES[name]
    before = {"t1": BASELINE[name]} if name in BASELINE else {}
    routing = route_all([one, PARAPHRASE[0]], {"t1": found, "t2": PARAPHRASE[1]}, RULES, before)
    (route,) = routing.routes
    return route


def test_every_shipped_rule_is_named_here_in_its_order() -> None:
    assert list(FIRES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("name", FIRES)
def test_every_shipped_rule_fires(name: str) -> None:
    route = routed(name)
    assert route.rule.name == name
    assert route.id == "t1"
    assert route.because


def test_a_failure_is_named_with_owner_side_and_weights() -> None:
    named = {
        name: (route.rule.owner, route.rule.failure, route.rule.knowledge_or_contract, route.rule.updates_weights)
        for name in FIRES
        for route in [routed(name)]
    }
    contract, retrieval = "prompt contract or demonstrations", ("retrieval index", "factual", "knowledge", False)
    preference, gate = "preference data and safety eval", "evaluation gate and rollback"
    assert named == {
        "gate-broken": (gate, "none", "neither", False),
        "asked-otherwise": (gate, "none", "neither", False),
        "as-of-not-passed": retrieval,
        "no-answer-came": ("serving", "none", "neither", False),
        "forbidden-action-executed": (preference, "behavioural", "contract", True),
        "action-not-executed": (preference, "behavioural", "contract", True),
        "answer-incomplete": (contract, "behavioural", "contract", False),
        "passed-before": (gate, "behavioural", "contract", False),
        "evidence-not-in-force": retrieval,
        "evidence-does-not-apply": retrieval,
        "needed-fact-missing": retrieval,
        "obeyed-the-text": (preference, "behavioural", "contract", True),
        "refused-a-harmless-task": (preference, "behavioural", "contract", True),
        "stale-from-memory": (contract, "factual", "contract", False),
        "cited-outside-the-evidence": (contract, "factual", "contract", False),
        "quote-altered": (contract, "factual", "contract", False),
        "abstained-needlessly": (contract, "behavioural", "contract", False),
        "fact-given-answer-wrong": (contract, "factual", "contract", False),
        "claim-not-supported": (contract, "factual", "contract", False),
        "facts-lost": (contract, "factual", "contract", False),
        "format-unsteady": (contract, "behavioural", "contract", False),
        "format-lost": (contract, "behavioural", "contract", False),
        "another-speaker": (contract, "behavioural", "contract", False),
        "nothing-cited": (contract, "behavioural", "contract", False),
        "style-ranked-worse": (preference, "preference", "contract", True),
        "as-of-differs": ("retrieval index", "none", "neither", False),
        "first-token-late": ("serving", "none", "neither", False),
        "served-late": ("serving", "none", "neither", False),
        "nothing-measured": ("investigate", "none", "neither", False),
        "undecided": ("investigate", "none", "neither", False),
        "unexplained": ("investigate", "none", "neither", False),
    }


def test_because_holds_the_measurements_that_decided_and_what_they_rest_on() -> None:
    assert routed("needed-fact-missing").content()["because"] == [
        {"measurement": "needed_fact_given", "value": False, "detail": f"needed {FACT}; evidence P-8@1#1"},
        {"measurement": "content_right", "value": False, "detail": "decision: in words"},
    ]
    assert routed("first-token-late").content()["because"] == [
        {"measurement": "content_right", "value": True, "detail": "1 of 1"},
        {"measurement": "first_token_ms", "value": 2001.0, "detail": "the limit is 2000 ms"},
    ]
    assert routed("refused-a-harmless-task").content()["because"] == [
        {"measurement": "failed", "value": "no_refusal", "detail": "no_refusal: in words"},
        {"measurement": "failed", "value": "refused", "detail": "no_refusal: in words"},
    ]


def test_where_no_rule_explains_the_failed_checks_are_named() -> None:
    assert [it["value"] for it in routed("unexplained").because] == ["decision", "so"]


def one_rule(one: CaseTrace, found: Results, before: Before | None = None) -> str | None:
    routing = route_all([one], {"t1": found}, RULES, {"t1": before} if before else None)
    return routing.routes[0].rule.name if routing.routes else None


def test_a_trace_whose_checks_all_passed_is_counted_and_not_routed() -> None:
    routing = route_all([traced()], {"t1": results(RIGHT, cited())}, RULES)
    assert (routing.traces, routing.routes) == (1, ())
    assert routing.content()["passed"] == 1


def test_an_unknown_beside_passes_is_no_pass() -> None:
    assert one_rule(traced(), results(RIGHT, check("usefulness", "UNKNOWN"))) == "undecided"


def test_a_late_and_wrong_answer_is_wrong_first() -> None:
    late_and_wrong = traced(evidence=["P-8@1#1"], needs=[FACT], as_of="2025-04-01", timings=LATE)
    assert one_rule(late_and_wrong, results(WRONG)) == "needed-fact-missing"


def test_a_first_token_at_the_limit_is_in_time() -> None:
    assert one_rule(traced(timings={"first_token_ms": 2000}), results(RIGHT)) is None


def test_a_lost_format_is_no_matter_of_retrieval_where_the_content_is_right() -> None:
    missing = traced(evidence=["P-8@1#1"], needs=[FACT], as_of="2025-04-01")
    assert one_rule(missing, results(RIGHT, check("format"))) == "format-lost"
    assert one_rule(missing, results(check("format"))) == "needed-fact-missing"


def test_where_every_check_refused_a_trace_of_another_instant_the_gate_is_not_broken() -> None:
    refused = results(check("decision", "ERROR", reason="other_question"))
    assert one_rule(traced(evidence=[STALE], needs=[FACT], as_of="2025-05-01"), refused) == "as-of-not-passed"
    assert one_rule(traced(evidence=[FACT], needs=[FACT], as_of="2025-04-01"), refused) == "gate-broken"


def test_results_stand_under_the_id_of_the_trace_or_of_the_case_that_it_answers() -> None:
    own, of_case = results(RIGHT), results(WRONG)
    found = results_of([traced("t1", case="c1"), traced("t2")], {"t1": own, "c1": of_case, "x": own})
    assert found["t1"].verdicts() == ["PASS", "FAIL"]
    assert found["t2"] == Results()


def test_groups_given_apart_name_the_paraphrases_of_an_answer() -> None:
    both, found = [traced("t1"), traced("t2")], {"t1": results(check("format")), "t2": PARAPHRASE[1]}
    (route,) = route_all(both, found, RULES, groups={"t1": "summary", "t2": "summary"}).routes
    assert route.rule.name == "format-unsteady"


def test_a_regression_with_other_evidence_is_no_regression_of_the_model() -> None:
    now = traced(evidence=["P-8@1#1"], needs=[FACT], as_of="2025-04-01")
    before = Before(results(RIGHT), traced(evidence=[FACT]).digest)
    assert one_rule(now, results(WRONG), before) == "needed-fact-missing"
    assert one_rule(now, results(WRONG), Before(results(RIGHT), now.digest)) == "passed-before"
    assert one_rule(now, results(WRONG), Before(results(WRONG), now.digest)) == "needed-fact-missing"
    assert one_rule(now, results(WRONG), Before(results(RIGHT), None)) == "needed-fact-missing"


def test_a_format_lost_in_every_paraphrase_is_not_unsteady() -> None:
    both = [traced("t1", group="summary"), traced("t2", group="summary")]
    lost = {id: Results((check("format", id=id),)) for id in ("t1", "t2")}
    assert [route.rule.name for route in route_all(both, lost, RULES).routes] == ["format-lost"] * 2


def test_one_check_in_error_does_not_break_the_gate() -> None:
    assert one_rule(traced(), results(RIGHT, check("usefulness", "ERROR"))) == "undecided"


def test_owners_are_ordered_by_how_much_they_have() -> None:
    ids = ("a", "b", "c")
    found = {"a": results(WRONG), "b": results(check("format")), "c": results(check("format"))}
    routing = route_all([traced(id) for id in ids], found, RULES, unanswered=["d"])
    assert isinstance(routing, Routing)
    assert routing.content()["owners"] == {
        "prompt contract or demonstrations": {"traces": 2, "ids": ["b", "c"]},
        "investigate": {"traces": 1, "ids": ["a"]},
    }
    assert routing.content()["cases_without_a_trace"] == ["d"]


def rows_of_the_page() -> Iterator[list[str]]:
    text = (ROOT / "docs" / "routing.md").read_text()
    for line in text.split("## Who mends it")[1].split("\n## ")[0].splitlines():
        if line.startswith("| ") and not line.startswith("| what was measured"):
            yield [cell.strip(" `") for cell in line.strip("|").split("|")]


def test_the_page_says_of_each_rule_whether_it_updates_weights() -> None:
    said = {name.strip(" `"): row[3] for row in rows_of_the_page() for name in row[1].split(",")}
    either = "a prompt leaves them frozen, demonstrations update them"
    assert said == {
        rule.name: either
        if rule.owner == "prompt contract or demonstrations"
        else "updates weights"
        if rule.updates_weights
        else "leaves them frozen"
        for rule in RULES
    }


def test_a_period_that_does_not_hold_the_instant_shows_evidence_not_in_force() -> None:
    period = Period(parse_instant("2025-01-01"), parse_instant("2025-04-01"))
    one = traced(evidence=[STALE], needs=[STALE], as_of="2025-04-01")
    of_march = CaseTrace(one.case, one.trace, one.evidence, ((STALE, period),), one.policy_case)
    assert one_rule(of_march, results(WRONG)) == "evidence-not-in-force"
    assert one_rule(one, results(WRONG)) == "fact-given-answer-wrong"


def test_a_case_that_was_rightly_handed_over_is_a_pass_and_cites_nothing() -> None:
    handed = {"answer": "", "escalation": {"reason": "no_evidence", "detail": "nothing fits"}}
    assert one_rule(traced(**handed), results(RIGHT, uncited=1)) is None
    abstained = {"answer": {"eligible": None, "answer": "Nobody can tell from this."}}
    assert one_rule(traced(**abstained), results(RIGHT, uncited=1)) is None
    wrong = check("decision", name="decision", reason="escalated_not_answered")
    assert one_rule(traced(**handed, evidence=[FACT], needs=[FACT], as_of="2025-04-01"), results(wrong)) == (
        "abstained-needlessly"
    )


def test_a_regression_also_names_what_went_wrong() -> None:
    one = traced(evidence=[FACT])
    outside = cited("FAIL", "unknown_version", "P-9@9#9", exists=False, in_evidence=False, in_force=None)
    before = {"t1": Before(results(RIGHT), one.digest)}
    (route,) = route_all([one], {"t1": results(RIGHT, outside)}, RULES, before).routes
    assert route.rule.name == "passed-before"
    assert ("also", "cited-outside-the-evidence") in {(it["measurement"], it["value"]) for it in route.because}


def test_what_nobody_can_tell_of_citations_alone_is_undecided_and_not_unmeasured() -> None:
    assert one_rule(traced(), results(cited("UNKNOWN", "support", support=Scored(0.4, "UNKNOWN")))) == "undecided"


def test_what_changed_since_the_baseline_is_named() -> None:
    earlier = traced(evidence=[FACT], prompt="returns-3", release="5").trace
    before = Before(results(RIGHT), traced(evidence=[FACT]).digest, earlier)
    now = traced(evidence=[FACT], prompt="returns-4", release="5")
    routing = route_all([now], {"t1": results(WRONG)}, RULES, {"t1": before})
    (route,) = routing.routes
    assert route.rule.name == "passed-before"
    assert {"measurement": "release_changed", "value": True, "detail": "prompt returns-3 -> returns-4"} in route.because


def test_routes_are_named_by_case_and_trial() -> None:
    (route,) = route_all([traced("t1", case="late-parcel-2", trial=3)], {"t1": results(WRONG)}, RULES).routes
    assert route.name == "late-parcel-2 (trial 3)"
    assert (route.content()["id"], route.content()["case"], route.content()["trial"]) == ("t1", "late-parcel-2", 3)
