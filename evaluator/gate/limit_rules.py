"""Limits: a measure of the candidate alone, such as the 95th percentile of its first tokens, against a number."""

import math
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from evaluator.errors import BrokenRun
from evaluator.gate.outcomes import group_of, passes_by_trial
from evaluator.gate.rule_result import Decision, NamedCase, RuleResult, Unit, ValueAgainstLimit
from evaluator.gate.rules import OF_RUNS, TAKEN, Limit
from evaluator.gate.run import Run
from evaluator.gate.words import counted, instead, percent
from evaluator.statistics.intervals import Estimate
from evaluator.statistics.tails import mean_of, quantile
from evaluator.statistics.trials import bounds_of_mean, flip_rate
from evaluator.traces.answer import decided
from retriever.traces.trace import Trace

FEWEST_OF_A_MEAN = 10
"""Fewer cases give a mean no bound."""


RECORDED = {
    "first_token_ms": "timings.first_token_ms",
    "total_ms": "timings.total_ms",
    "prompt_tokens": "tokens.prompt",
    "completion_tokens": "tokens.completion",
    "cost": "cost, a number",
}
"""Where a trace says each measure."""


def limit(rule: Limit, candidate: Run) -> RuleResult:
    """SHIP where the measure's bound lies on the good side, BLOCK where the measure itself lies on the bad side.

    Between the two, more cases may show it. An answer without the value is named; BrokenRun where none has it.
    """
    measure, sign, wanted = rule.parts
    found, lacking, unit = (_of_run if measure in OF_RUNS else _of_answers)(rule, measure, candidate)
    assert found.value is not None
    up = sign == ">="
    bound = found.low if up else found.high
    reached = found.value >= wanted if up else found.value <= wanted
    shown = bound is not None and (bound >= wanted if up else bound <= wanted)
    said = f"{measure} is {_shown(found.value, unit)} over {counted(found.n, 'case')}"
    if measure.startswith("max_"):
        said += ", the most that was seen"
    elif bound is None:
        said += "; too few cases for a bound"
    else:
        said += f", {'at least' if up else 'at most'} {_shown(bound, unit)} with {percent(rule.confidence)} confidence"
    said += f", where {sign} {_shown(wanted, unit)} is wanted"
    measured = ValueAgainstLimit(
        unit, found.value, found.low, found.high, found.n, wanted, "above" if up else "below", _interval(rule, measure)
    )
    if lacking:
        said += f"; without it: {counted(len(lacking), 'answer')}"
    decision: Decision = "SHIP" if shown else "NEEDS MORE CASES" if reached else "BLOCK"
    result = RuleResult(rule.name, rule.kind, rule.subject, decision, said, measured, cases=lacking)
    if decision != "NEEDS MORE CASES":
        return result
    more = _more(rule, found, wanted, bound, candidate)
    if found.value == wanted:
        said += "; it lies at the limit itself, so no number of cases would show it"
        said += instead(sys.maxsize, found.n, "choose another limit")
    elif more is None:
        said += "; the values are too few, or too unlike each other, to tell how many more would"
    else:
        said += f"; about {counted(more, 'case')} more may show it{instead(more, found.n, 'choose another limit')}"
    return replace(result, reason=said, more_cases=more)


