"""Comparisons with the baseline on the same cases: is the candidate shown to be worse by less than the margin?

The whole interval of the difference has to lie on the good side of the margin. Where only the difference itself lies
there, more cases may show it. Where the difference lies past the margin, the candidate is blocked.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Literal

from evaluator.errors import BrokenRun
from evaluator.gate.outcomes import group_of, paired
from evaluator.gate.rule_result import Decision, NamedCase, RuleResult, ValueAgainstLimit
from evaluator.gate.rules import NotSlower, NotWorse
from evaluator.gate.run import Run
from evaluator.gate.words import counted, instead, listed, percent, points
from evaluator.statistics.multiple import holm
from evaluator.statistics.non_inferiority import ALPHA, NonInferiority, rates, tail_latencies
from evaluator.statistics.paired import changes

NO_TOKEN_MS = 3_600_000.0
"""A case without a first token counts as an hour in the candidate."""


def not_worse(rule: NotWorse, candidate: Run, baseline: Run) -> RuleResult:
    """Whether the rate falls by less than the margin, over the cases of either run that can be compared."""
    every = paired(rule, candidate, baseline)
    pairs = [pair for pair in every if pair.compares]
    before, after = zip(*(pair.passes for pair in pairs), strict=True)
    groups = [pair.group for pair in pairs] if rule.clustered else None
    compared = rates(before, after, rule.margin, groups)
    seen = changes(before, after)
    said = (
        f"{percent(sum(after) / seen.n)} against {percent(sum(before) / seen.n)} of {counted(seen.n, 'case')}, "
        f"{seen.gained:,} gained and {seen.lost:,} lost: {points(compared.difference.value or 0.0)}"
    )
    lost = tuple(
        NamedCase(pair.case, f"lost: {pair.candidate.not_passed_because}") for pair in pairs if pair.passes == (1, 0)
    )
    unscored = tuple(NamedCase(case, text) for pair in every for case, text in pair.unscored())
    said += f" ({_interval(compared, 'points')})"
    if candidate.trials != baseline.trials:
        said += (
            f"; the candidate was asked {counted(candidate.trials, 'time')} a case and the baseline "
            f"{baseline.trials:,}, and a case passes only where each answer does: ask both equally often"
        )
    return _finding(rule, compared, "points", said, f"{rule.margin * 100:g} points", lost, unscored)


def not_slower(rule: NotSlower, candidate: Run, baseline: Run) -> RuleResult:
    """Whether the 95th percentile of the time to the first token rises by less than the margin.

    Cases in which the baseline has no first token are left out, since there is nothing to compare with.
    """
    after, before = candidate.first_tokens, baseline.first_tokens
    for run, times in ((candidate, after), (baseline, before)):
        if all(time is None for time in times.values()):
            raise BrokenRun(
                f"Rule {rule.name!r}: {run.where} has no trace with timings.first_token_ms; record it, as an assistant "
                "that streams can, or give --rules without [[not_slower]]"
            )
    fast = {case: time for case, time in before.items() if time is not None}
    slow = {case: NO_TOKEN_MS if (time := after.get(case)) is None else time for case in fast}
    unscored = (
        *(NamedCase(case, "candidate: no first token, counted as an hour") for case in fast if after.get(case) is None),
        *(
            NamedCase(case, "baseline: no first token, left out")
            for case, time in after.items()
            if time is not None and case not in fast
        ),
    )
    if all(after.get(case) is None for case in fast):
        raise BrokenRun(f"Rule {rule.name!r}: no case has a time to the first token in both runs")
    groups = [group_of(case, candidate, baseline) for case in fast] if rule.clustered else None
    first_tokens = list(fast.values()), list(slow.values())
    compared = tail_latencies(*first_tokens, rule.margin_ms, groups)
    said = f"95th percentile {compared.difference.value:+,.0f} ms over {counted(len(fast), 'case')}"
    said += f" ({_interval(compared, 'ms')})"
    return _finding(rule, compared, "ms", said, f"{rule.margin_ms:,g} ms", (), unscored)


def with_holm(findings: Sequence[RuleResult]) -> list[RuleResult]:
    """The comparisons with adjusted p-values; a comparison that is no longer shown needs more cases."""
    adjusted = holm({found.rule: found.p_value for found in findings if found.p_value is not None})
    return [_held(found, adjusted[found.rule], len(adjusted)) for found in findings]


def _held(found: RuleResult, adjusted: float, tests: int) -> RuleResult:
    if found.decision != "SHIP" or adjusted < ALPHA:
        return replace(found, p_value=adjusted)
    assert found.p_value is not None
    assert found.measured is not None
    n, normal = found.measured.n, NormalDist()
    # At worst the smallest of the tests' levels applies. The distance from the margin grows as the root of the cases.
    needed = n * (normal.inv_cdf(1 - ALPHA / tests) / normal.inv_cdf(1 - found.p_value)) ** 2
    more = max(1, math.ceil(needed) - n)
    reason = f"{found.reason}; not shown once {tests} comparisons share the chance of error (Holm: p {adjusted:.3f})"
    return replace(
        found,
        decision="NEEDS MORE CASES",
        p_value=adjusted,
        more_cases=more,
        reason=f"{reason}; about {counted(more, 'case')} more would show it{instead(more, n)}",
    )


def _finding(
    rule: NotWorse | NotSlower,
    compared: NonInferiority,
    unit: Literal["points", "ms"],
    said: str,
    limit: str,
    lost: tuple[NamedCase, ...],
    unscored: tuple[NamedCase, ...],
) -> RuleResult:
    decision, said_of_it, more = _decided(compared, limit)
    reason = f"{said}; {said_of_it}"
    reason += f"; lost: {listed(lost)}" if lost else ""
    reason += f"; not scored: {listed(unscored)}" if unscored else ""
    difference = compared.difference
    assert difference.value is not None
    down = compared.worse == "down"
    measured = ValueAgainstLimit(
        unit=unit,
        value=difference.value,
        low=difference.low,
        high=difference.high,
        n=difference.n,
        limit=-compared.margin if down else compared.margin,
        good="above" if down else "below",
        interval=f"95%, {difference.method.replace('_', ' ')}",
    )
    return RuleResult(
        rule.name, rule.kind, rule.subject, decision, reason, measured, compared.p_value, more, (*lost, *unscored)
    )


def _decided(compared: NonInferiority, limit: str) -> tuple[Decision, str, int | None]:
    """The decision, what is said of it, and how many more cases it needs."""
    way = "a fall" if compared.worse == "down" else "a rise"
    if compared.verdict == "non_inferior":
        return "SHIP", f"shown to be no worse: {way} of {limit} is ruled out", None
    if compared.verdict == "inferior":
        return "BLOCK", f"shown to be worse by more than {limit}", None
    difference = compared.difference
    n, needed = difference.n, compared.cases_needed or 0
    assert difference.value is not None
    loss = difference.value if compared.worse == "up" else -difference.value
    if loss >= compared.margin:
        return "BLOCK", f"the difference seen is {way} of {limit} or more", None
    if difference.low is None or difference.high is None:
        said = f"too few cases to show the tail; {needed:,} may show it, {needed - n:,} more{instead(needed - n, n)}"
        return "NEEDS MORE CASES", said, needed - n
    most = difference.high if compared.worse == "up" else -difference.low
    if loss > 0 or needed <= n:
        # The half-width shrinks with the root of the number of cases; the difference is taken to stay as it is.
        needed = max(needed, n + 1, math.ceil(n * ((most - loss) / (compared.margin - loss)) ** 2))
    more = needed - n
    said = f"{way} of {limit} is not ruled out; about {counted(needed, 'case')} like these would, {more:,} more"
    return "NEEDS MORE CASES", said + instead(more, n), more


def _interval(compared: NonInferiority, unit: Literal["points", "ms"]) -> str:
    low, high = compared.difference.low, compared.difference.high
    if low is None or high is None:
        return "too few cases for an interval"
    ends = (points(low), points(high)) if unit == "points" else (f"{low:+,.0f} ms", f"{high:+,.0f} ms")
    return f"95% interval {ends[0]} to {ends[1]}"
