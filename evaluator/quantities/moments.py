"""Moments: times of day and dates as texts write them, compared by value: 2:05 pm is 14:05."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.quantities.dates import MONTH_OF, MONTHS

_TIME = re.compile(
    r"(?:(?<![\w.:-])|(?<=\dT))(?P<hour>[01]?\d|2[0-3])"
    r"(?:[:h](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)?(?!:?\d)"
    r"(?:[ \u00a0\u202f]?(?P<half>[ap])\.?m\b\.?)?"
    r"(?:[ \u00a0\u202f]?(?P<zone>UTC|GMT|Z|EST|EDT|CST|CDT|PST|PDT|CET|CEST|BST|JST)\b)?",
    re.IGNORECASE,
)
_MONTH = "|".join(f"{name}|{name[:3]}\\b\\.?" for name in map(str.title, MONTHS))
_DATE = re.compile(
    r"(?<![\w-])(?:(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)(?!\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})(?!\w)(?:,? (?P<y2>\d{{4}})\b)?"
    rf"|(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y3>\d{{4}})\b)?"
    r"|(?P<a4>\d{1,2})(?P<mark>[./])(?P<b4>\d{1,2})(?P=mark)(?P<y4>\d{4})(?!\d))"
)


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds since midnight on a clock; `zone` is None where the text names none."""

    seconds: int
    zone: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Day:
    """A date; `year` is None where the text names none, and `other` the second way to read 03/04/2025."""

    year: int | None
    month: int
    day: int
    start: int
    end: int
    other: tuple[int, int] | None = None


def times(text: str) -> Iterator[Time]:
    """Every time of day with minutes, or with am or pm."""
    for match in _TIME.finditer(text):
        hour, half = int(match["hour"]), (match["half"] or "").lower()
        if match["minute"] is None and not half:
            continue
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        zone = (match["zone"] or "").upper()
        seconds = hour * 3600 + int(match["minute"] or 0) * 60 + int(match["second"] or 0)
        yield Time(seconds, "UTC" if zone in ("GMT", "Z") else zone or None, *match.span())


def days(text: str) -> Iterator[Day]:
    """Every date with a day and a month, in figures or with the month's English name."""
    for match in _DATE.finditer(text):
        span = match.span()
        if match["y1"]:
            yield Day(int(match["y1"]), int(match["m1"]), int(match["d1"]), *span)
        elif name := match["m2"] or match["m3"]:
            year = match["y2"] or match["y3"]
            yield Day(int(year) if year else None, MONTH_OF[name[:3].lower()], int(match["d2"] or match["d3"]), *span)
        else:
            day, month = int(match["a4"]), int(match["b4"])
            if match["mark"] == "/" and month > 12:
                day, month = month, day
            unclear = match["mark"] == "/" and day <= 12 and day != month
            yield Day(int(match["y4"]), month, day, *span, (day, month) if unclear else None)
