"""Fusion: expectations worked by hand."""

import numpy as np
import pytest

from retriever.fusion import DENSE_WEIGHT, convex, min_max, top


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


def test_seven_tenths_are_dense() -> None:
    assert DENSE_WEIGHT == 0.7
    # dense comes to 0, 1, 0.5 and lexical to 1, 0, 0.25
    fused = convex(np.array([0.1, 0.9, 0.5]), np.array([8.0, 0.0, 2.0]))
    assert fused.tolist() == pytest.approx([0.3, 0.7, 0.425], abs=1e-12)


def test_where_no_passage_holds_a_term_the_dense_score_alone_orders() -> None:
    fused = convex(np.array([0.2, 0.4]), np.array([0.0, 0.0]))
    assert fused.tolist() == pytest.approx([0.0, 0.7])


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
