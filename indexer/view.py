"""An eligible view: the distinct passages of exactly some revisions. Everything that ranks is computed over one."""

import threading
import weakref
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from indexer.bm25 import Block, Floats, PostingsBM25, compiled
from indexer.encoding.codes import Codes
from indexer.kept_array import kept
from indexer.products import products
from indexer.segments.arrays import offsets_of
from indexer.segments.placed import UNSHOWN
from indexer.segments.postings import Ints
from indexer.segments.segment import Segment
from indexer.snapshot import Snapshot
from indexer.text.blocks import Structure
from indexer.text.passage import Passage

Floats32: TypeAlias = npt.NDArray[np.float32]

TWO_PASSES_FROM = 8_192
"""From this many passages in a view on, a pass over codes with exact re-scoring is faster than exact products of all:
`scripts/bench crossover` measures it."""


POSTINGS_AT_ONCE = 1 << 20
"""Gains worked out at a time, so that a large view needs little memory besides its own."""


BYTES_A_VIEW = 8_192
"""What a view costs besides its arrays: objects, headers of arrays, its key in a cache."""

BYTES_A_REVISION = 40
"""Its transaction, twice, as in the key of a cache; where its passages begin; its title's place."""

BYTES_A_ROW = 24
"""Number, length, norm and first place of a passage."""

BYTES_A_POSTING = 12
"""A document and its gain."""


