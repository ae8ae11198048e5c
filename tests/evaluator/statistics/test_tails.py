import math

import numpy as np
import pytest

from evaluator.statistics.intervals import Estimate
from evaluator.statistics.tails import mean_of, quantile


def alone(values: list[float]) -> list[list[float]]:
    return [[value] for value in values]


def whole(count: int) -> list[list[float]]:
    return alone([float(number) for number in range(1, count + 1)])


def test_nothing_has_no_quantile_and_no_mean() -> None:
    assert quantile([], 0.95) == Estimate(None, None, None, 0, "order_statistics")
    assert mean_of([]) == Estimate(None, None, None, 0, "bootstrap")


def test_a_bound_of_the_95th_percentile_takes_59_cases() -> None:
    # 0.95^58 = 0.0510, 0.95^59 = 0.0485: only then is the slowest case beyond the percentile with 95% confidence
    assert quantile(whole(58), 0.95) == Estimate(56.0, None, None, 58, "order_statistics")
    found = quantile(whole(59), 0.95)
    assert (found.value, found.high) == (57.0, 59.0)


def test_the_value_is_the_least_that_the_share_does_not_exceed() -> None:
    assert quantile(whole(20), 0.95).value == 19
    assert quantile(whole(21), 0.5).value == 11


def test_the_bounds_are_the_ranks_of_the_binomial_distribution() -> None:
    # X ~ Bin(200, 0.95): P(X < 183) = 0.0121, the last up to 0.0125; P(X < 197) = 0.9910, the first from 0.9875 on
    found = quantile(whole(200), 0.95, 0.9875)
    assert (found.low, found.high) == (183, 197)


def test_the_bounds_of_a_median_are_those_of_the_sign_test() -> None:
    # X ~ Bin(20, 1/2): P(X <= 5) = 0.0207, P(X <= 6) = 0.0577. So of ranks 6 and 15 each errs in 2.1%, 7 and 14 in 5.8%
    found = quantile(whole(20), 0.5)
    assert (found.low, found.high) == (6, 15)


def test_trials_that_are_alike_within_a_case_are_one() -> None:
    cases = [[value] * 3 for [value] in whole(100)]
    assert quantile(cases, 0.95) == quantile(whole(100), 0.95)


def test_trials_that_differ_within_a_case_tell_more_and_never_replace_cases() -> None:
    rng = np.random.default_rng(2)
    thrice = rng.lognormal(0, 1, (150, 3))
    once, more = quantile(thrice[:, :1].tolist(), 0.95), quantile(thrice.tolist(), 0.95)
    assert _width(more) < _width(once)
    assert quantile(rng.lognormal(0, 1, (58, 20)).tolist(), 0.95).high is None


def test_each_case_counts_alike_however_many_trials_it_has() -> None:
    # 8 of 16 trials are 9, but half of the cases' weight lies on 1
    assert quantile([[1.0], [9.0] * 8, [1.0], [5.0] * 6], 0.5).value == 1


def test_groups_count_as_cases() -> None:
    cases = [values for values in whole(58) for _ in range(2)]
    assert quantile(cases, 0.95).high == 58
    assert quantile(cases, 0.95, groups=[str(case // 2) for case in range(116)]).high is None


def test_a_case_that_never_ended_makes_the_bound_infinite() -> None:
    assert quantile([*whole(58), [math.inf]], 0.95).high == math.inf


@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
def test_each_bound_of_the_95th_percentile_holds_with_95_percent(shared: float) -> None:
    """Log-normal times of 69 cases with two trials each, of which a share of the variance is the case's own."""
    rng, true, held = np.random.default_rng(8), math.exp(1.644854), np.zeros(2)
    for _ in range(300):
        logs = math.sqrt(shared) * rng.normal(size=(69, 1)) + math.sqrt(1 - shared) * rng.normal(size=(69, 2))
        found = quantile(np.exp(logs).tolist(), 0.95)
        assert found.low is not None
        assert found.high is not None
        held += (found.low <= true, true <= found.high)
    assert held.min() >= 0.94 * 300


def test_a_mean_is_that_of_the_cases_means() -> None:
    assert mean_of([[1.0, 3.0], [5.0]]).value == 3.5


def test_fewer_than_ten_cases_or_groups_do_not_bound_a_mean() -> None:
    assert mean_of(whole(9)) == Estimate(5.0, None, None, 9, "bootstrap")
    assert mean_of(whole(10)).high is not None
    assert mean_of(whole(18), groups=[str(case // 2) for case in range(18)]).high is None


def test_a_mean_of_equal_values_or_of_one_that_differs_has_no_interval() -> None:
    assert mean_of(alone([0.5] * 20)) == Estimate(0.5, None, None, 20, "bootstrap")
    assert mean_of(alone([0.0] * 68 + [10.0])).high is None


def test_the_bounds_of_even_values_are_those_of_student() -> None:
    # standard deviation sqrt((100^2 - 1) / 12) = 28.87, standard error 2.90 with n - 1, t = 1.660
    found = mean_of(whole(100))
    assert (found.low, found.high) == pytest.approx((50.5 - 1.66 * 2.9, 50.5 + 1.66 * 2.9), abs=0.4)


def test_the_upper_bound_of_skewed_costs_lies_farther_off_than_the_lower() -> None:
    found = mean_of(alone(np.random.default_rng(1).lognormal(0, 1, 40).tolist()))
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.value > 1.3 * (found.value - found.low)


def test_cases_of_a_group_that_agree_make_the_interval_wider() -> None:
    values = [values for values in whole(30) for _ in range(4)]
    together = mean_of(values, groups=[str(case // 4) for case in range(120)])
    assert _width(together) > 1.8 * _width(mean_of(values))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("sigma", "cases", "least"), [(0.5, 10, 0.90), (0.5, 69, 0.92), (1.0, 30, 0.88), (1.0, 69, 0.90)]
)
def test_the_upper_bound_of_a_skewed_mean_holds_nearly_as_often_as_it_says(
    sigma: float, cases: int, least: float
) -> None:
    rng, true, held = np.random.default_rng(3), math.exp(sigma**2 / 2), 0
    for _ in range(1000):
        high = mean_of(alone(rng.lognormal(0, sigma, cases).tolist())).high
        assert high is not None
        held += true <= high
    assert held >= least * 1000


def _width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low
