"""From ranked passages to ranked blocks: each passage stands for the block in which it is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.text.blocks import Structure
from indexer.view import View
from retriever.evidence.evidence import Scores


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a view as the passage of one of the revisions that have it, with its scores.

    `position` is the revision's among the eligible ones, `ordinal` the passage's in it.
    """

    row: int
    position: int
    ordinal: int
    scores: Scores


@dataclass(frozen=True, slots=True)
class RankedBlock:
    """A block of a revision, from its `first` to its `last` passage, and the passage by which it is ranked."""

    structure: Structure
    first: int
    last: int
    best: Ranked


def blocks_of(view: View, ranked: Iterable[Ranked], tokens: int) -> Iterator[RankedBlock]:
    """The blocks of ranked passages, by the best passage of each. A block without words is left out."""
    seen: set[tuple[int, int]] = set()
    for item in ranked:
        structure = view.structure(item.position)
        first, last = structure.block(item.ordinal, tokens)
        if (item.position, first) not in seen:
            seen.add((item.position, first))
            if structure.tokens(first, last):
                yield RankedBlock(structure, first, last, item)


def of_different_words(blocks: Iterable[RankedBlock], most: int) -> list[RankedBlock]:
    """The blocks up to the one before which so many different passages were met; all that share one count as one."""
    rows: set[int] = set()
    found = []
    for block in blocks:
        if len(rows) == most and block.best.row not in rows:
            break
        rows.add(block.best.row)
        found.append(block)
    return found
