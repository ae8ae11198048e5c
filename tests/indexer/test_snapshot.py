from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Plus

from indexer.errors import IndexDamaged
from indexer.manifest import Built, Manifest
from indexer.passage import Passage
from indexer.segment import Occurrences, segment_arrays, write_segment
from indexer.snapshot import Snapshot, View
from indexer.tokenizer import terms

ENCODER = FakeEncoder()
BUILT = Built(ENCODER.name, ENCODER.digest, ENCODER.precision, ENCODER.dimension, "terms-1")

Revisions = Sequence[tuple[int, Sequence[str]]]
"""The publish tx of each revision and its passages' words."""


def passage(words: str) -> Passage:
    return Passage("", (), (), words)


def build(folder: Path, *groups: Revisions) -> Manifest:
    """An index with one segment for each group; a passage is in the first segment that needs it."""
    known: dict[str, int] = {}
    entries = []
    for number, revisions in enumerate(groups):
        first = len(known)
        places = []
        for tx, texts in revisions:
            found = [known.setdefault(words, len(known)) for words in texts]
            starts = np.array([10 * at for at in range(len(texts))], dtype=np.int64)
            ends = starts + np.array([len(words) for words in texts], dtype=np.int64)
            places.append(Occurrences(tx, np.array(found, dtype=np.int64), starts, ends))
        fresh = [passage(words) for words in list(known)[first:]]
        arrays = segment_arrays(fresh, ENCODER.encode_all([p.encoded() for p in fresh]), places)
        entries.append(write_segment(folder, f"segment-{len(groups)}-{number}.safetensors", first, arrays))
    return Manifest(max((tx for group in groups for tx, _ in group), default=0), BUILT, tuple(entries))


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
    assert snapshot.numbers == {
        passage(words).key(): number for number, words in enumerate(["cups", "plates", "bowls", "cups bowls"])
    }
    assert snapshot.lengths(np.array([3, 0])).tolist() == [2, 1]


def test_occurrences_of_each_revision_are_found_by_its_tx(snapshot: Snapshot) -> None:
    assert {tx: found.passages.tolist() for tx, found in snapshot.occurrences.items()} == {
        1: [0, 1, 0],
        2: [],
        3: [2, 1],
        4: [0, 3],
    }


def test_vectors_come_in_the_order_asked_whatever_their_segment(snapshot: Snapshot) -> None:
    expected = ENCODER.encode_all(["cups bowls", "cups", "bowls", "cups"])
    assert snapshot.vectors(np.array([3, 0, 2, 0])).tobytes() == expected.tobytes()
    assert snapshot.vectors(np.array([], dtype=np.int64)).shape == (0, 32)


def test_postings_of_a_term_span_segments(snapshot: Snapshot) -> None:
    rows, counts = snapshot.postings("cup") or ((), ())
    assert (list(rows), list(counts)) == ([0, 3], [1, 1])
    rows, counts = snapshot.postings("bowl") or ((), ())
    assert (list(rows), list(counts)) == ([2, 3], [1, 1])
    assert snapshot.postings("unheard") is None


def test_an_empty_index_has_an_empty_view(tmp_path: Path) -> None:
    empty = Snapshot(tmp_path, Manifest(0, BUILT))
    view = View(empty, [])
    assert (empty.passages, len(view)) == (0, 0)
    assert view.vectors.shape == (0, 32)
    assert view.bm25.get_scores(["cup"]).tolist() == []


def test_a_later_snapshot_shares_the_segments_that_are_still_named(tmp_path: Path) -> None:
    groups: list[Revisions] = [[(1, ["cups"])], [(2, ["bowls"])]]
    manifest = build(tmp_path, *groups)
    earlier = Snapshot(tmp_path, Manifest(1, BUILT, manifest.segments[:1]))
    later = Snapshot(tmp_path, manifest, reuse=earlier)
    assert later.segments[0] is earlier.segments[0]
    assert (earlier.passages, later.passages) == (1, 2)
    rebuilt = Snapshot(tmp_path, build(tmp_path, [*groups[0], *groups[1]]), reuse=later)
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


