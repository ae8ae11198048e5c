"""How reliable answers are where each case is asked several times: any of k right, all of k right, not all alike.

The trials of a case tell about that case; only more cases tell about cases. So the interval of a mean over cases takes
a case as one unit, or a group of cases where they are wordings of one question. More trials make each case's value
better known, and the interval narrower only as far as that matters.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from evaluator.errors import BrokenRun
from evaluator.statistics.intervals import Estimate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Trials = Mapping[str, Sequence[bool]]
"""The outcomes of each case's trials, by the case's name; a case has at least one."""

NO_GROUPS: Mapping[str, str] = {}

ROUNDING = 1e-9
"""Shares that differ by less are equal."""


def pass_at_k(trials: Trials, k: int, groups: Mapping[str, str] = NO_GROUPS, confidence: float = 0.95) -> Estimate:
    """The mean over cases of the chance that any of k trials passes, a share in [0, 1], with its interval.

    `groups` names the group of each case that shares one; the others are alone. Each end of the interval has the error
    (1 - confidence) / 2. BrokenRun where a case has fewer than k trials, or k is less than 1. Chen et al. 2021,
    "Evaluating Large Language Models Trained on Code", arXiv:2107.03374, section 2.1.
    """
    return _mean_over_cases(trials, any_of, k, 1, groups, confidence)


def pass_all_k(trials: Trials, k: int, groups: Mapping[str, str] = NO_GROUPS, confidence: float = 0.95) -> Estimate:
    """pass^k: the mean over cases of the chance that all of k trials pass, a share in [0, 1], with its interval.

    Arguments and errors are those of `pass_at_k`. Yao et al. 2024, "tau-bench: A Benchmark for Tool-Agent-User
    Interaction in Real-World Domains", arXiv:2406.12045.
    """
    return _mean_over_cases(trials, all_of, k, 1, groups, confidence)


def flip_rate(
    trials: Trials, k: int | None = None, groups: Mapping[str, str] = NO_GROUPS, confidence: float = 0.95
) -> Estimate:
    """The mean over cases of the chance that k trials do not all have the same outcome, a share with its interval.

    That is pass@k minus pass^k. Where each case has k trials, it is the share of cases that flipped. With k = 2 it is
    the mean chance that two trials of a case differ. The rate grows with k, so two runs are compared at the same k: the
    fewest trials of any case (at least 2) unless given. Arguments and errors are those of `pass_at_k`; k is at least 2.
    """
    if k is None:
        k = max(2, min(map(len, trials.values()), default=2))
    return _mean_over_cases(trials, flips, k, 2, groups, confidence)


def any_of(passed: int, n: int, k: int) -> float:
    """The chance that at least one of k <= n trials passes, from `passed` of n: 1 - C(n - passed, k) / C(n, k).

    Over independent trials its mean is 1 - (1 - p)^k, where p is the case's own rate. Chen et al. 2021, equation 1.
    """
    return 1 - all_of(n - passed, n, k)


def all_of(passed: int, n: int, k: int) -> float:
    """The chance that k <= n trials all pass, from `passed` of n: C(passed, k) / C(n, k), whose mean is p^k.

    Yao et al. 2024, equation 1; it is the minimum-variance unbiased estimate of p^k.
    """
    return math.comb(passed, k) / math.comb(n, k)


def flips(passed: int, n: int, k: int) -> float:
    """The chance that k <= n trials do not all have the same outcome: `any_of` less `all_of`, of mean 1 - p^k - q^k."""
    return (math.comb(n, k) - math.comb(passed, k) - math.comb(n - passed, k)) / math.comb(n, k)


def _mean_over_cases(
    trials: Trials,
    value: Callable[[int, int, int], float],
    k: int,
    least: int,
    groups: Mapping[str, str],
    confidence: float,
) -> Estimate:
    if k < least:
        raise BrokenRun(f"k is {k}; give how many trials of a case to look at, at least {least}")
    for case, outcomes in trials.items():
        if len(outcomes) < k:
            instead = ", or give a smaller k" if k > least else ""
            raise BrokenRun(f"Case {case!r} has {len(outcomes)} of the {k} trials wanted; ask it {k} times{instead}")
    if not trials:
        return Estimate(None, None, None, 0, "clopper_pearson")
    values = [value(sum(outcomes), len(outcomes), k) for outcomes in trials.values()]
    names = [groups.get(case, case) for case in trials] if groups else None
    low, high = bounds_of_mean(values, names, confidence)
    return Estimate(math.fsum(values) / len(values), low, high, len(values), "clopper_pearson")


def bounds_of_mean(
    values: Sequence[float], groups: Sequence[str] | None = None, confidence: float = 0.95
) -> tuple[float, float]:
    """The interval of the mean of n > 0 values in [0, 1], each end with error (1 - confidence) / 2.

    Clopper and Pearson's interval, for values that need not be 0 or 1. With exponential weights E_i, the high end is
    the t with P(sum_i E_i (x_i - t) + E_0 (1 - t) <= 0) = 1 - (1 - confidence) / 2: the weighted mean of the values and
    of one more case at 1. The low end takes the case more at 0. For values 0 and 1 these are the quantiles of Beta
    distributions that Clopper and Pearson give; values in between make it narrower. Gaffke 2005, "Three test statistics
    for a nonparametric one-sided hypothesis on the mean of a nonnegative variable", Math. Methods Statist. 14(4);
    Learned-Miller and Thomas 2019, "A New Confidence Interval for the Mean of a Bounded Random Variable",
    arXiv:1905.06208. That it covers for every distribution is proved for 0 and 1 only; benchmarks/gate.py simulates it.

    Values of a group may be alike. So a group has one weight, for the sum of its n_g values minus n_g t. The case more
    counts sum n_g^2 / n times: the size of the group that a case is in, on average (Kish 1965, "Survey Sampling").
    """
    tail = (1 - confidence) / 2
    hits, misses, more = _units(values, groups)
    return 1 - _high_end(misses, more, tail), _high_end(hits, more, tail)


def holds_mean(
    values: Sequence[float], mean: float, groups: Sequence[str] | None = None, confidence: float = 0.95
) -> bool:
    """Whether `bounds_of_mean` lie on both sides of this mean in [0, 1]; for simulations, since it is much faster."""
    tail = (1 - confidence) / 2
    hits, misses, more = _units(values, groups)
    return all(
        at <= _seen(units) + ROUNDING or _seen(units) >= 1 - ROUNDING or _beyond(units, more, tail, at) <= 0
        for units, at in ((hits, mean), (misses, 1 - mean))
    )


Units = tuple[tuple[float, int, int], ...]
"""Sums of groups in rising order, with the size of the group, and how many groups are like that."""


def _units(values: Sequence[float], groups: Sequence[str] | None) -> tuple[Units, Units, float]:
    """The groups by what they hold of 1, and by what they lack of it; and how many cases the case more counts for."""
    if groups is None:
        alike = Counter((value, 1) for value in values)
        more = 1.0
    else:
        sums: dict[str, float] = {}
        for group, value in zip(groups, values, strict=True):
            sums[group] = sums.get(group, 0.0) + value
        sizes = Counter(groups)
        alike = Counter((sums[group], size) for group, size in sizes.items())
        more = sum(size**2 for size in sizes.values()) / len(values)
    hits = sorted((total, size, count) for (total, size), count in alike.items())
    return tuple(hits), tuple((size - total, size, count) for total, size, count in hits), more


def _seen(units: Units) -> float:
    total = math.fsum(total * count for total, _, count in units)
    return total / sum(size * count for _, size, count in units)


def _high_end(units: Units, more: float, tail: float) -> float:
    from scipy.optimize import brentq

    seen = _seen(units)
    if seen >= 1 - ROUNDING:
        return 1.0
    # 1 is never exceeded, and this lies nearer to it than any bound: that of one miss in n lies about tail / n from it.
    edge = 1 - 1e-3 * (1 - seen) * tail
    if _beyond(units, more, tail, edge) <= 0:
        return 1.0
    return float(brentq(lambda mean: _beyond(units, more, tail, mean), seen, edge, xtol=1e-10))


@lru_cache(maxsize=2**13)
def _beyond(units: Units, more: float, tail: float, mean: float) -> float:
    """Positive where the mean lies above the high end, 0 at it."""
    import numpy as np

    reaches = np.asarray([*(total - size * mean for total, size, _ in units), more * (1 - mean)])
    counts = np.asarray([*(float(count) for _, _, count in units), 1.0])
    return _chance_below(reaches, counts) - (1 - tail)


def _chance_below(reaches: "npt.NDArray[np.float64]", counts: "npt.NDArray[np.float64]") -> float:
    """P(sum_j r_j G_j <= 0) for reaches r_j, not all 0, and independent G_j ~ Gamma(counts_j, 1); both of shape (m,).

    1/2 - 1/pi * the integral over u > 0 of sin(sum_j c_j atan(r_j u)) / (u prod_j (1 + r_j^2 u^2)^(c_j / 2)): Imhof
    1961, "Computing the distribution of quadratic forms in normal variables", Biometrika 48(3/4). With u = e^v the sum
    over an even grid of v converges exponentially; the steps shrink with the number of units, as the sine gets faster.
    """
    import numpy as np

    step = min(0.1, 1.0 / math.sqrt(float(counts.sum())))
    u = np.exp(np.arange(-20.0, 14.0, step)) / float(np.abs(reaches).max())
    turns = np.outer(u, reaches)
    sines = np.sin(np.arctan(turns) @ counts)
    return 0.5 - step / math.pi * float((sines * np.exp(-0.5 * (np.log1p(turns**2) @ counts))).sum())
