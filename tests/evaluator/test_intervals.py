import pytest

from evaluator.intervals import Estimate, bootstrap, mean, proportion, wilson


def test_wilson_of_eight_in_ten_is_that_of_the_equation() -> None:
    # z^2 = 3.841459: centre (0.8 + 0.192073) / 1.384146 = 0.716740,
    # half 1.959964 * sqrt(0.016 + 0.009604) / 1.384146 = 0.226577
    assert wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=2e-6)


def test_wilson_of_none_and_of_all_mirror_each_other_and_touch_the_ends() -> None:
    # the other bound is z^2 / (n + z^2) = 3.841459 / 13.841459
    assert wilson(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)
    assert wilson(10, 10) == pytest.approx((0.722467, 1.0), abs=1e-6)
    assert (wilson(0, 10)[0], wilson(10, 10)[1]) == (0.0, 1.0)


def test_a_proportion_of_nothing_is_no_value() -> None:
    assert proportion(0, 0) == Estimate(None, None, None, 0, "wilson")


def test_a_mean_of_nothing_is_no_value() -> None:
    assert mean([]) == Estimate(None, None, None, 0, "bootstrap")


def test_the_bootstrap_of_two_values_reaches_from_one_to_the_other() -> None:
    # a quarter of the resamples are (0, 0), a quarter (1, 1)
    assert bootstrap([0.0, 1.0]) == (0.0, 1.0)


def test_the_bootstrap_gives_the_same_interval_each_time_and_another_for_another_seed() -> None:
    values = [number / 99 for number in range(100)]
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values) != bootstrap(values, seed=1)


def test_the_bootstrap_of_a_hundred_even_values_is_about_two_standard_errors_wide_on_each_side() -> None:
    # standard deviation sqrt((100^2 - 1) / 12) / 99 = 0.2916, standard error 0.0292
    low, high = bootstrap([number / 99 for number in range(100)])
    assert low == pytest.approx(0.5 - 1.96 * 0.0292, abs=0.01)
    assert high == pytest.approx(0.5 + 1.96 * 0.0292, abs=0.01)


def test_a_mean_is_the_mean() -> None:
    estimate = mean([0.0, 0.5, 1.0, 0.5])
    assert (estimate.value, estimate.n) == (0.5, 4)


def test_an_estimate_as_json_says_how_its_interval_was_made() -> None:
    assert proportion(1, 1).content() == {
        "value": 1.0,
        "low": pytest.approx(0.206549, abs=1e-6),
        "high": 1.0,
        "n": 1,
        "method": "wilson",
    }
