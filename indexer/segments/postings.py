"""Postings: for each term the passages that hold it, and how often."""

from array import array
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
    """The postings of documents given as their terms, numbered from 0 in their order.

    While they are made they take 8 bytes a posting, besides the terms.
    """
    numbers: dict[str, int] = {}
    owners, counts = array("i"), array("i")
    lengths, held = array("i"), array("i")
    for document in documents:
        found = Counter(document)
        owners.extend([numbers.setdefault(term, len(numbers)) for term in found])
        counts.extend(found.values())
        lengths.append(len(document))
        held.append(len(found))
    terms = sorted(numbers)
    places = np.empty(len(terms), dtype=np.int32)
    places[[numbers[term] for term in terms]] = np.arange(len(terms), dtype=np.int32)
    owner = places[np.array(owners, dtype=np.int32)]
    order = np.argsort(owner, kind="stable")
    offsets = np.zeros(len(terms) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=len(terms)), out=offsets[1:])
    passages = np.repeat(np.arange(len(lengths), dtype=np.int32), np.array(held, dtype=np.int32))
    return Postings(
        terms, offsets, passages[order], np.array(counts, dtype=np.int32)[order], np.array(lengths, dtype=np.int32)
    )
