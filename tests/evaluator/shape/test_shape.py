import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from evaluator.shape.curve import Curve, paired_curve, read_curves
from evaluator.shape.shape import contrast, read_shape
from evaluator.statistics.intervals import wilson
from evaluator.statistics.mover import mover
from evaluator.statistics.sample_size import cases_for_contrast, contrast_variance

FIVE = (0.0, 1.0, 2.0, 3.0, 4.0)


def curve(*percent: float, n: int) -> Curve:
    return Curve(tuple(map(float, range(len(percent)))), tuple(rate / 100 for rate in percent), (n,) * len(percent))


def test_published_curves_have_their_written_shape_from_their_counts_alone(data_folder: Path) -> None:
    path = data_folder / "positions" / "published_curves.json"
    written = [item["shape"] for item in json.loads(path.read_text())]
    assert [read_shape(found).shape for found in read_curves(path)] == written
    assert len(written) == 7


def test_the_interval_of_two_rates_is_newcombes() -> None:
    # Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10,
    # example (a): 56/70 - 48/80 = 0.2, 0.0524 to 0.3339
    found = mover([1.0, -1.0], [56 / 70, 48 / 80], [wilson(56, 70), wilson(48, 80)])
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_of_two_rates_is_that_of_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    found = mover([1.0, -1.0], [9 / 30, 20 / 25], [wilson(9, 30), wilson(20, 25)])
    assert found == pytest.approx(confint_proportions_2indep(9, 30, 20, 25, method="newcomb"), abs=1e-9)


def test_a_contrast_is_worked_out_by_hand() -> None:
    # 0.8 - 0.6, with Wilson's 0.490162 and 0.943318 for 8/10, 0.312674 and 0.831820 for 6/10
    found = contrast(curve(80, 60, 80, n=10), 0)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - math.hypot(0.8 - 0.490162, 0.831820 - 0.6), abs=1e-5)
    assert found.high == pytest.approx(0.2 + math.hypot(0.943318 - 0.8, 0.6 - 0.312674), abs=1e-5)


def test_outcomes_that_agree_in_each_case_leave_nothing_between_the_positions() -> None:
    # the correlation is 1: low is sqrt of (d1 - d2)^2, from 1 - l and u - 1 alike but for skewness
    rows = [[1, 1, 1]] * 300 + [[0, 0, 0]] * 200
    paired = contrast(paired_curve([0, 1, 2], rows), 0)
    assert paired.value == 0.0
    assert paired.high - paired.low < 0.01
    alone = contrast(curve(60, 60, 60, n=500), 0)
    assert alone.high - alone.low > 0.1


def test_outcomes_without_correlation_give_what_counts_give() -> None:
    rows = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)] * 20
    paired, alone = contrast(paired_curve([0, 1, 2], rows), -1), contrast(curve(50, 50, 50, n=160), -1)
    assert (paired.low, paired.high) == pytest.approx((alone.low, alone.high))


def test_few_cases_that_are_all_right_are_no_flat_curve() -> None:
    assert read_shape(paired_curve(FIVE, [[1] * 5] * 10)).shape == "underpowered"
    assert read_shape(curve(100, 100, 100, n=10)).shape == "underpowered"
    assert read_shape(curve(100, 100, 100, n=1000)).shape == "flat"


@pytest.mark.parametrize(
    ("percent", "n", "shape"),
    [
        ((80, 50, 50, 50, 80), 200, "u"),
        ((80, 50, 50, 50, 50), 200, "primacy"),
        ((50, 50, 50, 50, 80), 200, "recency"),
        ((20, 50, 50, 50, 80), 200, "recency"),
        ((20, 50, 50, 50, 20), 200, "middle"),
        ((20, 50, 50, 50, 50), 5000, "middle"),
        ((20, 50, 50, 50, 50), 100, "underpowered"),
        ((50, 50, 50, 50, 50), 5000, "flat"),
        ((50, 50, 50, 50, 50), 100, "underpowered"),
        ((80, 50, 50, 50, 55), 100, "primacy"),
    ],
)
def test_each_shape_follows_from_the_two_contrasts(percent: tuple[float, ...], n: int, shape: str) -> None:
    assert read_shape(curve(*percent, n=n)).shape == shape


