from pathlib import Path

import numpy as np
from fakes import FakeEncoder

from indexer.manifest import Built, Manifest
from indexer.merge import merged
from indexer.passage import Passage
from indexer.segment import Arrays, Occurrences, segment_arrays, write_segment
from indexer.snapshot import Snapshot

ENCODER = FakeEncoder()
CUPS, PLATES, BOWLS, FORKS = (Passage("Rules", (), (), words) for words in ("cups", "plates", "bowls", "forks"))


def occurrences(tx: int, *passages: int) -> Occurrences:
    starts = np.arange(len(passages), dtype=np.int64) * 10 + tx
    return Occurrences(tx, np.array(passages, dtype=np.int64), starts, starts + 5)


def arrays_of(passages: list[Passage], *revisions: Occurrences) -> Arrays:
    return segment_arrays(passages, ENCODER.encode_all([passage.encoded() for passage in passages]), revisions)


def two_segments(folder: Path) -> Snapshot:
    """Passages 0 cups, 1 plates, 2 bowls, 3 forks; 2 and 3 are in the second segment."""
    first = arrays_of([CUPS, PLATES], occurrences(1, 0, 1), occurrences(2, 1))
    second = arrays_of([BOWLS, FORKS], occurrences(5, 3, 0, 3), occurrences(4, 2, 1))
    entries = (
        write_segment(folder, "segment-1.safetensors", 0, first),
        write_segment(folder, "segment-2.safetensors", 2, second),
    )
    return Snapshot(folder, Manifest(5, Built("m", "d", "fp32", 32, "terms-1"), entries))


def alike(one: Arrays | None, other: Arrays) -> bool:
    return (
        one is not None
        and one.keys() == other.keys()
        and all(
            (one[name].dtype, one[name].shape, one[name].tobytes())
            == (other[name].dtype, other[name].shape, other[name].tobytes())
            for name in other
        )
    )


def test_merging_keeps_every_revision_in_one_segment(tmp_path: Path) -> None:
    expected = arrays_of(
        [CUPS, PLATES, BOWLS, FORKS],
        occurrences(1, 0, 1),
        occurrences(2, 1),
        occurrences(4, 2, 1),
        occurrences(5, 3, 0, 3),
    )
    assert alike(merged(two_segments(tmp_path), lambda tx: True), expected)


def test_passages_that_no_kept_revision_holds_are_left_out_and_the_rest_renumbered(tmp_path: Path) -> None:
    # Without revisions 1 and 4, plates stay (2 holds them) and bowls go: cups 0, plates 1, forks 2.
    expected = arrays_of([CUPS, PLATES, FORKS], occurrences(2, 1), occurrences(5, 2, 0, 2))
    assert alike(merged(two_segments(tmp_path), lambda tx: tx in (2, 5)), expected)


def test_nothing_kept_is_no_segment(tmp_path: Path) -> None:
    assert merged(two_segments(tmp_path), lambda tx: False) is None
    assert merged(Snapshot(tmp_path, Manifest(0, Built("m", "d", "fp32", 32, "terms-1"))), lambda tx: True) is None


def test_merging_encodes_nothing(tmp_path: Path) -> None:
    snapshot = two_segments(tmp_path)
    before = len(ENCODER.encoded)
    merged(snapshot, lambda tx: True)
    assert len(ENCODER.encoded) == before
