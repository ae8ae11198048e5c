import math
from math import comb

import numpy as np
import pytest

from evaluator.errors import BrokenRun
from evaluator.statistics.intervals import Estimate, clopper_pearson
from evaluator.statistics.trials import (
    all_of,
    any_of,
    bounds_of_mean,
    flip_rate,
    flips,
    holds_mean,
    pass_all_k,
    pass_at_k,
)

Y, N = True, False
TRIALS = {"a": [Y, Y, Y], "b": [Y, N, Y], "c": [N, N, N], "d": [Y, Y, N]}


def test_the_chances_of_two_of_three_are_counted_pairs() -> None:
    # of the three pairs of Y Y N, one is Y Y and two are mixed
    assert (any_of(2, 3, 2), all_of(2, 3, 2), flips(2, 3, 2)) == pytest.approx((1, 1 / 3, 2 / 3))
    assert (any_of(0, 3, 2), all_of(0, 3, 2), flips(0, 3, 2)) == (0, 0, 0)
    assert (any_of(3, 3, 2), all_of(3, 3, 2), flips(3, 3, 2)) == (1, 1, 0)


@pytest.mark.parametrize(("n", "k"), [(3, 3), (5, 2), (8, 5)])
@pytest.mark.parametrize("rate", [0.02, 0.5, 0.9])
def test_over_all_outcomes_the_chances_have_the_mean_of_k_new_trials(n: int, k: int, rate: float) -> None:
    weights = [comb(n, passed) * rate**passed * (1 - rate) ** (n - passed) for passed in range(n + 1)]
    none, every = (1 - rate) ** k, rate**k
    for value, true in ((any_of, 1 - none), (all_of, every), (flips, 1 - none - every)):
        mean = math.fsum(weight * value(passed, n, k) for passed, weight in enumerate(weights))
        assert mean == pytest.approx(true, abs=1e-12)


def test_any_all_and_flips_of_three_trials_are_counted_cases() -> None:
    # a passes in all three, c in none, b and d in some
    assert [found(TRIALS, 3).value for found in (pass_at_k, pass_all_k, flip_rate)] == [3 / 4, 1 / 4, 2 / 4]
    assert pass_all_k(TRIALS, 3).n == 4


def test_the_share_of_cases_that_flip_has_clopper_and_pearsons_interval() -> None:
    found = flip_rate(TRIALS)
    assert (found.low, found.high) == pytest.approx(clopper_pearson(2, 4), abs=1e-7)
    assert found.method == "clopper_pearson"


def test_with_two_trials_looked_at_a_flip_is_a_pair_that_differs() -> None:
    # two of the three pairs of b, and of d
    assert flip_rate(TRIALS, 2).value == pytest.approx((2 / 3 + 2 / 3) / 4)
    found = flip_rate(TRIALS, 2)
    assert found.value == pytest.approx((pass_at_k(TRIALS, 2).value or 0) - (pass_all_k(TRIALS, 2).value or 0))


def test_flips_are_looked_for_in_as_many_trials_as_every_case_has() -> None:
    assert flip_rate({"a": [Y, Y], "b": [Y, Y, Y, N]}) == flip_rate({"a": [Y, Y], "b": [Y, Y, Y, N]}, 2)


def test_no_cases_are_no_value() -> None:
    for found in (pass_at_k({}, 3), pass_all_k({}, 3), flip_rate({})):
        assert found == Estimate(None, None, None, 0, "clopper_pearson")


def test_a_case_with_fewer_trials_is_refused_by_its_name() -> None:
    with pytest.raises(BrokenRun, match=r"Case 'b' has 2 of the 3 trials wanted; ask it 3 times, or give a smaller k"):
        pass_all_k({"a": [Y, Y, Y], "b": [Y, Y]}, 3)
    with pytest.raises(BrokenRun, match=r"Case 'b' has 1 of the 2 trials wanted; ask it 2 times$"):
        flip_rate({"a": [Y, Y, Y], "b": [Y]})
    with pytest.raises(BrokenRun, match=r"k is 1; .*at least 2"):
        flip_rate(TRIALS, 1)
    with pytest.raises(BrokenRun, match=r"k is 0; .*at least 1"):
        pass_at_k(TRIALS, 0)


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 10), (3, 10), (68, 69), (0, 2000), (1000, 2000)])
def test_the_bounds_of_zeros_and_ones_are_clopper_and_pearsons(hits: int, n: int) -> None:
    values = [1.0] * hits + [0.0] * (n - hits)
    assert bounds_of_mean(values) == pytest.approx(clopper_pearson(hits, n), abs=1e-7)
    assert bounds_of_mean(values, confidence=0.9) == pytest.approx(clopper_pearson(hits, n, 0.9), abs=1e-7)