def test_a_wider_margin_makes_flat_what_a_narrow_one_leaves_open() -> None:
    given = curve(50, 50, 50, 50, 50, n=1000)
    assert read_shape(given, 0.02).shape == "underpowered"
    assert read_shape(given, 0.05).shape == "flat"


def test_the_cases_needed_settle_the_same_rates() -> None:
    for percent in ((50, 50, 50, 50, 50), (52, 50, 50, 50, 50), (58, 50, 50, 50, 50), (30, 50, 50, 50, 54)):
        reading = read_shape(curve(*percent, n=60))
        assert reading.shape == "underpowered"
        assert reading.cases_needed is not None
        assert reading.cases_needed > 60
        assert read_shape(curve(*percent, n=reading.cases_needed)).shape != "underpowered"
    assert read_shape(curve(80, 50, 50, 50, 80, n=200)).cases_needed is None


def test_questions_of_few_policies_show_less() -> None:
    rng = np.random.default_rng(4)
    rows = [[int(value) for value in row] for row in rng.random((200, 5)) < (0.8, 0.6, 0.6, 0.6, 0.8)]
    alone, together = paired_curve(FIVE, rows), paired_curve(FIVE, rows, [str(case // 40) for case in range(200)])
    assert contrast(together, 0).low < contrast(alone, 0).low


def test_the_json_is_in_points_of_percent() -> None:
    content = read_shape(curve(80, 60, 80, n=10)).content()
    assert content["contrasts"]["primacy"]["value"] == 20.0
    assert (content["shape"], content["margin"], content["n"], content["paired"]) == ("underpowered", 5.0, 10, False)
    assert content["cases_needed"] > 10


def simulated(rates: tuple[float, ...], n: int, rng: np.random.Generator) -> Curve:
    """Paired outcomes: half of a case's luck is its own difficulty, the same at all positions. Simulated."""
    from statistics import NormalDist

    thresholds = np.array([NormalDist().inv_cdf(rate) for rate in rates])
    luck: npt.NDArray[np.float64] = (rng.normal(size=(n, 1)) + rng.normal(size=(n, len(rates)))) / math.sqrt(2)
    return paired_curve(FIVE, [[int(value) for value in row] for row in luck < thresholds])


@pytest.mark.soak
@pytest.mark.parametrize(
    "rates", [(0.6, 0.6, 0.6, 0.6, 0.6), (0.75, 0.6, 0.6, 0.6, 0.6), (0.6, 0.6, 0.6, 0.6, 0.75), (0.9,) * 5]
)
def test_no_planted_u_is_seldom_seen_as_one(rates: tuple[float, ...]) -> None:
    rng = np.random.default_rng(12)
    seen = sum(read_shape(simulated(rates, 150, rng)).shape == "u" for _ in range(1000))
    assert seen < 0.05 * 1000


@pytest.mark.soak
def test_a_planted_u_is_seen_with_the_stated_power_at_the_recommended_size() -> None:
    rng = np.random.default_rng(13)
    n = cases_for_contrast(0.1, contrast_variance(0.7, 0.6, 3))
    seen = sum(read_shape(simulated((0.7, 0.6, 0.6, 0.6, 0.7), n, rng)).shape == "u" for _ in range(400))
    assert seen >= 0.8 * 400


@pytest.mark.soak
def test_an_interval_from_outcomes_covers_the_true_contrast() -> None:
    rng = np.random.default_rng(14)
    covered = 0
    for _ in range(2000):
        found = contrast(simulated((0.9, 0.8, 0.8, 0.8, 0.7), 60, rng), 0)
        covered += found.low <= 0.1 <= found.high
    assert 0.93 * 2000 <= covered <= 0.985 * 2000
