import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.manifest import Built, Manifest
from indexer.segments.array_file import ArrayFile, Arrays, Parts, pieces
from indexer.segments.merge import MOST_SEGMENTS, merged, merged_tail
from indexer.segments.placed import Occurrences
from indexer.segments.segment import write_segment
from indexer.snapshot import Snapshot
from indexer.text.passage import Passage
from tests.indexer.by_hand import BUILT, ENCODER, Revisions, arrays_of, build, standing

CUPS, PLATES, BOWLS, FORKS = (Passage("Rules", (), (), words) for words in ("cups", "plates", "bowls", "forks"))


def occurrences(tx: int, *passages: int) -> Occurrences:
    starts = np.arange(len(passages), dtype=np.int64) * 10 + tx
    structure = standing([f"words {tx} {at}" for at in range(len(passages))])
    return Occurrences(tx, np.array(passages, dtype=np.int64), starts, starts + 5, structure)


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
    return one is not None and b"".join(pieces(one, {})) == b"".join(pieces(other, {}))


def test_merging_keeps_every_revision_in_one_segment(tmp_path: Path) -> None:
    expected = arrays_of(
        [CUPS, PLATES, BOWLS, FORKS],
        occurrences(1, 0, 1),
        occurrences(2, 1),
        occurrences(5, 3, 0, 3),
        occurrences(4, 2, 1),
    )
    assert alike(merged(two_segments(tmp_path).segments, lambda tx: True), expected)


def test_passages_that_no_kept_revision_holds_are_left_out_and_the_rest_renumbered(tmp_path: Path) -> None:
    # Without revisions 1 and 4, plates stay (2 holds them) and bowls go: cups 0, plates 1, forks 2.
    expected = arrays_of([CUPS, PLATES, FORKS], occurrences(2, 1), occurrences(5, 2, 0, 2))
    assert alike(merged(two_segments(tmp_path).segments, lambda tx: tx in (2, 5)), expected)


def test_nothing_kept_is_no_segment(tmp_path: Path) -> None:
    assert merged(two_segments(tmp_path).segments, lambda tx: False) is None
    assert merged([], lambda tx: True) is None


def test_merging_encodes_nothing(tmp_path: Path) -> None:
    snapshot = two_segments(tmp_path)
    before = len(ENCODER.encoded)
    merged(snapshot.segments, lambda tx: True)
    assert len(ENCODER.encoded) == before


def test_terms_that_no_kept_passage_holds_are_dropped(tmp_path: Path) -> None:
    # Without revision 4 no one holds bowls; every other term stays.
    arrays = merged(two_segments(tmp_path).segments, lambda tx: tx != 4)
    assert arrays is not None
    content = b"".join(pieces(arrays, {}))
    made = ArrayFile(content)
    assert made.array("terms").tobytes().decode().split() == ["cup", "fork", "plate"]
    assert np.diff(made.array("post_offsets")).tolist() == [1, 1, 1]
    assert b"bowl" not in content


def assert_same_content(one: Snapshot, other: Snapshot) -> None:
    """Everything that a reader can ask of two snapshots is the same, numbers of passages included."""
    assert one.passages == other.passages
    numbers = np.arange(one.passages, dtype=np.int32)
    assert [one.passage(number) for number in numbers] == [other.passage(number) for number in numbers]
    assert [one.tokens(number) for number in numbers] == [other.tokens(number) for number in numbers]
    keys = [one.passage(number).key() for number in numbers]
    assert one.find(keys) == other.find(keys) == numbers.tolist()
    assert one.lengths(numbers).tolist() == other.lengths(numbers).tolist()
    assert one.vectors(numbers).tobytes() == other.vectors(numbers).tobytes()
    query = ENCODER.encode("cups and plates")
    assert one.inner_products(query, numbers).tobytes() == other.inner_products(query, numbers).tobytes()
    assert one.terms == other.terms
    for found, expected in zip(one.postings(one.terms), other.postings(one.terms), strict=True):
        assert list(found) == list(expected)
    assert places(one) == places(other)


def places(snapshot: Snapshot) -> dict[int, tuple[list[int], list[int], list[int]]]:
    return {
        tx: (found.passages.tolist(), found.starts.tolist(), found.ends.tolist())
        for tx, found in snapshot.occurrences.items()
    }


