"""Measures of a ranking: for each place, best first, a flag says whether the item there is relevant."""

from collections.abc import Sequence


def success(relevant: Sequence[bool], k: int) -> bool:
    """Whether one of the first k is relevant, like trec_eval's `success`."""
    return any(relevant[:k])


def reciprocal_rank(relevant: Sequence[bool], k: int) -> float:
    """1 / r for the first relevant one, at place r of the first k; 0 where none is.

    Voorhees 1999, "The TREC-8 Question Answering Track Report".
    """
    return next((1 / place for place, right in enumerate(relevant[:k], start=1) if right), 0.0)
