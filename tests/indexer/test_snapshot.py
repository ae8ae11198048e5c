from pathlib import Path

import numpy as np
import pytest

from indexer.errors import IndexDamaged
from indexer.manifest import Manifest
from indexer.products import products
from indexer.snapshot import Snapshot
from indexer.view import View
from tests.indexer.by_hand import BUILT, ENCODER, Revisions, build, passage


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Two segments; tx 3 and 4 share passages with tx 1."""
    manifest = build(
        tmp_path, [(1, ["cups", "plates", "cups"]), (2, [])], [(3, ["bowls", "plates"]), (4, ["cups", "cups bowls"])]
    )
    return Snapshot(tmp_path, manifest)


def test_passages_are_numbered_across_segments(snapshot: Snapshot) -> None:
    assert (snapshot.passages, snapshot.generation) == (4, 4)
    assert [snapshot.passage(number).text for number in range(4)] == ["cups", "plates", "bowls", "cups bowls"]
    keys = [passage(words).key() for words in ["cups bowls", "forks", "cups", "bowls", "plates", "cups"]]
    assert snapshot.find(keys) == [3, -1, 0, 2, 1, 0]
    assert snapshot.find([]) == []
    assert snapshot.lengths(np.array([3, 0])).tolist() == [2, 1]


def test_occurrences_of_each_revision_are_found_by_its_tx(snapshot: Snapshot) -> None:
    assert {tx: found.passages.tolist() for tx, found in snapshot.occurrences.items()} == {
        1: [0, 1, 0],
        2: [],
        3: [2, 1],
        4: [0, 3],
    }


def test_passages_that_stand_in_some_revisions_are_found_across_segments(snapshot: Snapshot) -> None:
    def standing(numbers: list[int], *txs: int) -> list[int]:
        return snapshot.standing_in(np.array(numbers, dtype=np.int64), np.array(txs, dtype=np.int64)).tolist()

    assert standing([0, 1, 2, 3], 4) == [0, 3]
    assert standing([3, 2, 1, 0], 3) == [1, 2]
    assert standing([0, 2], 1, 3) == [0, 2]
    assert standing([2, 3, -1], 1, 2) == []
    assert standing([], 1) == standing([0]) == []


def test_vectors_come_in_the_order_asked_whatever_their_segment(snapshot: Snapshot) -> None:
    expected = ENCODER.encode_all(["cups bowls", "cups", "bowls", "cups"])
    assert snapshot.vectors(np.array([3, 0, 2, 0])).tobytes() == expected.tobytes()
    assert snapshot.vectors(np.array([], dtype=np.int64)).shape == (0, 32)


def test_postings_of_a_term_span_segments(snapshot: Snapshot) -> None:
    passages, counts, sizes = snapshot.postings(["cup"])
    assert (passages.tolist(), counts.tolist(), sizes) == ([0, 3], [1, 1], [2])
    passages, counts, sizes = snapshot.postings(["bowl"])
    assert (passages.tolist(), counts.tolist(), sizes) == ([2, 3], [1, 1], [2])
    passages, counts, sizes = snapshot.postings(["unheard"])
    assert (passages.tolist(), counts.tolist(), sizes) == ([], [], [0])


def test_postings_of_several_terms_stand_one_after_the_other(snapshot: Snapshot) -> None:
    passages, counts, sizes = snapshot.postings(["bowl", "unheard", "cup", "bowl"])
    assert (passages.tolist(), counts.tolist(), sizes) == ([2, 3, 0, 3, 2, 3], [1] * 6, [2, 0, 2, 2])
    assert (passages.dtype, counts.dtype) == (np.int32, np.int32)
    assert snapshot.postings([])[2] == []


def test_terms_are_those_of_every_segment_each_once(snapshot: Snapshot) -> None:
    assert snapshot.terms == ["bowl", "cup", "plate"]


def test_tokens_are_those_of_each_passage_whatever_its_segment(snapshot: Snapshot) -> None:
    assert [snapshot.tokens(number) for number in range(4)] == [1, 1, 1, 2]


def test_inner_products_are_those_of_the_vectors_in_the_order_asked(snapshot: Snapshot) -> None:
    query = ENCODER.encode("broken cups")
    numbers = np.array([3, 0, 2, 0], dtype=np.int32)
    expected = products(query, snapshot.vectors(numbers))
    assert snapshot.inner_products(query, numbers).tobytes() == expected.tobytes()
    assert snapshot.inner_products(query, numbers[:0]).shape == (0,)


def test_segments_without_new_passages_are_passed_over(tmp_path: Path) -> None:
    groups: list[Revisions] = [
        [(1, [])],
        [(2, ["cups", "plates"])],
        [(3, ["cups"])],
        [(4, ["bowls"])],
        [(5, ["bowls"])],
    ]
    snapshot = Snapshot(tmp_path, build(tmp_path, *groups))
    assert [segment.entry.first_passage for segment in snapshot.segments] == [0, 0, 2, 2, 3]
    assert [snapshot.passage(number).text for number in range(3)] == ["cups", "plates", "bowls"]
    assert [snapshot.tokens(number) for number in range(3)] == [1, 1, 1]
    numbers = np.array([2, 0, 1], dtype=np.int32)
    assert snapshot.vectors(numbers).tobytes() == ENCODER.encode_all(["bowls", "cups", "plates"]).tobytes()
    assert snapshot.postings(["bowl"])[0].tolist() == [2]


@pytest.mark.parametrize("low", range(5))
@pytest.mark.parametrize("high", range(5))
def test_postings_of_a_range_of_passages_are_counted_from_its_beginning(
    snapshot: Snapshot, low: int, high: int
) -> None:
    for term in ("cup", "bowl", "plate", "unheard"):
        whole, counts, _ = snapshot.postings([term])
        inside = (whole >= low) & (whole < high)
        found, times, sizes = snapshot.postings([term, "unheard"], low, high)
        assert found.tolist() == (whole[inside] - low).tolist()
        assert times.tolist() == counts[inside].tolist()
        assert sizes == [inside.sum(), 0]


def test_an_empty_index_has_nothing_to_find(tmp_path: Path) -> None:
    empty = Snapshot(tmp_path, Manifest(0, BUILT))
    none = np.array([], dtype=np.int32)
    assert (empty.passages, empty.terms, empty.find([b"k" * 32]), dict(empty.occurrences)) == (0, [], [-1], {})
    assert empty.vectors(none).shape == (0, 32)
    assert empty.inner_products(ENCODER.encode("cups"), none).shape == empty.lengths(none).shape == (0,)
    passages, counts, sizes = empty.postings(["cup"])
    assert (passages.tolist(), counts.tolist(), sizes) == ([], [], [0])


def test_a_later_snapshot_shares_the_segments_that_are_still_named(tmp_path: Path) -> None:
    groups: list[Revisions] = [[(1, ["cups"])], [(2, ["bowls"])]]
    manifest = build(tmp_path, *groups)
    earlier = Snapshot(tmp_path, Manifest(1, BUILT, manifest.segments[:1]))
    later = Snapshot(tmp_path, manifest, reuse=earlier.segments)
    assert later.segments[0] is earlier.segments[0]
    assert (earlier.passages, later.passages) == (1, 2)
    rebuilt = Snapshot(tmp_path, build(tmp_path, [*groups[0], *groups[1]]), reuse=later.segments)
    assert rebuilt.segments[0] is not later.segments[0]


def test_a_reader_keeps_the_snapshot_it_opened(tmp_path: Path, snapshot: Snapshot) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    view = View(snapshot, [1, 3])
    assert [view.passage(row).text for row in range(len(view))] == ["cups", "plates", "bowls"]


def test_a_snapshot_of_a_missing_segment_is_refused(tmp_path: Path) -> None:
    manifest = build(tmp_path, [(1, ["cups"])])
    (tmp_path / manifest.segments[0].name).unlink()
    with pytest.raises(IndexDamaged, match="is missing"):
        Snapshot(tmp_path, manifest)
