"""Instants on either clock: microseconds since 1970-01-01T00:00:00Z, as plain integers.

Text is parsed once, at the edge, and formatted once, on the way out; in between, instants compare and
sort as integers.
"""

import re
from datetime import UTC, datetime, timedelta
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


def parse_instant(text: str) -> Instant:
    """The instant named by a date (its 00:00 UTC) or an RFC 3339 date-time; ValueError says what is wrong.

    A leap second (`23:59:60` UTC at the end of a month) is the first instant of the next day, as POSIX
    time has it. Digits past the microsecond are dropped.
    """
    text = text.strip()
    if _DATE.fullmatch(text):
        return from_datetime(_calendar(text, text).replace(tzinfo=UTC))
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


def to_datetime(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant before FOREVER."""
    return _EPOCH + timedelta(microseconds=instant)


@lru_cache(maxsize=32_768)  # the periods of a long history name each instant several times
def format_instant(instant: Instant) -> str:
    """RFC 3339 in UTC, with microseconds only where there are any: `2025-03-01T00:00:00Z`."""
    return f"{(_EPOCH_WITHOUT_ZONE + timedelta(microseconds=instant)).isoformat()}Z"


def format_end(instant: Instant) -> str | None:
    """A period's end, or None where it has none."""
    return None if instant >= FOREVER else format_instant(instant)


def _calendar(day: str, text: str) -> datetime:
    try:
        return datetime.strptime(day, "%Y-%m-%d")
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
