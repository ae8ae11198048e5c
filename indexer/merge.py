"""Merging: the segments of a snapshot as one, without passages that no kept revision holds; nothing is re-embedded."""

from collections.abc import Callable

import numpy as np

from indexer.segment import Arrays, Occurrences, segment_arrays
from indexer.snapshot import Snapshot


def merged(snapshot: Snapshot, keep: Callable[[int], bool]) -> Arrays | None:
    """The arrays of one segment, numbered from 0, with the revisions whose publish tx is kept; None for none."""
    placed = [found for tx, found in sorted(snapshot.occurrences.items()) if keep(tx)]
    if not placed:
        return None
    numbers = np.unique(np.concatenate([found.passages for found in placed]))
    revisions = [
        Occurrences(found.tx, np.searchsorted(numbers, found.passages), found.starts, found.ends) for found in placed
    ]
    return segment_arrays([snapshot.passage(int(n)) for n in numbers], snapshot.vectors(numbers), revisions)