def with_tail_merged(folder: Path, snapshot: Snapshot, most: int = MOST_SEGMENTS) -> Snapshot:
    """The snapshot once its newest segments are merged, as the writer does it; itself where they stay."""
    tail = merged_tail(snapshot.segments, most)
    if tail is None:
        return snapshot
    start, arrays = tail
    first = snapshot.segments[start].entry.first_passage
    entry = write_segment(folder, f"merged-{start}-{len(snapshot.segments)}.safetensors", first, arrays)
    kept = snapshot.manifest.segments[:start]
    return Snapshot(folder, Manifest(snapshot.generation, BUILT, (*kept, entry)))


def sized(folder: Path, *sizes: int) -> Snapshot:
    """One segment of each size; its revision also places a passage of the first segment, and says it twice."""
    groups: list[Revisions] = []
    for number, size in enumerate(sizes, start=1):
        words = [f"cup {number} of {at} plates" for at in range(size)]
        shared = ["cup 1 of 0 plates"] * 2 if sizes[0] else []
        groups.append([(number, [*words, *shared])])
    return Snapshot(folder, build(folder, *groups))


@pytest.mark.parametrize("count", [0, 1, 7, 8])
def test_few_segments_are_left_alone(tmp_path: Path, count: int) -> None:
    assert MOST_SEGMENTS == 8
    assert merged_tail(sized(tmp_path, *[1] * count).segments) is None


@pytest.mark.parametrize(
    ("sizes", "start"),
    [
        ([1] * 9, 0),
        ([100, 1, 1, 1, 1, 1, 1, 1, 1], 1),
        # Each has one revision besides: 2 and 2 are 4, with 5 they are 9, with 9 they are 18. Of the next, 37 is more
        # than twice that and 36 is not.
        ([200, 100, 60, 40, 36, 8, 4, 1, 1], 5),
        ([200, 190, 180, 110, 35, 8, 4, 1, 1], 4),
        ([9, 3, 9, 3, 9, 3, 9, 1, 90], 0),
        ([300, 1, 1, 1, 1, 1, 1, 1, 40], 1),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        ([50, 0, 0, 0, 0, 0, 0, 0, 0], 1),
    ],
)
def test_a_merged_tail_reaches_back_while_a_segment_is_at_most_twice_what_follows(
    tmp_path: Path, sizes: list[int], start: int
) -> None:
    snapshot = sized(tmp_path, *sizes)
    tail = merged_tail(snapshot.segments)
    assert tail is not None
    assert tail[0] == start
    after = with_tail_merged(tmp_path, snapshot)
    assert [segment.entry.passages for segment in after.segments] == [*sizes[:start], sum(sizes[start:])]
    assert_same_content(after, snapshot)


def test_revisions_that_bring_no_passage_are_not_rewritten_with_every_write(tmp_path: Path) -> None:
    same = ["a cup"]
    many: Revisions = [(tx, same) for tx in range(2, 42)]
    snapshot = Snapshot(tmp_path, build(tmp_path, [(1, same)], many, *([(tx, same)] for tx in range(42, 49))))
    assert [segment.entry.passages for segment in snapshot.segments] == [1, *[0] * 8]
    assert [segment.size for segment in snapshot.segments] == [2, 40, *[1] * 7]
    tail = merged_tail(snapshot.segments)
    assert tail is not None
    assert tail[0] == 2


def test_a_merged_tail_is_the_segment_that_would_have_been_written_at_once(tmp_path: Path) -> None:
    groups: list[Revisions] = [[(1, ["cups"])], [(2, ["bowls", "cups"]), (3, [])], [(5, ["plates", "bowls"])]]
    snapshot = Snapshot(tmp_path, build(tmp_path, *groups))
    once = Snapshot(tmp_path, build(tmp_path, [revision for group in groups for revision in group]))
    (segment,) = with_tail_merged(tmp_path, snapshot, most=2).segments
    assert segment.entry.sha256 == once.segments[0].entry.sha256


def test_merging_a_tail_encodes_nothing(tmp_path: Path) -> None:
    snapshot = sized(tmp_path, *[1] * 9)
    before = len(ENCODER.encoded)
    assert merged_tail(snapshot.segments) is not None
    assert len(ENCODER.encoded) == before


