"""The failures of a run, each once: what was asked, what came, what was expected, who mends it and how."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluator.checks.check import ASKED_OTHERWISE, Check
from evaluator.checks.checks_file import Results
from evaluator.files.policy_cases import PolicyCase
from evaluator.gate.outcomes import said
from evaluator.gate.run import Run
from evaluator.routing.diagnosis import Before
from evaluator.routing.routing import Route, route_all
from evaluator.routing.rules import read_rules
from evaluator.traces.case_trace import CaseTrace
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace

LONGEST = 1_000
"""Characters of an answer that a report shows."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One answer that did not pass, with all that a person needs to mend it.

    `found` are sentences, one for each check that did not pass. `owner` and `action` are those of `asof-eval route`.
    """

    case: str
    trial: int | None
    question: str | None
    facts: Mapping[str, str]
    as_of: str | None
    evidence: tuple[str, ...] | None
    answer: str
    expected: str | None
    found: tuple[str, ...]
    owner: str
    rule: str
    action: str
    updates_weights: bool

    @property
    def name(self) -> str:
        """The case, and its trial where there are several."""
        return self.case if self.trial is None else f"{self.case} (trial {self.trial})"

    def lines(self) -> list[tuple[str, str]]:
        """All of it as names and values, in the order of a report; what is not known is left out."""
        said = [("found", found) for found in self.found]
        said += [(self.owner, self.action)]
        said += [("question", self.question)] if self.question else []
        said += [("facts", "; ".join(f"{name} {value}" for name, value in self.facts.items()))] if self.facts else []
        said += [("as of", self.as_of)] if self.as_of else []
        said += [] if self.evidence is None else [("evidence", ", ".join(self.evidence) or "none")]
        said += [("answer", self.answer or "none")]
        return said + ([("expected", self.expected)] if self.expected else [])


def failures(run: Run, baseline: Run | None, cases: Mapping[str, PolicyCase]) -> Iterator[Failure]:
    """Every answer of a run that did not pass, or came late, in the order of the run.

    A case that was rightly handed over passes, whatever nobody can tell of its citations.
    """
    traced = [_traced(case, trace, cases) for case, answers in run.answers.items() for trace in answers]
    routes = _routes(run, baseline, traced)
    for one in traced:
        checks = [check for check in _checks(run, one) if check.verdict != "PASS"]
        route = routes.get(one.id)
        if route is not None and (checks or route.rule.owner == "serving"):
            yield _failure(run, one, checks, route)


def _failure(run: Run, one: CaseTrace, checks: list[Check], route: Route) -> Failure:
    trace, rule = one.trace, route.rule
    found = dict.fromkeys(check.detail if check.reason in ASKED_OTHERWISE else said(check) for check in checks)
    if not found and trace.timings.first_token_ms is not None:
        found[f"the first token came after {trace.timings.first_token_ms:,.0f} ms"] = None
    answer = trace.answer if isinstance(trace.answer, str) else _json(trace.answer)
    expected = run.expected.get(one.case) or (one.policy_case.expected.said() if one.policy_case else None)
    return Failure(
        case=one.case,
        trial=trace.trial,
        question=trace.question,
        facts=dict(trace.facts or trace.request.facts or {}),
        as_of=trace.request.as_of,
        evidence=None if trace.given is None else tuple(trace.given),
        answer=answer[:LONGEST] + ("…" if len(answer) > LONGEST else ""),
        expected=expected,
        found=tuple(found),
        owner=rule.owner,
        rule=rule.name,
        action=rule.action,
        updates_weights=rule.updates_weights,
    )


def _routes(run: Run, baseline: Run | None, traced: list[CaseTrace]) -> dict[str, Route]:
    before = {}
    if baseline is not None:
        for one in traced:
            for earlier in baseline.answers.get(one.case, ())[:1]:
                other = _traced(one.case, earlier, {})
                earlier_results = _results(baseline, other)
                if earlier_results.verdicts():
                    before[one.id] = Before(earlier_results, other.digest, earlier)
    results = {one.id: _results(run, one) for one in traced}
    routed = route_all(traced, results, read_rules(None), before, groups=run.groups)
    return {route.id: route for route in routed.routes}


def _results(run: Run, one: CaseTrace) -> Results:
    checks = [
        check
        for part in ("decisions", "contract")
        for check in run.checks.get(part, {}).get(one.case, ())
        if check.trial in (None, one.trace.trial)
    ]
    return Results(tuple(checks), tuple(run.citations.get(one.id, ())), group=run.groups.get(one.case))


def _checks(run: Run, one: CaseTrace) -> Iterator[Check]:
    for of in run.checks.values():
        yield from (check for check in of.get(one.case, ()) if check.trial in (None, one.trace.trial))


def _traced(case: str, trace: Trace, cases: Mapping[str, PolicyCase]) -> CaseTrace:
    evidence = None if trace.given is None else tuple(map(Handle.parse, trace.given))
    return CaseTrace(case, trace, evidence, (), cases.get(case))


def _json(answer: object) -> str:
    import json

    return json.dumps(answer, ensure_ascii=False, indent=1)
