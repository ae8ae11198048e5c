"""An eligible view: the distinct passages of exactly some revisions. Everything that ranks is computed over one."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from indexer.bm25 import Block, Floats, PostingsBM25, compiled
from indexer.encoding.codes import Codes
from indexer.postings import Ints
from indexer.products import products
from indexer.segment import offsets_of
from indexer.snapshot import Snapshot
from indexer.text.passage import Passage

Floats32: TypeAlias = npt.NDArray[np.float32]

TWO_PASSES_FROM = 8_192
"""From this many passages in a view on, a pass over codes with exact re-scoring is faster than exact products of all:
`scripts/bench crossover` measures it."""


POSTINGS_AT_ONCE = 1 << 20
"""Gains worked out at a time, so that a large view needs little memory besides its own."""


@dataclass(frozen=True, slots=True)
class Dense:
    """Inner products of a query with the rows of a view, shape (n,): each within `error` of the exact one.

    `exact` gives the exact ones of some rows.
    """

    scores: Floats32
    error: float
    exact: Callable[[npt.NDArray[np.int64]], Floats32]


class View:
    """The passages of some revisions, each once, in citation order.

    `numbers` has shape (n,): the number of each passage in the snapshot. A passage is cited by its first
    occurrence, in the order of `txs`, the publish transactions of the revisions in the order of their ids.
    """

    def __init__(self, snapshot: Snapshot, txs: Sequence[int] | npt.NDArray[np.int64]) -> None:
        self._snapshot = snapshot
        self.txs = np.asarray(txs, dtype=np.int64)
        placed = [snapshot.occurrences[tx].passages for tx in self.txs.tolist()]
        self._begins = [0, *accumulate(len(passages) for passages in placed)]
        every = np.concatenate([np.empty(0, dtype=np.int64), *placed])
        places = np.arange(len(every), dtype=np.int32)
        # What one caller may read was often imported together: only the range of numbers between is looked at.
        self._low, self._high = (int(every.min()), int(every.max()) + 1) if len(every) else (0, 0)
        every -= self._low
        self._rows = np.full(self._high - self._low, -1, dtype=np.int32)
        # Written backwards, so that the first place of a passage is the one that stays.
        self._rows[every[::-1]] = places[::-1]
        self._first = np.flatnonzero(self._rows[every] == places)
        found = every[self._first]
        self.numbers: Ints = (found + self._low).astype(np.int32)
        self._rows[found] = places[: len(found)]
        self.bm25 = PostingsBM25.over(snapshot.lengths(self.numbers), self._gains)
        self._questions = 0
        self._settling = threading.Lock()
        self._settled_bytes = 0
        self._vectors: Floats32 | None = None
        self._codes: Codes | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def bytes(self) -> int:
        """What keeping this view costs, once it has settled."""
        dimension = self._snapshot.manifest.built.dimension
        vectors = dimension + 4 if self.large else 4 * dimension
        return self._rows.nbytes + len(self) * (vectors + 28) + self._settled_bytes

    @property
    def large(self) -> bool:
        """Whether its dense search takes two passes."""
        return len(self) >= TWO_PASSES_FROM

    def move_to(self, snapshot: Snapshot) -> None:
        """Reads from a later snapshot that continues this one, so that segments it no longer names can be closed."""
        self._snapshot = snapshot

    def asked(self) -> None:
        """Counts a question. At the second the view settles, in the background: nobody's question waits for it."""
        self._questions = number = self._questions + 1
        if number == 2:  # this thread's number: others may have counted on by now
            threading.Thread(target=self.settle, name="asof-settle", daemon=True).start()

    def settle(self) -> None:
        """Gathers what makes further questions cheaper: vectors or their codes, and eligible postings with gains.

        Answers are the same before and after, to the last bit.
        """
        with self._settling:
            if self.settled:
                return
            blocks = self._blocks()
            self._settled_bytes = sum(b.offsets.nbytes + b.documents.nbytes + b.gains.nbytes for b in blocks)
            self.bm25.find = compiled(blocks)
            if self.large:
                self._codes = Codes.of(len(self), self._snapshot.manifest.built.dimension, self._some_vectors)
            else:
                self._vectors = self._snapshot.vectors(self.numbers)

    @property
    def settled(self) -> bool:
        """Whether it has."""
        return self._vectors is not None or self._codes is not None

    @property
    def vectors(self) -> Floats32:
        """The vectors in one block; shape (n, d)."""
        return self._snapshot.vectors(self.numbers) if self._vectors is None else self._vectors

    def inner_products(self, query: Floats32) -> Floats32:
        """The inner product of a query, shape (d,), with every passage; shape (n,).

        Until the view has settled, the vectors are read where they lie.
        """
        if (vectors := self._vectors) is None:
            return self._snapshot.inner_products(query, self.numbers)
        return products(query, vectors)

    def dense(self, query: Floats32) -> Dense:
        """The inner products of a query, shape (d,): within an error in a large view, exact on request."""
        if (codes := self._codes) is None:
            scores = self.inner_products(query)
            return Dense(scores, 0.0, lambda rows: scores[rows])
        scores, error = codes.inner_products(query)
        return Dense(scores, error, lambda rows: self._snapshot.inner_products(query, self.numbers[rows]))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The title of each revision, in the order of `txs`."""
        return tuple(self._snapshot.title(tx) for tx in self.txs.tolist())

    def of_rows(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """For each row the value of the revision that is cited for it; from shape (len(txs),) to (n,)."""
        return np.repeat(values, np.diff(self._first.searchsorted(self._begins)))

    def source(self, row: int) -> tuple[int, int]:
        """The revision that is cited for a row, as its position in `txs`, and the passage's ordinal there, from 1."""
        place = int(self._first[row])
        position = bisect_right(self._begins, place) - 1
        return position, place - self._begins[position] + 1

    def passage(self, row: int) -> Passage:
        return self._snapshot.passage(int(self.numbers[row]))

    def tokens(self, row: int) -> int:
        return self._snapshot.tokens(int(self.numbers[row]))

    def span(self, row: int) -> tuple[int, int]:
        """Where the passage in a row stands in the revision that is cited for it."""
        position, ordinal = self.source(row)
        occurrences = self._snapshot.occurrences[self.txs[position]]
        return int(occurrences.starts[ordinal - 1]), int(occurrences.ends[ordinal - 1])

    def _some_vectors(self, rows: slice) -> Floats32:
        return self._snapshot.vectors(self.numbers[rows])

    def _gains(self, terms: Sequence[str]) -> tuple[Ints, Floats, list[int]]:
        passages, counts, sizes = self._snapshot.postings(terms, self._low, self._high)
        rows = self._rows[passages]
        eligible = np.flatnonzero(rows >= 0)
        rows = rows[eligible]
        ends = eligible.searchsorted(list(accumulate(sizes))).tolist()
        return rows, self.bm25.gains(rows, counts[eligible]), [b - a for a, b in pairwise((0, *ends))]

    def _blocks(self) -> list[Block]:
        """The eligible postings of each segment, with their gains."""
        blocks = []
        for segment in self._snapshot.segments:
            first = segment.entry.first_passage
            if first >= self._high or first + segment.entry.passages <= self._low:
                continue
            places = np.full(segment.entry.passages, -1, dtype=np.int32)
            low, high = max(first, self._low), min(first + segment.entry.passages, self._high)
            places[low - first : high - first] = self._rows[low - self._low : high - self._low]
            rows = places[segment.post_passages]
            eligible = rows >= 0
            held = np.add.reduceat(eligible, segment.post_offsets[:-1], dtype=np.int64) if len(rows) else rows
            documents = rows[eligible]
            counts = segment.post_counts[eligible]
            gains = np.empty(len(documents))
            for start in range(0, len(documents), POSTINGS_AT_ONCE):
                some = slice(start, start + POSTINGS_AT_ONCE)
                gains[some] = self.bm25.gains(documents[some], counts[some])
            blocks.append(Block(segment.terms, offsets_of(held), documents, gains))
        return blocks
