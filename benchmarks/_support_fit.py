"""The coefficients of the support score: logistic regression over claims judged by people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks._pairs import Pair, contrasts

Floats = npt.NDArray[np.float64]

RIDGE = 3.0
"""Of the standardised coefficients."""

CONTRASTS, SINGLES, ATTRIBUTION_AND_WICE = 1_000.0, 500.0, 1_300.0
"""What all contrasts, all single pairs of VitaminC, and all cases of the other sets weigh together."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The features of the judged pairs of all sets, VitaminC first; shape (n, features)."""

    pairs: tuple[Pair, ...]
    features: Floats
    vitaminc: int

    def supported(self) -> Floats:
        return np.array([pair.supported for pair in self.pairs], dtype=np.float64)


def fit(cases: Cases, kept: npt.NDArray[np.bool_]) -> tuple[float, Floats]:
    """Intercept and coefficients from the pairs that are `kept`.

    Minimises the weighted log loss of three kinds of cases: that a supporting sentence scores above a refuting one of
    the same claim (without intercept: log(1 + exp(-w (x_s - x_r)))), that a pair of VitaminC is supported, and that a
    claim of AttributionBench or WiCE is; plus RIDGE / 2 times the squares of the standardised coefficients.
    """
    v = cases.vitaminc
    spread = cases.features[kept].std(axis=0) + 1e-9
    x = cases.features / spread
    ranked = [(yes, no) for yes, no in contrasts(cases.pairs[:v]) if kept[yes]]
    yes, no = (np.array(side, dtype=np.int64) for side in zip(*ranked, strict=True))
    single = np.flatnonzero(kept)
    design = np.vstack([np.c_[np.zeros(len(yes)), x[yes] - x[no]], np.c_[np.ones(len(single)), x[single]]])
    target = np.concatenate([np.ones(len(yes)), cases.supported()[single]])
    early = single < v
    weight = np.concatenate(
        [
            np.full(len(yes), CONTRASTS / len(yes)),
            np.where(early, SINGLES / max(1, early.sum()), ATTRIBUTION_AND_WICE / max(1, (~early).sum())),
        ]
    )
    found = _newton(design, target, weight)
    return float(found[0]), found[1:] / spread


def _newton(design: Floats, target: Floats, weight: Floats) -> Floats:
    """Iteratively reweighted least squares, until no coefficient moves."""
    found = np.zeros(design.shape[1])
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (weight * (target - p)) - ridge * found
        curve = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        found = found + step
        if np.abs(step).max() < 1e-10:
            break
    return found


def macro_f1(supported: npt.ArrayLike, passed: npt.ArrayLike) -> float:
    """The mean of the F1 of both classes: 2 tp / (2 tp + fp + fn), once for the supported and once for the others."""
    truth, said = np.asarray(supported, dtype=bool), np.asarray(passed, dtype=bool)
    scores = []
    for value in (True, False):
        hits = float(((truth == value) & (said == value)).sum())
        count = float((truth == value).sum() + (said == value).sum())
        scores.append(2 * hits / count if count else 0.0)
    return sum(scores) / 2


def best_threshold(scores: Floats, value: Callable[[float], float]) -> float:
    """The threshold of greatest value among the quantiles of the scores; the middle one of those that share it."""
    tried = np.quantile(scores, np.linspace(0.05, 0.95, 91))
    values = np.array([value(float(threshold)) for threshold in tried])
    return float(np.median(tried[values >= values.max() - 1e-12]))


def default_threshold(scores: Floats, supported: Floats, sets: Sequence[npt.NDArray[np.bool_]]) -> float:
    """One threshold for all sets: that of the greatest mean macro-F1 over them."""

    def value(threshold: float) -> float:
        return float(np.mean([macro_f1(supported[of], scores[of] >= threshold) for of in sets]))

    return best_threshold(scores[sets[1]], value)
