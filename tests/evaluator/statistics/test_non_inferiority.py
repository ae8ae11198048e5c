import numpy as np
import pytest

from evaluator.statistics.non_inferiority import ALPHA, rates, tail_latencies
from evaluator.statistics.sample_size import cases_for_non_inferiority


def outcomes(both: int, gained: int, lost: int, neither: int) -> tuple[list[int], list[int]]:
    before = [1] * both + [0] * gained + [1] * lost + [0] * neither
    return before, [1] * (both + gained) + [0] * (lost + neither)


def test_twenty_of_twenty_twice_does_not_show_that_nothing_is_lost() -> None:
    # of 20 cases without a change the interval reaches to 0.161; see test_paired
    found = rates(*outcomes(20, 0, 0, 0), margin=0.02)
    assert (found.verdict, found.difference.value) == ("unresolved", 0.0)
    assert found.cases_needed is not None
    assert found.cases_needed > 188


def test_five_hundred_cases_with_few_changes_show_it() -> None:
    assert rates(*outcomes(450, 5, 6, 39), margin=0.02).verdict == "non_inferior"


def test_a_clear_loss_is_inferior() -> None:
    assert rates(*outcomes(400, 5, 60, 35), margin=0.02).verdict == "inferior"


def test_a_better_candidate_needs_no_further_case() -> None:
    found = rates(*outcomes(300, 60, 10, 30), margin=0.02)
    assert (found.verdict, found.cases_needed) == ("non_inferior", None)


def test_no_cases_show_nothing() -> None:
    found = rates([], [], margin=0.02)
    assert (found.verdict, found.difference.value, found.cases_needed) == ("unresolved", None, None)


def test_cases_of_few_policies_show_less_than_as_many_alone() -> None:
    before, after = outcomes(445, 5, 6, 44)
    together = rates(before, after, 0.025, [str(number // 50) for number in range(500)])
    assert rates(before, after, 0.025).verdict == "non_inferior"
    assert together.verdict == "unresolved"
    assert together.cases_needed is not None
    assert together.cases_needed > 500


def test_latencies_that_rise_by_the_same_everywhere_rise_at_the_tail() -> None:
    before = [100.0 + number / 100 for number in range(2000)]
    found = tail_latencies(before, [value + 30 for value in before], margin=50)
    assert found.difference.value == pytest.approx(30)
    assert (found.verdict, found.worse) == ("non_inferior", "up")
    assert tail_latencies(before, [value + 30 for value in before], margin=20).verdict == "inferior"


def test_few_latencies_show_no_tail() -> None:
    found = tail_latencies([100.0] * 85, [100.0] * 85, margin=10)
    assert (found.verdict, found.difference.high, found.cases_needed) == ("unresolved", None, 86)
    assert tail_latencies([100.0] * 86, [100.0] * 86, margin=10).verdict == "non_inferior"
    assert tail_latencies([], [], margin=10).verdict == "unresolved"
    groups = [str(number // 2) for number in range(170)]
    assert tail_latencies([100.0] * 170, [100.0] * 170, 10, groups).cases_needed == 172


def test_the_bounds_of_the_95th_percentile_are_the_ranks_of_the_binomial_distribution() -> None:
    # X ~ Bin(200, 0.95): P(X < 183) = 0.0121, the last up to 0.0125; P(X < 197) = 0.9910, the first from 0.9875 on
    before, after = [0.0] * 200, [float(number) for number in range(1, 201)]
    assert (found := tail_latencies(before, after, margin=1000)).difference.low == 183
    assert found.difference.high == 197
    assert (found.verdict, found.cases_needed) == ("non_inferior", None)


def test_the_p_value_is_where_the_margin_is_just_ruled_out() -> None:
    before, after = [0.0] * 200, [float(number) for number in range(1, 201)]
    for margin, shown in ((198.0, True), (197.0, False)):
        found = tail_latencies(before, after, margin)
        assert (found.verdict == "non_inferior", found.p_value < ALPHA) == (shown, shown)
    assert tail_latencies(before, after, 1.0).p_value == 1.0


@pytest.mark.parametrize(("cases", "of_a_group"), [(86, 1), (200, 1), (100, 4)])
def test_a_tail_that_is_slower_by_more_than_the_margin_is_rarely_passed(cases: int, of_a_group: int) -> None:
    """5.5% of the candidate's cases 800 ms later; those of a group are so together."""
    rng, passed = np.random.default_rng(7), 0
    groups = [str(number // of_a_group) for number in range(cases * of_a_group)]
    for _ in range(400):
        before = np.repeat(300 + rng.normal(0, 30, cases), of_a_group)
        after = before + np.repeat(np.where(rng.random(cases) < 0.055, 800, 0), of_a_group)
        passed += tail_latencies(list(before), list(after), 100, groups).verdict == "non_inferior"
    assert passed <= 0.025 * 400


@pytest.mark.soak
def test_the_recommended_cases_show_equality_with_the_stated_power() -> None:
    rng, margin, discordance = np.random.default_rng(5), 0.03, 0.1
    n = cases_for_non_inferiority(margin, discordance)
    shown = 0
    for _ in range(1000):
        kinds = rng.choice(3, size=n, p=[1 - discordance, discordance / 2, discordance / 2])
        shown += rates([int(k != 1) for k in kinds], [int(k != 2) for k in kinds], margin).verdict == "non_inferior"
    assert shown >= 780


@pytest.mark.soak
def test_a_candidate_at_the_margin_is_passed_in_at_most_a_fortieth() -> None:
    rng, margin, lost, gained = np.random.default_rng(6), 0.05, 0.1, 0.05
    passed = 0
    for _ in range(2000):
        kinds = rng.choice(3, size=400, p=[1 - lost - gained, gained, lost])
        passed += rates([int(k != 1) for k in kinds], [int(k != 2) for k in kinds], margin).verdict == "non_inferior"
    assert passed <= 0.032 * 2000
