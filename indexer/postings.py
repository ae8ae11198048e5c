"""Postings: for each term the passages that hold it, and how often."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Postings:
    """Terms in ascending order; those of term i are `passages[offsets[i]:offsets[i + 1]]`, ascending."""

    terms: list[str]
    offsets: npt.NDArray[np.int64]
    passages: Ints
    counts: Ints
    lengths: Ints
    """Terms in each passage, repeats counted."""


def build_postings(documents: Iterable[Sequence[str]]) -> Postings:
    """The postings of documents given as their terms, numbered from 0 in their order."""
    entries: dict[str, list[tuple[int, int]]] = {}
    lengths = []
    for number, document in enumerate(documents):
        lengths.append(len(document))
        for term, count in Counter(document).items():
            entries.setdefault(term, []).append((number, count))
    terms = sorted(entries)
    flat = np.array([entry for term in terms for entry in entries[term]], dtype=np.int32).reshape(-1, 2)
    offsets = np.zeros(len(terms) + 1, dtype=np.int64)
    np.cumsum([len(entries[term]) for term in terms], out=offsets[1:])
    return Postings(terms, offsets, flat[:, 0].copy(), flat[:, 1].copy(), np.array(lengths, dtype=np.int32))
