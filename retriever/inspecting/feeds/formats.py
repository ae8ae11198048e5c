"""Announcements as an Atom feed (RFC 4287) and as a calendar (RFC 5545). Equal announcements give equal bytes."""

import re
from datetime import date, datetime

from policies.calendar import Calendar
from policies.instant import Instant, to_datetime
from retriever.inspecting.feeds.announcements import KEPT, Announced, Announcement
from retriever.quoting.untrusted import one_line

NAME = "Policies: what comes next"

_NO_XML = re.compile("[\ufffe\uffff]")


def atom(found: Announced, now: Instant) -> bytes:
    """The changes, and the reviews that are overdue or due within 30 days; what changed last first.

    A review is news from 30 days before its date on, and again when its date is moved.
    """
    from feedgen.feed import FeedGenerator

    items = [(_news(item), item) for item in found.items if not item.review or item.at - KEPT <= now]
    feed = FeedGenerator()
    feed.id(f"urn:uuid:{found.id}")
    feed.title(NAME)
    feed.author({"name": "Asof"})
    feed.updated(to_datetime(max((updated for updated, _ in items), default=0)))
    for updated, item in sorted(items, key=lambda pair: (-pair[0], pair[1].at, pair[1].id)):
        entry = feed.add_entry(order="append")
        entry.id(f"urn:uuid:{item.id}")
        entry.title(_plain(item.summary))
        entry.updated(to_datetime(updated))
        entry.content(_plain(item.detail), type="text")
    made: bytes = feed.atom_str(pretty=True)
    return made


def calendar(found: Announced) -> bytes:
    """Each announcement at its date: all day where a day of the home's zone starts then, else at its instant.

    DTSTAMP and SEQUENCE are those of the event by which it became what it is, so both grow with each change of it.
    """
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Asof//What comes next//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", NAME)
    for item in found.items:
        event = Event()
        event.add("uid", f"{item.id}@asof")
        event.add("dtstamp", to_datetime(item.changed))
        event.add("last-modified", to_datetime(item.changed))
        event.add("sequence", item.tx)
        event.add("dtstart", _day_or_instant(item.at, found.calendar))
        event.add("transp", "TRANSPARENT")
        event.add("summary", _plain(item.summary))
        event.add("description", _plain(item.detail))
        made.add_component(event)
    return bytes(made.to_ical())


def _news(item: Announcement) -> Instant:
    return max(item.changed, item.at - KEPT) if item.review else item.changed


def _day_or_instant(at: Instant, calendar: Calendar) -> date | datetime:
    return calendar.day(at) if calendar.starts_day(at) else to_datetime(at)


def _plain(text: str) -> str:
    """The text on one line, with nothing that XML cannot hold."""
    return _NO_XML.sub("\ufffd", one_line(text))