def test_a_view_holds_each_passage_once_under_its_first_eligible_occurrence(snapshot: Snapshot) -> None:
    view = View(snapshot, [1, 2, 3, 4])
    assert [view.passage(row).text for row in range(len(view))] == ["cups", "plates", "bowls", "cups bowls"]
    assert [(view.txs[source], int(ordinal)) for source, ordinal in zip(view.sources, view.ordinals, strict=True)] == [
        (1, 1),
        (1, 2),
        (3, 1),
        (4, 2),
    ]
    assert [view.span(row) for row in range(len(view))] == [(0, 4), (10, 16), (0, 5), (10, 20)]


def test_a_passage_is_cited_from_another_revision_where_its_first_is_not_eligible(snapshot: Snapshot) -> None:
    view = View(snapshot, [3, 4])
    assert [view.passage(row).text for row in range(len(view))] == ["bowls", "plates", "cups", "cups bowls"]
    assert view.sources.tolist() == [0, 0, 1, 1]
    assert view.ordinals.tolist() == [1, 2, 1, 2]


def test_passages_follow_the_order_in_which_revisions_are_given(snapshot: Snapshot) -> None:
    view = View(snapshot, [4, 1])
    assert [view.passage(row).text for row in range(len(view))] == ["cups", "cups bowls", "plates"]
    assert view.sources.tolist() == [0, 0, 1]
    assert view.ordinals.tolist() == [1, 2, 2]


def test_vectors_of_a_view_are_those_of_its_passages(snapshot: Snapshot) -> None:
    view = View(snapshot, [4, 1])
    assert view.vectors.tobytes() == ENCODER.encode_all(["cups", "cups bowls", "plates"]).tobytes()
    assert view.vectors.flags.c_contiguous


def test_scores_count_eligible_passages_only(snapshot: Snapshot) -> None:
    view = View(snapshot, [3, 4])
    eligible = [["bowl"], ["plate"], ["cup"], ["cup", "bowl"]]
    assert view.bm25.get_scores(["bowl", "cup"]).tolist() == pytest.approx(
        BM25Plus(eligible).get_scores(["bowl", "cup"]).tolist(), abs=1e-9
    )
    alone = View(snapshot, [3])
    assert alone.bm25.get_scores(["cup"]).tolist() == [0, 0]
    assert alone.bm25.matches(["plate", "cup"]).tolist() == [False, True]


def test_a_revision_without_passages_adds_none(snapshot: Snapshot) -> None:
    assert len(View(snapshot, [2])) == 0
    assert View(snapshot, [2, 3]).sources.tolist() == [1, 1]


WORDS = st.lists(st.sampled_from(["cups", "plates", "bowls", "no", "broken"]), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.lists(WORDS, max_size=5), max_size=3), min_size=1, max_size=4), st.data())
def test_a_view_over_segments_is_the_view_over_one_rebuilt_segment(
    tmp_path: Path, groups: list[list[list[str]]], data: st.DataObject
) -> None:
    numbered: list[list[tuple[int, list[str]]]] = []
    tx = 0
    for group in groups:
        numbered.append([])
        for texts in group:
            tx += 1
            numbered[-1].append((tx, texts))
    several = Snapshot(tmp_path, build(tmp_path, *numbered))
    single = Snapshot(tmp_path, build(tmp_path, [revision for group in numbered for revision in group]))
    txs = data.draw(st.lists(st.integers(1, tx), unique=True)) if tx else []
    one, other = View(several, txs), View(single, txs)
    texts_of = dict(revision for group in numbered for revision in group)
    expected = list(dict.fromkeys(words for chosen in txs for words in texts_of[chosen]))
    query = terms("broken cups or plates")
    for view in (one, other):
        assert [view.passage(row).text for row in range(len(view))] == expected
        cited = [(txs[source], ordinal) for source, ordinal in zip(view.sources, view.ordinals, strict=True)]
        assert [texts_of[chosen][ordinal - 1] for chosen, ordinal in cited] == expected
    assert one.sources.tolist() == other.sources.tolist()
    assert one.ordinals.tolist() == other.ordinals.tolist()
    assert one.vectors.tobytes() == other.vectors.tobytes() == ENCODER.encode_all(expected).tobytes()
    assert one.bm25.get_scores(query).tobytes() == other.bm25.get_scores(query).tobytes()
    if any(map(terms, expected)):
        np.testing.assert_allclose(
            one.bm25.get_scores(query), BM25Plus(list(map(terms, expected))).get_scores(query), rtol=0, atol=1e-9
        )
