"""Announcements as a feed and as a calendar, read back by other programs' readers."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from policies.calendar import UTC_CALENDAR
from policies.change import Configure, Describe, Withdraw
from policies.instant import parse_instant
from retriever.inspecting.feeds.announcements import Announced, Announcement, announced
from retriever.inspecting.feeds.formats import atom, calendar
from tests.retriever.homes import Home

NOW = parse_instant("2025-02-01")
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 to be reviewed on 2025-02-20, P-7@2 from 2025-03-01T09:00Z, P-8@1 withdrawn since 2025-01-10."""
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2024-11-01", review_by="2025-02-20")
    home.publish("P-7", "Ninety days.", "2025-03-01T09:00:00Z", recorded="2024-12-01", title="A <b> & \u202e")
    home.publish("P-8", "Gifts.", "2024-01-01", recorded="2025-01-01", review_by="2025-06-01")
    home.publish("S-1", "Secret.", "2025-04-01", recorded="2025-01-02", audience="[legal]")
    home.write(Withdraw("P-8", parse_instant("2025-01-10")), recorded="2025-01-03")
    return home


def entries(home: Home, *labels: str, now: str = "2025-02-01") -> list[tuple[str | None, str | None]]:
    at = parse_instant(now)
    feed = ElementTree.fromstring(atom(announced(home.asof.ledger, at, labels or None), at))
    found = feed.findall("a:entry", ATOM)
    return [(entry.findtext("a:updated", None, ATOM), entry.findtext("a:title", None, ATOM)) for entry in found]


def test_the_feed_has_what_was_decided_last_first_and_reviews_when_they_come_near(shop: Home) -> None:
    told = [
        ("2025-01-21T00:00:00+00:00", "P-7@1 is to be reviewed: Title of P-7"),
        ("2025-01-03T00:00:00+00:00", "P-8@1 is withdrawn: Title of P-8"),
        ("2025-01-02T00:00:00+00:00", "S-1@1 begins: Title of S-1"),
        ("2024-12-01T00:00:00+00:00", "P-7@2 begins: A <b> & \\u202e"),
    ]
    assert entries(shop) == told
    assert entries(shop, "public") == [told[0], told[1], told[3]]
    assert "P-7@1 is to be reviewed: Title of P-7" not in [title for _, title in entries(shop, now="2025-01-20")]


def test_the_calendar_has_each_at_its_date(shop: Home) -> None:
    made = Calendar.from_ical(calendar(announced(shop.asof.ledger, NOW, ("public",))))
    assert [(str(each["summary"]), each["dtstart"].dt) for each in made.walk("VEVENT")] == [
        ("P-8@1 is withdrawn: Title of P-8", date(2025, 1, 10)),
        ("P-7@1 is to be reviewed: Title of P-7", date(2025, 2, 20)),
        ("P-7@2 begins: A <b> & \\u202e", datetime(2025, 3, 1, 9, tzinfo=UTC)),
    ]
    text = str(next(iter(made.walk("VEVENT")))["description"])
    assert text == "P-8@1 is withdrawn from 2025-01-10 on."


def test_what_changes_an_entry_moves_its_dates_and_its_number_in_both(shop: Home) -> None:
    def revised() -> tuple[str | None, str, datetime, datetime, int]:
        found = announced(shop.asof.ledger, NOW, ("public",))
        entry = next(
            it for it in Calendar.from_ical(calendar(found)).walk("VEVENT") if "reviewed" in str(it["summary"])
        )
        [updated] = [updated for updated, title in entries(shop, "public") if title and "P-7@1" in title]
        return updated, str(entry["uid"]), entry["dtstamp"].dt, entry["last-modified"].dt, int(entry["sequence"])

    first = revised()
    assert (first[0], first[2:]) == ("2025-01-21T00:00:00+00:00", (*[datetime(2024, 11, 1, tzinfo=UTC)] * 2, 1))
    shop.write(Describe("P-7", review_by=parse_instant("2025-02-25")), recorded="2025-01-30")
    moved = datetime(2025, 1, 30, tzinfo=UTC)
    assert revised() == ("2025-01-30T00:00:00+00:00", first[1], moved, moved, 6)


def test_equal_announcements_are_equal_bytes_and_ids_stay(shop: Home) -> None:
    first, later = (announced(shop.asof.ledger, at, ("public",)) for at in (NOW, NOW + 1))
    assert (atom(first, NOW), calendar(first)) == (atom(later, NOW + 1), calendar(later))
    shop.publish("P-9", "New.", "2025-05-01")
    again = announced(shop.asof.ledger, NOW, ("public",))
    assert {item.id for item in first.items} < {item.id for item in again.items}


def test_nothing_to_announce_is_an_empty_feed(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    found = announced(home.asof.ledger, NOW)
    assert b"<entry>" not in atom(found, NOW)
    assert b"VEVENT" not in calendar(found)


def test_days_are_those_of_the_home_s_zone(home: Home) -> None:
    home.write(Configure(timezone="America/New_York"), recorded="2025-01-01")
    home.publish("P-7", "Seven days.", "2025-03-01T05:00:00Z", recorded="2025-01-02", until="2025-04-01T04:00:00Z")
    found = announced(home.asof.ledger, NOW)
    assert [item.detail for item in found.items] == [
        "P-7@1 begins on 2025-03-01 00:00 America/New_York = 2025-03-01T05:00:00Z, through 2025-03-31 "
        "America/New_York = until 2025-04-01T04:00:00Z.",
        "P-7@1 is no longer in force from 2025-04-01 00:00 America/New_York = 2025-04-01T04:00:00Z on.",
    ]
    events = Calendar.from_ical(calendar(found)).walk("VEVENT")
    assert [event["dtstart"].dt for event in events] == [date(2025, 3, 1), date(2025, 4, 1)]


def test_what_xml_cannot_hold_and_what_would_end_a_line_is_made_plain() -> None:
    title = "A\x07\ud800\ufffe\r\nEND:VCALENDAR"  # an imported title may hold any character
    said = Announcement("1", NOW, NOW, 1, review=False, summary=title, detail="Words.")
    found = Announced("0", UTC_CALENDAR, (said,))
    [entry] = ElementTree.fromstring(atom(found, NOW)).findall("a:entry", ATOM)
    assert entry.findtext("a:title", None, ATOM) == "A\\x07\\ud800\ufffd END:VCALENDAR"
    [event] = Calendar.from_ical(calendar(found)).walk("VEVENT")
    assert str(event["summary"]) == "A\\x07\\ud800\ufffd END:VCALENDAR"