@dataclass(slots=True)
class Reading:
    """The snapshot that some views read from. One that continues it may take its place, for all of them at once: then
    segments that it no longer names can be closed."""

    snapshot: Snapshot


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

    `numbers` has shape (n,): the number of each passage in the snapshot. A row stands for its passage in every
    revision that has it. `txs` are the publish transactions of the revisions, in the order of their ids. With a
    `reading`, whose snapshot may be a later one by now, it reads what that one has.
    """

    def __init__(
        self, snapshot: Snapshot, txs: Sequence[int] | npt.NDArray[np.int64], reading: Reading | None = None
    ) -> None:
        self._reading = reading or Reading(snapshot)
        self.txs = np.asarray(txs, dtype=np.int64)
        every, sizes = snapshot.occurrences.passages(self.txs.tolist())
        self._begins = array("q", accumulate(sizes.tolist(), initial=0))
        places = np.flatnonzero(every != UNSHOWN).astype(np.int32)
        every = every[places]
        # What one caller may read was often imported together: only the range of numbers between is looked at.
        self._low, self._high = (int(every.min()), int(every.max()) + 1) if len(every) else (0, 0)
        every -= self._low
        self._rows = np.full(self._high - self._low, -1, dtype=np.int32)
        # Written backwards, so that the first place of a passage is the one that stays.
        self._rows[every[::-1]] = places[::-1]
        firsts = self._rows[every]
        is_first = firsts == places
        self._first = places[is_first].astype(np.int64)
        self._further, self._further_rows = self._further_places(firsts[~is_first], places[~is_first])
        found = every[is_first]
        self.numbers: Ints = (found + self._low).astype(np.int32)
        self._rows[found] = np.arange(len(found), dtype=np.int32)
        # Through a proxy: a view that held itself would stay in memory until the interpreter looks for such garbage.
        gains = partial(View._gains, weakref.proxy(self))
        self.bm25 = PostingsBM25.over(snapshot.lengths(self.numbers), gains)
        self.bytes = self._cost()
        self._questions = 0
        self._settling = threading.Lock()
        self._vectors: Floats32 | None = None
        self._codes: Codes | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def _cost(self) -> int:
        """The bytes that keeping this view costs at most, once it has settled."""
        dimension = self._snapshot.manifest.built.dimension
        row = (dimension + 4 if self.large else 4 * dimension) + BYTES_A_ROW
        postings = BYTES_A_POSTING * int(self.bm25.doc_len.sum(dtype=np.int64))
        offsets = sum(segment.post_offsets.nbytes for segment in self._reached())
        return (
            BYTES_A_VIEW
            + BYTES_A_REVISION * len(self.txs)
            + row * len(self)
            + self._rows.nbytes
            + self._further.nbytes
            + self._further_rows.nbytes
            + postings
            + offsets
        )

    @property
    def large(self) -> bool:
        """Whether its dense search takes two passes."""
        return len(self) >= TWO_PASSES_FROM

    @property
    def _snapshot(self) -> Snapshot:
        return self._reading.snapshot

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
            self._rows = kept(self._rows)
            self.bm25.find = compiled(blocks)
            if self.large:
                codes = Codes.of(len(self), self._snapshot.manifest.built.dimension, self._some_vectors)
                self._codes = replace(codes, codes=kept(codes.codes), scales=kept(codes.scales))
            else:
                self._vectors = kept(self._snapshot.vectors(self.numbers))

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
        return self._snapshot.titles(self.txs.tolist())

    def of_rows(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """For each row the largest value of the revisions that have its passage; from shape (len(txs),) to (n,)."""
        largest = np.repeat(values, np.diff(self._first.searchsorted(self._begins)))
        np.maximum.at(largest, self._further_rows, values[self._positions(self._further)])
        return largest

    def source(self, row: int) -> tuple[int, int]:
        """The first revision that has a row's passage, as its position in `txs`, and the ordinal there, from 1."""
        return self._source(int(self._first[row]))

    def sources(self, row: int, most: int, values: npt.NDArray[np.float64] | None = None) -> list[tuple[int, int]]:
        """Where a row's passage stands: each of its places in each revision that has it, in the order of `txs`.

        Of more than `most` places, the first of each revision come before any second, then those in revisions with the
        largest of the `values`, shape (len(txs),).
        """
        low = int(self._further_rows.searchsorted(row))
        if low == len(self._further_rows) or self._further_rows[low] != row:
            return [self.source(row)]
        high = int(self._further_rows.searchsorted(row, side="right"))
        found = [self.source(row), *map(self._source, self._further[low:high].tolist())]
        if len(found) > most:
            met: Counter[int] = Counter()
            ranked = []
            for position, ordinal in found:
                ranked.append((met[position], 0.0 if values is None else -float(values[position]), position, ordinal))
                met[position] += 1
            found = [(position, ordinal) for _, _, position, ordinal in sorted(ranked)]
        return sorted(found[:most])

    def structure(self, position: int) -> Structure:
        """How the passages of a revision stand, by the revision's position in `txs`."""
        return self._snapshot.structure(int(self.txs[position]))

    def placing(self, tx: int) -> Segment:
        """The segment that says so, by the revision's publish tx."""
        return self._snapshot.placing(tx)

    @property
    def complete(self) -> bool:
        """Whether the segments say how passages stand by this version's rule."""
        return self._snapshot.manifest.complete

    def structure_of(self, tx: int) -> Structure:
        """The same, by the revision's publish tx."""
        return self._snapshot.structure(tx)

    def passage(self, row: int) -> Passage:
        return self._snapshot.passage(int(self.numbers[row]))

    def stored(self, row: int) -> bytes:
        """The record of the passage in a row, as its segment holds it."""
        return self._snapshot.stored(int(self.numbers[row]))

    def segment(self, row: int) -> Segment:
        """The segment that holds the passage in a row."""
        return self._snapshot.segment(int(self.numbers[row]))

    def tokens(self, row: int) -> int:
        return self._snapshot.tokens(int(self.numbers[row]))

    def span(self, position: int, ordinal: int) -> tuple[int, int]:
        """Where a passage stands in the text of a revision, by the revision's position in `txs` and its ordinal."""
        occurrences = self._snapshot.occurrences[self.txs[position]]
        return int(occurrences.starts[ordinal - 1]), int(occurrences.ends[ordinal - 1])

    def _further_places(self, firsts: Ints, again: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The places of each passage but its first one, and its row, ascending.

        `again` are the places that are no passage's first one; `firsts` has that one for each of them.
        """
        order = np.argsort(firsts, kind="stable")
        return again[order].astype(np.int64), self._first.searchsorted(firsts[order])

    def _positions(self, places: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """The position in `txs` of the revision that each place lies in."""
        return np.searchsorted(self._begins, places, side="right") - 1

    def _source(self, place: int) -> tuple[int, int]:
        position = bisect_right(self._begins, place) - 1
        return position, place - self._begins[position] + 1

    def _some_vectors(self, rows: slice) -> Floats32:
        return self._snapshot.vectors(self.numbers[rows])

    def _gains(self, terms: Sequence[str]) -> tuple[Ints, Floats, list[int]]:
        passages, counts, sizes = self._snapshot.postings(terms, self._low, self._high)
        rows = self._rows[passages]
        eligible = np.flatnonzero(rows >= 0)
        rows = rows[eligible]
        ends = eligible.searchsorted(list(accumulate(sizes))).tolist()
        return rows, self.bm25.gains(rows, counts[eligible]), [b - a for a, b in pairwise((0, *ends))]

    def _reached(self) -> list[Segment]:
        """The segments between whose passages those of this view lie."""
        return [
            segment
            for segment in self._snapshot.segments
            if (first := segment.entry.first_passage) < self._high and first + segment.entry.passages > self._low
        ]

    def _blocks(self) -> list[Block]:
        """The eligible postings of each segment, with their gains."""
        blocks = []
        for segment in self._reached():
            first = segment.entry.first_passage
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
            blocks.append(Block(segment.terms, kept(offsets_of(held)), kept(documents), kept(gains)))
        return blocks
