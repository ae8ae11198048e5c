"""A snapshot: the segments of one manifest, opened together. It never changes; a reader keeps the one it opened."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.manifest import Manifest
from indexer.products import products_at
from indexer.segments.placed import UNSHOWN, PlacedInAll
from indexer.segments.postings import Ints
from indexer.segments.segment import Segment
from indexer.text.blocks import Structure
from indexer.text.passage import Passage

MOST_TITLES = 10_000
"""Titles that are handed on to the next generation, so that memory does not grow with all that was ever asked."""


class Snapshot:
    """The passages, postings and vectors that a manifest names; `reuse` hands over segments already open."""

    def __init__(self, folder: Path, manifest: Manifest, reuse: Sequence[Segment] = ()) -> None:
        self._folder = folder
        self.manifest = manifest
        self.generation = manifest.generation
        opened = {segment.entry: segment for segment in reuse}
        self.segments: list[Segment] = [opened.get(entry) or Segment(folder, entry) for entry in manifest.segments]
        self._titles: dict[int, str] = {}
        self._firsts = [segment.entry.first_passage for segment in self.segments]

    def extended(self, generation: int, *further: Segment) -> "Snapshot":
        """This snapshot with further segments, as that of a later generation; nothing is opened again."""
        entries = (*self.manifest.segments, *(segment.entry for segment in further))
        manifest = replace(self.manifest, generation=generation, segments=entries)
        return Snapshot(self._folder, manifest, (*self.segments, *further))

    def continues(self, before: "Snapshot") -> bool:
        """Whether every passage of an earlier snapshot has the same number here."""
        if self.manifest.built != before.manifest.built or self.passages < before.passages:
            return False
        return all(
            any(segment is other for other in self.segments) or self._holds(segment) for segment in before.segments
        )

    def share_titles(self, before: "Snapshot") -> None:
        """Takes over the titles that an earlier snapshot has read, unless they are many by now.

        This one must continue it, with nothing erased.
        """
        if len(before._titles) < MOST_TITLES:
            self._titles = before._titles

    def _holds(self, other: Segment) -> bool:
        """Whether the passages of another snapshot's segment have the same numbers here, by their content keys."""
        first, end = other.entry.first_passage, other.entry.first_passage + other.entry.passages
        at = first
        for segment, begin in zip(self.segments, self._firsts, strict=True):
            until = min(end, begin + segment.entry.passages)
            if begin <= at < until:
                if not np.array_equal(segment.keys[at - begin : until - begin], other.keys[at - first : until - first]):
                    return False
                at = until
        return at == end

    @property
    def passages(self) -> int:
        """How many distinct passages there are."""
        return self.manifest.passages

    @cached_property
    def occurrences(self) -> PlacedInAll:
        """The passages of each revision, by its publish tx."""
        return PlacedInAll([segment.occurrences for segment in self.segments])

    def structure(self, tx: int) -> Structure:
        """How the passages of a revision stand, by its publish tx."""
        return self.placing(tx).structure(tx)

    def placing(self, tx: int) -> Segment:
        """The segment that says how the passages of a revision stand, by its publish tx."""
        return self.segments[self.occurrences.part(tx)]

    def find(self, keys: Sequence[bytes]) -> list[int]:
        """The number of the passage with each content key; -1 where there is none."""
        found = [-1] * len(keys)
        for segment, first in zip(self.segments, self._firsts, strict=True):
            missing = [place for place, number in enumerate(found) if number < 0]
            for place, row in zip(missing, segment.find([keys[place] for place in missing]), strict=True):
                if row >= 0:
                    found[place] = first + row
        return found

    def standing_in(self, numbers: npt.NDArray[np.int64], txs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of some passages, those that stand in one of the revisions published by `txs`; each once, ascending."""
        found = [segment.standing_in(numbers, txs) for segment in self.segments]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def damage(self) -> str:
        """What is wrong with a segment, as known or seen at a look; empty for nothing."""
        return next((problem for segment in self.segments if (problem := segment.look())), "")

    def passage(self, number: int) -> Passage:
        segment = self.segment(number)
        return segment.passage(number - segment.entry.first_passage)

    def stored(self, number: int) -> bytes:
        """The record of a passage, as its segment holds it."""
        segment = self.segment(number)
        return segment.stored(number - segment.entry.first_passage)

    def segment(self, number: int) -> Segment:
        """The segment that holds a passage."""
        return self.segments[bisect_right(self._firsts, number) - 1]

    def titles(self, txs: Sequence[int]) -> tuple[str, ...]:
        """The titles of revisions, by their publish tx; empty for one without passages."""
        known = self._titles
        for tx in txs:
            if tx not in known:
                passages = self.occurrences[tx].passages
                shown = passages[passages != UNSHOWN]
                known[tx] = self.passage(int(shown[0])).title if len(shown) else ""
        return tuple([known[tx] for tx in txs])

    def vectors(self, numbers: Ints) -> npt.NDArray[np.float32]:
        """The vectors of passages, in the order asked, as one block; shape (len(numbers), dimension)."""
        out = np.empty((len(numbers), self.manifest.built.dimension), dtype=np.float32)
        for segment, rows, here in self._by_segment(numbers):
            if here is None:
                return segment.vectors[rows]
            out[here] = segment.vectors[rows]
        return out

    def inner_products(self, query: npt.NDArray[np.float32], numbers: Ints) -> npt.NDArray[np.float32]:
        """The inner product of a query, shape (d,), with the vectors of passages, where they lie; shape (n,)."""
        out = np.empty(len(numbers), dtype=np.float32)
        for segment, rows, here in self._by_segment(numbers):
            found = products_at(query, segment.vectors, rows)
            if here is None:
                return found
            out[here] = found
        return out

    def lengths(self, numbers: Ints) -> Ints:
        """How many index terms each passage has; shape (len(numbers),)."""
        return self._joined("lengths")[numbers]

    def tokens(self, number: int) -> int:
        """How many tokens of the model's tokenizer a passage's words have."""
        segment = self.segment(number)
        return int(segment.tokens[number - segment.entry.first_passage])

    def postings(self, terms: Sequence[str], low: int = 0, high: int | None = None) -> tuple[Ints, Ints, list[int]]:
        """The passages that hold each term, and how often each does, joined term after term.

        Only passages numbered `[low, high)` are looked at, and they are counted from `low`. The list says how many
        of them each term has.
        """
        reach = [
            (segment, segment.entry.first_passage - low, None if high is None else high - segment.entry.first_passage)
            for segment in self.segments
            if (high is None or segment.entry.first_passage < high)
            and segment.entry.first_passage + segment.entry.passages > low
        ]
        passages: list[Ints] = []
        counts: list[Ints] = []
        sizes = []
        for term in terms:
            size = 0
            for segment, offset, until in reach:
                if (found := segment.postings(term, -offset, until)) is not None:
                    passages.append(found[0] + np.int32(offset) if offset else found[0])
                    counts.append(found[1])
                    size += len(found[0])
            sizes.append(size)
        return _concatenated(passages), _concatenated(counts), sizes

    @cached_property
    def terms(self) -> list[str]:
        """Every term that some passage holds, ascending."""
        return sorted(set().union(*(segment.terms for segment in self.segments)))

    def _by_segment(self, numbers: Ints) -> Iterator[tuple[Segment, npt.NDArray[np.int64], Any]]:
        """Each segment with the rows asked of it and their places in `numbers`; None for all of them."""
        if len(self.segments) == 1:
            yield self.segments[0], numbers.astype(np.int64), None
            return
        for segment, first in zip(self.segments, self._firsts, strict=True):
            here = np.flatnonzero((numbers >= first) & (numbers < first + segment.entry.passages))
            if len(here):
                yield segment, numbers[here].astype(np.int64) - first, here

    def _joined(self, name: str) -> Ints:
        joined: dict[str, Ints] = self.__dict__.setdefault("joined", {})
        if name not in joined:
            joined[name] = _concatenated([getattr(segment, name) for segment in self.segments])
        return joined[name]


def _concatenated(parts: Sequence[Ints]) -> Ints:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=np.int32), *parts])
