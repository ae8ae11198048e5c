"""Estimates with 95% intervals for independent cases; `clustered` has those for cases that are not independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Method = Literal[
    "wilson",
    "clopper_pearson",
    "bootstrap",
    "cluster_bootstrap",
    "score",
    "mover",
    "normal",
    "adjusted",
    "order_statistics",
]

Z = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution."""

RESAMPLES = 2000
SEED = 20250301


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over `n` cases with its interval; all are None where there was nothing to measure.

    Only the interval is None where the cases do not tell how wrong the value may be.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: Method

    def content(self) -> dict[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "method": self.method}


def proportion(hits: int, n: int) -> Estimate:
    """hits / n with its Wilson interval."""
    if n == 0:
        return Estimate(None, None, None, 0, "wilson")
    low, high = wilson(hits, n)
    return Estimate(hits / n, low, high, n, "wilson")


def mean(values: Sequence[float]) -> Estimate:
    """The mean with its percentile bootstrap interval, where that interval has a width."""
    if not values:
        return Estimate(None, None, None, 0, "bootstrap")
    low, high = bootstrap(values)
    return with_width(Estimate(math.fsum(values) / len(values), low, high, len(values), "bootstrap"))


def with_width(estimate: Estimate) -> Estimate:
    """The estimate, without its interval where resampling gave one of no width.

    That happens where all cases are equal or in one cluster. The value is not sure then: every resample is equal to the
    sample.
    """
    if estimate.low is None or estimate.high is None or not math.isclose(estimate.low, estimate.high, abs_tol=1e-12):
        return estimate
    return replace(estimate, low=None, high=None)


def wilson(hits: float, n: float, z: float = Z) -> tuple[float, float]:
    """The score interval of a proportion p = hits / n, for n > 0, which need not be whole; within [0, 1].

    (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158).
    """
    p = hits / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    # At p = 0 and p = 1 the bound is exactly p; rounding may miss it.
    return (0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def clopper_pearson(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a proportion hits / n, for n > 0: it covers at least `confidence`, often more.

    With a = 1 - confidence, low solves P(X >= hits | n, low) = a/2 and high solves P(X <= hits | n, high) = a/2: the
    quantiles Beta(a/2; hits, n - hits + 1) and Beta(1 - a/2; hits + 1, n - hits).
    Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits", Biometrika 26(4).
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def most_failures_unseen(n: int, confidence: float = 0.95) -> float:
    """The largest failure rate that n > 0 cases without a failure leave possible at this confidence; one-sided, exact.

    1 - (1 - confidence)^(1/n), the root of (1 - rate)^n = 1 - confidence.
    """
    return -math.expm1(math.log1p(-confidence) / n)


def bootstrap(values: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED) -> tuple[float, float]:
    """The 2.5% and 97.5% quantiles of the means of seeded resamples with replacement, for at least one value.

    The percentile interval of Efron 1979, "Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 7(1).
    """
    import numpy as np

    drawn, rng = np.asarray(values, dtype=np.float64), np.random.default_rng(seed)
    means = [float(drawn[rng.integers(0, len(drawn), len(drawn))].mean()) for _ in range(resamples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
