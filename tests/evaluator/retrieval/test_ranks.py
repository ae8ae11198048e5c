import pytest

from evaluator.retrieval.ranks import reciprocal_rank, success


def test_reciprocal_rank_and_success_look_for_the_first_relevant_one() -> None:
    third = [False, False, True]
    assert (reciprocal_rank(third, 3), reciprocal_rank(third, 2)) == (1 / 3, 0.0)
    assert (success(third, 3), success(third, 2)) == (True, False)


@pytest.mark.parametrize("relevant", [[], [False, False]])
def test_nothing_found_and_nothing_relevant_score_zero(relevant: list[bool]) -> None:
    assert (reciprocal_rank(relevant, 5), success(relevant, 5)) == (0.0, False)
