"""What a run measured, also where no rule is about it: rates, always with their intervals."""

from dataclasses import dataclass
from typing import get_args

from evaluator.gate.outcomes import Outcome, absent, by_group
from evaluator.gate.rules import Part
from evaluator.gate.run import Run
from evaluator.statistics.intervals import Estimate, clopper_pearson


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


def _rate(run: Run, part: Part, by: str, other: Run | None) -> Estimate:
    """The rate of a run; a case that only the other run has counts as failed."""
    passed = {case: Outcome(tuple(checks)).verdict == "PASS" for case, checks in run.checks.get(part, {}).items()}
    passed |= dict.fromkeys(absent(part, run, other, lambda check: True), False)
    counting = passed if by == "case" else by_group(passed, run, *([other] if other else []))
    n, hits = len(counting), sum(counting.values())
    if n == 0:
        return Estimate(None, None, None, 0, "clopper_pearson")
    return Estimate(hits / n, *clopper_pearson(hits, n), n, "clopper_pearson")
