import pytest

from evaluator.statistics.intervals import Estimate
from evaluator.statistics.paired import (
    Changes,
    changes,
    mcnemar,
    risk_difference,
    score,
    score_interval,
)

BEFORE = [1, 1, 1, 0, 0, 0, 1, 0]
AFTER = [1, 1, 0, 1, 1, 0, 1, 1]


def test_changes_are_counted_case_by_case() -> None:
    found = changes(BEFORE, AFTER)
    assert found == Changes(both=3, gained=3, lost=1, neither=1)
    assert found.n == 8


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError):
        changes([1, 0], [1])


def test_mcnemar_is_the_binomial_tail_doubled() -> None:
    # 2 * (1 + 8) / 2^8
    assert mcnemar(1, 7) == mcnemar(7, 1) == pytest.approx(18 / 256)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0


@pytest.mark.parametrize(("gained", "lost"), [(1, 7), (5, 20), (0, 3), (12, 9)])
def test_mcnemar_is_that_of_statsmodels(gained: int, lost: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as other

    assert mcnemar(gained, lost) == pytest.approx(other([[4, gained], [lost, 2]], exact=True).pvalue)


def test_the_score_interval_is_that_of_fagerlands_example() -> None:
    # Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33(16), airway data: 1 and 7 of 21 changed
    assert score_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("gained", "lost", "n"), [(1, 7, 21), (3, 2, 3000), (0, 4, 30), (10, 0, 12)])
def test_the_score_at_each_end_of_its_interval_is_the_normal_quantile(gained: int, lost: int, n: int) -> None:
    low, high = score_interval(gained, lost, n)
    assert score(gained, lost, n, low) == pytest.approx(1.959964, abs=1e-4)
    assert score(gained, lost, n, high) == pytest.approx(-1.959964, abs=1e-4)


def test_nothing_changed_in_few_cases_may_still_be_a_sixth() -> None:
    # z^2 / (n + z^2) = 3.841459 / 23.841459
    assert score_interval(0, 0, 20) == pytest.approx((-0.161125, 0.161125), abs=1e-6)


def test_everything_lost_is_a_difference_of_minus_one() -> None:
    low, high = score_interval(0, 20, 20)
    assert low == -1.0
    assert -0.7 < high < -0.6
    assert score_interval(20, 0, 20) == pytest.approx((-high, 1.0))


def test_the_difference_of_rates_has_its_score_interval() -> None:
    estimate = risk_difference(BEFORE, AFTER)
    assert estimate.value == 0.25
    assert (estimate.low, estimate.high) == score_interval(3, 1, 8)
    assert risk_difference([], []) == Estimate(None, None, None, 0, "score")


def test_cases_of_few_policies_tell_less() -> None:
    alone = risk_difference(BEFORE * 10, AFTER * 10)
    together = risk_difference(BEFORE * 10, AFTER * 10, [str(number % 8) for number in range(80)])
    assert alone.low is not None
    assert together.low is not None
    assert alone.value == together.value
    assert together.low < alone.low
