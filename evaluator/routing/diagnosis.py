"""A diagnosis: what was measured of one trace. A failure is routed by these measurements."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evaluator.checks.check import ASKED_OTHERWISE, Check, Kind
from evaluator.checks.checks_file import CitationResult, Results
from evaluator.citations.record import in_evidence
from evaluator.routing.found import NOTHING, Found, every
from evaluator.routing.instants import as_of_passed, same_revision_in_force
from evaluator.traces.answer import decided, escalation, would_do
from evaluator.traces.case_trace import CaseTrace
from policies.instant import format_instant
from retriever.traces.trace import Trace

MEASUREMENTS = {
    "measured": "a check passed or failed",
    "gate_broken": "every check ended in ERROR",
    "undecided": "a check could not be decided: UNKNOWN or ERROR",
    "answer_came": "false where the endpoint, or the service, failed; else not measured",
    "content_right": "citations, decision and preserved facts are right",
    "needed_fact_given": "an acceptable citation of the case is in the evidence",
    "as_of_passed": "the application asked as of the instant of the case",
    "same_revision_in_force": "asked as of a wrong instant, at which the same revision of the policy is in force",
    "evidence_in_force": "the evidence was in force at the instant asked about",
    "evidence_applies": "the cited evidence applies to the trusted facts",
    "citations_from_evidence": "every citation exists and was in the evidence",
    "citations_in_force": "every cited revision was in force",
    "quotes_exact": "every quotation stands in the cited passage",
    "claims_supported": "every claim is supported by what it cites",
    "something_cited": "the answer cites something",
    "decision_right": "the decision is the expected one",
    "facts_preserved": "nothing that had to be preserved was lost",
    "format_holds": "the format was kept",
    "format_holds_in_a_paraphrase": "the format was kept in another paraphrase of the group",
    "useful": "the usefulness checks passed",
    "served_in_time": "the serving checks passed",
    "claimed_actions_executed": "every action that the answer claims was executed",
    "executed_actions_allowed": "no action that was executed, or would have been, was a forbidden one",
    "regressed": "every check passed in the baseline, and one fails now",
    "same_evidence": "the baseline had the same evidence",
    "release_changed": "checkpoint, prompt or release is another one than the baseline's",
}
"""The measurements by name. Each is true, false, or not measured."""

CONTENT: frozenset[Kind] = frozenset(("citation", "decision", "preservation"))
"""The kinds of check that are about what an answer says, and not about how."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The values for one trace, by the names of MEASUREMENTS; a name that is absent was not measured.

    `failed` holds names and reasons of the checks that failed. `passes` is None where nothing was measured.
    """

    id: str
    passes: bool | None
    found: Mapping[str, Found] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    first_token_ms: float | None = None

    def value(self, name: str) -> bool | None:
        return self.found.get(name, NOTHING).value

    def content(self, name: str) -> dict[str, Any]:
        return {"measurement": name, **self.found.get(name, NOTHING)._asdict()}


@dataclass(frozen=True, slots=True)
class Before:
    """The results of the same trace in the baseline, and what it was answered by: checkpoint, prompt and release."""

    results: Results
    digest: str | None
    trace: Trace | None = None

    def changed(self, now: Trace) -> str:
        """What changed since, of what the traces name; empty where nothing did, or nobody says."""
        named = ((it, getattr(self.trace, it, None), getattr(now, it)) for it in ("checkpoint", "prompt", "release"))
        return ", ".join(
            f"{it} {was or 'not named'} -> {is_now or 'not named'}" for it, was, is_now in named if was != is_now
        )


def diagnose(
    traced: CaseTrace, results: Results, before: Before | None = None, format_elsewhere: Found = NOTHING
) -> Diagnosis:
    """All that the trace itself and its checks tell."""
    abstained = decided(traced.trace) == "escalate"
    if abstained and _decision(traced, results).value:
        results = _rightly_handed_over(results)
    verdicts, told = results.verdicts(), _told_of_the_answer(results)
    found = {
        "measured": Found(any(verdict in ("PASS", "FAIL") for verdict in verdicts), f"{len(verdicts)} checks"),
        "gate_broken": Found(set(verdicts) == {"ERROR"}, f"{verdicts.count('ERROR')} of {len(verdicts)} ended in ERROR")
        if verdicts
        else NOTHING,
        "undecided": _undecided(results),
        "answer_came": _came(traced),
        "content_right": _content(told),
        **_evidence(traced, results),
        **_citations(results, abstained=abstained),
        "decision_right": _decision(traced, results),
        "facts_preserved": _held(told.checks, "preservation"),
        "format_holds": format_holds(told),
        "format_holds_in_a_paraphrase": format_elsewhere,
        "useful": _held(told.checks, "usefulness"),
        "served_in_time": _held(told.checks, "serving"),
        "claimed_actions_executed": every([*_actions_checked(told, claimed=True), *_claims_executed(traced)]),
        "executed_actions_allowed": every([*_actions_checked(told, claimed=False), *_actions_allowed(traced)]),
    }
    if before is not None:
        found["regressed"] = _regressed(before.results, told)
        found["same_evidence"] = _same(before.digest, results.digest or traced.digest)
        if before.trace is not None:
            changed = before.changed(traced.trace)
            found["release_changed"] = Found(bool(changed), changed or "nothing that is named")
    return Diagnosis(
        traced.id,
        _passes(results, found),
        {name: answer for name, answer in found.items() if answer.value is not None},
        dict(_failed(results)),
        traced.trace.timings.first_token_ms,
    )


def _told_of_the_answer(results: Results) -> Results:
    """Without the checks that only say that the trace was asked otherwise than its case."""
    return replace(results, checks=tuple(it for it in results.checks if it.reason not in ASKED_OTHERWISE))


def _rightly_handed_over(results: Results) -> Results:
    """Without what nobody can tell of the citations: the boundary handed the case over because of just that."""
    told = tuple(record for record in results.citations if record.outcome not in ("UNKNOWN", "ERROR"))
    return replace(results, citations=told)


def _decision(traced: CaseTrace, results: Results) -> Found:
    """Whether the decision is right, by its checks, or else by the case: handing over what nobody can tell is right."""
    held = _held(results.checks, "decision")
    if any(check.kind == "decision" for check in results.checks) or traced.policy_case is None:
        return held
    came, wanted = decided(traced.trace), traced.policy_case.expected.decision
    return NOTHING if came is None else Found(came == wanted, f"{came}, where {wanted} is expected")


def format_holds(results: Results) -> Found:
    return _held(results.checks, "format")


def _passes(results: Results, found: Mapping[str, Found]) -> bool | None:
    """Whether a trace passes: nothing failed, nothing was left undecided, and the right instant was asked about."""
    needed = (
        "claimed_actions_executed",
        "executed_actions_allowed",
        "something_cited",
        "decision_right",
        "as_of_passed",
    )
    if any(found[name].value is False for name in needed):
        return False
    verdicts = results.verdicts()
    return all(verdict == "PASS" for verdict in verdicts) if verdicts else found["decision_right"].value


def _failed(results: Results) -> Iterator[tuple[str, str]]:
    for record in results.citations:
        if record.outcome == "FAIL":
            yield record.why, _of(record)
    for check in results.checks:
        if check.verdict == "FAIL":
            named = (check.reason,) if check.reason in ASKED_OTHERWISE else (check.name, check.reason)
            yield from ((name, _said(check)) for name in named if name)


NO_ANSWER_CAME = frozenset(("endpoint_failed", "endpoint_timeout", "evidence_unavailable", "citation_not_verified"))
"""Reasons of an escalation that say nothing of the model: whoever should have answered did not."""


def _came(traced: CaseTrace) -> Found:
    handed = escalation(traced.trace)
    if handed is not None and (reason := str(handed.get("reason"))) in NO_ANSWER_CAME:
        return Found(False, f"{reason}: {handed.get('detail', '')}"[:200])
    return NOTHING


def _undecided(results: Results) -> Found:
    open_checks = [check for check in results.checks if check.verdict in ("UNKNOWN", "ERROR")]
    open_records = [record for record in results.citations if record.outcome in ("UNKNOWN", "ERROR")]
    if not open_checks and not open_records:
        return Found(False, "every check was decided") if results.verdicts() else NOTHING
    detail = _said(open_checks[0]) if open_checks else _of(open_records[0])
    return Found(True, f"{len(open_checks) + len(open_records)} undecided, first {detail}")


def _content(results: Results) -> Found:
    asked = [(_passed(record.outcome), _of(record)) for record in results.citations]
    return every(asked + [(_passed(check.verdict), _said(check)) for check in results.checks if check.kind in CONTENT])


def _evidence(traced: CaseTrace, results: Results) -> dict[str, Found]:
    given = [record for record in results.citations if record.in_evidence]
    asked, passed = traced.asked_as_of, as_of_passed(traced, results)
    # Citations were checked as of the trace's own instant. Where the case has another instant, only periods can tell.
    checked = [] if passed.value is False else given
    periods = (
        []
        if asked is None
        else [(asked in period, f"{name} at {format_instant(asked)}") for name, period in traced.periods]
    )
    return {
        "needed_fact_given": _needed(traced),
        "as_of_passed": passed,
        "same_revision_in_force": same_revision_in_force(traced) if passed.value is False else NOTHING,
        "evidence_in_force": every([*periods, *((record.in_force, _of(record)) for record in checked)]),
        "evidence_applies": every((record.applies, _of(record)) for record in given),
    }


def _needed(traced: CaseTrace) -> Found:
    citations = traced.policy_case.expected.citations if traced.policy_case else ()
    if not citations or traced.evidence is None:
        return NOTHING
    needed = " or ".join(map(str, citations))
    evidence = ", ".join(map(str, traced.evidence)) or "empty"
    given = any(in_evidence(handle, traced.evidence) for handle in citations)
    return Found(given, f"needed {needed}; evidence {evidence}")


def _citations(results: Results, *, abstained: bool) -> dict[str, Found]:
    """What the citations show; whoever hands a case over, or abstains, has nothing to cite."""
    records = results.citations
    quoting = [record for record in records if record.quote is not None]
    return {
        "citations_from_evidence": every((_and(record.exists, record.in_evidence), _of(record)) for record in records),
        "citations_in_force": every((record.in_force, _of(record)) for record in records),
        "quotes_exact": every((record.quoted, _of(record)) for record in quoting),
        "claims_supported": every((_supported(record), _of(record)) for record in records),
        "something_cited": Found(bool(records), f"{len(records)} citations, {results.uncited} claims without one")
        if records or (results.uncited and not abstained)
        else NOTHING,
    }


def _supported(record: CitationResult) -> bool | None:
    if record.agrees is False or record.stale == "contradicted":
        return False
    if record.stale == "regoverned":  # the same words may say the contrary now
        return None
    return None if record.support is None else _passed(record.support.verdict)


def _actions_checked(results: Results, claimed: bool) -> Iterator[tuple[bool | None, str]]:
    for check in results.checks:
        if check.kind == "side_effect" and check.name.startswith("claimed") == claimed:
            yield _passed(check.verdict), _said(check)


def _claims_executed(traced: CaseTrace) -> Iterator[tuple[bool | None, str]]:
    trace = traced.trace
    for claimed in trace.claimed_actions:
        if trace.executed_actions is not None:
            yield any(done.fulfils(claimed) for done in trace.executed_actions), f"claimed {claimed.name}"


def _actions_allowed(traced: CaseTrace) -> Iterator[tuple[bool | None, str]]:
    forbidden = traced.policy_case.expected.forbidden_actions if traced.policy_case else ()
    for done in traced.trace.executed_actions or () if forbidden else ():
        yield done.name not in forbidden, f"executed {done.name}"
    for name in would_do(traced.trace) if forbidden else ():
        yield name not in forbidden, f"would have executed {name}"


def _regressed(before: Results, now: Results) -> Found:
    """Whether a trace that passed before fails now. Serving is left out: a slow answer is a matter of capacity."""
    was, is_now = (
        every((_passed(verdict), "") for verdict in it.verdicts(without="serving")).value for it in (before, now)
    )
    if was is None or is_now is None:
        return NOTHING
    return Found(was and not is_now, f"baseline {'passed' if was else 'failed'}, now {'passes' if is_now else 'fails'}")


def _same(before: str | None, now: str | None) -> Found:
    if before is None or now is None or before.startswith("citations:") != now.startswith("citations:"):
        return NOTHING
    return Found(
        before == now, f"evidence {now[:24]}" if before == now else f"evidence {before[:24]} before, {now[:24]} now"
    )


def _held(checks: Iterable[Check], kind: Kind) -> Found:
    return every((_passed(check.verdict), _said(check)) for check in checks if check.kind == kind)


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _passed(verdict: str) -> bool | None:
    return {"PASS": True, "FAIL": False}.get(verdict)


def _said(check: Check) -> str:
    return f"{check.name}: {check.detail or check.reason or check.verdict}"


def _of(record: CitationResult) -> str:
    return f"{record.citation}: {record.why}"
