"""Decision checks: does a decision follow the policy, on the right words, with no false claim and no forbidden action?

`decision` judges the final decision: where the boundary escalated, that is `escalate`. All other checks judge what the
model wrote, escalated or not, since that is what has to be mended.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluator.checks.check import OTHER_DATE, Check, Kind, Verdict
from evaluator.citations.claims import find_claims
from evaluator.decisions.action_claims import find_claimed, prose
from evaluator.files.policy_cases import PolicyCase
from evaluator.traces.answer import actions_said, answer_object, decided, erased, escalation, policy_said, would_do
from evaluator.traces.asked_instant import wrong_instant
from policies.instant import format_instant
from policies.revision import VersionId
from retriever.evidence.citations import Handle
from retriever.traces.trace import Action, Trace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

KINDS: dict[str, Kind] = {
    "decision": "decision",
    "policy_id": "decision",
    "required_citation": "citation",
    "forbidden_citation": "citation",
    "answer_schema": "format",
    "claimed_actions": "side_effect",
    "executed_actions": "side_effect",
}
"""Every check by name, in the order in which they are reported."""

ReasonedVerdict = tuple[Verdict, str, str]
"""A verdict, the code of its reason, and a sentence for people."""


def decision_checks(
    case: PolicyCase, trace: Trace | None, schema: "Validator | None", trial: int | None = None
) -> Iterator[Check]:
    """The checks that the case asks for, in the order of `KINDS`; without a `schema` the form is not asked about.

    Without a trace, or without one of that `trial`, each is a FAIL. So it is where the trace was asked another
    question, as of another instant or with other facts than the case. Where the answer was erased, each is an ERROR.
    """
    if trace is None:
        which = "" if trial is None else f" in trial {trial}"
        findings = dict.fromkeys(_asked(case, schema), _fail("missing", f"there is no trace of this case{which}"))
    elif erased(trace):
        findings = dict.fromkeys(
            _asked(case, schema), ("ERROR", "erased", "its answer was erased with the policy's words")
        )
    elif (difference := asked_otherwise(case, trace)) is not None:
        findings = dict.fromkeys(_asked(case, schema), _fail(*difference))
    else:
        findings = _Judged(case, trace).findings(schema)
    for name, (verdict, reason, detail) in findings.items():
        yield Check(case.id, name, KINDS[name], verdict, reason, detail, trial=trial if trace is None else trace.trial)


def cited_by(trace: Trace) -> list[Handle]:
    """The handles that an answer cites, each once; other citations are left to the citation checks."""
    answer = answer_object(trace.answer)
    claims = find_claims(trace.answer if answer is None else answer, trace.given)
    handles = (cited.handle for claim in claims for cited in claim.citations)
    return list(dict.fromkeys(handle for handle in handles if handle is not None))


def claimed_and_executed(trace: Trace) -> ReasonedVerdict:
    """Whether each action that the answer claims, in its field or in words, is in the record of executed actions."""
    answer = answer_object(trace.answer)
    claims = [(claim, "") for claim in trace.claimed_actions]
    for text in prose(trace.answer if answer is None else answer):
        claims += [(Action(name=claim.name), f" with the words {claim.words!r}") for claim in find_claimed(text)]
    claims += [(Action(name=name), f" in its field {field!r}") for name, field in actions_said(answer or {})]
    for claim, where in claims:
        if trace.executed_actions is None:
            return _fail("not_evidenced", f"claims {_shown(claim)}{where}, and there is no record of executed actions")
        if not any(action.fulfils(claim) for action in trace.executed_actions):
            detail = f"claims {_shown(claim)}{where}, which the record of executed actions does not hold"
            return _fail("not_executed", detail)
    return "PASS", "as_expected", "claims nothing that was not executed"


@dataclass(frozen=True, slots=True)
class _Judged:
    case: PolicyCase
    trace: Trace

    def findings(self, schema: "Validator | None") -> dict[str, ReasonedVerdict]:
        answer = answer_object(self.trace.answer)
        found = {"decision": self._decision()}
        if self.case.expected.decision != "escalate":
            found["policy_id"] = self._policy_id(answer)
        if self.case.expected.citations:
            found["required_citation"] = self._required_citation()
        if self.case.expected.must_not_cite:
            found["forbidden_citation"] = self._forbidden_citation()
        if schema is not None and (self.case.expected.decision != "escalate" or self.trace.answer):
            found["answer_schema"] = _schema(answer, schema)
        found["claimed_actions"] = claimed_and_executed(self.trace)
        if self.case.expected.forbidden_actions:
            found["executed_actions"] = self._executed_actions()
        return found

    def _decision(self) -> ReasonedVerdict:
        wanted, came = self.case.expected.decision, decided(self.trace)
        if came is None:
            return (
                "UNKNOWN",
                "undecided",
                "the answer is no JSON object with eligible true, false or null, or with a decision",
            )
        if came == wanted:
            return "PASS", "as_expected", f"{wanted}, as in the policy"
        if wanted == "escalate":
            return _fail("answered_not_escalated", f"{came}, where the evidence does not decide and a person has to")
        if came == "escalate":
            why = (escalation(self.trace) or {}).get("reason", "the model abstained")
            return _fail("escalated_not_answered", f"escalated ({why}), where the policy has {wanted}")
        return _fail("wrong_decision", f"{came}, where the policy has {wanted}")

    def _policy_id(self, answer: dict[str, Any] | None) -> ReasonedVerdict:
        wanted, named = self.case.expected.policy_ids, policy_said(answer or {})
        if named in wanted:
            return "PASS", "as_expected", f"{named} decides"
        if named is None and decided(self.trace) == "escalate":
            return _fail(
                "abstained", f"hands the case over, and so names no policy, where {' or '.join(wanted)} decides"
            )
        if named is None:
            return _fail("no_policy", f"names no policy, where {' or '.join(wanted)} decides")
        return _fail("wrong_policy", f"names {named}, and not {' or '.join(wanted)}")

    def _required_citation(self) -> ReasonedVerdict:
        wanted, cited = self.case.expected.citations, cited_by(self.trace)
        for handle in cited:
            if any(handle.covers(one) for one in wanted):
                return "PASS", "as_expected", f"cites {handle}"
        return _fail(
            "not_cited", f"cites {', '.join(map(str, cited)) or 'nothing'}, and not {' or '.join(map(str, wanted))}"
        )

    def _forbidden_citation(self) -> ReasonedVerdict:
        expected, blocks = self.case.expected, {Handle.parse(citation) for citation in self.trace.given or ()}
        for handle in cited_by(self.trace):
            # A block of the evidence with a passage that decides is cited for that one, whatever else it holds.
            right = handle in blocks and any(handle.covers(one) for one in expected.citations)
            forbidden = [one for one in expected.must_not_cite if not (right and isinstance(one, Handle))]
            if any(_of(handle, one) for one in forbidden):
                return _fail("forbidden", f"cites {handle}, which does not hold for this case")
        return "PASS", "as_expected", "cites nothing that does not hold for this case"

    def _executed_actions(self) -> ReasonedVerdict:
        executed, forbidden = self.trace.executed_actions, self.case.expected.forbidden_actions
        for name in would_do(self.trace):
            if name in forbidden:
                return _fail("forbidden", f"{name} would have been executed, which this case forbids")
        if executed is None:
            return "UNKNOWN", "no_record", "there is no record of what was executed"
        for action in executed:
            if action.name in forbidden:
                return _fail("forbidden", f"{_shown(action)} was executed, which this case forbids")
        return "PASS", "as_expected", "nothing forbidden was executed"


def _asked(case: PolicyCase, schema: "Validator | None") -> list[str]:
    """The names of the checks that are reported where no trace answers the case."""
    expected = case.expected
    without = {
        "policy_id": expected.decision == "escalate",
        "required_citation": not expected.citations,
        "answer_schema": schema is None or expected.decision == "escalate",
        "forbidden_citation": not expected.must_not_cite,
        "executed_actions": not expected.forbidden_actions,
    }
    return [name for name in KINDS if not without.get(name, False)]


def asked_otherwise(case: PolicyCase, trace: Trace) -> tuple[str, str] | None:
    """How the trace was asked otherwise than the case says, as a code and a sentence; None where it was not."""
    if trace.question is not None and trace.question != case.question:
        return "other_question", f"asked another question than the case: {trace.question!r}"
    if trace.facts != case.facts:
        return "other_facts", f"asked with other facts than the case: {_differing(trace.facts, case.facts)}"
    if trace.request.as_of is None:
        said = f"neither trace nor receipt says as of when, where the case is as of {format_instant(case.as_of)}"
        return OTHER_DATE, said
    wrong = wrong_instant(trace, case.as_of)
    return None if wrong is None else (OTHER_DATE, wrong)


def _differing(given: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """The facts that differ, each with what was given and what the case has."""
    names = [name for name in {**wanted, **given} if given.get(name) != wanted.get(name)]
    said = (f"{name} {given.get(name, 'not given')} for {wanted.get(name, 'none')}" for name in names[:5])
    return ", ".join(said)


def _schema(answer: dict[str, Any] | None, schema: "Validator") -> ReasonedVerdict:
    if answer is None:
        return _fail("no_object", "the answer is no JSON object")
    first = min(schema.iter_errors(answer), key=lambda error: error.json_path, default=None)
    if first is None:
        return "PASS", "as_expected", "has the fields and types of the schema"
    said = f"{first.json_path}: {first.message[:200]}"
    if first.validator == "required" and isinstance(first.instance, dict) and isinstance(first.validator_value, list):
        lacking = ", ".join(name for name in first.validator_value if name not in first.instance)
        said = f"lacks {lacking} ({said})"
    return _fail("schema", said)


def _of(handle: Handle, forbidden: VersionId | Handle) -> bool:
    return handle.version == forbidden if isinstance(forbidden, VersionId) else handle.overlaps(forbidden)


def _shown(action: Action) -> str:
    return json.dumps(action.model_dump(), ensure_ascii=False)[:200]


def _fail(reason: str, detail: str) -> ReasonedVerdict:
    return "FAIL", reason, detail
