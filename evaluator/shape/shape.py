"""The shape of a curve: do the ends of a context do better than its middle, and is that shown or could it be chance?

*Primacy* is the rate at the first position minus the mean rate of the interior ones. *Recency* is the same for the last
position. Each has an interval of 95%, so its low end is a one-sided test at alpha 0.025:

    better       the interval lies above 0
    worse        it lies below 0
    equivalent   it lies within the margin on both sides of 0
    unresolved   none of these; more cases would tell

The shape follows from the two, and a U needs both ends to be better:

    u            both better
    primacy      the first better, the last not
    recency      the last better, the first not
    middle       neither end better; one or both worse, the other equivalent
    flat         both equivalent
    underpowered one is unresolved and the other no better
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evaluator.shape.curve import Curve
from evaluator.statistics import clustered
from evaluator.statistics.intervals import Z, wilson
from evaluator.statistics.mover import mover
from evaluator.statistics.sample_size import cases_for_contrast

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MARGIN = 0.05
"""Five points: a smaller difference counts as none."""

Shape = Literal["u", "primacy", "recency", "middle", "flat", "underpowered"]
Verdict = Literal["better", "worse", "equivalent", "unresolved"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference of rates in [-1, 1] with its 95% interval, and what that shows."""

    value: float
    low: float
    high: float
    verdict: Verdict

    def content(self) -> dict[str, Any]:
        """The JSON values, in points of percent."""
        ends = {name: round(100 * getattr(self, name), 4) for name in ("value", "low", "high")}
        return {**ends, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve's shape, and the contrasts that it follows from; `cases_needed` where it is underpowered."""

    curve: Curve
    shape: Shape
    primacy: Contrast
    recency: Contrast
    margin: float
    cases_needed: int | None

    def content(self) -> dict[str, Any]:
        """The JSON values; contrasts and margin in points of percent."""
        return {
            **dict(self.curve.labels),
            "shape": self.shape,
            "contrasts": {"primacy": self.primacy.content(), "recency": self.recency.content()},
            "margin": 100 * self.margin,
            "n": min(self.curve.cases),
            "paired": self.curve.outcomes is not None,
            "cases_needed": self.cases_needed,
        }


def read_shape(curve: Curve, margin: float = MARGIN) -> Reading:
    """The shape of a curve of at least three positions; a difference below `margin` > 0 counts as none."""
    primacy, recency = contrast(curve, 0, margin), contrast(curve, -1, margin)
    shape = _shape(primacy.verdict, recency.verdict)
    needed = None
    if shape == "underpowered":
        open_ones = [one for one in (primacy, recency) if one.verdict == "unresolved"]
        needed = max(_needed(one, max(curve.cases), margin) for one in open_ones)
    return Reading(curve, shape, primacy, recency, margin, needed)


def contrast(curve: Curve, end: Literal[0, -1], margin: float = MARGIN) -> Contrast:
    """The rate at one end minus the mean rate of the interior positions.

    With outcomes by case, the intervals of the rates are combined with the correlations of the outcomes. Without them,
    the intervals are combined as if each position had cases of its own. That interval is the wider one where the same
    cases were asked.
    """
    inside = len(curve.rates) - 2
    weights = [0.0, *[-1 / inside] * inside, 0.0]
    weights[end] = 1.0
    cases: Sequence[float] = curve.cases
    correlations = None
    if curve.outcomes is not None:
        correlations = _correlations(curve.outcomes)
        if curve.clusters is not None:
            by_case = [math.fsum(map(math.prod, zip(weights, row, strict=True))) for row in curve.outcomes]
            cases = [clustered.effective_cases(by_case, curve.clusters)] * len(curve.rates)
    bounds = [wilson(rate * n, n) for rate, n in zip(curve.rates, cases, strict=True)]
    low, high = mover(weights, curve.rates, bounds, correlations)
    value = math.fsum(map(math.prod, zip(weights, curve.rates, strict=True)))
    return Contrast(value, low, high, _verdict(low, high, margin))


def _correlations(outcomes: Sequence[Sequence[int]]) -> "npt.NDArray[np.float64]":
    """Pearson's correlations of the positions over cases, shape (k, k); 0 where a position never differs."""
    import numpy as np

    table = np.asarray(outcomes, dtype=np.float64)
    centred = table - table.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    lengths[lengths == 0] = 1.0
    unit = centred / lengths
    found: npt.NDArray[np.float64] = unit.T @ unit
    np.fill_diagonal(found, 1.0)
    return found


def _verdict(low: float, high: float, margin: float) -> Verdict:
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "equivalent" if -margin < low and high < margin else "unresolved"


def _shape(first: Verdict, last: Verdict) -> Shape:
    if first == "better":
        return "u" if last == "better" else "primacy"
    if last == "better":
        return "recency"
    if "unresolved" in (first, last):
        return "underpowered"
    return "flat" if first == last == "equivalent" else "middle"


def _needed(contrast: Contrast, cases: int, margin: float) -> int:
    """How many cases would show that a contrast of this size is not 0, or lies within the margin if that is nearer.

    The power is 80% for both contrasts together; a contrast within the margin is tested on both sides. The number is
    always larger than the number of cases there are.
    """
    reach = max(contrast.value - contrast.low, contrast.high - contrast.value) / Z
    from_zero, from_margin = abs(contrast.value), margin - abs(contrast.value)
    tests = 4 if from_margin > from_zero else 2
    return cases_for_contrast(max(from_zero, from_margin), cases * reach**2, tests=tests)
