"""Shingles: runs of consecutive words, by which near-duplicates and copied words are found."""

from collections.abc import Sequence

from evaluator.retrieval.words import words
from retriever.evidence.quotations import folded

SIZE = 8
"""How many words make a shingle."""

Shingle = tuple[str, ...]


def normalised(text: str) -> Shingle:
    """The words of a text in lower case, without marks; all forms of quotation marks, dashes and widths are equal."""
    return tuple(words(folded(text)))


def shingles(text: Sequence[str], size: int = SIZE) -> list[Shingle]:
    """Every run of `size` words, in order; none where the text is shorter."""
    return [tuple(text[at : at + size]) for at in range(len(text) - size + 1)]


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of the smaller text's distinct shingles that the other has too: |A & B| / min(|A|, |B|).

    The overlap coefficient over w-shingles (Broder 1997, "On the Resemblance and Containment of Documents"), where a
    text of fewer than 8 words is one shingle. So a short question inside a long prompt counts as the whole of it.
    """
    size = min(SIZE, len(one), len(other))
    if size == 0:
        return 0.0
    left, right = set(shingles(one, size)), set(shingles(other, size))
    return len(left & right) / min(len(left), len(right))
