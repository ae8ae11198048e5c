from collections import Counter

import pytest

from evaluator.positions.simulation.planted import Bias, outcomes, parse_points
from evaluator.shape.curve import paired_curve
from evaluator.shape.shape import MARGIN, read_shape
from evaluator.statistics.sample_size import ALPHA, cases_for_contrast, contrast_variance

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


def shapes(points: str, cases: int, sweeps: int) -> Counter[str]:
    """How often each shape is read from so many sweeps of so many cases."""
    at, bias = (0, 4, 9, 14, 19), Bias(parse_points(points))
    return Counter(read_shape(paired_curve(at, outcomes(bias, at, 20, cases, seed))).shape for seed in range(sweeps))


def by_chance(share: float, of: int) -> float:
    """Three standard deviations of a count that comes to that share of so many."""
    return 3 * (of * share * (1 - share)) ** 0.5


FLAT, PRIMACY, RECENCY = "0:0.6,19:0.6", "0:0.7,4:0.6,19:0.6", "0:0.6,14:0.6,19:0.7"


@pytest.mark.parametrize(
    ("points", "shape", "cases"),
    [
        # 320 cases are what `asof-eval size --contrast 10 --rate 60` recommends for a power of 80%.
        ("0:0.7,4:0.6,14:0.6,19:0.7", "u", 320),
        (PRIMACY, "primacy", 320),
        (RECENCY, "recency", 320),
        # To hold two contrasts of 0 within five points on both sides takes four tests.
        (FLAT, "flat", cases_for_contrast(MARGIN, contrast_variance(0.6, 0.6, 3), tests=4)),
    ],
)
def test_planted_shapes_are_found_again_with_the_power_that_their_cases_give(
    points: str, shape: str, cases: int
) -> None:
    assert shapes(points, cases, 60)[shape] >= 60 * 0.8 - by_chance(0.8, 60)


@pytest.mark.parametrize("points", [FLAT, PRIMACY, RECENCY])
def test_a_u_where_none_is_comes_no_more_often_than_one_test_errs(points: str) -> None:
    seen = shapes(points, 320, 200)
    assert seen["u"] <= 200 * ALPHA + by_chance(ALPHA, 200)
