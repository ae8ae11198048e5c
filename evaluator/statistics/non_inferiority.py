"""Whether a candidate is at most a margin worse than a baseline on the same cases: shown, refuted, or not yet known.

The margin is the loss that one would accept, chosen before looking. "No significant difference" does not show that
there is none, since a few cases never show a difference. So the whole interval of the difference must lie on the good
side of the margin (Wellek 2010, "Testing Statistical Hypotheses of Equivalence and Noninferiority"). With intervals of
95%, each verdict is wrong in at most 2.5% of comparisons.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from evaluator.statistics.intervals import Estimate
from evaluator.statistics.paired import changes, effective_changes, risk_difference, score

ALPHA = 0.025
"""One-sided: half of a two-sided 5%, like the intervals."""

TAIL = 0.05
LATENCY_CASES = 86
"""The least n with (1 - TAIL)^n <= ALPHA / 2: with fewer cases, all may too easily lie below the true percentile."""

Verdict = Literal["non_inferior", "inferior", "unresolved"]


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """A difference of candidate minus baseline against a margin >= 0, in the unit of what was measured.

    `worse` is the direction in which a difference is for the worse: down for a rate, up for a latency. `cases_needed`
    is how many cases tell the margin from no difference with 80% power, where that is known. For a latency it is the
    least number of cases with an interval. `p_value` is the least one-sided level at which the candidate is shown to be
    non-inferior.
    """

    difference: Estimate
    margin: float
    worse: Literal["down", "up"]
    verdict: Verdict
    cases_needed: int | None
    p_value: float


def rates(
    baseline: Sequence[int], candidate: Sequence[int], margin: float, clusters: Sequence[str] | None = None
) -> NonInferiority:
    """Whether the rate of outcomes 1 falls by less than `margin` (0.02 is two points), by Tango's score interval."""
    from evaluator.statistics.sample_size import cases_for_non_inferiority

    difference = risk_difference(baseline, candidate, clusters)
    if not difference.n:
        return NonInferiority(difference, margin, "down", "unresolved", None, 1.0)
    verdict, needed = _verdict(difference, margin, "down"), None
    gained, lost, n = effective_changes(baseline, candidate, clusters)
    if verdict == "unresolved" and margin > 0:
        seen = changes(baseline, candidate)
        # Half a case more on each side: where nothing changed in a few cases, something may still change in others.
        discordance = (seen.gained + seen.lost + 1) / (seen.n + 2)
        needed = cases_for_non_inferiority(margin, discordance, effect=difference.n / n)
    p_value = NormalDist().cdf(-score(gained, lost, n, -margin))
    return NonInferiority(difference, margin, "down", verdict, needed, p_value)


def tail_latencies(
    baseline: Sequence[float], candidate: Sequence[float], margin: float, clusters: Sequence[str] | None = None
) -> NonInferiority:
    """Whether the 95th percentile rises by less than `margin`, in the unit of the values, over cases paired by order.

    The low end is the lower bound of the candidate's percentile minus the upper bound of the baseline's; the high end
    is the reverse. A bound is the value at a rank: for any distribution, the percentile lies beyond it in at most 1.25%
    of samples (David and Nagaraja 2003, "Order Statistics", 7.1). The two bounds share 2.5% (Bonferroni), however
    baseline and candidate depend on each other. A bootstrap would be narrower, and wrong: it cannot see a tail that so
    few cases do not hold. Cases of a cluster may be slow together, so n of them count as n^2 / sum of n_g^2 (Kish 1965,
    "Survey Sampling", for cases that are all alike within a cluster). Below 86 cases there is no interval.
    """
    import numpy as np

    n = len(baseline)
    if n == 0:
        return NonInferiority(Estimate(None, None, None, 0, "order_statistics"), margin, "up", "unresolved", None, 1.0)
    at_before, at_after = np.quantile(np.asarray([baseline, candidate], dtype=np.float64), 1 - TAIL, axis=1)
    before, after, cases = sorted(baseline), sorted(candidate), _effective(n, clusters)
    ends = _rise(before, after, math.floor(cases), ALPHA)
    low, high = ends or (None, None)
    difference = Estimate(float(at_after - at_before), low, high, n, "order_statistics")
    needed = math.ceil(n * LATENCY_CASES / cases) if ends is None else None
    p_value = _tail_p_value(before, after, math.floor(cases), margin)
    return NonInferiority(difference, margin, "up", _verdict(difference, margin, "up"), needed, p_value)


def _tail_p_value(before: Sequence[float], after: Sequence[float], cases: int, margin: float) -> float:
    """The least level at which the rise is shown to be less than the margin; 1 where there is none."""

    def shown(level: float) -> bool:
        ends = _rise(before, after, cases, level)
        return ends is not None and ends[1] < margin

    low, high = 0.0, 1.0
    if not shown(high):
        return high
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def _rise(before: Sequence[float], after: Sequence[float], cases: int, alpha: float) -> tuple[float, float] | None:
    """The interval of the rise of two ordered series, each end with error `alpha`; None where there are too few cases.

    Each percentile lies between the values of two ranks r of m = `cases` cases, each end with error `alpha` / 2:
    P(Bin(m, 0.95) < r) >= 1 - alpha / 2 for the upper rank and <= alpha / 2 for the lower.
    """
    from scipy.stats import binom

    above = int(binom.ppf(1 - alpha / 2, cases, 1 - TAIL)) + 1
    below = int(binom.ppf(alpha / 2, cases, 1 - TAIL))
    if above > cases or below < 1:
        return None
    n = len(before)
    lower, upper = max(1, below * n // cases) - 1, min(n, -(-above * n // cases)) - 1
    return after[lower] - before[upper], after[upper] - before[lower]


def _effective(n: int, clusters: Sequence[str] | None) -> float:
    return float(n) if clusters is None else n**2 / sum(size**2 for size in Counter(clusters).values())


def _verdict(difference: Estimate, margin: float, worse: Literal["down", "up"]) -> Verdict:
    if difference.low is None or difference.high is None:
        return "unresolved"
    # The interval as a loss: the least and the most that the candidate is worse by.
    least, most = (difference.low, difference.high) if worse == "up" else (-difference.high, -difference.low)
    if most < margin:
        return "non_inferior"
    return "inferior" if least > margin else "unresolved"
