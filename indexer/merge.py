"""Merging: several segments become one, without passages that no kept revision holds; vectors are not made again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from indexer.placed import UNSHOWN, Occurrences
from indexer.segment import (
    Arrays,
    Segment,
    joined_revisions,
    key_arrays,
    offsets_of,
    term_bytes,
)
from indexer.snapshot import Snapshot

MOST_SEGMENTS = 8
"""Where there are more segments, the newest ones are merged, since every question looks into each."""


def merged(snapshot: Snapshot, keep: Callable[[int], bool] | None = None) -> Arrays | None:
    """The arrays of one segment, numbered from 0, with the revisions whose publish tx is kept; None where none is."""
    placed = [found for tx, found in sorted(snapshot.occurrences.items()) if keep is None or keep(tx)]
    if not placed:
        return None
    if keep is None:
        kept = np.arange(snapshot.passages, dtype=np.int64)
    else:
        kept = np.unique(np.concatenate([found.passages[found.passages != UNSHOWN] for found in placed]))
    revisions = [
        replace(found, passages=_renumbered(found.passages, kept), structure=snapshot.structure(found.tx))
        for found in placed
    ]
    return merged_segments(snapshot.segments, kept, revisions)


def _renumbered(passages: npt.NDArray[np.int64], kept: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The places of passages among those that are kept."""
    return np.where(passages == UNSHOWN, UNSHOWN, np.searchsorted(kept, passages))


def merged_segments(
    segments: Sequence[Segment], kept: npt.NDArray[np.int64], revisions: Sequence[Occurrences]
) -> Arrays:
    """The arrays of one segment with some passages of neighbouring segments, by number, ascending.

    `kept` counts from the first segment's first passage; the revisions are placed as they are given. IndexDamaged
    where a segment does not fit its checksum: merged, what was altered would get a checksum that fits.
    """
    for segment in segments:
        segment.check()
    first = segments[0].entry.first_passage
    rows, renumbered = [], []
    for segment in segments:
        begin = segment.entry.first_passage - first
        low, high = np.searchsorted(kept, [begin, begin + segment.entry.passages])
        rows.append(kept[low:high] - begin)
        numbers = np.full(segment.entry.passages, -1, dtype=np.int32)
        numbers[rows[-1]] = np.arange(low, high, dtype=np.int32)
        renumbered.append(numbers)
    pairs = list(zip(segments, rows, strict=True))
    records = list(chain.from_iterable(segment.records(some) for segment, some in pairs))
    return {
        "vectors": np.concatenate([segment.vectors[some] for segment, some in pairs]),
        **key_arrays(np.concatenate([segment.keys[some] for segment, some in pairs])),
        "lengths": np.concatenate([segment.lengths[some] for segment, some in pairs]),
        "tokens": np.concatenate([segment.tokens[some] for segment, some in pairs]),
        "records": np.frombuffer(b"".join(records), dtype=np.uint8),
        "record_offsets": offsets_of([len(record) for record in records]),
        **_merged_postings(segments, renumbered),
        **joined_revisions(revisions),
    }


def merged_tail(segments: Sequence[Segment], most: int = MOST_SEGMENTS) -> tuple[int, Arrays] | None:
    """The first segment to merge, and the arrays of the one that replaces it and all later ones; None for few enough.

    After that, each segment is at most half as large as the one before it. So a passage or revision is rewritten at
    most once for each time that the whole doubles. Passages keep their numbers.
    """
    if len(segments) <= most:
        return None
    start = len(segments) - 2
    size = sum(segment.size for segment in segments[start:])
    while start and segments[start - 1].size <= 2 * size:
        start -= 1
        size += segments[start].size
    tail = segments[start:]
    revisions = [
        replace(placed, structure=segment.structure(placed.tx))
        for segment in tail
        for placed in segment.occurrences.values()
    ]
    passages = sum(segment.entry.passages for segment in tail)
    return start, merged_segments(tail, np.arange(passages, dtype=np.int64), revisions)


def _merged_postings(segments: Sequence[Segment], renumbered: Sequence[npt.NDArray[np.int32]]) -> Arrays:
    """The postings of all segments, term after term, by the new numbers; terms that no passage holds are gone."""
    names = sorted(set().union(*(segment.terms for segment in segments)))
    numbers = {name: number for number, name in enumerate(names)}
    terms, passages, counts = [], [], []
    for segment, new in zip(segments, renumbered, strict=True):
        owners = np.array([numbers[name] for name in segment.terms], dtype=np.int64)
        moved = new[segment.post_passages]
        stays = moved >= 0
        terms.append(np.repeat(owners, np.diff(segment.post_offsets))[stays])
        passages.append(moved[stays])
        counts.append(segment.post_counts[stays])
    owner = np.concatenate(terms)
    order = np.argsort(owner, kind="stable")
    held = np.bincount(owner, minlength=len(names))
    present = np.flatnonzero(held)
    return {
        "terms": term_bytes([names[number] for number in present]),
        "post_offsets": offsets_of(held[present].tolist()),
        "post_passages": np.concatenate(passages)[order],
        "post_counts": np.concatenate(counts)[order],
    }
