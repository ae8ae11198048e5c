"""Estimates with 95% intervals. Both take the cases as independent; cases that share a paragraph are less than that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Z = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution."""

RESAMPLES = 2000
SEED = 20250301


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over `n` cases with its interval; all None where there was nothing to measure, never a perfect score."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: Literal["wilson", "bootstrap"]

    def content(self) -> dict[str, Any]:
        """The JSON values of an estimate."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "method": self.method}


def proportion(hits: int, n: int) -> Estimate:
    """hits / n with its Wilson interval."""
    if n == 0:
        return Estimate(None, None, None, 0, "wilson")
    low, high = wilson(hits, n)
    return Estimate(hits / n, low, high, n, "wilson")


def mean(values: Sequence[float]) -> Estimate:
    """The mean with its percentile bootstrap interval."""
    if not values:
        return Estimate(None, None, None, 0, "bootstrap")
    low, high = bootstrap(values)
    return Estimate(math.fsum(values) / len(values), low, high, len(values), "bootstrap")


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """The score interval of a proportion p = hits / n, for n > 0; within [0, 1].

    (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158).
    """
    p = hits / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    # At p = 0 and p = 1 the bound is exactly p; rounding may miss it.
    return (0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def bootstrap(values: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED) -> tuple[float, float]:
    """The 2.5% and 97.5% quantiles of the means of seeded resamples with replacement, for at least one value.

    The percentile interval of Efron 1979, "Bootstrap Methods: Another Look at the Jackknife", Ann. Statist. 7(1).
    """
    import numpy as np

    drawn, rng = np.asarray(values, dtype=np.float64), np.random.default_rng(seed)
    means = [float(drawn[rng.integers(0, len(drawn), len(drawn))].mean()) for _ in range(resamples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
