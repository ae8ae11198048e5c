"""A timeline painted anew without some events, also where an earlier version recorded them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from policies.amending.repainting import painted_anew, repaint
from policies.change import Load, Publish, Restore, Withdraw
from policies.event import NOTHING, Event, Paint
from policies.instant import parse_instant
from policies.period import Period

MakeDraft = Callable[..., Any]


def day(text: str) -> int:
    return parse_instant(text)


def shown(events: list[Event], *without: int) -> list[tuple[str, int | None]]:
    """The start of each cell of a timeline painted anew, with its revision."""
    top = painted_anew("P-7", events, without).timeline.top
    return [(f"2025-{(cell.valid.start - day('2025-01-01')) // 86_400_000_000:03}", cell.revision) for cell in top]


def test_without_nothing_undone_it_is_the_recorded_timeline(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Gifts.", "2025-02-01", "2025-03-01")))
    paper.record(Withdraw("P-7", day("2025-05-01")))
    paper.record(Restore("P-7", day("2025-06-01")))
    anew = painted_anew("P-7", paper.events["P-7"])
    assert anew.events == tuple(paper.events["P-7"])
    assert anew.timeline.top == paper.timeline.policies["P-7"].top
    assert repaint(paper.timeline.policies["P-7"], anew.timeline) == ()


def test_publish_that_replaced_what_was_scheduled_does_so_again(paper: Any, draft: MakeDraft) -> None:
    """Day 181 is 1 July, day 59 is 1 March, and day 243 is 1 September."""
    paper.record(Publish(draft("One.", "2025-07-01")))
    paper.record(Publish(draft("Two.", "2025-03-01"), replace_scheduled=True))
    paper.record(Publish(draft("Three.", "2025-09-01")))
    assert shown(paper.events["P-7"]) == [("2025-059", 2), ("2025-243", 3)]
    assert shown(paper.events["P-7"], 3) == [("2025-059", 2)]
    assert shown(paper.events["P-7"], 2) == [("2025-181", 1), ("2025-243", 3)]
    older = [replace(event, replace_scheduled=False) for event in paper.events["P-7"]]
    assert shown(older, 3) == [("2025-059", 2)]


def test_restore_of_an_earlier_version_is_asked_again_from_where_it_painted(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    paper.record(Withdraw("P-7", day("2025-05-01")))
    paper.record(Restore("P-7", day("2025-07-01")))
    older = [replace(event, start=None) for event in paper.events["P-7"]]
    assert shown(older, 2) == [("2025-000", 1), ("2025-120", None), ("2025-181", 1)]


def test_row_of_an_import_keeps_its_own_period(paper: Any, draft: MakeDraft) -> None:
    """Day 59 is 1 March; the row ends there because its successor starts, which was undone alone."""
    first, second = draft("One.", "2025-01-01", "2025-03-01"), draft("Two.", "2025-03-01")
    paper.record(Load(first, 1, False, day("2025-03-01")), Load(second, 2, False, None))
    paper.record(Publish(draft("Three.", "2025-02-01", "2025-02-10")))
    assert shown(paper.events["P-7"], 3) == [("2025-000", 1), ("2025-059", 2)]
    assert painted_anew("P-7", paper.events["P-7"], (2,)).timeline.top[-1].valid == Period(
        day("2025-02-10"), day("2025-03-01")
    )


def test_periods_that_say_nothing_any_more_are_painted_as_one(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Gifts.", "2025-02-01", "2025-03-01")))
    wanted = painted_anew("P-7", paper.events["P-7"], (1, 2)).timeline
    january = day("2025-01-01")
    assert repaint(paper.timeline.policies["P-7"], wanted) == (Paint(Period(january), NOTHING, january, False),)
