"""How high the tail or the mean of one run's latencies or costs may be: a quantile by ranks, a mean by resampling.

Both intervals are two one-sided bounds, each with the stated confidence: quote the end that is asked for. Cases are
independent, or groups of cases where these are named; the trials of a case need not be. Each case counts alike, however
many trials it has. `non_inferiority` compares the tails of two runs.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence

from evaluator.statistics.clustered import variance_of_mean
from evaluator.statistics.intervals import RESAMPLES, SEED, Estimate
from evaluator.statistics.trials import ROUNDING, bounds_of_mean

MEAN_CASES = 10
"""The least number of cases, or groups, for the interval of a mean: fewer hardly tell how skewed costs are."""


def quantile(
    values_by_case: Sequence[Sequence[float]],
    share: float,
    confidence: float = 0.95,
    groups: Sequence[str] | None = None,
) -> Estimate:
    """The value that this share of trials does not exceed, in the unit of the values, for any distribution.

    Shape: cases of one or more trials; `groups` has a name for each case. 0 < share < 1. The value is the least v with
    F(v) >= share, where F(v) is the mean over cases of the share of trials <= v. The high end is the least v at which F
    is shown to be at least `share`, the low end the least at which it is not shown to be less, by `bounds_of_mean`.
    With one trial a case these are the order statistics of David and Nagaraja 2003, "Order Statistics", 7.1: ranks r
    with P(Bin(n, share) < r) >= confidence, and at least 1 - confidence. There is no interval where even all values
    show no bound: an upper bound of the 95th percentile with 95% confidence takes 59 cases (0.95^59 < 0.05).
    """
    n = len(values_by_case)
    if n == 0:
        return Estimate(None, None, None, 0, "order_statistics")
    ordered = sorted({value for values in values_by_case for value in values})

    def below(value: float) -> list[float]:
        return [sum(one <= value for one in values) / len(values) for values in values_by_case]

    def shown(value: float) -> bool:
        return bounds_of_mean(below(value), groups, 2 * confidence - 1)[0] >= share - ROUNDING

    def possible(value: float) -> bool:
        return bounds_of_mean(below(value), groups, 2 * confidence - 1)[1] >= share - ROUNDING

    middle = ordered[_first(ordered, lambda value: math.fsum(below(value)) / n >= share - ROUNDING)]
    at = _first(ordered, shown)
    if at == len(ordered):
        return Estimate(middle, None, None, n, "order_statistics")
    return Estimate(middle, ordered[_first(ordered, possible)], ordered[at], n, "order_statistics")


def mean_of(
    values_by_case: Sequence[Sequence[float]], confidence: float = 0.95, groups: Sequence[str] | None = None
) -> Estimate:
    """The mean over cases of the mean of a case's trials, in the unit of the values, by the bootstrap-t.

    Shapes are those of `quantile`. With m the mean, s its standard error by case or group (`variance_of_mean`), and m*,
    s* those of a resample, the interval is m - q_high s to m - q_low s, for the quantiles q of (m* - m) / s*. Costs are
    skewed, and Student's interval ends too low for them: its upper bound of a log-normal mean (sigma 1) from 30 cases
    holds in 84% where this one holds in 91%. No method sees dear cases that are not among those asked. There is no
    interval from fewer than 10 cases or groups, nor where so many are equal that a resample often holds no other. Efron
    1981, "Nonparametric standard errors and confidence intervals", Can. J. Statist. 9(2); Hall 1988, "Theoretical
    comparison of bootstrap confidence intervals", Ann. Statist. 16(3).
    """
    n = len(values_by_case)
    if n == 0:
        return Estimate(None, None, None, 0, "bootstrap")
    means = [math.fsum(values) / len(values) for values in values_by_case]
    middle = math.fsum(means) / n
    names = groups or [str(case) for case in range(n)]
    if len(set(names)) < MEAN_CASES:
        return Estimate(middle, None, None, n, "bootstrap")
    error = math.sqrt(variance_of_mean(means, names))
    low, high = _studentized(means, names, 1 - confidence)
    if not math.isfinite(low) or not math.isfinite(high):
        return Estimate(middle, None, None, n, "bootstrap")
    return Estimate(middle, middle - high * error, middle - low * error, n, "bootstrap")


def _studentized(means: Sequence[float], names: Sequence[str], tail: float) -> tuple[float, float]:
    """The quantiles `tail` and 1 - `tail` of (m* - m) / s* over resamples of groups.

    The mean is a ratio of sums over G groups, and s* is sqrt(G / (G - 1) sum_g (t_g - m* n_g)^2) / n*. The score of a
    resample of equal cases is infinite.
    """
    import numpy as np

    _, which = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    totals, sizes = np.bincount(which, weights=means), np.bincount(which).astype(np.float64)
    count, middle = len(sizes), totals.sum() / sizes.sum()
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, count, (RESAMPLES, count))
    cases = sizes[drawn].sum(axis=1)
    resampled = totals[drawn].sum(axis=1) / cases
    squares = (totals[drawn] - resampled[:, None] * sizes[drawn]) ** 2
    errors = np.sqrt(count / (count - 1) * squares.sum(axis=1)) / cases
    # Where a resample is of equal cases, rounding may leave an error; it tells nothing of its distance from the mean.
    alike = errors <= ROUNDING * np.abs(totals).max() / sizes.sum()
    distances = resampled - middle
    scores = np.where(alike, np.copysign(np.inf, distances), distances / np.where(alike, 1.0, errors))
    low, high = np.quantile(scores, (tail, 1 - tail), method="inverted_cdf")
    return float(low), float(high)


def _first(ordered: Sequence[float], holds: Callable[[float], bool]) -> int:
    """The place of the first value for which it holds, where it holds for all after it; the length where for none."""
    return bisect_left(ordered, True, key=holds)
