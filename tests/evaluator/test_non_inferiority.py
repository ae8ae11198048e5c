from typing import Any

import numpy as np
import pytest

from evaluator.non_inferiority import rates, tail_latencies
from evaluator.sample_size import cases_for_non_inferiority


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


def test_the_json_says_which_way_is_worse() -> None:
    content: dict[str, Any] = rates(*outcomes(20, 0, 0, 0), margin=0.02).content()
    assert (content["margin"], content["worse"], content["verdict"]) == (0.02, "down", "unresolved")
    assert content["difference"]["method"] == "score"


def test_latencies_that_rise_by_the_same_everywhere_rise_at_the_tail() -> None:
    before = [100.0 + number for number in range(200)]
    found = tail_latencies(before, [value + 30 for value in before], margin=50)
    assert found.difference.value == pytest.approx(30)
    assert (found.verdict, found.worse) == ("non_inferior", "up")
    assert tail_latencies(before, [value + 30 for value in before], margin=20).verdict == "inferior"


def test_few_latencies_show_no_tail() -> None:
    found = tail_latencies([100.0] * 58, [100.0] * 58, margin=10)
    assert (found.verdict, found.cases_needed) == ("unresolved", 59)
    assert tail_latencies([100.0] * 59, [100.0] * 59, margin=10).verdict == "non_inferior"
    assert tail_latencies([], [], margin=10).verdict == "unresolved"


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
