"""How a policy stands at an instant, worked out by hand."""

from policies.instant import FOREVER
from policies.period import Period
from retriever.inspecting.readable import Stretch
from retriever.inspecting.standing.point import change_points, state_of

FOUND = [Stretch(1, Period(10, 20), 1), Stretch(None, Period(20, 30), 2), Stretch(2, Period(40), 3)]


def test_a_policy_is_scheduled_before_in_force_in_and_ended_between_its_periods() -> None:
    assert [state_of(FOUND, at) for at in (9, 10, 19, 20, 29, 30, 39, 40)] == [
        "scheduled", "in_force", "in_force", "withdrawn", "withdrawn", "ended", "ended", "in_force",
    ]  # fmt: skip


def test_nothing_said_is_no_state_and_a_withdrawal_to_come_schedules_nothing() -> None:
    assert state_of([], 5) == "none"
    assert state_of([Stretch(None, Period(10), 1)], 5) == "none"


def test_the_points_are_the_bounds_without_the_end_of_time() -> None:
    assert change_points(FOUND) == [10, 20, 30, 40]
    assert change_points([Stretch(1, Period(5, FOREVER), 1)]) == [5]