def test_the_bounds_are_the_quantiles_of_means_with_random_weights() -> None:
    rng, values = np.random.default_rng(4), [0.0, 0.1, 0.1, 0.4, 0.9, 1.0, 1.0]
    weights = rng.dirichlet(np.ones(8), 400_000)
    low, high = bounds_of_mean(values)
    assert low == pytest.approx(float(np.quantile(weights @ [*values, 0.0], 0.025)), abs=0.002)
    assert high == pytest.approx(float(np.quantile(weights @ [*values, 1.0], 0.975)), abs=0.002)


def test_one_value_between_has_the_bounds_of_two_weights() -> None:
    # w * 0.5 + (1 - w) * 1 with w uniform is uniform from 0.5 to 1
    assert bounds_of_mean([0.5]) == pytest.approx((0.5 * 0.025, 1 - 0.5 * 0.025), abs=1e-7)


def test_values_between_are_better_known_than_zeros_and_ones_of_the_same_mean() -> None:
    apart, between = bounds_of_mean([0.0, 1.0] * 20), bounds_of_mean([0.5] * 40)
    assert apart[0] < between[0] < 0.5 < between[1] < apart[1]


def test_none_and_all_touch_the_ends_and_mirror_each_other() -> None:
    low, high = bounds_of_mean([0.2, 0.0, 1.0])
    assert bounds_of_mean([0.8, 1.0, 0.0]) == pytest.approx((1 - high, 1 - low))
    assert bounds_of_mean([0.0] * 5)[0] == 0
    assert bounds_of_mean([1.0] * 5)[1] == 1


def test_a_group_that_agrees_counts_about_as_one_case() -> None:
    values, names = [1.0, 1.0, 0.0, 0.0] * 10, [str(case // 2) for case in range(40)]
    assert bounds_of_mean(values, names) == pytest.approx(clopper_pearson(10, 20), abs=1e-7)
    assert bounds_of_mean(values, [str(case) for case in range(40)]) == bounds_of_mean(values)


def test_groups_are_named_by_case_and_cases_without_one_are_alone() -> None:
    pairs = {"a": [Y, Y], "b": [Y, Y], "c": [N, N], "d": [Y, Y]}
    alone, together = pass_all_k(pairs, 2), pass_all_k(pairs, 2, {"a": "one", "b": "one"})
    assert alone.value == together.value == 3 / 4
    assert alone.low is not None
    assert together.low is not None
    assert together.low < alone.low
    assert pass_all_k(pairs, 2, {"a": "a"}).low == pytest.approx(alone.low)


def test_what_is_held_lies_within_the_bounds() -> None:
    rng = np.random.default_rng(9)
    for _ in range(200):
        n = int(rng.integers(1, 30))
        values = [float(value) for value in rng.choice([0.0, 0.1, 0.7, 1.0], n, p=rng.dirichlet([0.4] * 4))]
        names = [str(group) for group in rng.integers(0, n, n)] if rng.random() < 0.5 else None
        low, high = bounds_of_mean(values, names)
        for mean in (0.0, 1.0, float(rng.random()), sum(values) / n):
            assert holds_mean(values, mean, names) == (low <= mean <= high)


@pytest.mark.parametrize(
    ("cases", "n", "rates"),
    [(10, 3, [0.02]), (10, 5, [0.0, 0.5, 1.0]), (25, 3, [0.99]), (25, 5, [1.0] * 9 + [0.5])],
)
@pytest.mark.parametrize("of_a_group", [1, 2])
def test_the_intervals_hold_what_was_planted(cases: int, n: int, rates: list[float], of_a_group: int) -> None:
    """400 seeds with k = 3; 4,000 of more settings: `python -m benchmarks.gate`."""
    rng, held = np.random.default_rng(12), np.zeros(2)
    names = [str(case // of_a_group) for case in range(cases * of_a_group)]
    every, flipped = (float(np.mean([value(rate) for rate in rates])) for value in (_every, _flipped))
    for _ in range(400):
        chances = np.repeat(rng.choice(rates, cases), of_a_group)
        passed = rng.binomial(n, chances).tolist()
        held += (
            holds_mean([all_of(count, n, 3) for count in passed], every, names),
            holds_mean([flips(count, n, 3) for count in passed], flipped, names),
        )
    assert held.min() >= 0.94 * 400


def _every(rate: float) -> float:
    return rate**3


def _flipped(rate: float) -> float:
    return 1 - rate**3 - (1 - rate) ** 3
