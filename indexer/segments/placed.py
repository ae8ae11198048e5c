"""Where the passages of revisions stand: read from the arrays of segments as they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from indexer.text.blocks import Structure

Numbers: TypeAlias = npt.NDArray[np.int64]

UNSHOWN = -1
"""The number, in its revision, of a passage without words that a reader of the page sees: it is never searched."""


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where a revision's passages are: number, start and end of each, in the order of their ordinals."""

    tx: int
    passages: Numbers
    starts: Numbers
    ends: Numbers
    structure: Structure | None = None
    """How they stand, for a segment in the making; `Segment.structure` reads it."""


class Placed(Mapping[int, Occurrences]):
    """The revisions that a segment places, by their publish tx.

    `txs` has shape (n,); `passages`, `starts` and `ends` hold those of all revisions, one after the other, each from
    its place in `offsets`, shape (n + 1,).
    """

    def __init__(self, txs: Numbers, offsets: Numbers, passages: Numbers, starts: Numbers, ends: Numbers) -> None:
        self.places: Mapping[int, int] = {tx: place for place, tx in enumerate(txs.tolist())}
        self._offsets, self._passages, self._starts, self._ends = offsets, passages, starts, ends

    def __getitem__(self, tx: int) -> Occurrences:
        place = self.places[tx]
        here = slice(int(self._offsets[place]), int(self._offsets[place + 1]))
        return Occurrences(tx, self._passages[here], self._starts[here], self._ends[here])

    def __iter__(self) -> Iterator[int]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def gather(self, places: Numbers) -> tuple[Numbers, Numbers]:
        """The passages of the revisions in some places, one revision after the other, and how many each of them has."""
        begins = self._offsets[places]
        sizes = self._offsets[places + 1] - begins
        return self._passages[ranges(begins, sizes)], sizes


class PlacedInAll(Mapping[int, Occurrences]):
    """The revisions that some segments place, by their publish tx.

    The segments are asked in turn: a mapping of all would have to be made anew for each generation.
    """

    def __init__(self, parts: Sequence[Placed]) -> None:
        self._parts = parts

    def part(self, tx: int) -> int:
        """The position of the segment that places a revision; KeyError where none does."""
        for position, part in enumerate(self._parts):
            if tx in part.places:
                return position
        raise KeyError(tx)

    def __getitem__(self, tx: int) -> Occurrences:
        return self._parts[self.part(tx)][tx]

    def __iter__(self) -> Iterator[int]:
        return (tx for part in self._parts for tx in part)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def passages(self, txs: Sequence[int]) -> tuple[Numbers, Numbers]:
        """The passages of some revisions, one revision after the other, and how many each of them has.

        KeyError where no segment places one of them.
        """
        if len(txs) == 1:
            alone = self[txs[0]].passages
            return alone.copy(), np.array([len(alone)], dtype=np.int64)
        sizes = np.zeros(len(txs), dtype=np.int64)
        left, found = np.arange(len(txs)), []
        for part in self._parts:
            places = np.array([part.places.get(txs[position], -1) for position in left.tolist()], dtype=np.int64)
            here = places >= 0
            passages, sizes[left[here]] = part.gather(places[here])
            found.append((left[here], passages))
            left = left[~here]
            if not len(left):
                break
        else:
            if len(left):
                raise KeyError(txs[int(left[0])])
        begins = np.cumsum(sizes) - sizes
        every = np.empty(int(sizes.sum()), dtype=np.int64)
        for positions, passages in found:
            every[ranges(begins[positions], sizes[positions])] = passages
        return every, sizes


def ranges(begins: Numbers, sizes: Numbers) -> Numbers:
    """The numbers from each of `begins` on, so many as `sizes` say, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(int(ends[-1]) if len(ends) else 0)
