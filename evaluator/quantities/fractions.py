"""Shares and lengths in words: half of, three quarters, 2½, a week, a quarter of an hour, basis points."""

import re
from collections.abc import Iterable, Iterator, Sequence

from evaluator.quantities.bounds import Bound
from evaluator.quantities.quantity import Quantity
from evaluator.quantities.units import UNITS, Kind

_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_TIMES = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9, "": 1}
_SIGNS = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8}
_LENGTHS = "second minute hour day week fortnight month year decade".split()
_LENGTH = "|".join(_LENGTHS)
_SHARE = re.compile(
    r"\b(?:(?P<times>a|an|one|two|three|four|five|seven|nine)[\s-]+)?(?P<part>half|halve|third|quarter|fifth|sixth|eighth|tenth)s?"
    rf"(?:\s+(?:of\s+)?(?:an?\s+)?(?P<unit>{_LENGTH})s?\b(?!\s+of)|(?P<of>\s+(?:of\b|the\b)))",
    re.IGNORECASE,
)
_MIXED = re.compile(
    rf"(?<![\w.,])(?:(?P<digits>\d{{1,4}})\s?)?(?P<sign>[{''.join(_SIGNS)}])(?:\s(?P<unit>{_LENGTH})s?\b)?"
)
_POINTS = re.compile(r"(?<![\w.,])(?P<digits>\d{1,5}(?:\.\d+)?)\s(?:basis\s+points?|bps?)\b", re.IGNORECASE)
_ONE = re.compile(
    rf"\b(?P<article>an?)\s+(?:full\s+|whole\s+|calendar\s+)?(?P<unit>{_LENGTH})\b(?!['’-])", re.IGNORECASE
)
_ONCE = re.compile(r"\b(?:(?:a|one)\s+single\s+time|one\s+time|just\s+once)\b(?!\s+(?:code|password))", re.IGNORECASE)
_TIMES_THE = re.compile(r"\b(?P<times>double|triple)(?=\s+(?:the|that|this|its|their|your|our)\b)", re.IGNORECASE)
_RATE_BEFORE = re.compile(
    r"(?:\d[\d.,]*\s?(?:%|[€£$]|\w{1,12})?|%|[€£$]|\b(?:once|twice|times|day|days|week|weeks|hour|hours|month|months|per|thing|pay|paid"
    r"|dollars?|euros?|pounds?|percent|rate|half|quarter|free|least|most))\s*$",
    re.IGNORECASE,
)
_LENGTH_BEFORE = re.compile(
    r"\b(?:within|for|after|before|of|in|than|to|lasts?|takes?|is|up|exceeds?|over|under|every|about|once|last|next|wait)\s+$",
    re.IGNORECASE,
)


_IN_SHARES, _IN_ONCE, _IN_TIMES, _IN_POINTS = (
    tuple(name[:3] for name in _PARTS),
    ("time", "once"),
    ("double", "triple"),
    ("basis", "bp"),
)
"""Letters of which a text in ASCII has some wherever the pattern for these matches; that is sooner told."""


def fractions(text: str) -> list[Quantity]:
    """The shares, mixed numbers and lengths of one unit of a text, in order; shares are percentages."""
    found: list[Quantity] = []
    for quantity in sorted(_all(text), key=lambda one: (one.start, -one.end)):
        if not found or found[-1].end <= quantity.start:
            found.append(quantity)
    return found


def _all(text: str) -> Iterator[Quantity]:
    lowered = text.lower() if text.isascii() else None
    for match in _matches(_SHARE, _IN_SHARES, text, lowered):
        value = _TIMES[(match["times"] or "").lower()] / _PARTS[match["part"].lower()]
        if match["unit"]:
            yield _length(match.start(), match.end(), value, match["unit"])
        elif value < 1:
            yield Quantity(match.start(), match.start("of"), match.start(), Kind.PERCENT, "%", 100 * value, 100 * value)
    for match in _MIXED.finditer(text) if lowered is None else ():
        value = float(match["digits"] or 0) + _SIGNS[match["sign"]]
        if match["unit"]:
            yield _length(match.start(), match.end(), value, match["unit"])
        else:
            yield Quantity(match.start(), match.end(), match.start(), Kind.NUMBER, "", value, value, factor=0.01)
    for match in _matches(_ONCE, _IN_ONCE, text, lowered):
        yield Quantity(match.start(), match.end(), match.start(), Kind.NUMBER, "", 1.0, 1.0)
    for match in _matches(_TIMES_THE, _IN_TIMES, text, lowered):
        value = 2.0 if match["times"].lower() == "double" else 3.0
        yield Quantity(match.start(), match.end(), match.start(), Kind.NUMBER, "", value, value)
    for match in _matches(_POINTS, _IN_POINTS, text, lowered):
        value = float(match["digits"]) / 100
        yield Quantity(match.start(), match.end(), match.start(), Kind.PERCENT, "%", value, value, factor=0.01)
    for match in _matches(_ONE, _LENGTHS, text, lowered):
        before = text[max(0, match.start() - 24) : match.start()]
        of = text[match.end() : match.end() + 4].startswith(" of ")
        if (of or _LENGTH_BEFORE.search(before)) and not _RATE_BEFORE.search(before):
            yield _length(match.start(), match.end(), 1.0, match["unit"])


def _matches(
    pattern: re.Pattern[str], needed: Sequence[str], text: str, lowered: str | None
) -> Iterable[re.Match[str]]:
    if lowered is None or any(letters in lowered for letters in needed):
        return pattern.finditer(text)
    return ()


def _length(start: int, end: int, value: float, unit: str) -> Quantity:
    of = UNITS[unit.lower()]
    return Quantity(start, end, start, of.kind, of.base, value * of.factor, value * of.factor, Bound.EXACT, of.factor)
