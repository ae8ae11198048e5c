import gc
import threading
import tracemalloc
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Plus

from indexer.manifest import Manifest
from indexer.snapshot import Snapshot
from indexer.text.tokenizer import terms
from indexer.view import View
from tests.indexer.by_hand import BUILT, ENCODER, build

QUERIES = [
    ["cup"],
    ["cup", "bowl"],
    ["cup", "cup", "bowl", "cup"],  # repeats count
    ["unheard"],  # no passage of the snapshot holds it
    ["unheard", "bowl", "never", "unheard"],
    ["plate"],  # where only ineligible passages hold it, it adds nothing
    ["plate", "cup"],
    [],
]


def settled(snapshot: Snapshot, txs: Sequence[int]) -> View:
    """A view that was asked often enough to answer from vectors and postings of its own."""
    view = View(snapshot, txs)
    view.settle()
    return view


def texts(view: View) -> list[str]:
    return [view.passage(row).text for row in range(len(view))]


def assert_ranks_as_rank_bm25(view: View, query: Sequence[str]) -> None:
    """Scores are those of rank_bm25 over exactly the view's passages, and a match holds a term of the query."""
    corpus = [terms(view._snapshot.passage(int(number)).posted()) for number in view.numbers]
    scores = view.bm25.get_scores(query)
    assert scores.shape == (len(corpus),)
    if any(corpus):  # rank_bm25 divides by the mean length
        np.testing.assert_allclose(scores, BM25Plus(corpus).get_scores(query), rtol=0, atol=1e-9)
    else:
        assert scores.tolist() == [0] * len(corpus)
    assert view.bm25.matches(query).tolist() == [bool(set(query) & set(document)) for document in corpus]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Two segments; tx 3 and 4 share passages with tx 1."""
    manifest = build(
        tmp_path, [(1, ["cups", "plates", "cups"]), (2, [])], [(3, ["bowls", "plates"]), (4, ["cups", "cups bowls"])]
    )
    return Snapshot(tmp_path, manifest)


def test_an_empty_index_has_an_empty_view(tmp_path: Path) -> None:
    empty = Snapshot(tmp_path, Manifest(0, BUILT))
    view = View(empty, [])
    assert (empty.passages, len(view)) == (0, 0)
    assert view.vectors.shape == (0, 32)
    assert view.bm25.get_scores(["cup"]).tolist() == []


def sources(view: View) -> list[tuple[int, int]]:
    return [view.source(row) for row in range(len(view))]


def test_a_view_holds_each_passage_once_under_its_first_eligible_occurrence(snapshot: Snapshot) -> None:
    view = View(snapshot, [1, 2, 3, 4])
    assert [view.passage(row).text for row in range(len(view))] == ["cups", "plates", "bowls", "cups bowls"]
    assert [(view.txs[source], ordinal) for source, ordinal in sources(view)] == [
        (1, 1),
        (1, 2),
        (3, 1),
        (4, 2),
    ]
    assert [view.span(*view.source(row)) for row in range(len(view))] == [(0, 4), (10, 16), (0, 5), (10, 20)]


def test_a_passage_is_cited_from_another_revision_where_its_first_is_not_eligible(snapshot: Snapshot) -> None:
    view = View(snapshot, [3, 4])
    assert [view.passage(row).text for row in range(len(view))] == ["bowls", "plates", "cups", "cups bowls"]
    assert sources(view) == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_passages_follow_the_order_in_which_revisions_are_given(snapshot: Snapshot) -> None:
    view = View(snapshot, [4, 1])
    assert [view.passage(row).text for row in range(len(view))] == ["cups", "cups bowls", "plates"]
    assert sources(view) == [(0, 1), (0, 2), (1, 2)]


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
    assert [source for source, _ in sources(View(snapshot, [2, 3]))] == [1, 1]


def test_a_source_is_a_revision_by_its_position_and_an_ordinal_there(snapshot: Snapshot) -> None:
    assert sources(View(snapshot, [2, 3, 1, 4])) == [(1, 1), (1, 2), (2, 1), (3, 2)]


def test_tokens_of_a_view_are_those_of_its_passages(snapshot: Snapshot) -> None:
    view = View(snapshot, [3, 4])
    assert [view.tokens(row) for row in range(len(view))] == [1, 1, 1, 2]


@pytest.mark.parametrize("txs", [[1], [3], [3, 4], [4, 1], [1, 2, 3, 4]])
def test_inner_products_are_bit_for_bit_the_same_before_and_after_settling(snapshot: Snapshot, txs: list[int]) -> None:
    view = View(snapshot, txs)
    query = ENCODER.encode("are broken cups or bowls returned")
    found = [view.inner_products(query)]
    for _ in range(2):
        view.settle()
        found.append(view.inner_products(query))
    assert len({products.tobytes() for products in found}) == 1
    expected = ENCODER.encode_all(texts(view)).astype(np.float64) @ query.astype(np.float64)
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("query", QUERIES, ids=" ".join)
@pytest.mark.parametrize("txs", [[1], [3], [4], [3, 4], [4, 1], [1, 2, 3, 4], [2], []])
def test_scores_are_the_same_before_and_after_settling_and_those_of_rank_bm25(
    snapshot: Snapshot, txs: list[int], query: list[str]
) -> None:
    view = View(snapshot, txs)
    assert_ranks_as_rank_bm25(view, query)
    before = view.bm25.get_scores(query)
    for _ in range(2):
        view.settle()
        np.testing.assert_allclose(view.bm25.get_scores(query), before, rtol=0, atol=1e-12)
        assert_ranks_as_rank_bm25(view, query)


def test_terms_that_only_ineligible_passages_hold_add_nothing(snapshot: Snapshot) -> None:
    for view in (View(snapshot, [4]), settled(snapshot, [4])):
        assert texts(view) == ["cups", "cups bowls"]
        assert view.bm25.get_scores(["plate"]).tolist() == [0, 0]
        assert view.bm25.get_scores(["plate", "bowl"]).tolist() == view.bm25.get_scores(["bowl"]).tolist()
        assert view.bm25.matches(["plate"]).tolist() == [False, False]


def test_a_view_gets_a_block_of_its_own_with_the_second_question(snapshot: Snapshot) -> None:
    view = View(snapshot, [1, 3])
    query = ENCODER.encode("cups")
    view.asked()
    view.inner_products(query)
    assert not view.settled
    view.asked()
    for thread in threading.enumerate():
        if thread.name == "asof-settle":
            thread.join()
    assert view.settled
    assert view.vectors is view.vectors


@pytest.mark.parametrize("settled", [False, True])
def test_a_view_leaves_the_memory_with_the_last_who_holds_it(snapshot: Snapshot, settled: bool) -> None:
    view = View(snapshot, [3, 4])
    view.bm25.get_scores(["days"])
    if settled:
        view.settle()
    held = weakref.ref(view)
    gc.disable()
    try:
        del view
        assert held() is None
    finally:
        gc.enable()


def test_an_empty_view_settles(tmp_path: Path, snapshot: Snapshot) -> None:
    for of in (snapshot, Snapshot(tmp_path, Manifest(0, BUILT))):
        view = settled(of, [])
        assert len(view) == 0
        assert view.inner_products(ENCODER.encode("cups")).shape == (0,)
        assert view.bm25.get_scores(["cup"]).shape == view.bm25.matches(["cup"]).shape == (0,)


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
        cited = [(txs[source], ordinal) for source, ordinal in sources(view)]
        assert [texts_of[chosen][ordinal - 1] for chosen, ordinal in cited] == expected
    assert sources(one) == sources(other)
    assert one.vectors.tobytes() == other.vectors.tobytes() == ENCODER.encode_all(expected).tobytes()
    assert one.bm25.get_scores(query).tobytes() == other.bm25.get_scores(query).tobytes()
    if any(map(terms, expected)):
        np.testing.assert_allclose(
            one.bm25.get_scores(query), BM25Plus(list(map(terms, expected))).get_scores(query), rtol=0, atol=1e-9
        )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.lists(WORDS, max_size=5), min_size=1, max_size=3), min_size=1, max_size=5),
    st.lists(st.sampled_from(["cup", "plate", "bowl", "no", "broken", "unheard"]), max_size=6),
    st.data(),
)
def test_scores_of_a_view_are_those_of_rank_bm25_over_its_passages(
    tmp_path: Path, groups: list[list[list[str]]], query: list[str], data: st.DataObject
) -> None:
    tx = 0
    numbered: list[list[tuple[int, list[str]]]] = []
    for group in groups:
        numbered.append([(tx + at, words) for at, words in enumerate(group, start=1)])
        tx += len(group)
    snapshot = Snapshot(tmp_path, build(tmp_path, *numbered))
    view = View(snapshot, data.draw(st.lists(st.integers(1, tx), unique=True)))
    vector = ENCODER.encode(" ".join(query))
    scores, dense = view.bm25.get_scores(query), view.inner_products(vector)
    for _ in range(3):
        assert_ranks_as_rank_bm25(view, query)
        np.testing.assert_allclose(view.bm25.get_scores(query), scores, rtol=0, atol=1e-12)
        assert view.inner_products(vector).tobytes() == dense.tobytes()
        view.settle()


def test_a_large_view_answers_within_its_error_and_exactly_on_request(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ENCODER.encode("cups and bowls")
    exact = View(snapshot, [1, 2, 3, 4]).inner_products(query)
    monkeypatch.setattr("indexer.view.TWO_PASSES_FROM", 1)
    view = View(snapshot, [1, 2, 3, 4])
    assert (view.dense(query).error, view.dense(query).scores.tobytes()) == (0, exact.tobytes())  # not settled yet
    view.settle()
    dense = view.dense(query)
    assert 0 < dense.error < 0.05
    assert np.abs(dense.scores - exact).max() <= dense.error
    rows = np.array([3, 0])
    assert dense.exact(rows).tobytes() == exact[rows].tobytes()
    assert view.inner_products(query).tobytes() == exact.tobytes()


def test_a_row_stands_for_its_passage_in_every_revision_that_has_it(tmp_path: Path) -> None:
    manifest = build(tmp_path, [(1, ["cups", "plates", "cups"]), (2, ["plates", "bowls", "plates"])], [(3, ["plates"])])
    view = View(Snapshot(tmp_path, manifest), [1, 2, 3])
    assert texts(view) == ["cups", "plates", "bowls"]
    assert [view.sources(row, 9) for row in range(3)] == [
        [(0, 1), (0, 3)],
        [(0, 2), (1, 1), (1, 3), (2, 1)],
        [(1, 2)],
    ]
    assert view.sources(1, 2) == [(0, 2), (1, 1)]
    assert view.sources(1, 3) == [(0, 2), (1, 1), (2, 1)]
    assert view.sources(1, 2, np.array([0.0, 0.0, 0.1])) == [(0, 2), (2, 1)]
    assert view.of_rows(np.array([0.0, 0.5, 0.1])).tolist() == [0.0, 0.5, 0.5]
    assert View(Snapshot(tmp_path, manifest), [3, 2]).sources(0, 9) == [(0, 1), (1, 1), (1, 3)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=6), st.data())
def test_the_places_of_a_row_are_all_of_them_in_each_revision(
    tmp_path: Path, revisions: list[list[str]], data: st.DataObject
) -> None:
    snapshot = Snapshot(tmp_path, build(tmp_path, list(enumerate(revisions, start=1))))
    txs = data.draw(st.lists(st.integers(1, len(revisions)), unique=True))
    view = View(snapshot, txs)
    for row, words in enumerate(texts(view)):
        expected = [
            (position, ordinal)
            for position, tx in enumerate(txs)
            for ordinal, text in enumerate(revisions[tx - 1], start=1)
            if text == words
        ]
        assert view.sources(row, 99) == expected
        assert view.source(row) == expected[0]


@pytest.mark.parametrize("count", [1, 40, 4000])
def test_the_bytes_of_a_view_cover_what_it_holds(tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.kept_array.OWN_FROM", 1 << 40)  # pages of their own are traced by nobody
    words = [f"cups number {number} of {number % 7} plates" for number in range(count)]
    snapshot = Snapshot(tmp_path, build(tmp_path, [(1, words), (2, words[: count // 2])]))
    settled(snapshot, [1, 2]).bm25.get_scores(["cup"])  # what a snapshot keeps for all its views is made by now
    tracemalloc.start()
    try:
        view = settled(snapshot, [1, 2])
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held <= view.bytes <= 1.5 * held + 16_384
