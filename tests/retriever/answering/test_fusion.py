"""Fusion: expectations worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.encoding.codes import Codes
from indexer.products import products
from indexer.view import Dense
from retriever.answering.fusion import DENSE_WEIGHT, convex, min_max, top, top_fused


def test_min_max_brings_scores_to_zero_and_one() -> None:
    # (s - 2) / (10 - 2)
    assert min_max(np.array([2.0, 4.0, 10.0])).tolist() == [0.0, 0.25, 1.0]


def test_negative_scores_are_brought_to_the_same_range() -> None:
    # (s + 1) / 2
    assert min_max(np.array([-1.0, 1.0, 0.0])).tolist() == [0.0, 1.0, 0.5]


def test_equal_scores_come_to_zero() -> None:
    assert min_max(np.array([3.0, 3.0])).tolist() == [0.0, 0.0]
    assert min_max(np.array([3.0])).tolist() == [0.0]


def test_no_passages_have_no_scores() -> None:
    assert min_max(np.array([])).tolist() == []
    assert convex(np.array([]), np.array([])).tolist() == []
    assert top(np.array([]), 5).tolist() == []


def test_half_of_a_score_is_dense() -> None:
    assert DENSE_WEIGHT == 0.5
    # dense comes to 0, 1, 0.5 and lexical to 1, 0, 0.25
    fused = convex(np.array([0.1, 0.9, 0.5]), np.array([8.0, 0.0, 2.0]))
    assert fused.tolist() == pytest.approx([0.5, 0.5, 0.375], abs=1e-12)


def test_where_no_passage_holds_a_term_the_dense_score_alone_orders() -> None:
    fused = convex(np.array([0.2, 0.4]), np.array([0.0, 0.0]))
    assert fused.tolist() == pytest.approx([0.0, 0.5])


def test_weight_may_be_another() -> None:
    assert convex(np.array([0.0, 1.0]), np.array([1.0, 0.0]), weight=0.25).tolist() == [0.75, 0.25]


def test_top_gives_the_largest_first() -> None:
    assert top(np.array([0.1, 0.9, 0.5, 0.7]), 3).tolist() == [1, 3, 2]


def test_equal_scores_keep_their_order_also_where_the_cut_falls_among_them() -> None:
    scores = np.array([0.5, 0.9, 0.5, 0.5, 0.1])
    assert top(scores, 3).tolist() == [1, 0, 2]
    assert top(scores, 2).tolist() == [1, 0]
    assert top(np.zeros(100), 4).tolist() == [0, 1, 2, 3]


def test_fewer_passages_than_asked_for_are_all_given() -> None:
    assert top(np.array([0.1, 0.2]), 5).tolist() == [1, 0]
    assert top(np.array([0.1, 0.2]), 2).tolist() == [1, 0]


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.sampled_from([1, 7, 60, 1100, 5000]),
    k=st.integers(1, 12),
    spread=st.sampled_from([1.0, 0.1, 1e-3, 0.0]),
    words=st.sampled_from([0.0, 0.02, 1.0]),
    weight=st.sampled_from([0.0, 0.3, DENSE_WEIGHT, 1.0]),
)
def test_two_passes_give_the_rows_and_the_bits_of_one(
    seed: int, count: int, k: int, spread: float, words: float, weight: float
) -> None:
    """Also where vectors are alike, repeat, or are all the same, so that nearly everything lies within the error."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal(32) + spread * random.standard_normal((count, 32))
    vectors[random.random(count) < 0.2] = vectors[0]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    query = random.standard_normal(32).astype(np.float32)
    query /= np.linalg.norm(query)
    lexical = np.where(random.random(count) < words, np.round(random.random(count) * 9, 1), 3.5)
    exact = products(query, vectors)
    scores, error = Codes.of(count, 32, vectors.__getitem__).inner_products(query)
    one = top_fused(Dense(exact, 0.0, exact.__getitem__), lexical, k, weight)
    two = top_fused(Dense(scores, error, exact.__getitem__), lexical, k, weight)
    assert two.rows.tolist() == one.rows.tolist()
    assert two.scores.tobytes() == one.scores.tobytes()


def test_only_rows_that_can_matter_are_scored_exactly() -> None:
    random = np.random.default_rng(7)
    vectors = random.standard_normal((50_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact = products(vectors[3], vectors)
    asked = []

    def exact_of(rows: np.ndarray) -> np.ndarray:
        asked.append(len(rows))
        return exact[rows]

    scores, error = Codes.of(len(vectors), 64, vectors.__getitem__).inner_products(vectors[3])
    best = top_fused(Dense(scores, error, exact_of), random.random(50_000), 5)
    assert len(best.rows) == 5
    assert sum(asked) < 2_500
