"""Painting, and asking what is in force. Days are single digits here: day 3 is [3, 4), recorded at 100, 200..."""

import numpy as np

from policies.event import GENESIS, Event, Kind, Paint
from policies.instant import FOREVER
from policies.period import Period
from policies.revision import VersionId
from policies.timeline import InForce, PolicyTimeline, Timeline, publish_periods, restored_paint


def event(
    tx: int,
    painted: list[Paint],
    revision: int | None = None,
    kind: Kind = "publish",
    recorded_at: int | None = None,
    policy_id: str = "P-7",
    audience: tuple[str, ...] = ("public",),
) -> Event:
    """An event recorded at tx * 100 unless told otherwise."""
    at = tx * 100 if recorded_at is None else recorded_at
    return Event(tx, at, kind, policy_id, revision, tuple(painted), None, None, GENESIS, audience=audience)


def base(tx: int, revision: int, start: int, end: int = FOREVER) -> Event:
    return event(tx, [Paint(Period(start, end), revision, start, True)], revision)


def overlay(tx: int, revision: int, start: int, end: int) -> Event:
    return event(tx, [Paint(Period(start, end), revision, start, False)], revision)


def withdrawal(tx: int, start: int, end: int = FOREVER) -> Event:
    return event(tx, [Paint(Period(start, end), None, start, end == FOREVER)], kind="withdraw")


def painted(*events: Event) -> PolicyTimeline:
    return PolicyTimeline("P-7").painted(events)


def shown(timeline: PolicyTimeline) -> list[tuple[int, int, int | None]]:
    return [(cell.valid.start, cell.valid.end, cell.revision) for cell in timeline.top]


def restored(*events: Event, start: int) -> list[tuple[int, int, int | None, int]]:
    """The pieces that a restore repaints: start, end, revision, origin."""
    return [
        (paint.period.start, paint.period.end, paint.revision, paint.origin)
        for paint in restored_paint(painted(*events), events, start)
    ]


# Painting


def test_later_paint_covers_earlier_paint_within_its_own_period_only() -> None:
    timeline = painted(base(1, 1, 0), overlay(2, 2, 3, 5))
    assert shown(timeline) == [(0, 3, 1), (3, 5, 2), (5, FOREVER, 1)]
    assert [(cell.valid, cell.known, cell.revision) for cell in timeline.covered] == [
        (Period(3, 5), Period(100, 200), 1)
    ]


def test_paint_over_several_cells_leaves_their_outer_parts() -> None:
    timeline = painted(base(1, 1, 0), overlay(2, 2, 3, 5), overlay(3, 3, 4, 7))
    assert shown(timeline) == [(0, 3, 1), (3, 4, 2), (4, 7, 3), (7, FOREVER, 1)]


def test_paint_on_bare_ground_leaves_the_gaps_bare() -> None:
    timeline = painted(overlay(1, 1, 6, 8), overlay(2, 2, 0, 2), overlay(3, 3, 3, 6))
    assert shown(timeline) == [(0, 2, 2), (3, 6, 3), (6, 8, 1)]
    assert timeline.in_force(2, 300) is None
    assert timeline.in_force(8, 300) is None


def test_painting_changes_no_earlier_timeline() -> None:
    before = painted(base(1, 1, 0))
    after = before.painted([overlay(2, 2, 3, 5)])
    assert shown(before) == [(0, FOREVER, 1)]
    assert len(after.top) == 3


def test_painting_one_by_one_or_all_at_once_is_the_same() -> None:
    events = [base(1, 1, 0), overlay(2, 2, 3, 5), withdrawal(3, 4), base(4, 3, 6)]
    one_by_one = PolicyTimeline("P-7")
    for each in events:
        one_by_one = one_by_one.painted([each])
    assert one_by_one == painted(*events)


def test_paint_covered_within_its_own_commit_was_never_seen() -> None:
    first = event(1, [Paint(Period(0), 1, 0, True)], 1, recorded_at=100)
    second = event(2, [Paint(Period(0), 2, 0, True)], 2, recorded_at=100)
    timeline = painted(first, second)
    assert shown(timeline) == [(0, FOREVER, 2)]
    assert timeline.covered == ()


def test_history_lists_every_cell_by_when_it_was_recorded() -> None:
    timeline = painted(base(1, 1, 0), overlay(2, 2, 3, 5))
    assert [(cell.known.start, cell.valid.start, cell.revision) for cell in timeline.history()] == [
        (100, 0, 1),
        (100, 3, 1),
        (100, 5, 1),
        (200, 3, 2),
    ]


