"""The same file published again after the time zone of its home has changed."""

from collections.abc import Callable

import pytest

from policies.change import Configure, Publish
from policies.event import Event
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.sources.draft import parse_draft

Record = Callable[..., list[Event]]

FILE = """---
policy: P-7
title: Damaged items
effective: 2025-03-01
through: 2025-12-31
review_by: 2025-10-01
---
Damaged items are eligible.
"""


def publish(ledger: Ledger, text: str = FILE) -> Publish:
    return Publish(parse_draft(text, "p7.md", ledger.calendar))


@pytest.fixture
def moved(ledger: Ledger, record: Record) -> Ledger:
    """P-7@1 recorded while dates were read in UTC; they are read in New York since."""
    record(ledger, publish(ledger))
    record(ledger, Configure(timezone="America/New_York"))
    return ledger


def period(event: Event) -> tuple[int, int]:
    return event.painted[0].period.start, event.painted[-1].period.end


def test_no_recorded_instant_changes_with_the_zone(moved: Ledger) -> None:
    [first] = [event for event in moved.events() if event.kind == "publish"]
    assert period(first) == (parse_instant("2025-03-01T00:00:00Z"), parse_instant("2026-01-01T00:00:00Z"))
    said = moved.timeline().policies["P-7"].in_force(parse_instant("2025-03-01T00:00:00Z"), moved.head()[1])
    assert said is not None
    assert said.revision == 1


def test_file_recorded_by_a_zone_of_before_is_no_change(moved: Ledger, record: Record) -> None:
    proposal = moved.propose([publish(moved)])
    assert [str(version) for version in proposal.unchanged] == ["P-7@1"]
    assert record(moved, publish(moved)) == []
    record(moved, Configure(timezone="Asia/Kathmandu"))
    assert record(moved, publish(moved)) == []


def test_file_that_names_a_zone_is_read_anew(moved: Ledger, record: Record) -> None:
    named = FILE.replace("title:", "timezone: America/New_York\ntitle:")
    [event] = record(moved, publish(moved, named))
    assert (event.revision, period(event)) == (
        2,
        (parse_instant("2025-03-01T05:00:00Z"), parse_instant("2026-01-01T05:00:00Z")),
    )
    record(moved, Configure(timezone="UTC"))
    assert record(moved, publish(moved, named)) == []


def test_other_dates_or_words_are_a_revision_by_the_zone_of_now(moved: Ledger, record: Record) -> None:
    for text in (FILE.replace("03-01", "04-01"), FILE.replace("eligible", "replaced")):
        [event] = record(moved, publish(moved, text))
        assert period(event)[1] == parse_instant("2026-01-01T05:00:00Z")
