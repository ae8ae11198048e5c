import numpy as np
import pytest

from evaluator.statistics.paired import mcnemar
from evaluator.statistics.sample_size import (
    cases_for_contrast,
    cases_for_drop,
    cases_for_non_inferiority,
    cases_for_rate,
    contrast_variance,
    design_effect,
    largest_correlation,
    power_of_mcnemar,
)


def test_at_least_95_percent_with_95_percent_confidence_takes_59_without_a_failure() -> None:
    assert [cases_for_rate(0.95, failures) for failures in range(5)] == [59, 93, 124, 153, 181]
    # ln 0.1 / ln 0.99 = 229.1
    assert cases_for_rate(0.99, confidence=0.9) == 230
    assert cases_for_rate(0.95, effect=1.5) == 89


def test_the_power_is_the_sum_over_what_changed() -> None:
    # All of 6 change: c = 6 since P(6 of 6) = 1/64 <= 0.025 < 7/64, and 0.9^6 catch it; fewer than 6 never do.
    assert power_of_mcnemar(6, 0.8, 1.0) == pytest.approx(0.9**6)
    assert power_of_mcnemar(5, 0.8, 1.0) == 0.0
    # of 6, one may not have changed with a share of 0.9, so all must: 0.9^6 * (17/18)^6 for (0.8 / 0.9 + 1) / 2 = 17/18
    assert power_of_mcnemar(6, 0.8, 0.9) == pytest.approx((0.9 * 17 / 18) ** 6)


def test_the_drop_takes_a_little_more_than_the_normal_approximation() -> None:
    # Connor's: ((1.959964 sqrt(0.2) + 0.841621 sqrt(0.2 - 0.0025)) / 0.05)^2 = 625.6
    n = cases_for_drop(0.05, 0.2)
    assert 626 < n < 626 * 1.1
    assert power_of_mcnemar(n, 0.05, 0.2) >= 0.8


def test_clusters_take_the_design_effect_more() -> None:
    assert design_effect(5, 0.25) == 2.0
    assert design_effect(1, 0.9) == design_effect(5, 0.0) == 1.0
    assert cases_for_drop(0.05, 0.2, effect=2.0) == 2 * cases_for_drop(0.05, 0.2)


def test_non_inferiority_takes_the_variance_over_the_squared_margin() -> None:
    # 0.1 * (1.959964 + 0.841621)^2 / 0.0004 = 1962.2; without discordance z^2 * 0.98 / 0.02 = 188.2
    assert cases_for_non_inferiority(0.02, 0.1) == 1963
    assert cases_for_non_inferiority(0.02, 0.0) == 189


def test_a_contrast_has_the_variance_of_its_end_and_of_a_mean() -> None:
    assert contrast_variance(0.5, 0.5, 3) == pytest.approx(0.25 + 0.25 / 3)
    # outcomes that are one and the same in each case do not differ at all
    assert contrast_variance(0.5, 0.5, 3, correlation=1.0) == pytest.approx(0.0)
    # by hand with r = 0.5: 0.25 + 0.25 * 2 / 3 - 0.25
    assert contrast_variance(0.5, 0.5, 3, correlation=0.5) == pytest.approx(0.25 * 2 / 3)


def test_contrasts_share_the_chance_to_be_missed() -> None:
    # 1.05 times 1/3 * (1.959964 + 1.281552)^2 / 0.01 = 350.2 for two, (1.959964 + 0.841621)^2 / 0.03 = 261.6 for one
    assert cases_for_contrast(0.1, 1 / 3) == 368
    assert cases_for_contrast(0.1, 1 / 3, tests=1) == 275


@pytest.mark.soak
@pytest.mark.parametrize(("drop", "discordance"), [(0.05, 0.2), (0.1, 0.15), (0.1, 0.1)])
def test_simulated_drops_are_seen_with_the_stated_power(drop: float, discordance: float) -> None:
    n, rng = cases_for_drop(drop, discordance), np.random.default_rng(7)
    lost, gained = (discordance + drop) / 2, (discordance - drop) / 2
    counts = rng.multinomial(n, [lost, gained, 1 - lost - gained], size=5000)
    seen = sum(mcnemar(int(g), int(b)) <= 0.05 and b > g for b, g, _ in counts)
    assert 0.785 <= seen / 5000 <= 0.84


@pytest.mark.soak
def test_simulated_clusters_are_seen_with_the_stated_power() -> None:
    from evaluator.statistics.paired import risk_difference

    rng, size, correlation, drop, discordance = np.random.default_rng(8), 5, 0.3, 0.1, 0.2
    n = cases_for_drop(drop, discordance, effect=design_effect(size, correlation))
    clusters = [str(case // size) for case in range(n)]
    groups = len(set(clusters))
    seen = 0
    for _ in range(400):
        # A cluster agrees with itself: with chance r a case takes its cluster's change, else one of its own.
        shares = [(discordance + drop) / 2, (discordance - drop) / 2, 1 - discordance]
        own, common = rng.choice(3, n, p=shares), rng.choice(3, groups, p=shares)
        kinds = np.where(rng.random(n) < correlation**0.5, common[[case // size for case in range(n)]], own)
        estimate = risk_difference([int(k != 1) for k in kinds], [int(k != 0) for k in kinds], clusters)
        assert estimate.high is not None
        seen += estimate.high < 0
    assert seen >= 0.77 * 400


def test_outcomes_of_other_rates_cannot_correlate_wholly() -> None:
    # both right in 40, only the higher in 20, neither in 40 of 100: (0.4 - 0.4 * 0.6) / 0.24
    assert largest_correlation(0.4, 0.6) == pytest.approx(2 / 3)
    assert largest_correlation(0.6, 1.0) == 0.0
