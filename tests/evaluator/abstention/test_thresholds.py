"""Thresholds from questions that policies answer and that none does; expectations worked by hand."""

import pytest

from evaluator.abstention.thresholds import Signal, choose, curve, held_out, point
from retriever.answering.abstention import Thresholds


def right(dense: float, coverage: float, group: str = "a") -> Signal:
    return Signal(dense, coverage, True, group)


def none(dense: float, coverage: float, group: str = "n") -> Signal:
    return Signal(dense, coverage, None, group)


SIGNALS = [
    right(0.9, 1.0),
    right(0.5, 0.9),
    right(0.3, 0.2),
    Signal(0.1, 0.1, False, "a"),  # answerable, but answered wrongly: nothing to lose
    none(0.2, 0.1),
    none(0.4, 0.3),
    none(0.6, 0.95),
]


def test_a_point_counts_what_is_turned_away_and_what_is_lost() -> None:
    # Below 0.45 and 0.35: the third right one; the first two that nothing answers.
    found = point(SIGNALS, Thresholds(0.45, 0.35))
    assert (found.abstained.value, found.abstained.n) == (pytest.approx(2 / 3), 3)
    assert (found.lost.value, found.lost.n) == (pytest.approx(1 / 3), 3)


def test_the_curve_begins_without_a_loss_and_only_gains() -> None:
    points = curve(SIGNALS)
    assert points[0].lost.value == 0
    assert points[0].abstained.value == pytest.approx(1 / 3)  # dense 0.2, coverage 0.1
    gained = [found.abstained.value for found in points]
    lost = [found.lost.value for found in points]
    assert gained == sorted(set(gained))
    assert lost == sorted(lost)
    assert points[-1].abstained.value == 1


def test_the_choice_turns_most_away_within_what_may_be_lost() -> None:
    assert choose(SIGNALS, 0.0).abstained.value == pytest.approx(1 / 3)
    within = choose(SIGNALS, 0.34)
    assert (within.abstained.value, within.lost.value) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


def test_no_group_helps_to_choose_its_own_thresholds() -> None:
    # Group b alone is as near as what nothing answers: chosen without it, the thresholds lose it.
    signals = [right(0.9, 0.9, group) for group in "acde"] + [right(0.3, 0.3, "b")]
    signals += [none(0.4, 0.4, f"n{number}") for number in range(10)]
    away, lost = held_out(signals, 0.0)
    assert lost.value == pytest.approx(1 / 5)
    assert away.n == 10
