"""Merging: several segments become one, without passages that no kept revision holds; vectors are not made again.

A service merges while it answers. So the arrays of the new segment are parts of the old ones wherever they can be, and
how passages stand is renumbered as it was packed: nothing is held for each revision or for each passage's vector.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indexer.segments.array_file import Array, Arrays, Parts
from indexer.segments.arrays import Made, key_arrays, offsets_of, term_bytes
from indexer.segments.placed import UNSHOWN, Numbers, ranges
from indexer.segments.postings import Ints
from indexer.segments.segment import Segment
from indexer.text.blocks import renumbered

MOST_SEGMENTS = 8
"""Where there are more segments, the newest ones are merged, since every question looks into each."""

POSTINGS_AT_ONCE = 65_536
"""How many postings are moved at a time: some 50 bytes are taken for each."""

Chosen = Sequence[tuple[Segment, Numbers]]
"""Some passages of each segment, by their rows, or some of its revisions, by their places; ascending."""


def merged(segments: Sequence[Segment], keep: Callable[[int], bool]) -> Arrays | None:
    """The arrays of one segment with the revisions whose publish tx is kept; None where none is.

    The segments are all those of an index. Passages are numbered anew from 0.
    """
    revisions = [
        (segment, np.flatnonzero([keep(tx) for tx in segment.array("rev_tx").tolist()])) for segment in segments
    ]
    if not any(len(places) for _, places in revisions):
        return None
    held = [np.unique(segment.occurrences.gather(places)[0]) for segment, places in revisions]
    kept = np.setdiff1d(np.concatenate(held), [UNSHOWN])
    passages = []
    for segment in segments:
        begin = segment.entry.first_passage
        low, high = np.searchsorted(kept, [begin, begin + segment.entry.passages])
        passages.append((segment, kept[low:high] - begin))
    placed = _pieces(revisions, "occ_passage", "rev_offsets").parts
    moved = [np.where(part == UNSHOWN, UNSHOWN, np.searchsorted(kept, part)) for part in placed]
    return {**_joined(passages, revisions), "occ_passage": Parts(moved)}


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
    passages = [(segment, np.arange(segment.entry.passages)) for segment in segments[start:]]
    revisions = [(segment, np.arange(len(segment.array("rev_tx")))) for segment in segments[start:]]
    return start, _joined(passages, revisions)


def _joined(passages: Chosen, revisions: Chosen) -> dict[str, Array | Parts]:
    """The arrays of one segment with these passages and revisions, which place passages by the numbers that they had.

    IndexDamaged where a segment does not fit its checksum: merged, what was altered would get a checksum that fits.
    """
    for segment, _ in passages:
        segment.check()
    return {
        **{name: _rows(passages, name) for name in ("vectors", "lengths", "tokens")},
        **key_arrays(np.concatenate(_rows(passages, "keys").parts)),
        "records": _pieces(passages, "records", "record_offsets"),
        "record_offsets": _offsets(passages, "record_offsets"),
        **_postings(passages),
        "rev_tx": _rows(revisions, "rev_tx"),
        "rev_offsets": _offsets(revisions, "rev_offsets"),
        **{name: _pieces(revisions, name, "rev_offsets") for name in ("occ_passage", "occ_start", "occ_end")},
        **_structures(revisions),
    }


def _rows(chosen: Chosen, name: str) -> Parts:
    """What is chosen of an array, where it lies."""
    return Parts([segment.array(name)[begin:end] for segment, rows in chosen for begin, end in _runs(rows)])


def _pieces(chosen: Chosen, name: str, offsets: str) -> Parts:
    """The same for an array of pieces, whose places are in another array."""
    parts = []
    for segment, rows in chosen:
        whole, places = segment.array(name), segment.array(offsets)
        parts += [whole[places[begin] : places[end]] for begin, end in _runs(rows)]
    return Parts(parts)


def _offsets(chosen: Chosen, name: str) -> npt.NDArray[np.int64]:
    """The places of those pieces, laid one after the other."""
    return offsets_of(np.concatenate([np.diff(segment.array(name))[rows] for segment, rows in chosen]))


def _runs(rows: Numbers) -> list[tuple[int, int]]:
    """The first row of each run of neighbours, and the one after its last; one empty run for no rows."""
    if not len(rows):
        return [(0, 0)]
    edges = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    return [(int(rows[begin]), int(rows[end - 1]) + 1) for begin, end in pairwise(edges)]


def _structures(revisions: Chosen) -> Made:
    """The arrays of how passages stand, with each text of words once, numbered in the order in which they stand."""
    numbers: dict[bytes, int] = {}
    structures, sizes = bytearray(), array("q")
    for segment, places in revisions:
        moved = np.full(len(segment.array("word_offsets")) - 1, -1, dtype=np.int64)
        number = partial(_number, segment, moved, numbers)
        for place in places.tolist():
            record = renumbered(segment.piece("structures", "structure_offsets", place), number)
            structures += record
            sizes.append(len(record))
    return {
        "structures": np.frombuffer(structures, dtype=np.uint8),
        "structure_offsets": offsets_of(np.array(sizes)),
        "words": np.frombuffer(b"".join(numbers), dtype=np.uint8),
        "word_offsets": offsets_of([len(words) for words in numbers]),
    }


def _number(segment: Segment, moved: Numbers, numbers: dict[bytes, int], before: int) -> int:
    """The new number of a segment's words; those that another segment has too have one number."""
    if moved[before] < 0:
        words = segment.piece("words", "word_offsets", before)
        moved[before] = numbers.setdefault(words, len(numbers))
    return int(moved[before])


