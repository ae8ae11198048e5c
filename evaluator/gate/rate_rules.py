"""Rates with a bound: how often something must hold at least, with a stated confidence."""

from dataclasses import replace
from fractions import Fraction

from evaluator.gate.outcomes import by_group, outcomes_with_absent
from evaluator.gate.rule_result import NamedCase, RuleResult, ValueAgainstLimit
from evaluator.gate.rules import Rate
from evaluator.gate.run import Run
from evaluator.gate.words import counted, instead, listed, percent
from evaluator.statistics.intervals import clopper_pearson
from evaluator.statistics.sample_size import cases_for_rate


def rate(rule: Rate, candidate: Run, baseline: Run | None) -> RuleResult:
    """SHIP where the lower bound reaches `at_least`; NEEDS MORE CASES where more cases like these would reach it."""
    cases = outcomes_with_absent(rule, candidate, baseline)
    passed = {case: outcome.scored and outcome.verdict == "PASS" for case, outcome in cases.items()}
    at_fault = tuple(NamedCase(case, outcome.not_passed_because) for case, outcome in cases.items() if not passed[case])
    counting = passed if rule.by == "case" else by_group(passed, candidate, *([baseline] if baseline else []))
    n, hits = len(counting), sum(counting.values())
    low, high = clopper_pearson(hits, n, 2 * rule.confidence - 1)
    interval = f"Clopper-Pearson, each end with {percent(rule.confidence)} confidence"
    measured = ValueAgainstLimit("share", hits / n, low, high, n, rule.at_least, "above", interval)
    reason = (
        f"{hits:,} of {counted(n, rule.by)} pass ({percent(hits / n)}): at least {percent(low)} with "
        f"{percent(rule.confidence)} confidence, where {percent(rule.at_least)} is wanted"
    )
    reason += f"; not passed: {listed(at_fault)}" if at_fault else ""
    found = RuleResult(rule.name, rule.kind, rule.subject, "SHIP", reason, measured, cases=at_fault)
    if low >= rule.at_least:
        return found
    if Fraction(hits, n) <= Fraction(str(rule.at_least)):
        return replace(found, decision="BLOCK", reason=f"{reason}; at this rate no number of cases would show it")
    needed = cases_needed(hits, n, rule.at_least, rule.confidence)
    without = "with no failure" if hits == n else "at this rate"
    more = needed - n
    return replace(
        found,
        decision="NEEDS MORE CASES",
        more_cases=more,
        reason=f"{reason}; {counted(needed, rule.by)} {without} would show it, {more:,} more than these"
        + instead(more, n, "ask for less"),
    )


def cases_needed(hits: int, n: int, at_least: float, confidence: float) -> int:
    """The fewest cases that would show the rate, where failures are at least as frequent as among these cases.

    It is the least N_f over f >= n - hits with f / N_f >= 1 - hits / n, where N_f is how many cases f failures need.
    There is one where the rate lies above `at_least`.
    """
    share = Fraction(n - hits, n)

    def enough(failures: int) -> bool:
        return failures >= share * cases_for_rate(at_least, failures, confidence)

    low, high = n - hits, max(1, n - hits)
    if enough(low):
        return cases_for_rate(at_least, low, confidence)
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return cases_for_rate(at_least, high, confidence)
