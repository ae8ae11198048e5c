"""The same file published again after the time zone of its home has changed."""

import itertools
from collections.abc import Callable
from datetime import date
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.change import Configure, Correct, Publish
from policies.errors import ChangeRefused, DraftError
from policies.event import Event
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import parse_draft
from policies.storage.ledger_store import LedgerStore

Record = Callable[..., list[Event]]

ZONES = sorted(available_timezones() - {"Factory", "localtime"})

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


def test_file_corrects_what_it_was_recorded_as_by_a_zone_of_before(moved: Ledger, record: Record) -> None:
    right = parse_draft(FILE.replace("eligible", "replaced"), "p7.md", moved.calendar)
    [event] = record(moved, Correct(VersionId("P-7", 1), right))
    assert period(event) == (parse_instant("2025-03-01T00:00:00Z"), parse_instant("2026-01-01T00:00:00Z"))
    same = parse_draft(FILE, "p7.md", moved.calendar)
    with pytest.raises(ChangeRefused, match="P-7@1 was corrected by P-7@2"):
        record(moved, Correct(VersionId("P-7", 1), same))
    other = parse_draft(FILE.replace("03-01", "03-02"), "p7.md", moved.calendar)
    with pytest.raises(DraftError, match="begins 2025-03-02 00:00 America/New_York = 2025-03-02T05:00:00Z, and P-7@2"):
        record(moved, Correct(VersionId("P-7", 2), other))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_no_change_of_zones_makes_a_file_another(zones: list[str], day: date) -> None:
    ledger = Ledger(LedgerStore.in_memory(), itertools.count(parse_instant("2025-06-01"), 1_000_000).__next__)
    text = f"---\npolicy: P-7\ntitle: T\neffective: {day}\nthrough: {day}\nreview_by: {day}\n---\nWords.\n"
    [step] = ledger.propose([publish(ledger, text)]).steps
    ledger.record(ledger.propose([publish(ledger, text)]), [[]], "none")
    for zone in zones:
        ledger.record(ledger.propose([Configure(timezone=zone)]), [], "none")
        proposal = ledger.propose([publish(ledger, text)])
        assert (proposal.steps, [version.number for version in proposal.unchanged]) == ((), [1])
    [event] = [event for event in ledger.events() if event.kind == "publish"]
    assert event.painted == step.event.painted
    ledger.close()


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
