import pytest

from evaluator.positions.planted import Bias, outcomes, parse_points

U = Bias(parse_points("0:0.9,10:0.5,19:0.8"))


def test_chances_are_those_of_the_points_and_straight_between_them() -> None:
    assert [U.chance(position, 20) for position in (0, 5, 10, 19)] == pytest.approx([0.9, 0.7, 0.5, 0.8])
    assert U.chance(30, 31) == 0.8
    assert (U.chance(None, 20), U.chance(0, 1)) == (0.05, 0.95)


def test_the_share_of_right_answers_is_the_chance_whatever_luck_is_shared() -> None:
    for shared in (0.0, 0.5, 1.0):
        rows = outcomes(Bias(U.points, shared=shared), (0, 10, 19), 20, 4000, seed=1)
        shares = [sum(column) / 4000 for column in zip(*rows, strict=True)]
        assert shares == pytest.approx([0.9, 0.5, 0.8], abs=0.025)  # three standard errors of 0.5 are 0.024


def test_where_all_luck_is_shared_a_question_right_at_a_hard_position_is_right_at_an_easy_one() -> None:
    rows = outcomes(Bias(U.points, shared=1.0), (0, 10, 19), 20, 300, seed=1)
    assert all(first >= last >= middle for first, middle, last in rows)


def test_an_answer_depends_on_seed_and_content_alone() -> None:
    assert outcomes(U, (0, 19), 20, 50, seed=1) == outcomes(U, (0, 19), 20, 50, seed=1)
    assert outcomes(U, (0, 19), 20, 50, seed=1) != outcomes(U, (0, 19), 20, 50, seed=2)


@pytest.mark.parametrize("text", ["", "0.5", "0:0.5,0:0.6", "9:0.5,0:0.6", "0:1.5", "a:0.5"])
def test_what_is_no_curve_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_points(text)
