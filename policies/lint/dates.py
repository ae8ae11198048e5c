"""Dates in words that contradict the front matter."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Block, Page

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r"|sept)\.?"
_DATE = (
    rf"(?:(?P<m1>{_MONTH}) (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y1>\d{{4}})\b"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH}),? (?P<y2>\d{{4}})\b"
    r"|(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2})(?!\d)"
    r"|(?P<a4>\d{1,2})[/.](?P<b4>\d{1,2})[/.](?P<y4>\d{4})\b)"
)
_SUBJECT = (
    r"(?:this|these|the) (?:\w+ ){0,3}?(?:policy|policies|terms|agreement|statement|notice|rules?|guidelines?|document"
    r"|version|revision|addendum|code)(?: of \w+)?"
)
_IN_FORCE = (
    r"(?:(?:is|are|becomes?|will be(?:come)?|shall be(?:come)?) (?:effective|in (?:effect|force)|valid|applicable)"
    r"|(?:takes?|comes? into|goes? into|enters? into|will take|will come into|shall take|shall come into)"
    r" (?:effect|force)|applies|apply)"
)
_FROM = r"(?: (?:on|from|as of|as from|since|beginning(?: on)?|starting(?: on)?))?"
_LABEL = rf"(?:effective|in (?:effect|force)|valid)(?: date)?{_FROM}\s?[:：–—-]? ?{_DATE}"
_STATED = re.compile(rf"(?:version )?{_LABEL}\W*", re.I)
_OPENING = re.compile(_LABEL, re.I)
_SENTENCE = re.compile(rf"\b{_SUBJECT} {_IN_FORCE}{_FROM} {_DATE}", re.I)
_SIGN = re.compile(r"effect|force|valid|appl", re.I)


def _contradicting(page: Page) -> Iterator[Found]:
    calendar = page.draft.calendar
    begins = calendar.day(page.start)
    stated = page.draft.valid_from is not None
    near = timedelta(0 if stated and calendar.starts_day(page.start) else 1)  # a day of some time zone
    opening = next((block for block in page.shown() if block.kind != "heading"), None)
    for block in page.shown():
        if block.kind in ("cell", "header cell") or not _SIGN.search(block.words):
            continue
        for match, line in _statements(block, block is opening):
            dates = _dates(match)
            if dates and all(abs(day - begins) > near for day in dates):
                yield line, f"{quoted(match[0])} contradicts {_said(page)}"


def _statements(block: Block, opens: bool) -> Iterator[tuple[re.Match[str], int]]:
    """Where a block says when the policy begins: in a line of its own, or in a sentence about the policy."""
    words = block.words.replace("\xa0", " ")
    stated = False
    for number, line in enumerate(words.split("\n")):
        if match := _STATED.fullmatch(line.strip(" \t*_()[]")):
            stated = True
            yield match, block.line + number
    if stated:
        return
    words = words.replace("\n", " ")
    if opens and (match := _OPENING.match(words)):
        yield match, block.line
    for match in _SENTENCE.finditer(words):
        yield match, block.line_at(match.start())


def _said(page: Page) -> str:
    day = page.draft.calendar.day(page.start).isoformat()
    if page.draft.valid_from is None:
        return f"the start now, {day}: the front matter has no effective"
    return f"effective: {day} in the front matter"


def _dates(match: re.Match[str]) -> list[date]:
    """The dates that words may mean: two where day and month may be exchanged, none where there is no such day."""
    found = {key[0]: value for key, value in match.groupdict().items() if value}
    if "a" in found:
        year, a, b = int(found["y"]), int(found["a"]), int(found["b"])
        candidates = [(year, a, b), (year, b, a)]
    else:
        named = found["m"].lower()
        month = int(named) if named.isdigit() else next(n for n, name in enumerate(_MONTHS, 1) if name[:3] == named[:3])
        candidates = [(int(found["y"]), month, int(found["d"]))]
    dates = []
    for year, month, day in candidates:
        try:
            dates.append(date(year, month, day))
        except ValueError:
            continue
    return dates


RULES = (
    Rule(
        "other-date",
        "a date in words on which the policy is said to begin, and `effective` says otherwise",
        "Let both say the same day, or leave the day to the front matter",
        "Effective January 1, 2024\n\nDamaged items are eligible.",
        "Effective March 1, 2025\n\nItems that were bought after January 1, 2024 are eligible.",
        _contradicting,
    ),
)
