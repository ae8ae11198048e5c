import math

import numpy as np
import pytest

from evaluator.statistics.corrected_rate import prediction_powered, rogan_gladen
from evaluator.statistics.intervals import wilson


def test_rogan_gladen_is_worked_out_by_hand() -> None:
    # s = 9/10, c = 16/20, t = 0.5: (0.5 + 0.8 - 1) / (0.9 + 0.8 - 1)
    human, judge = [1] * 10 + [0] * 20, [1] * 9 + [0] * 1 + [0] * 16 + [1] * 4
    found = rogan_gladen(human, judge, [1, 0] * 100)
    assert (found.value, found.n, found.method) == (pytest.approx(0.3 / 0.7), 200, "adjusted")
    assert found.low is not None
    assert found.high is not None
    # By the delta method the standard error is sqrt(0.25/200 + 0.1837 * 0.009 + 0.3265 * 0.008) / 0.7 = 0.106, which
    # gives 0.22 to 0.64; shrinking s and c, as so few labels want, takes the interval to the right.
    assert (found.low, found.high) == pytest.approx((0.206, 0.706), abs=5e-4)


def test_a_judge_that_never_errs_is_corrected_by_little() -> None:
    human = [1] * 5000 + [0] * 5000
    found = rogan_gladen(human, human, [1] * 140 + [0] * 60)
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx(wilson(140, 200), abs=0.002)


@pytest.mark.parametrize(
    ("human", "judge", "unlabelled"),
    [([1, 0], [0, 1], [1]), ([1, 1], [1, 1], [1]), ([0], [0], [1]), ([1, 0], [1, 0], []), ([1, 0], [1, 1], [1])],
)
def test_a_judge_that_tells_nothing_corrects_nothing(human: list[int], judge: list[int], unlabelled: list[int]) -> None:
    assert rogan_gladen(human, judge, unlabelled).value is None


def test_prediction_powered_from_scores_is_worked_out_by_hand() -> None:
    # 0.5 - 0.05; variances 0.2 / 3 / 4 and 0.29 / 3 / 4
    found = prediction_powered([1, 1, 0, 0], [0.9, 0.7, 0.2, 0.4], [0.8, 0.6, 0.4, 0.2])
    reach = 1.959964 * math.sqrt(0.2 / 12 + 0.29 / 12)
    assert (found.value, found.n, found.method) == (pytest.approx(0.45), 4, "normal")
    assert (found.low, found.high) == pytest.approx((0.45 - reach, 0.45 + reach), abs=1e-6)


def test_prediction_powered_from_outcomes_is_near_the_normal_one_for_many() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(10_000) < 0.6
    judged = np.where(rng.random(10_000) < 0.9, truth, ~truth)
    human, judge, unlabelled = truth[:1000].astype(int), judged[:1000].astype(int), judged[1000:].astype(int)
    found = prediction_powered(list(human), list(judge), list(unlabelled))
    errors = human - judge
    reach = 1.959964 * math.sqrt(unlabelled.var(ddof=1) / 9000 + errors.var(ddof=1) / 1000)
    assert found.value == pytest.approx(unlabelled.mean() + errors.mean())
    assert found.low == pytest.approx(found.value - reach, abs=0.001)
    assert found.high == pytest.approx(found.value + reach, abs=0.001)
    low, high = wilson(int(human.sum()), 1000)
    assert found.high - found.low < 0.8 * (high - low)


def test_a_judge_without_an_error_in_few_items_leaves_an_interval() -> None:
    # Tango's of 0 and 0 of 20 reaches to 0.161
    found = prediction_powered([1] * 20, [1] * 20, [1] * 1000)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - 0.1611, abs=0.001)


def test_without_labelled_or_unlabelled_items_there_is_no_rate() -> None:
    assert prediction_powered([], [], [1]).value is None
    assert prediction_powered([1], [1], []).value is None
    assert prediction_powered([1, 0], [0.5, 0.5], [0.5, 0.1], ["a", "a"]).low is None


@pytest.mark.soak
@pytest.mark.parametrize(
    ("rate", "s", "c", "labelled"), [(0.8, 0.9, 0.8, 200), (0.3, 0.95, 0.9, 100), (0.95, 0.9, 0.7, 300)]
)
def test_both_corrections_cover_the_true_rate(rate: float, s: float, c: float, labelled: int) -> None:
    rng = np.random.default_rng(9)
    corrected = powered = defined = 0
    for _ in range(1000):
        truth = rng.random(labelled + 1000) < rate
        judged = np.where(truth, rng.random(len(truth)) < s, rng.random(len(truth)) > c).astype(int)
        human, judge, alone = (
            truth[:labelled].astype(int).tolist(),
            judged[:labelled].tolist(),
            judged[labelled:].tolist(),
        )
        one, other = rogan_gladen(human, judge, alone), prediction_powered(human, judge, alone)
        defined += one.low is not None
        corrected += one.low is not None and one.low <= rate <= one.high
        powered += other.low <= rate <= other.high
    assert defined > 990
    assert corrected >= 0.93 * defined
    assert powered >= 930
