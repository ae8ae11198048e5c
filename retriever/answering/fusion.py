"""Fusion: one score from the dense and the lexical score, both scaled to the range of the eligible passages."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.view import Dense

Floats = npt.NDArray[np.float64]

DENSE_WEIGHT = 0.5
"""Cross-validation picks this on PolicyQA and the as-of questions: `scripts/bench fusion`."""

BLOCK = 1024
"""The largest of this many scores stands for all of them, to estimate a lower bound on the k-th largest score."""


def min_max(scores: Floats) -> Floats:
    """(s - min) / (max - min) over shape (n,), in [0, 1]; zeros where all scores are equal."""
    if not len(scores):
        return scores
    return _scaled(scores, scores.min(), scores.max())


def convex(dense: Floats, lexical: Floats, weight: float = DENSE_WEIGHT) -> Floats:
    """weight * min_max(dense) + (1 - weight) * min_max(lexical), shape (n,).

    The convex combination of Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval".
    """
    return mixed(min_max(dense), min_max(lexical), weight)


def mixed(dense: Floats, lexical: Floats, weight: float) -> Floats:
    """weight * dense + (1 - weight) * lexical, of scores that both lie in [0, 1]; shape (n,)."""
    return weight * dense + (1 - weight) * lexical


@dataclass(frozen=True, slots=True)
class Best:
    """The best rows, best first, shape (k,), and the dense, lexical and fused score of each, shape (k, 3).

    `largest` is the largest dense score of all rows. Its row need not be one of the best.
    """

    rows: npt.NDArray[np.int64]
    scores: Floats
    largest: float


def top_fused(dense: Dense, lexical: Floats, k: int, weight: float = DENSE_WEIGHT, gains: Floats | None = None) -> Best:
    """The k best rows by `convex` of the exact dense scores, plus `gains`; an error of the given scores is harmless.

    If the given scores have an error, exact scores are computed only for rows that can matter. These are first the
    rows that may have the largest or the least dense score, then the rows whose fused score may be among the k
    largest. The result has the same bits as without an error.
    """
    if not dense.error or len(lexical) <= k:
        exact = dense.exact(np.arange(len(lexical))) if dense.error else dense.scores
        found = exact.astype(np.float64)
        fused = convex(found, lexical, weight)
        if gains is not None:
            fused += gains
        rows = top(fused, k)
        return Best(
            rows, np.stack([found[rows], lexical[rows], fused[rows]], axis=1), float(found.max(initial=-np.inf))
        )
    scores, within = dense.scores, 2 * dense.error
    bottom, peak = scores.min(), scores.max()
    largest = dense.exact(np.flatnonzero(scores >= peak - within)).max().astype(np.float64)
    least = dense.exact(np.flatnonzero(scores <= bottom + within)).min().astype(np.float64)
    low, high = lexical.min(), lexical.max()
    # This is the fused score, apart from a constant that all rows share and from the rounding of float32.
    slope = weight / (largest - least) if largest > least else 0.0
    steep = (1 - weight) / (high - low) if high > low else 0.0
    rough = scores * np.float32(slope)
    rough += lexical.astype(np.float32) * np.float32(steep)
    if gains is not None:
        rough += gains.astype(np.float32)
    rounding = 2.0**-20 * (1 + slope * max(abs(float(bottom)), abs(float(peak))) + steep * max(abs(low), abs(high)))
    reach = np.flatnonzero(rough >= _at_most_kth(rough, k) - slope * within - rounding)
    found = dense.exact(reach).astype(np.float64)
    fused = mixed(_scaled(found, least, largest), _scaled(lexical[reach], low, high), weight)
    if gains is not None:
        fused += gains[reach]
    rows = top(fused, k)
    scored = np.stack([found[rows], lexical[reach][rows], fused[rows]], axis=1)
    return Best(reach[rows], scored, float(largest))


def _at_most_kth(scores: npt.NDArray[np.float32], k: int) -> float:
    """A number that at least k of the scores reach, close to the k-th largest."""
    whole = len(scores) // BLOCK * BLOCK
    blocks = np.append(scores[:whole].reshape(-1, BLOCK).max(axis=1), scores[whole:].max(initial=-np.inf))
    sample = blocks if len(blocks) > k else scores
    return float(np.partition(sample, len(sample) - k)[len(sample) - k])


def _scaled(scores: Floats, low: float, high: float) -> Floats:
    """(s - low) / (high - low) over shape (n,); zeros where all scores are equal."""
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def top(scores: Floats, k: int) -> npt.NDArray[np.int64]:
    """The positions of the k largest scores, largest first; equal scores keep their order; shape (min(k, n),)."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        reach = np.flatnonzero(scores >= threshold)
    else:
        reach = np.arange(len(scores))
    order = np.argsort(-scores[reach], kind="stable")[:k]
    return reach[order].astype(np.int64)
