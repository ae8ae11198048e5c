import math

import numpy as np
import numpy.typing as npt
import pytest

from evaluator.statistics.intervals import Estimate
from evaluator.statistics.rater_agreement import agreement, cohens_kappa, gwets_ac1, krippendorffs_alpha


def table(first: str, second: str, labels: str) -> npt.NDArray[np.int64]:
    pairs = list(zip(first, second, strict=True))
    return np.array([[pairs.count((row, column)) for column in labels] for row in labels])


def test_kappa_is_worked_out_by_hand() -> None:
    # p = 35/50; e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5
    assert cohens_kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_ac1_stays_where_kappa_falls() -> None:
    # Gwet 2002: 118 and 0 of 125 agree. p = 0.944, m = 0.972, e = 2 * 0.972 * 0.028 = 0.054432
    table = np.array([[118, 5], [2, 0]])
    assert gwets_ac1(table) == pytest.approx((0.944 - 0.054432) / (1 - 0.054432))
    assert cohens_kappa(table) == pytest.approx(-0.0234, abs=5e-5)


def test_alpha_is_that_of_krippendorffs_examples() -> None:
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", A and B
    assert krippendorffs_alpha(table("0100000010", "1110010000", "01")) == pytest.approx(0.095, abs=5e-4)
    assert krippendorffs_alpha(table("aabbdcccedda", "babbbccceddd", "abcde")) == pytest.approx(0.692, abs=5e-4)


def test_of_one_label_only_there_is_no_agreement_beyond_chance() -> None:
    one = table("aaa", "aaa", "a")
    assert math.isnan(cohens_kappa(one))
    assert math.isnan(gwets_ac1(one))
    assert math.isnan(krippendorffs_alpha(one))
    assert agreement(cohens_kappa, "aaa", "aaa", "a", "123") == Estimate(None, None, None, 3, "cluster_bootstrap")


def test_an_agreement_has_an_interval_over_ids() -> None:
    first, second = "abab" * 25, "abaa" * 25
    estimate = agreement(gwets_ac1, first, second, "ab", [str(number) for number in range(100)])
    assert estimate.low is not None
    assert estimate.value is not None
    assert estimate.high is not None
    assert estimate.low < estimate.value < estimate.high
    together = agreement(gwets_ac1, first, second, "ab", [str(number // 20) for number in range(100)])
    # each of the five ids holds the same labels, so drawing ids changes nothing and tells nothing
    assert (together.low, together.high) == (None, None)
    assert agreement(gwets_ac1, "", "", "ab", []).value is None


def test_two_reviewers_of_one_item_count_as_one() -> None:
    ids = [str(number) for number in range(30)] * 2
    first, second = ["a", "b", "b"] * 20, ["a", "b", "a"] * 20
    alone = agreement(cohens_kappa, first, second, "ab", [str(number) for number in range(60)])
    doubled = agreement(cohens_kappa, first, second, "ab", ids)
    assert doubled.low is not None
    assert alone.low is not None
    assert doubled.low < alone.low


@pytest.mark.parametrize("ids", ["1234", "1111"])
def test_full_agreement_of_few_items_has_no_interval_rather_than_one_from_1_to_1(ids: str) -> None:
    assert agreement(gwets_ac1, "abab", "abab", "ab", list(ids)) == Estimate(1.0, None, None, 4, "cluster_bootstrap")