# In force


def test_backdated_revision_is_invisible_before_it_was_recorded() -> None:
    timeline = painted(base(1, 1, 0), base(2, 2, 3))
    assert timeline.in_force(4, 199) == InForce("P-7", 1, Period(0))
    assert timeline.in_force(4, 200) == InForce("P-7", 2, Period(3))
    assert timeline.in_force(4, 99) is None


def test_revision_is_in_force_from_its_start_until_just_before_its_end() -> None:
    timeline = painted(overlay(1, 1, 3, 5))
    found = [timeline.in_force(at, 100) for at in (2, 3, 4, 5)]
    assert [None if said is None else said.revision for said in found] == [None, 1, 1, None]


def test_withdrawn_is_said_and_is_not_the_same_as_nothing_said() -> None:
    timeline = painted(base(1, 1, 0), withdrawal(2, 4))
    assert timeline.in_force(4, 200) == InForce("P-7", None, Period(4))
    assert timeline.in_force(-1, 200) is None


def test_valid_period_joins_neighbouring_cells_of_one_revision() -> None:
    hole = [base(1, 1, 0), withdrawal(2, 3, 5)]
    mended = painted(*hole).painted([event(3, restored_paint(painted(*hole), hole, 3), kind="restore")])
    assert len(mended.top) == 3
    assert mended.in_force(4, 300) == InForce("P-7", 1, Period(0))
    assert mended.in_force(4, 200) == InForce("P-7", None, Period(3, 5))


def test_valid_period_stops_at_an_overlay_and_at_a_gap() -> None:
    timeline = painted(overlay(1, 1, 0, 9), overlay(2, 2, 3, 5), overlay(3, 1, 12, 14))
    assert timeline.in_force(1, 300) == InForce("P-7", 1, Period(0, 3))
    assert timeline.in_force(6, 300) == InForce("P-7", 1, Period(5, 9))


def test_next_change_is_the_first_instant_at_which_something_else_holds() -> None:
    timeline = painted(overlay(1, 1, 2, 6), overlay(2, 2, 4, 6), overlay(3, 3, 8, 9))
    assert [timeline.next_change(at, 300) for at in (0, 2, 5, 6, 7, 8, 9)] == [2, 4, 6, 8, 8, 9, None]
    assert timeline.next_change(0, 99) is None
    assert painted(base(1, 1, 0)).next_change(5, 100) is None


def test_next_revision_passes_over_withdrawals() -> None:
    timeline = painted(base(1, 1, 0), withdrawal(2, 4), base(3, 2, 7))
    assert timeline.next_revision(2, 300) == InForce("P-7", 2, Period(7))
    assert timeline.next_revision(2, 200) is None
    assert timeline.next_revision(-1, 300) == InForce("P-7", 1, Period(0, 4))


def test_next_revision_is_never_the_one_already_in_force() -> None:
    hole = [base(1, 1, 0), withdrawal(2, 3, 5)]
    mended = painted(*hole).painted([event(3, restored_paint(painted(*hole), hole, 3), kind="restore"), base(4, 2, 8)])
    assert mended.next_revision(1, 300) is None
    assert mended.next_revision(1, 400) == InForce("P-7", 2, Period(8))


# All policies


def test_in_force_over_all_policies_is_the_publish_tx_of_each_revision() -> None:
    events = [
        base(1, 1, 0),
        event(2, [Paint(Period(2), 1, 2, True)], 1, policy_id="P-8"),
        base(3, 2, 5),
        withdrawal(4, 7),
    ]
    timeline = Timeline().extended(events)
    asked = [(1, 400), (3, 400), (5, 299), (5, 300), (7, 399), (7, 400), (7, 0)]
    assert [timeline.in_force(*at).tolist() for at in asked] == [[1], [1, 2], [1, 2], [2, 3], [2, 3], [2], []]
    assert timeline.in_force(1, 400).dtype == np.int64


def test_timeline_without_events_has_nothing_in_force() -> None:
    assert Timeline().in_force(0, 0).tolist() == []
    assert (Timeline().tx, Timeline().recorded_at) == (0, 0)


def test_timeline_carries_the_last_tx_and_when_it_was_recorded() -> None:
    timeline = Timeline().extended([base(1, 1, 0), base(2, 2, 5)])
    assert (timeline.tx, timeline.recorded_at) == (2, 200)
    assert timeline.extended([]) == timeline


