import pytest

from evaluator.statistics.intervals import (
    Estimate,
    bootstrap,
    clopper_pearson,
    mean,
    most_failures_unseen,
    proportion,
    wilson,
)


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


def test_a_mean_of_equal_values_has_no_interval_rather_than_one_without_width() -> None:
    assert mean([1.0] * 20) == Estimate(1.0, None, None, 20, "bootstrap")
    assert mean([0.1]) == Estimate(0.1, None, None, 1, "bootstrap")


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


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, table I.
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("hits", "n", "score", "exact"), NEWCOMBE)
def test_both_intervals_are_those_of_newcombes_examples(
    hits: int, n: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert wilson(hits, n) == pytest.approx(score, abs=5.1e-5)
    assert clopper_pearson(hits, n) == pytest.approx(exact, abs=5.1e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 59), (19, 20), (20, 20), (1300, 2655)])
def test_both_intervals_are_those_of_statsmodels(hits: int, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert wilson(hits, n) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-12)
    assert clopper_pearson(hits, n) == pytest.approx(proportion_confint(hits, n, method="beta"), abs=1e-12)


def test_twenty_of_twenty_is_not_a_hundred_percent() -> None:
    # one-sided: 0.05^(1/20); and 59 is the first n at which 0.05^(1/n) reaches 0.95
    # each is the low end of the 90% interval
    assert clopper_pearson(20, 20, 0.9)[0] == pytest.approx(0.05 ** (1 / 20))
    assert clopper_pearson(58, 58, 0.9)[0] < 0.95 <= clopper_pearson(59, 59, 0.9)[0]


def test_what_never_failed_may_fail_in_three_of_n() -> None:
    assert most_failures_unseen(300) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert most_failures_unseen(300) == pytest.approx(1 - clopper_pearson(300, 300, 0.9)[0])
    assert most_failures_unseen(300) < 3 / 300 < 1.01 * most_failures_unseen(300)
