"""What a run measured, also where no rule is about it: rates, always with their intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from evaluator.gate.outcomes import Outcome, absent, by_group, group_of, passes_by_trial, rightly_handed_over
from evaluator.gate.rules import Part
from evaluator.gate.run import Run
from evaluator.statistics.intervals import Estimate, clopper_pearson
from evaluator.statistics.trials import flip_rate, pass_all_k, pass_at_k


@dataclass(frozen=True, slots=True)
class PassRate:
    """The share of a run's cases, or groups of them, in which every check of a part passes."""

    part: Part
    by: str
    candidate: Estimate
    baseline: Estimate | None


def measures(candidate: Run, baseline: Run | None) -> tuple[PassRate, ...]:
    """The rates of each part that the candidate holds."""
    return tuple(
        PassRate(
            part,
            by,
            _rate(candidate, part, by, baseline),
            None if baseline is None else _rate(baseline, part, by, None),
        )
        for part in get_args(Part)
        if part in candidate.checks
        for by in ("case", "group")
    )


@dataclass(frozen=True, slots=True)
class RepeatedTrials:
    """What several answers a case show: how often any, how often all of `k` pass, and how many cases flip."""

    measure: str
    k: int
    candidate: Estimate
    baseline: Estimate | None


def repeated_trials(candidate: Run, baseline: Run | None) -> Iterator[RepeatedTrials]:
    """pass@k, pass^k and the share of cases that flip, k being the fewest answers of any case; none where k is 1."""
    runs = [candidate] if baseline is None or baseline.trials < 2 else [candidate, baseline]
    outcomes = [passes_by_trial(run) for run in runs]
    k = min((len(trials) for of in outcomes for trials in of.values()), default=1)
    if k < 2:
        return
    for measure, estimate in ((f"pass@{k}", pass_at_k), (f"pass^{k}", pass_all_k), ("cases that flip", flip_rate)):
        found = [estimate(of, k, {case: group_of(case, *runs) for case in of}) for of in outcomes if of]
        yield RepeatedTrials(measure, k, found[0], found[1] if len(found) > 1 else None)


def _rate(run: Run, part: Part, by: str, other: Run | None) -> Estimate:
    """The rate of a run; a case that only the other run has counts as failed."""
    handed = rightly_handed_over(run) if part == "citations" else set()
    kept = {
        case: tuple(it for it in checks if it.verdict == "FAIL" or (case, it.trial) not in handed)
        for case, checks in run.checks.get(part, {}).items()
    }
    passed = {case: Outcome(checks).verdict == "PASS" for case, checks in kept.items() if checks}
    passed |= dict.fromkeys(absent(part, run, other, lambda check: True), False)
    counting = passed if by == "case" else by_group(passed, run, *([other] if other else []))
    n, hits = len(counting), sum(counting.values())
    if n == 0:
        return Estimate(None, None, None, 0, "clopper_pearson")
    return Estimate(hits / n, *clopper_pearson(hits, n), n, "clopper_pearson")
