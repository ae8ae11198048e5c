"""The dates of a text as ranges of days: "5 March 2020" is one day, "March 2020" thirty-one, "2020" a year."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from evaluator.quantities.bounds import Bound, bound_of
from evaluator.quantities.quantity import Quantity
from evaluator.quantities.units import Kind

ANY_YEAR = 2000
"""A date without a year is kept as one of this year, which is a leap year."""

MONTHS = "january february march april may june july august september october november december".split()
MONTH_OF = {name[:length]: at for at, name in enumerate(MONTHS, start=1) for length in (3, 4, len(name))} | {"sept": 9}
_MONTH = "(?:" + "|".join(sorted(MONTH_OF, key=len, reverse=True)) + ")"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_SPACE, _COMMA = r"\s{1,3}", r"\s{0,3},?\s{0,3}"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(
    rf"\b(?=\d|{'|'.join(name[:3] for name in MONTHS)})(?:"  # each date begins so, and this is soon told
    rf"(?P<y1>{_YEAR})-(?P<n1>0[1-9]|1[0-2])-(?P<d1>0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|(?P<d2>{_DAY})(?:st|nd|rd|th)?{_SPACE}(?:of{_SPACE})?(?P<m2>{_MONTH})\b\.?(?:{_COMMA}(?P<y2>{_YEAR}))?(?!\w)"
    rf"|(?P<m3>{_MONTH})\b\.?{_SPACE}(?P<d3>{_DAY})(?:st|nd|rd|th)?(?![\w:%]|,\d)(?:{_COMMA}(?P<y3>{_YEAR})(?!\w))?"
    rf"|(?P<d7>{_DAY})\.(?P<n7>0?[1-9]|1[0-2])\.(?P<y7>{_YEAR})(?!\w)"
    rf"|(?P<d8>1[3-9]|2\d|3[01])/(?P<n8>0?[1-9]|1[0-2])/(?P<y8>{_YEAR})(?!\w)"
    rf"|(?P<n9>0?[1-9]|1[0-2])/(?P<d9>1[3-9]|2\d|3[01])/(?P<y9>{_YEAR})(?!\w)"
    rf"|(?P<m4>{_MONTH})\b\.?{_COMMA}(?P<y4>{_YEAR})(?!\w)"
    rf"|(?P<m5>{'|'.join(MONTHS)})(?!\w)"
    rf"|(?P<y6>{_YEAR})(?P<s>s)?(?![\w,]\d|\w|\.\d|\s*(?:%|percent))"
    r")",
    re.IGNORECASE,
)
_VERBS = ("may", "march")
"""Months that are verbs where they are written small: "staff at grade 8 may sign"."""

_MONTH_BEFORE = re.compile(
    r"\b(?:in|since|until|during|by|of|last|early|late|mid|from|through|and|before|after)[\s-]+$", re.I
)
_CERTAIN_BEFORE = re.compile(r"\b(?:in|since|during|by|early|late|mid)[\s-]*$", re.I)
_THINGS_AFTER = re.compile(r"\s+(?:[a-z-]+\s+)?[a-z]{3,}s\b")
_NO_THINGS = re.compile(r"\s+(?:was|is|has|as|its|his|series|sales|elections?|[a-z]+ess)\b")


def dates(text: str) -> list[Quantity]:
    """Every date of the text, in order; one without a year stands for that day or month of any year."""
    return list(_dates(text))


def _dates(text: str) -> Iterator[Quantity]:
    for match in _DATE.finditer(text):
        parts = {name[0]: value for name, value in match.groupdict().items() if value}
        year = int(parts["y"]) if "y" in parts else None
        month = int(parts["n"]) if "n" in parts else MONTH_OF[parts["m"].lower()] if "m" in parts else None
        day = int(parts["d"]) if "d" in parts else None
        start = match.start()
        if any(value in _VERBS for name, value in match.groupdict().items() if value and name[0] == "m"):
            continue
        if (match["m5"] and not _is_month(text, match)) or (match["y6"] and not _is_year(text, match)):
            continue
        days = _days(year, month, day, decade="s" in parts)
        if days is None:
            continue
        bound, begin = bound_of(text, start, match.end())
        if bound is Bound.ABOVE and text[begin:start].lower().startswith("over"):
            bound = Bound.EXACT  # "over 2019" is during it
        yield Quantity(start, match.end(), begin, Kind.DATE, "", *days, bound, anniversary=year is None)


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Whether a word is a month, as in "in May" and "since March", and not the verb "may" or "march"."""
    return match[0][0].isupper() and _MONTH_BEFORE.search(text[max(0, match.start() - 9) : match.start()]) is not None


def _is_year(text: str, match: re.Match[str]) -> bool:
    """Whether four digits are a year, as in "in 2020", and not a count, as in "2020 cases"."""
    if not _THINGS_AFTER.match(text, match.end()) or _NO_THINGS.match(text, match.end()):
        return True
    return _CERTAIN_BEFORE.search(text[max(0, match.start() - 8) : match.start()]) is not None


def _days(year: int | None, month: int | None, day: int | None, decade: bool) -> tuple[float, float] | None:
    """First and last day, as ordinals; None where there is no such day."""
    in_year = ANY_YEAR if year is None else year
    if month is None:
        last = in_year + 9 if decade else in_year
        return float(date(in_year, 1, 1).toordinal()), float(date(last, 12, 31).toordinal())
    longest = monthrange(in_year, month)[1]
    if day is not None and day > longest:
        return None
    first, last = (1, longest) if day is None else (day, day)
    return float(date(in_year, month, first).toordinal()), float(date(in_year, month, last).toordinal())


def moved(quantity: Quantity, year: int) -> Quantity:
    """A date without a year, in that year."""
    days = []
    for day in (date.fromordinal(int(end)) for end in (quantity.low, quantity.high)):
        longest = monthrange(year, day.month)[1]
        days.append(float(date(year, day.month, min(day.day, longest)).toordinal()))
    return replace(quantity, low=days[0], high=days[1], anniversary=False)
