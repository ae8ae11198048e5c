"""Days of a time zone, and instants and periods in the words of people.

Programs get instants in UTC (RFC 3339). People read days: a period names its last day, since "until 2026-01-01" leaves
a doubt about that day.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from policies.instant import FOREVER, Instant, day_start, format_instant, to_datetime

_NOT_PLACES = frozenset(("Factory", "localtime"))
"""Names in a database of zones that mean another zone on another machine, or none."""

_OFFSET = re.compile(r"[+-]\d|\d$")
"""The sign of Etc/GMT+5 is the contrary of the one that people write: such names are taken, and not proposed."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one time zone, by which dates are read and told."""

    zone: tzinfo = UTC

    @classmethod
    def of(cls, name: str) -> "Calendar":
        """The calendar of a zone by its IANA name; ValueError names the nearest names of an unknown one."""
        return cls(_zone(name))

    @property
    def name(self) -> str:
        """The zone's IANA name."""
        return self.zone.key if isinstance(self.zone, ZoneInfo) else "UTC"

    def day(self, at: Instant) -> date:
        """The day on which an instant lies; that of UTC in those hours that begin or end all years."""
        try:
            return self._local(at).date()
        except OverflowError:
            return to_datetime(at).date()

    def starts_day(self, at: Instant) -> bool:
        """Whether a day starts at an instant."""
        return at < FOREVER and day_start(self.day(at), self.zone) == at

    def instant(self, at: Instant) -> str:
        """A point of valid time: its day, with the time where no day starts. Beside another zone than UTC, UTC too."""
        if self.zone is UTC:
            return self._moment(at)
        try:
            return f"{_time(self._local(at))} {self.name} = {format_instant(at)}"
        except OverflowError:
            return format_instant(at)

    def brief(self, at: Instant) -> str:
        """A point of valid time where the zone is named beside it: its day, with the time where no day starts."""
        try:
            return self._moment(at)
        except OverflowError:
            return format_instant(at)

    def brief_end(self, end: Instant) -> str:
        """How a period goes on where the zone is named beside it: `through` a day, `until` an instant, or `on`."""
        try:
            return self._end(end)
        except OverflowError:
            return f"until {format_instant(end)}"

    def brief_period(self, start: Instant, end: Instant = FOREVER) -> str:
        """A period where the zone is named beside it."""
        return f"from {self.brief(start)} {self.brief_end(end)}"

    def recorded(self, at: Instant) -> str:
        """A point of transaction time, to the second: in UTC whatever the zone, which is named where it is another."""
        return recorded_in_utc(at) if self.zone is UTC else f"{format_instant(at)[:19]}Z"

    def recorded_period(self, start: Instant, end: Instant = FOREVER) -> str:
        """A period of transaction time: in UTC whatever the zone, which is named where that is another."""
        return f"from {self.recorded(start)} {'on' if end >= FOREVER else f'until {self.recorded(end)}'}"

    def period(self, start: Instant, end: Instant = FOREVER) -> str:
        """A period `[start, end)`: through its last day where it ends with one, else until an instant.

        Beside another zone than UTC, its instants in UTC too.
        """
        try:
            told = f"from {self._moment(start)} {self._end(end)}"
        except OverflowError:
            return in_utc(start, end)
        return told if self.zone is UTC else f"{told} {self.name} = {in_utc(start, end).removeprefix('from ')}"

    def end(self, end: Instant) -> str:
        """How a period goes on whose start is told elsewhere: `through` a day, `until` an instant, or `on`."""
        if end >= FOREVER:
            return "on"
        try:
            told = self._end(end)
        except OverflowError:
            return f"until {format_instant(end)}"
        return told if self.zone is UTC else f"{told} {self.name} = until {format_instant(end)}"

    def _end(self, end: Instant) -> str:
        if end >= FOREVER:
            return "on"
        return f"through {self.day(end - 1).isoformat()}" if self.starts_day(end) else f"until {self._moment(end)}"

    def _local(self, at: Instant) -> datetime:
        return to_datetime(at).astimezone(self.zone)

    def _moment(self, at: Instant) -> str:
        """Its day, or its day and time to the second."""
        local = self._local(at)
        return local.date().isoformat() if self.starts_day(at) else _time(local)


def _time(local: datetime) -> str:
    """A day and time to the minute, or to the second where that is no whole minute."""
    return f"{local.date()} {local.time().isoformat('seconds' if local.second else 'minutes')}"


UTC_CALENDAR = Calendar()


def recorded_in_utc(at: Instant) -> str:
    """A point of transaction time where UTC is understood: its day where one starts, else to the second."""
    return format_instant(at)[:10] if UTC_CALENDAR.starts_day(at) else format_instant(at)[:19].replace("T", " ")


def in_utc(start: Instant, end: Instant = FOREVER) -> str:
    """A period by its instants in UTC: for words beside which nobody knows of a calendar."""
    return f"from {format_instant(start)} {'on' if end >= FOREVER else f'until {format_instant(end)}'}"


@lru_cache
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    if name in _names():
        return ZoneInfo(name)
    towns = {place.rpartition("/")[2].lower(): place for place in sorted(_names()) if not _OFFSET.search(place)}
    places = towns | {place.lower(): place for place in towns.values()}
    asked = name.strip().lower().replace(" ", "_")
    near = [] if _OFFSET.search(asked) else get_close_matches(asked, places, n=3, cutoff=0.8)
    named = list(dict.fromkeys(places[place] for place in near))
    nearest = f"did you mean {' or '.join(named)}?" if named else "write an IANA name, such as Europe/Berlin"
    raise ValueError(f"{name!r} is no time zone; {nearest}")


@lru_cache
def _names() -> frozenset[str]:
    """The zones of this machine's database, or of the package `tzdata` where it has none."""
    return frozenset(available_timezones()) - _NOT_PLACES