def _postings(passages: Chosen) -> Made:
    """The postings of the chosen passages, term after term, by their new numbers; terms that none holds are gone."""
    names = sorted(set().union(*(segment.terms for segment, _ in passages)))
    numbers = {name: number for number, name in enumerate(names)}
    held = np.zeros(len(names), dtype=np.int64)
    sources, first = [], 0
    for segment, rows in passages:
        new = np.full(segment.entry.passages, -1, dtype=np.int32)
        new[rows] = np.arange(first, first + len(rows), dtype=np.int32)
        first += len(rows)
        owners = np.array([numbers[name] for name in segment.terms], dtype=np.int64)
        sources.append((segment, owners, new))
        for some, _, sizes, _ in _moved(segment, new):
            held[owners[some]] += sizes
    offsets = offsets_of(held)
    free = offsets[:-1].copy()  # where the next posting of each term goes
    post_passages, post_counts = (np.empty(offsets[-1], dtype=np.int32) for _ in range(2))
    for segment, owners, new in sources:
        for some, moved, sizes, counts in _moved(segment, new):
            places = ranges(free[owners[some]], sizes)
            post_passages[places], post_counts[places] = moved, counts
            free[owners[some]] += sizes
    present = np.flatnonzero(held)
    return {
        "terms": term_bytes([names[number] for number in present]),
        "post_offsets": offsets_of(held[present]),
        "post_passages": post_passages,
        "post_counts": post_counts,
    }


def _moved(segment: Segment, new: Ints) -> Iterator[tuple[slice, Ints, Numbers, Ints]]:
    """The postings that stay, some terms at a time: which terms, the new numbers, how many each term has, the counts.

    `new` has the new number of each row, -1 for one that goes.
    """
    offsets = segment.post_offsets
    edges = np.searchsorted(offsets, np.arange(0, int(offsets[-1]), POSTINGS_AT_ONCE))
    for low, high in pairwise(np.unique([*edges, len(offsets) - 1]).tolist()):
        begin, end = int(offsets[low]), int(offsets[high])
        moved = new[segment.post_passages[begin:end]]
        stays = moved >= 0
        before = offsets_of(stays)
        sizes = np.diff(before[offsets[low : high + 1] - begin])
        yield slice(low, high), moved[stays], sizes, segment.post_counts[begin:end][stays]
