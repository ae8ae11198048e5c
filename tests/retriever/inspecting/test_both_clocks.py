"""What both clocks say before and after a change, in periods."""

from policies.event import NOTHING, Event, Paint
from policies.instant import FOREVER, parse_instant
from policies.period import Period
from policies.timeline import PolicyTimeline
from retriever.inspecting.both_clocks import told


def day(text: str) -> int:
    return parse_instant(text)


def event(tx: int, *paints: tuple[str, str | None, int | None]) -> Event:
    painted = tuple(
        Paint(Period(day(start), FOREVER if end is None else day(end)), revision, day(start), True)
        for start, end, revision in paints
    )
    return Event(tx, day("2025-06-01") + tx, "publish", "P-7", tx, painted, None, None, "")


def changes(before: PolicyTimeline, after: PolicyTimeline) -> list[tuple[str, str | None, str, str]]:
    return [
        (it["valid_from"][:10], it["valid_to"] and it["valid_to"][:10], it["was"], it["becomes"])
        for it in told(before, after)
    ]


def test_only_what_is_answered_otherwise_is_told_and_neighbours_are_one_period() -> None:
    """Revision 2 covers May of revision 1 in two paints, and the withdrawal from July on stays."""
    before = PolicyTimeline("P-7").painted([event(1, ("2025-01-01", None, 1)), event(2, ("2025-07-01", None, None))])
    after = before.painted([event(3, ("2025-05-01", "2025-05-10", 2), ("2025-05-10", "2025-06-01", 2))])
    assert changes(before, after) == [("2025-05-01", "2025-06-01", "P-7@1", "P-7@2")]
    assert changes(before, before) == []


def test_what_was_never_said_is_nothing_and_what_was_withdrawn_is_withdrawn() -> None:
    before = PolicyTimeline("P-7").painted([event(1, ("2025-01-01", "2025-03-01", 1), ("2025-03-01", None, None))])
    after = before.painted([event(2, ("2025-01-01", None, NOTHING))])
    assert changes(PolicyTimeline("P-7"), before) == [
        ("2025-01-01", "2025-03-01", "nothing", "P-7@1"),
        ("2025-03-01", None, "nothing", "withdrawn"),
    ]
    assert changes(before, after) == [
        ("2025-01-01", "2025-03-01", "P-7@1", "nothing"),
        ("2025-03-01", None, "withdrawn", "nothing"),
    ]
