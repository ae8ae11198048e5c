"""An eligible view: the distinct passages of exactly some revisions. Everything that ranks is computed over one."""

import threading
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from indexer.bm25 import Block, Floats, PostingsBM25, compiled
from indexer.passage import Passage
from indexer.postings import Ints
from indexer.products import products
from indexer.snapshot import Snapshot


class View:
    """The passages of some revisions, each once, in citation order.

    `numbers` has shape (n,): the number of each passage in the snapshot. A passage is cited by its first
    occurrence, in the order of `txs`, the publish transactions of the revisions in the order of their ids.
    """

    def __init__(self, snapshot: Snapshot, txs: Sequence[int]) -> None:
        self._snapshot = snapshot
        self.txs = tuple(txs)
        placed = [snapshot.occurrences[tx].passages for tx in self.txs]
        self._begins = [0, *accumulate(len(passages) for passages in placed)]
        every = np.concatenate([np.empty(0, dtype=np.int64), *placed])
        places = np.arange(len(every), dtype=np.int32)
        self._rows = np.full(snapshot.passages, -1, dtype=np.int32)
        # Written backwards, so that the first place of a passage is the one that stays.
        self._rows[every[::-1]] = places[::-1]
        self._first = np.flatnonzero(self._rows[every] == places)
        self.numbers: Ints = every[self._first].astype(np.int32)
        self._rows[self.numbers] = places[: len(self.numbers)]
        self.bm25 = PostingsBM25.over(snapshot.lengths(self.numbers), self._gains)
        self._questions = 0
        self._settling = threading.Lock()
        self._settled_bytes = 0
        self._vectors: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def bytes(self) -> int:
        """What keeping this view costs, its block of vectors included."""
        width = self._snapshot.manifest.built.dimension * 4 + 28
        return self._rows.nbytes + len(self) * width + self._settled_bytes

    def asked(self) -> None:
        """Counts a question. At the second the view settles, in the background: nobody's question waits for it."""
        self._questions = number = self._questions + 1
        if number == 2:  # this thread's number: others may have counted on by now
            threading.Thread(target=self.settle, name="asof-settle", daemon=True).start()

    def settle(self) -> None:
        """Gathers what makes further questions cheaper: a block of vectors, and the eligible postings with their gains.

        Answers are the same before and after, to the last bit.
        """
        with self._settling:
            if self._vectors is not None:
                return
            blocks = self._blocks()
            vectors = self._snapshot.vectors(self.numbers)
            self._settled_bytes = sum(b.offsets.nbytes + b.documents.nbytes + b.gains.nbytes for b in blocks)
            self.bm25.find = compiled(blocks)
            self._vectors = vectors

    @property
    def settled(self) -> bool:
        """Whether it has."""
        return self._vectors is not None

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """The vectors in one block; shape (n, d)."""
        return self._snapshot.vectors(self.numbers) if self._vectors is None else self._vectors

    def inner_products(self, query: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The inner product of a query, shape (d,), with every passage; shape (n,).

        Until the view has settled, the vectors are read where they lie.
        """
        if (vectors := self._vectors) is None:
            return self._snapshot.inner_products(query, self.numbers)
        return products(query, vectors)

    @cached_property
    def sources(self) -> npt.NDArray[np.int64]:
        """The position in `txs` of the revision that is cited for each row; shape (n,)."""
        return np.searchsorted(np.array(self._begins, dtype=np.int64), self._first, side="right") - 1

    @cached_property
    def ordinals(self) -> npt.NDArray[np.int64]:
        """The ordinal, from 1, of each row in the revision that is cited for it; shape (n,)."""
        return self._first - np.array(self._begins, dtype=np.int64)[self.sources] + 1

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

    def _gains(self, terms: Sequence[str]) -> tuple[Ints, Floats, list[int]]:
        passages, counts, sizes = self._snapshot.postings(terms)
        rows = self._rows[passages]
        eligible = rows >= 0
        rows = rows[eligible]
        return rows, self.bm25.gains(rows, counts[eligible]), _held(eligible, sizes)

    def _blocks(self) -> list[Block]:
        """The eligible postings of each segment, with their gains."""
        blocks = []
        for segment in self._snapshot.segments:
            first = segment.entry.first_passage
            rows = self._rows[first : first + segment.entry.passages][segment.post_passages]
            eligible = rows >= 0
            rows = rows[eligible]
            before = np.zeros(len(eligible) + 1, dtype=np.int64)
            np.cumsum(eligible, out=before[1:])
            gains = self.bm25.gains(rows, segment.post_counts[eligible])
            blocks.append(Block(segment.terms, before[segment.post_offsets], rows, gains))
        return blocks


def _held(eligible: npt.NDArray[np.bool_], sizes: Sequence[int]) -> list[int]:
    """How many postings of each term are eligible, where the terms' postings stand one after the other."""
    total = np.concatenate([[0], np.cumsum(eligible)])
    ends = np.cumsum(sizes, dtype=np.int64)
    held: list[int] = (total[ends] - total[ends - np.array(sizes, dtype=np.int64)]).tolist()
    return held
