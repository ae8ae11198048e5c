"""Two systems on the same cases: how they differ, and whether that may be chance.

Outcomes are 1 (right) or 0, for a baseline and a candidate, in the same order of cases. A case is *gained* where only
the candidate is right, and *lost* where only the baseline is. The other cases do not tell which is better.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate, Z


@dataclass(frozen=True, slots=True)
class Changes:
    """How many cases are right in both, gained, lost, and wrong in both."""

    both: int
    gained: int
    lost: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.gained + self.lost + self.neither


def changes(baseline: Sequence[int], candidate: Sequence[int]) -> Changes:
    """The counts of two series of outcomes, case by case."""
    seen = Counter(zip(map(bool, baseline), map(bool, candidate), strict=True))
    return Changes(seen[True, True], seen[False, True], seen[True, False], seen[False, False])


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p-value of `gained` against `lost`, if both are equally likely; 1 where nothing changed.

    min(1, 2 P(X <= min(gained, lost))), X ~ Binomial(gained + lost, 1/2).
    McNemar 1947, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12(2).
    """
    from scipy.stats import binomtest

    return 1.0 if gained + lost == 0 else float(binomtest(gained, gained + lost, 0.5).pvalue)


def score_interval(gained: float, lost: float, n: float, z: float = Z) -> tuple[float, float]:
    """The interval of (gained - lost) / n, for n > 0: the differences that the score test does not reject.

    The roots in D of (gained - lost - n D) / sqrt(n (2 q + D (1 - D))) = ±z, where q is the likeliest rate of `lost`
    given D. It lies within [-1, 1], and has a width even where nothing changed. Counts need not be whole.
    Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design", Statistics in Medicine 17(8).
    """
    from scipy.optimize import brentq

    seen = (gained - lost) / n

    def excess(other: float, aim: float) -> float:
        return score(gained, lost, n, other) - aim

    # The score falls from +inf near D = -1 to -inf near D = 1; at these two it is not defined.
    edge = 1 - 1e-12
    low = -1.0 if seen <= -edge else float(brentq(excess, -edge, min(seen, edge), args=(z,)))
    high = 1.0 if seen >= edge else float(brentq(excess, max(seen, -edge), edge, args=(-z,)))
    return low, high


def score(gained: float, lost: float, n: float, other: float) -> float:
    """How many standard errors the difference (gained - lost) / n lies above `other`, if that is true; Tango 1998."""
    slope = -gained - lost + (2 * n - gained + lost) * other
    rate = (math.sqrt(max(0.0, slope**2 + 8 * n * lost * other * (1 - other))) - slope) / (4 * n)
    variance = n * (2 * rate + other * (1 - other))
    distance = gained - lost - n * other
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def risk_difference(
    baseline: Sequence[int], candidate: Sequence[int], clusters: Sequence[str] | None = None
) -> Estimate:
    """The rate of the candidate minus that of the baseline, with its score interval, which also holds near 0 and 1.

    With clusters the counts are reduced to the number of effective cases (see `clustered.effective_cases`).
    """
    seen = changes(baseline, candidate)
    if seen.n == 0:
        return Estimate(None, None, None, 0, "score")
    low, high = score_interval(*effective_changes(baseline, candidate, clusters))
    return Estimate((seen.gained - seen.lost) / seen.n, low, high, seen.n, "score")


def effective_changes(
    baseline: Sequence[int], candidate: Sequence[int], clusters: Sequence[str] | None = None
) -> tuple[float, float, float]:
    """How many of n > 0 cases are gained, how many are lost, and n; with clusters, in effective cases."""
    seen, share = changes(baseline, candidate), 1.0
    if clusters is not None:
        shifts = [float(bool(after)) - float(bool(before)) for before, after in zip(baseline, candidate, strict=True)]
        share = clustered.effective_cases(shifts, clusters) / seen.n
    return seen.gained * share, seen.lost * share, seen.n * share