def _of_answers(rule: Limit, measure: str, run: Run) -> tuple[Estimate, tuple[NamedCase, ...], Unit]:
    taken, _, field = measure.partition("_")
    values: list[list[float]] = []
    groups, lacking = [], []
    for case, answers in run.answers.items():
        known = [value for trace in answers if (value := _value(trace, field)) is not None]
        lacking += [NamedCase(case, f"no {field} is recorded")] * (len(answers) - len(known))
        if known:
            values.append(known)
            groups.append(group_of(case, run) if rule.clustered else case)
    if not values:
        raise BrokenRun(
            f"Rule {rule.name!r}: {run.where} has no trace with {field}; record it as {RECORDED.get(field, field)}, "
            "or give --rules without this rule"
        )
    unit: Unit = "duration_ms" if field.endswith("_ms") else "number"
    if taken == "mean":
        mean = mean_of(values, rule.confidence, groups)
        same = {value for of in values for value in of}
        if mean.low is None and len(same) == 1 and len(values) >= FEWEST_OF_A_MEAN:
            mean = replace(mean, low=mean.value, high=mean.value)
        return mean, tuple(lacking), unit
    if taken == "max":
        most = max(max(of) for of in values)
        return Estimate(most, most, most, len(values), "order_statistics"), tuple(lacking), unit
    share = TAKEN[taken]
    assert share is not None
    return quantile(values, share, rule.confidence, groups), tuple(lacking), unit


def _of_run(rule: Limit, measure: str, run: Run) -> tuple[Estimate, tuple[NamedCase, ...], Unit]:
    if not run.answers:
        raise BrokenRun(f"Rule {rule.name!r}: {run.where} has no traces, and {measure} is measured of these")
    if measure == "flip_rate":
        outcomes = passes_by_trial(run)
        if not outcomes:
            raise BrokenRun(
                f"Rule {rule.name!r}: {run.where} holds no decisions and no citations, and {measure} is measured of "
                "these"
            )
        groups = {case: group_of(case, run) for case in outcomes} if rule.clustered else {}
        return flip_rate(outcomes, groups=groups, confidence=2 * rule.confidence - 1), (), "share"
    cases = sorted(run.cases)  # a case without a trace was not answered
    given = [run.answers.get(case, []) for case in cases]
    answered = [bool(of) and all(map(_answered, of)) for of in given]
    values = [float(it == (measure == "answered_rate")) for it in answered]
    alike = [group_of(case, run) for case in cases] if rule.clustered else None
    low, high = bounds_of_mean(values, alike, 2 * rule.confidence - 1)
    return Estimate(sum(values) / len(values), low, high, len(values), "clopper_pearson"), (), "share"


def _answered(trace: Trace) -> bool:
    """Whether an answer came, and was not handed to a person."""
    return bool(trace.answer) and decided(trace) != "escalate"


def _value(trace: Trace, field: str) -> float | None:
    if field == "cost":
        cost: Any = (trace.model_extra or {}).get("cost")
        return float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) else None
    if field.endswith("_tokens"):
        tokens = getattr(trace.tokens, field.removesuffix("_tokens"))
        return None if tokens is None else float(tokens)
    found: float | None = getattr(trace.timings, field)
    return found


def _more(rule: Limit, found: Estimate, wanted: float, bound: float | None, run: Run) -> int | None:
    """About how many more cases: enough for a bound at all, or for one that is as near as the limit is.

    The distance from value to bound shrinks with the root of the number of cases. None where nothing tells.
    """
    assert found.value is not None
    if bound is None:
        share = TAKEN.get(rule.parts[0].partition("_")[0])
        if share is None:
            return FEWEST_OF_A_MEAN - found.n if found.n < FEWEST_OF_A_MEAN else None
        least = math.ceil(math.log(1 - rule.confidence) / math.log(max(share, 1 - share)))
        sizes = Counter(group_of(case, run) if rule.clustered else case for case in run.answers).values()
        effective = sum(sizes) ** 2 / sum(size**2 for size in sizes)
        return max(1, math.ceil(found.n * least / effective) - found.n)
    if found.value == wanted:
        return None
    return max(1, math.ceil(found.n * ((bound - found.value) / (wanted - found.value)) ** 2) - found.n)


def _interval(rule: Limit, measure: str) -> str:
    if measure.startswith("max_"):
        return "what was seen, and no bound of what may come"
    return f"each end with {percent(rule.confidence)} confidence"


def _shown(value: float, unit: Unit) -> str:
    return percent(value) if unit == "share" else f"{value:,.0f} ms" if unit == "duration_ms" else f"{value:,.4g}"
