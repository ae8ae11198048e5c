"""Intervals for cases that come in clusters: questions about one policy, wordings of one question.

Cases of a cluster tend to go well or badly together, so n of them tell less than n independent ones. Any text may name
a cluster. With fewer than about 30 clusters a bootstrap of them is too narrow; `effective_cases` allows for that.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from evaluator.statistics.intervals import RESAMPLES, SEED, Estimate, Z, wilson

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

TELLING = 20
"""An estimated design effect is used as it is from this many clusters on that hold another value than the commonest."""

DEFINED = 0.9
"""The share of resamples in which a statistic must be defined; below it there is no interval."""


def proportion(outcomes: Sequence[bool], clusters: Sequence[str]) -> Estimate:
    """The share of outcomes that are true, with its Wilson interval for the number of effective cases."""
    if not outcomes:
        return Estimate(None, None, None, 0, "wilson")
    cases, share = effective_cases([float(outcome) for outcome in outcomes], clusters), sum(outcomes) / len(outcomes)
    low, high = wilson(share * cases, cases)
    return Estimate(share, max(0.0, low), min(1.0, high), len(outcomes), "wilson")


def share(outcomes: Sequence[tuple[str, bool]]) -> Estimate:
    """The same for pairs of a cluster and an outcome."""
    return proportion([outcome for _, outcome in outcomes], [cluster for cluster, _ in outcomes])


def mean(values: Sequence[float], clusters: Sequence[str]) -> Estimate:
    """The mean over all cases with the percentile interval of resampled clusters; `clusters` has one for each value."""
    import numpy as np

    if not values:
        return Estimate(None, None, None, 0, "cluster_bootstrap")
    numbers = np.asarray(values, dtype=np.float64)
    ends = interval(lambda cases: float(numbers[cases].mean()), clusters)
    assert ends is not None
    return Estimate(math.fsum(values) / len(values), *ends, len(values), "cluster_bootstrap")


def interval(
    statistic: Callable[["npt.NDArray[np.intp]"], float], clusters: Sequence[str]
) -> tuple[float, float] | None:
    """The 2.5% and 97.5% quantiles of a statistic over resampled clusters.

    The statistic is given the positions of its cases, and is NaN where it is not defined for them. Such resamples are
    left out; where they are more than a tenth, there is no interval. Field and Welsh 2007, "Bootstrapping clustered
    data", JRSS B 69(3): whole clusters are drawn with replacement.
    """
    import numpy as np

    values = np.asarray([statistic(cases) for cases in drawn(clusters, RESAMPLES, SEED)])
    values = values[~np.isnan(values)]
    if len(values) < DEFINED * RESAMPLES:
        return None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def drawn(clusters: Sequence[str], resamples: int, seed: int) -> Iterator["npt.NDArray[np.intp]"]:
    """For each resample the positions of its cases: as many clusters as there are, drawn with replacement; seeded."""
    import numpy as np

    rng = np.random.default_rng(seed)
    _, numbers = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    sizes = np.bincount(numbers)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    alone = len(sizes) == len(order)
    for _ in range(resamples):
        chosen = rng.integers(0, len(sizes), len(sizes))
        if alone:
            yield order[chosen]
            continue
        lengths = sizes[chosen]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        yield order[np.repeat(starts[chosen], lengths) + within]


def variance_of_mean(values: Sequence[float], clusters: Sequence[str]) -> float:
    """The variance of the mean of n values in G > 1 clusters, whatever their correlation within a cluster.

    G/(G - 1) sum_g (sum_{i in g} (x_i - x))^2 / n^2, where x is the mean.
    Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models", Biometrika 73(1).
    """
    import numpy as np

    numbers = np.asarray(values, dtype=np.float64)
    _, which = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    sums = np.bincount(which, weights=numbers - numbers.mean())
    count = len(sums)
    return float(count / (count - 1) * (sums**2).sum() / len(numbers) ** 2)


def effective_cases(values: Sequence[float], clusters: Sequence[str]) -> float:
    """How many independent cases tell as much about the mean as these n > 0 values in G clusters; 1 to n.

    n / D x (z / t)^2. D is the design effect: the variance of the mean by cluster over that of independent cases. z is
    the 97.5% quantile of the normal distribution, and t that of Student's with G - 1 degrees of freedom. Where each
    case is its own cluster, the result is n. Korn and Graubard 1998, "Confidence intervals for proportions with small
    expected number of positive counts estimated from survey data", Survey Methodology 24(2).

    Where few clusters hold another value than the commonest, D is not well known. So D is moved towards n/G, as if a
    cluster were one case. It is n/G where no value differs, and is not moved where `TELLING` clusters (or all) hold a
    value that differs. So each value that differs makes an interval wider, never narrower.
    """
    n, count = len(values), len(set(clusters))
    if count == n:
        return float(n)
    if count == 1:
        return 1.0
    from scipy.stats import t

    centre = math.fsum(values) / n
    alone = math.fsum((value - centre) ** 2 for value in values) / (n - 1) / n
    estimated = 1.0 if alone < 1e-15 else max(1.0, variance_of_mean(values, clusters) / alone)
    commonest = Counter(values).most_common(1)[0][0]
    differing = len({cluster for value, cluster in zip(values, clusters, strict=True) if value != commonest})
    told = min(1.0, differing / min(TELLING, count))
    effect = max(estimated, told * estimated + (1 - told) * n / count)
    return max(1.0, n / effect * (Z / float(t.ppf(0.975, count - 1))) ** 2)
