import math

import pytest

from evaluator.trec.graded import ndcg, recall, relevant

GRADES = {"a": 3, "b": 2, "c": 0, "d": 1, "e": -1}


def test_ndcg_is_the_gain_over_the_best_gain() -> None:
    # (0 + 3/log2(3) + 1/2) / (3 + 2/log2(3) + 1/2)
    expected = (3 / math.log2(3) + 0.5) / (3 + 2 / math.log2(3) + 0.5)
    assert ndcg(GRADES, ["c", "a", "d"], 3) == pytest.approx(expected)
    assert ndcg(GRADES, ["c", "a", "d"], 1) == 0.0
    assert ndcg(GRADES, ["a", "b", "d", "c"], 10) == 1.0


def test_a_negative_grade_takes_nothing_away() -> None:
    assert ndcg(GRADES, ["e", "a"], 2) == ndcg(GRADES, ["c", "a"], 2)


def test_recall_counts_what_is_relevant() -> None:
    assert recall(GRADES, ["a", "c", "d", "x"], 2) == pytest.approx(1 / 3)
    assert recall(GRADES, ["a", "c", "d", "x"], 4) == pytest.approx(2 / 3)


def test_a_document_is_relevant_from_grade_one_on() -> None:
    assert relevant(GRADES, ["e", "c", "d", "x"]) == [False, False, True, False]


@pytest.mark.parametrize("measure", [ndcg, recall])
@pytest.mark.parametrize(("grades", "ranked"), [(GRADES, []), ({"c": 0}, ["c", "a"]), ({}, ["a"])])
def test_nothing_found_and_nothing_relevant_score_zero(measure, grades, ranked) -> None:  # type: ignore[no-untyped-def]
    assert measure(grades, ranked, 5) == 0.0