def test_each_revision_is_found_by_the_tx_that_published_it() -> None:
    timeline = Timeline().extended([base(1, 1, 0), withdrawal(2, 3), base(3, 2, 5)])
    assert timeline.table.txs.tolist() == [1, 3]
    assert [timeline.table.version(row) for row in (0, 1)] == [VersionId("P-7", 1), VersionId("P-7", 2)]
    assert [event.tx for event in timeline.revisions("P-7")] == [1, 3]
    assert timeline.revisions("P-9") == []


def test_restored_revision_answers_with_the_tx_that_published_it() -> None:
    events = [base(1, 1, 0), withdrawal(2, 3)]
    again = event(3, restored_paint(painted(*events), events, 6), kind="restore")
    timeline = Timeline().extended([*events, again])
    assert [timeline.in_force(at, 300).tolist() for at in (2, 5, 6)] == [[1], [], [1]]


def test_audience_is_the_latest_word_whatever_was_known() -> None:
    published = [base(1, 1, 0), event(2, [], 1, kind="restrict", audience=("legal",))]
    assert Timeline().extended(published[:1]).audience(VersionId("P-7", 1)) == ("public",)
    assert Timeline().extended(published).audience(VersionId("P-7", 1)) == ("legal",)


def test_revision_restricted_to_no_label_at_all_is_readable_by_nobody() -> None:
    timeline = Timeline().extended([base(1, 1, 0), event(2, [], 1, kind="restrict", audience=())])
    assert timeline.audience(VersionId("P-7", 1)) == ()


def test_erased_revision_keeps_its_colour() -> None:
    timeline = Timeline().extended([base(1, 1, 0), event(2, [], 1, kind="erase")])
    assert timeline.erased == {VersionId("P-7", 1)}
    assert timeline.in_force(5, 200).tolist() == [1]


# What a publish paints


def test_bounded_publish_paints_exactly_its_period() -> None:
    timeline = painted(base(1, 1, 0), overlay(2, 2, 3, 5), withdrawal(3, 6))
    assert publish_periods(timeline, 2, 8) == [Period(2, 8)]


def test_open_ended_publish_on_bare_ground_paints_for_good() -> None:
    assert publish_periods(PolicyTimeline("P-7"), 2, None) == [Period(2)]


def test_open_ended_publish_stops_at_the_next_scheduled_start() -> None:
    timeline = painted(base(1, 1, 0), base(2, 2, 6), base(3, 3, 9))
    assert publish_periods(timeline, 4, None) == [Period(4, 6)]
    assert publish_periods(timeline, 6, None) == [Period(6, 9)]
    assert publish_periods(timeline, 10, None) == [Period(10)]


def test_open_ended_publish_stops_at_a_withdrawal_for_good() -> None:
    assert publish_periods(painted(base(1, 1, 0), withdrawal(2, 6)), 4, None) == [Period(4, 6)]


def test_replacing_what_is_scheduled_stops_nowhere() -> None:
    timeline = painted(base(1, 1, 0), base(2, 2, 6), withdrawal(3, 9))
    assert publish_periods(timeline, 4, None, replace_scheduled=True) == [Period(4)]


def test_start_that_was_painted_over_stops_nothing() -> None:
    timeline = painted(base(1, 1, 0), base(2, 2, 6), base(3, 3, 5))
    assert publish_periods(timeline, 4, None) == [Period(4, 5)]
    covered = painted(base(1, 1, 0), base(2, 2, 6), withdrawal(3, 3))
    assert publish_periods(covered, 2, None) == [Period(2, 3)]


def test_bounded_rules_that_start_inside_stay_on_top() -> None:
    timeline = painted(base(1, 1, 0), overlay(2, 2, 3, 5), overlay(3, 3, 7, 8))
    assert publish_periods(timeline, 1, None) == [Period(1, 3), Period(5, 7), Period(8)]
    assert publish_periods(timeline, 3, None) == [Period(5, 7), Period(8)]
    assert publish_periods(timeline, 1, None, replace_scheduled=True) == [Period(1, 3), Period(5, 7), Period(8)]


def test_bounded_rule_that_started_before_is_covered() -> None:
    assert publish_periods(painted(base(1, 1, 0), overlay(2, 2, 3, 8)), 5, None) == [Period(5)]


def test_withdrawal_with_an_end_that_starts_inside_stays_on_top() -> None:
    assert publish_periods(painted(base(1, 1, 0), withdrawal(2, 3, 5)), 1, None) == [Period(1, 3), Period(5)]


