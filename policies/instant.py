"""Instants on either clock: microseconds since 1970-01-01T00:00:00Z, as plain integers.

Text is parsed once, at the edge, and formatted once, on the way out; in between, instants compare and
sort as integers.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TypeAlias

Instant: TypeAlias = int
"""Microseconds since the Unix epoch, UTC."""

FOREVER: Instant = 253_402_300_800_000_000
"""The end of year 9999: as an end it means "no end", and no instant reaches it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = _EPOCH.replace(tzinfo=None)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)


def now() -> Instant:
    """The machine's clock."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; say which one, for example with UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def parse_instant(text: str, zone: tzinfo = UTC) -> Instant:
    """The instant named by a date (its start in the zone) or an RFC 3339 date-time; ValueError says what is wrong.

    A leap second (`23:59:60` UTC at the end of a month) is the first instant of the next day, as POSIX
    time has it. Digits past the microsecond are dropped.
    """
    text = text.strip()
    if _DATE.fullmatch(text):
        return _start(_calendar(text, text).date(), zone, text)
    match = _DATE_TIME.fullmatch(text)
    if not match:
        raise ValueError(
            f"{text!r} is neither a date such as 2025-03-01 nor an RFC 3339 instant such as 2025-03-01T09:00:00Z"
        )
    day, hour, minute, second, fraction, offset = match.groups()
    if offset is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z or an offset such as +01:00")
    if int(hour) > 23 or int(minute) > 59 or int(second) > 60:
        raise ValueError(f"{text!r} is not a time of day")
    shift = _offset(offset, text)
    local = from_datetime(_calendar(day, text).replace(tzinfo=UTC))
    leap = second == "60"
    whole = local + ((int(hour) * 60 + int(minute)) * 60 + (59 if leap else int(second))) * 1_000_000 - shift
    if leap:
        whole += 1_000_000
        if whole % 86_400_000_000 or (whole < FOREVER and to_datetime(whole).day != 1):
            raise ValueError(f"{text!r}: a leap second is only ever 23:59:60 UTC on the last day of a month")
    micros = 0 if leap else int(((fraction or "") + "000000")[:6])
    instant = whole + micros
    if not _EARLIEST <= instant < FOREVER:
        raise ValueError(f"{text!r} lies outside the years 0001 to 9999")
    return instant


def parse_last_day(text: str, zone: tzinfo = UTC) -> Instant:
    """The end of a period whose last day is named: where the next day starts in the zone; ValueError for an instant."""
    text = text.strip()
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is no day such as 2025-12-31; where a period ends at an instant, give until")
    day = _calendar(text, text).date()
    if day == date.max:
        raise ValueError(f"{text!r} is the last day there is; leave it out where there is no end")
    return _start(day + timedelta(days=1), zone, text)


def day_start(day: date, zone: tzinfo = UTC) -> Instant:
    """The first instant of a day in a zone: its 00:00.

    Where 00:00 comes twice, that is the earlier one. Where clocks skip it, that is the instant at which they do so; a
    day that is skipped whole starts where the next one does.
    """
    if zone is UTC:
        return from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = midnight.replace(fold=1)
    # Where clocks skip it, `fold` 0 has the offset from before, and 1 the one from then on. So the former is later.
    start, least = _on_the_clock(midnight), _on_the_clock(after)
    while least < start:
        middle = (least + start) // 2
        if _offset_at(middle, zone) == after.utcoffset():
            start = middle
        else:
            least = middle + 1
    return start


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant before FOREVER."""
    return _EPOCH + timedelta(microseconds=instant)


@lru_cache(maxsize=16_384)  # a history of 5,000 revisions names 10,000 instants, each several times
def format_instant(instant: Instant) -> str:
    """RFC 3339 in UTC, with microseconds only where there are any: `2025-03-01T00:00:00Z`."""
    return f"{(_EPOCH_WITHOUT_ZONE + timedelta(microseconds=instant)).isoformat()}Z"


def format_end(instant: Instant) -> str | None:
    """A period's end, or None where it has none."""
    return None if instant >= FOREVER else format_instant(instant)


def _start(day: date, zone: tzinfo, text: str) -> Instant:
    start = day_start(day, zone)
    if not _EARLIEST <= start < FOREVER:
        raise ValueError(f"{text!r} lies outside the years 0001 to 9999 in UTC")
    return start


def _on_the_clock(moment: datetime) -> Instant:
    """The instant at which clocks show a moment, by the offset that it has."""
    offset = moment.utcoffset() or timedelta(0)
    return (moment.replace(tzinfo=None) - _EPOCH_WITHOUT_ZONE - offset) // timedelta(microseconds=1)


def _offset_at(instant: Instant, zone: tzinfo) -> timedelta | None:
    return to_datetime(instant).astimezone(zone).utcoffset()


def _calendar(day: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(day)  # a day that matched _DATE; strptime takes far longer
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar") from None


def _offset(offset: str, text: str) -> int:
    if offset in "Zz":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} has an impossible offset from UTC")
    return (1 if offset[0] == "+" else -1) * (hours * 60 + minutes) * 60_000_000


_EARLIEST = from_datetime(datetime(1, 1, 1, tzinfo=UTC))
