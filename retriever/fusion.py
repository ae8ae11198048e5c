"""Fusion: one score from the dense and the lexical one, both brought to the range of the eligible passages."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DENSE_WEIGHT = 0.7


def min_max(scores: Floats) -> Floats:
    """(s - min) / (max - min) over shape (n,), in [0, 1]; zeros where all scores are equal."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def convex(dense: Floats, lexical: Floats, weight: float = DENSE_WEIGHT) -> Floats:
    """weight * min_max(dense) + (1 - weight) * min_max(lexical), shape (n,).

    The convex combination of Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval".
    """
    return weight * min_max(dense) + (1 - weight) * min_max(lexical)


def top(scores: Floats, k: int) -> npt.NDArray[np.int64]:
    """The positions of the k largest scores, largest first; equal scores keep their order; shape (min(k, n),)."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        reach = np.flatnonzero(scores >= threshold)
    else:
        reach = np.arange(len(scores))
    order = np.argsort(-scores[reach], kind="stable")[:k]
    return reach[order].astype(np.int64)
