import math

import numpy as np
import pytest

from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate, bootstrap

VALUES = [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]
CLUSTERS = ["a", "a", "b", "c", "b", "b", "c"]


def test_a_mean_of_nothing_is_no_value() -> None:
    assert clustered.mean([], []) == Estimate(None, None, None, 0, "cluster_bootstrap")


def test_with_each_case_alone_it_is_the_bootstrap_of_the_cases() -> None:
    values = [number / 99 for number in range(100)]
    estimate = clustered.mean(values, [f"{number:02}" for number in range(100)])
    assert (estimate.low, estimate.high) == bootstrap(values)


def test_a_proportion_of_cases_alone_is_wilsons_and_of_clusters_is_wider() -> None:
    outcomes = [True] * 8 + [False] * 2
    alone = clustered.proportion(outcomes, [str(case) for case in range(10)])
    assert (alone.low, alone.high) == pytest.approx((0.490162, 0.943318), abs=2e-6)
    together = clustered.proportion(outcomes, [str(case // 2) for case in range(10)])
    assert together.low is not None
    assert together.low < 0.49
    assert clustered.proportion([], []) == Estimate(None, None, None, 0, "wilson")


def test_whole_clusters_are_drawn() -> None:
    for cases in clustered.drawn(CLUSTERS, 50, 1):
        names = [CLUSTERS[case] for case in cases]
        assert {name: names.count(name) % CLUSTERS.count(name) for name in names} == dict.fromkeys(names, 0)
        assert sum(names.count(name) // CLUSTERS.count(name) for name in set(names)) == 3


def test_two_clusters_that_agree_within_reach_from_one_to_the_other() -> None:
    # as two cases would: a quarter of the resamples hold only the first, a quarter only the second
    estimate = clustered.mean([0.0] * 50 + [1.0] * 50, ["a"] * 50 + ["b"] * 50)
    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.0, 1.0)


def test_a_statistic_that_is_seldom_defined_has_no_interval() -> None:
    assert clustered.interval(lambda cases: math.nan, CLUSTERS) is None


def test_the_variance_of_a_mean_is_the_sum_of_squares_of_the_clusters() -> None:
    # mean 4/7; sums of deviations a 6/7, b -12/7, c 6/7; 3/2 * (36 + 144 + 36) / 49 / 49
    assert clustered.variance_of_mean(VALUES, CLUSTERS) == pytest.approx(1.5 * 216 / 49 / 49)


def test_the_variance_of_a_mean_is_that_of_statsmodels() -> None:
    from statsmodels.api import OLS

    rng = np.random.default_rng(3)
    which = rng.integers(0, 40, 300)
    values = rng.normal(size=40)[which] + rng.normal(size=300)
    fitted = OLS(values, np.ones(300)).fit(cov_type="cluster", cov_kwds={"groups": which})
    found = clustered.variance_of_mean(list(values), [str(one) for one in which])
    assert found == pytest.approx(float(fitted.cov_params()[0, 0]), rel=1e-9)


def test_effective_cases_are_all_of_them_alone_and_one_for_a_cluster_that_agrees() -> None:
    assert clustered.effective_cases(VALUES, [str(number) for number in range(7)]) == 7
    assert clustered.effective_cases(VALUES, ["a"] * 7) == 1
    # nothing differs, so nothing tells how far cases of a cluster agree: 4 clusters count as 4, less Student's t with 3
    four = clustered.effective_cases([1.0] * 20, list("abcd") * 5)
    assert four == pytest.approx(4 * (1.959964 / 3.182446) ** 2, rel=1e-6)


def test_effective_cases_of_forty_clusters_that_agree_within_are_about_forty() -> None:
    values = [float(number % 2) for number in range(40) for _ in range(5)]
    names = [str(number) for number in range(40) for _ in range(5)]
    assert 35 < clustered.effective_cases(values, names) < 40


@pytest.mark.soak
def test_the_interval_of_clusters_covers_where_that_of_cases_does_not() -> None:
    rng = np.random.default_rng(11)
    covered = np.zeros(2)
    for _ in range(300):
        rates = np.repeat(rng.beta(2, 2, 60), 8)
        values = [float(value) for value in rng.random(480) < rates]
        names = [str(number // 8) for number in range(480)]
        estimate = clustered.mean(values, names)
        assert estimate.low is not None
        assert estimate.high is not None
        low, high = bootstrap(values, 400)
        covered += (estimate.low <= 0.5 <= estimate.high, low <= 0.5 <= high)
    assert covered[0] >= 0.91 * 300
    assert covered[1] < 0.85 * 300