def test_a_merged_tail_outlives_the_segments_it_came_from(tmp_path: Path) -> None:
    snapshot = sized(tmp_path, *[2] * 9)
    expected = [snapshot.passage(number) for number in range(18)]
    after = with_tail_merged(tmp_path, snapshot)
    for segment in snapshot.segments:
        segment.path.unlink()
    reopened = Snapshot(tmp_path, after.manifest)
    assert [reopened.passage(number) for number in range(18)] == expected
    assert [segment.check() for segment in reopened.segments] == [None]


def peak(work: Callable[[], object]) -> int:
    """The most bytes that something held at once, by Python and numpy."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_merge_holds_no_object_for_each_revision(tmp_path: Path) -> None:
    groups = [[(1000 * at + number, ["a cup", "a plate"]) for number in range(1000)] for at in range(9)]
    snapshot = Snapshot(tmp_path, build(tmp_path, *groups))
    for segment in snapshot.segments:
        _ = segment.terms, segment.occurrences
    merging = peak(lambda: with_tail_merged(tmp_path, snapshot))
    assert merging / 9000 < 400


def test_a_merge_copies_no_vectors_and_no_records(tmp_path: Path) -> None:
    snapshot = sized(tmp_path, *[2] * 9)
    tail = merged_tail(snapshot.segments)
    assert tail is not None
    for name in ("vectors", "records"):
        made = tail[1][name]
        assert isinstance(made, Parts)
        for part, segment in zip(made.parts, snapshot.segments, strict=True):
            assert np.shares_memory(part, segment.array(name))


WORDS = st.lists(st.sampled_from(["cups", "plates", "bowls", "no", "broken", "返品"]), min_size=1, max_size=4)
GROUPS = st.lists(st.lists(st.lists(WORDS.map(" ".join), max_size=4), max_size=3), min_size=1, max_size=7)


def numbered(groups: list[list[list[str]]]) -> list[Revisions]:
    made: list[Revisions] = []
    tx = 0
    for group in groups:
        made.append([(tx + at, words) for at, words in enumerate(group, start=1)])
        tx += len(group)
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GROUPS, st.integers(1, 6))
def test_a_merged_tail_answers_like_the_segments_it_came_from(
    tmp_path: Path, groups: list[list[list[str]]], most: int
) -> None:
    snapshot = Snapshot(tmp_path, build(tmp_path, *numbered(groups)))
    assert_same_content(with_tail_merged(tmp_path, snapshot, most), snapshot)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GROUPS, st.data())
def test_after_an_erasure_all_else_is_as_before(
    tmp_path: Path, groups: list[list[list[str]]], data: st.DataObject
) -> None:
    before = Snapshot(tmp_path, build(tmp_path, *numbered(groups)))
    txs = sorted(before.occurrences)
    kept = [tx for tx in txs if not data.draw(st.booleans(), label=f"erase {tx}")]
    arrays = merged(before.segments, lambda tx: tx in kept)
    if arrays is None:
        assert kept == []
        return
    entry = write_segment(tmp_path, "erased.safetensors", 0, arrays)
    after = Snapshot(tmp_path, Manifest(before.generation, BUILT, (entry,)))
    assert sorted(after.occurrences) == kept
    for tx in kept:
        was, now = before.occurrences[tx], after.occurrences[tx]
        assert [after.passage(n) for n in now.passages] == [before.passage(n) for n in was.passages]
        assert [after.tokens(n) for n in now.passages] == [before.tokens(n) for n in was.passages]
        assert (now.starts.tolist(), now.ends.tolist()) == (was.starts.tolist(), was.ends.tolist())
        assert after.vectors(now.passages).tobytes() == before.vectors(was.passages).tobytes()
        assert after.lengths(now.passages).tolist() == before.lengths(was.passages).tolist()
    held = {int(number) for tx in kept for number in before.occurrences[tx].passages}
    assert after.passages == len(held)
    found = after.find([before.passage(number).key() for number in held])
    expected = dict(zip(found, held, strict=True))
    for term in before.terms:
        passages, counts, _ = after.postings([term])
        were, times, _ = before.postings([term])
        still = {int(n): int(count) for n, count in zip(were, times, strict=True) if int(n) in held}
        assert {expected[int(n)]: int(c) for n, c in zip(passages, counts, strict=True)} == still
        assert (term in after.terms) == bool(still)
