"""Closed-open periods."""

import pytest

from policies.instant import FOREVER
from policies.period import Period


def test_period_holds_its_start_and_not_its_end() -> None:
    assert 3 in Period(3, 7)
    assert 6 in Period(3, 7)
    assert 7 not in Period(3, 7)
    assert 2 not in Period(3, 7)


def test_period_without_an_end_holds_every_instant_from_its_start() -> None:
    assert FOREVER - 1 in Period(3)
    assert 2 not in Period(3)


@pytest.mark.parametrize(("start", "end", "expected"), [(3, 7, True), (3, 4, True), (3, 3, False), (7, 3, False)])
def test_period_is_true_where_it_holds_an_instant(start: int, end: int, expected: bool) -> None:
    assert bool(Period(start, end)) is expected


def test_overlap_is_what_both_hold() -> None:
    assert Period(1, 5).overlap(Period(3, 9)) == Period(3, 5)
    assert Period(1, 9).overlap(Period(3, 5)) == Period(3, 5)
    assert Period(1).overlap(Period(3)) == Period(3)


def test_neighbours_do_not_overlap() -> None:
    assert not Period(1, 3).overlap(Period(3, 5))
    assert not Period(1, 2).overlap(Period(4, 5))


def test_without_nothing_a_period_is_left_whole() -> None:
    assert Period(2, 8).without([]) == [Period(2, 8)]


def test_without_leaves_what_lies_outside_all_of_the_others() -> None:
    others = [Period(6, 7), Period(3, 4), Period(9, 12), Period(0, 1)]
    assert Period(2, 10).without(others) == [Period(2, 3), Period(4, 6), Period(7, 9)]


def test_without_others_that_overlap_each_other_takes_their_union() -> None:
    assert Period(0, 10).without([Period(2, 6), Period(3, 4), Period(5, 7)]) == [Period(0, 2), Period(7, 10)]


def test_without_a_period_that_covers_it_nothing_is_left() -> None:
    assert Period(2, 8).without([Period(2, 8)]) == []
    assert Period(2, 8).without([Period(0, 5), Period(5, 9)]) == []


def test_without_neighbours_that_only_touch_a_period_is_left_whole() -> None:
    assert Period(2, 8).without([Period(0, 2), Period(8, 9)]) == [Period(2, 8)]


def test_without_leaves_an_open_end_open() -> None:
    assert Period(2).without([Period(4, 6)]) == [Period(2, 4), Period(6, FOREVER)]
    assert Period(2).without([Period(4)]) == [Period(2, 4)]


def test_periods_sort_by_start_then_end() -> None:
    assert sorted([Period(2, 3), Period(1, 9), Period(1, 4)]) == [Period(1, 4), Period(1, 9), Period(2, 3)]