# What a restore paints


def test_restore_brings_back_what_the_withdrawal_hides() -> None:
    assert restored(base(1, 1, 0), withdrawal(2, 4), start=4) == [(4, FOREVER, 1, 0)]


def test_restore_from_later_leaves_the_time_between_withdrawn() -> None:
    assert restored(base(1, 1, 0), withdrawal(2, 4), start=6) == [(6, FOREVER, 1, 6)]


def test_restore_ends_where_a_withdrawal_with_an_end_does() -> None:
    assert restored(base(1, 1, 0), withdrawal(2, 4, 8), start=6) == [(6, 8, 1, 0)]


def test_restore_brings_back_overlays_too_and_all_of_the_rule_starts_where_it_comes_back() -> None:
    events = (base(1, 1, 0), overlay(2, 2, 6, 7), withdrawal(3, 2))
    assert restored(*events, start=4) == [(4, 6, 1, 4), (6, 7, 2, 6), (7, FOREVER, 1, 4)]


def test_restore_leaves_alone_what_was_published_over_the_withdrawal() -> None:
    events = (base(1, 1, 0), withdrawal(2, 2), overlay(3, 2, 5, 7))
    assert restored(*events, start=0) == [(2, 5, 1, 0), (7, FOREVER, 1, 0)]


def test_restore_where_nothing_is_hidden_paints_nothing() -> None:
    assert restored(base(1, 1, 0), start=0) == []
    assert restored(base(1, 1, 0), withdrawal(2, 4, 6), start=6) == []


def test_restore_where_nothing_lies_beneath_paints_nothing() -> None:
    assert restored(overlay(1, 1, 0, 4), withdrawal(2, 2), start=4) == []


def test_newest_rule_shows_after_a_restored_overlay_never_the_restored_rule_again() -> None:
    events = [base(1, 1, 0), overlay(2, 2, 6, 7), withdrawal(3, 2)]
    events.append(event(4, restored_paint(painted(*events), events, 4), kind="restore"))
    assert publish_periods(painted(*events), 4, None) == [Period(4, 6), Period(7)]


def test_mended_hole_does_not_stop_a_later_publish() -> None:
    events = [base(1, 1, 0), withdrawal(2, 4, 6)]
    events.append(event(3, restored_paint(painted(*events), events, 4), kind="restore"))
    assert publish_periods(painted(*events), 1, None) == [Period(1)]


def test_restore_scheduled_for_later_is_a_start_that_stops_a_publish() -> None:
    events = [base(1, 1, 0), withdrawal(2, 4)]
    events.append(event(3, restored_paint(painted(*events), events, 8), kind="restore"))
    assert publish_periods(painted(*events), 1, None) == [Period(1, 4)]
    assert publish_periods(painted(*events), 5, None) == [Period(5, 8)]
    assert publish_periods(painted(*events), 8, None) == [Period(8)]


def test_next_change_is_the_first_bound_past_an_instant_as_known() -> None:
    timeline = Timeline().extended([base(1, 1, 5), overlay(2, 2, 7, 9)])
    assert [timeline.next_change(after, 200) for after in (0, 5, 7, 9)] == [5, 7, 9, None]
    assert timeline.next_change(0, 100) == 5
    assert timeline.next_change(9, 100) is None
    assert timeline.next_change(0, 99) is None  # nothing is known yet
    assert Timeline().next_change(0, 0) is None


def test_withdrawn_policies_are_those_withdrawn_then_as_known_then_the_last_first() -> None:
    def of(policy_id: str, tx: int, start: int, end: int = FOREVER) -> list[Event]:
        paint = Paint(Period(start, end), None, start, end == FOREVER)
        first = Paint(Period(0), 1, 0, True)
        published = event(tx, [first], 1, policy_id=policy_id)
        return [published, event(tx + 1, [paint], kind="withdraw", policy_id=policy_id)]

    timeline = Timeline().extended([*of("P-1", 1, 3), *of("P-2", 3, 5, 8), *of("P-3", 5, 9)])
    assert list(timeline.withdrawn(6, 600)) == ["P-2", "P-1"]
    assert list(timeline.withdrawn(9, 600)) == ["P-3", "P-1"]
    assert list(timeline.withdrawn(6, 300)) == ["P-1"]
    assert list(timeline.withdrawn(2, 600)) == []
    assert list(Timeline().withdrawn(2, 600)) == []
