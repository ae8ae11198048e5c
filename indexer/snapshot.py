"""A snapshot: the segments of one manifest, opened together. It never changes; a reader keeps the one it opened."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.bm25 import PostingsBM25
from indexer.manifest import Manifest
from indexer.passage import Passage
from indexer.postings import Ints
from indexer.segment import Occurrences, Segment


class Snapshot:
    """The passages, postings and vectors that a manifest names; `reuse` hands over segments already open."""

    def __init__(self, folder: Path, manifest: Manifest, reuse: "Snapshot | None" = None) -> None:
        self.manifest = manifest
        self.generation = manifest.generation
        opened = {segment.entry: segment for segment in reuse.segments} if reuse else {}
        self.segments: list[Segment] = [opened.get(entry) or Segment(folder, entry) for entry in manifest.segments]
        self._firsts = [segment.entry.first_passage for segment in self.segments]

    @property
    def passages(self) -> int:
        """How many distinct passages there are."""
        return self.manifest.passages

    @cached_property
    def occurrences(self) -> Mapping[int, Occurrences]:
        """The passages of each revision, by its publish tx."""
        return {found.tx: found for segment in self.segments for found in segment.revisions()}

    @cached_property
    def numbers(self) -> Mapping[bytes, int]:
        """The number of each passage by its content key."""
        keys = b"".join(segment.keys.tobytes() for segment in self.segments)
        return {keys[at : at + 32]: at // 32 for at in range(0, len(keys), 32)}

    def passage(self, number: int) -> Passage:
        segment = self.segments[bisect_right(self._firsts, number) - 1]
        return segment.passage(number - segment.entry.first_passage)

    def vectors(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The vectors of passages, in the order asked, as one block; shape (len(numbers), dimension)."""
        if len(self.segments) == 1:
            return self.segments[0].vectors[numbers]
        out = np.empty((len(numbers), self.manifest.built.dimension), dtype=np.float32)
        for segment, first in zip(self.segments, self._firsts, strict=True):
            here = np.flatnonzero((numbers >= first) & (numbers < first + segment.entry.passages))
            out[here] = segment.vectors[numbers[here] - first]
        return out

    def lengths(self, numbers: npt.NDArray[np.int64]) -> Ints:
        """How many index terms each passage has; shape (len(numbers),)."""
        return self._lengths[numbers]

    def postings(self, term: str) -> tuple[npt.NDArray[np.int64], Ints] | None:
        """The passages that hold a term, by number, and how often each does."""
        found = [
            (rows.astype(np.int64) + first, counts)
            for segment, first in zip(self.segments, self._firsts, strict=True)
            if (hit := segment.postings(term)) is not None
            for rows, counts in [hit]
        ]
        if not found:
            return None
        return np.concatenate([rows for rows, _ in found]), np.concatenate([counts for _, counts in found])

    @cached_property
    def _lengths(self) -> Ints:
        return np.concatenate([np.empty(0, dtype=np.int32), *(segment.lengths for segment in self.segments)])


class View:
    """The eligible passages of some revisions, each once, by citation order; everything that ranks is in here.

    `numbers`, `sources` and `ordinals` have shape (n,): the passage, the position in `txs` of the revision
    that is cited for it (the first to hold it) and the passage's ordinal there, from 1.
    """

    def __init__(self, snapshot: Snapshot, txs: Sequence[int]) -> None:
        self._snapshot = snapshot
        self.txs = tuple(txs)
        placed = [snapshot.occurrences[tx].passages for tx in txs]
        sizes = np.array([len(passages) for passages in placed], dtype=np.int64)
        every = np.concatenate([np.empty(0, dtype=np.int64), *placed])
        numbers, first = np.unique(every, return_index=True)
        order = np.argsort(first)
        first = first[order]
        begins = np.concatenate([[0], np.cumsum(sizes)])
        self.numbers: npt.NDArray[np.int64] = numbers[order]
        self.sources = np.searchsorted(begins, first, side="right") - 1
        self.ordinals = first - begins[self.sources] + 1
        self.vectors = snapshot.vectors(self.numbers)
        lengths = snapshot.lengths(self.numbers)
        self._rows = np.full(snapshot.passages, -1, dtype=np.int32)
        self._rows[self.numbers] = np.arange(len(self.numbers), dtype=np.int32)
        self.bm25 = PostingsBM25.over(self._postings, lengths)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def bytes(self) -> int:
        """What keeping this view costs."""
        return self.vectors.nbytes + self._rows.nbytes + 5 * self.numbers.nbytes

    def passage(self, row: int) -> Passage:
        return self._snapshot.passage(int(self.numbers[row]))

    def span(self, row: int) -> tuple[int, int]:
        """Where the passage in a row stands in the revision that is cited for it."""
        occurrences = self._snapshot.occurrences[self.txs[self.sources[row]]]
        at = int(self.ordinals[row]) - 1
        return int(occurrences.starts[at]), int(occurrences.ends[at])

    def _postings(self, term: str) -> tuple[Ints, Ints] | None:
        if (found := self._snapshot.postings(term)) is None:
            return None
        rows = self._rows[found[0]]
        eligible = rows >= 0
        return rows[eligible], found[1][eligible]
