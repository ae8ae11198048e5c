"""The numbers of a text: counts, percentages, money, durations, measures, ordinals and times, with offsets."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from evaluator.quantities.bounds import Bound, bound_of
from evaluator.quantities.fractions import fractions
from evaluator.quantities.quantity import Quantity
from evaluator.quantities.units import COUNT, SCALES, UNITS, Kind

_CARDINALS = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion
""".split()
_ORDINAL_WORDS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
    sixteenth seventeenth eighteenth nineteenth twentieth
""".split()
_ORDINALS = {word: float(value) for value, word in enumerate(_ORDINAL_WORDS, start=1)}
_OTHERS = {"once": 1.0, "twice": 2.0, "thrice": 3.0, "half a": 0.5, "half an": 0.5, "a": 1.0}

_CARDINAL = "|".join(_CARDINALS)
IN_WORDS = rf"(?:{_CARDINAL})(?:(?:[\s-]+|(?<=hundred)\s+and\s+|(?<=thousand)\s+and\s+)(?:{_CARDINAL})\b)*"
"""The pattern of a number in words, such as two hundred and fifty."""

_GROUPED = (
    r"\d{1,3}(?:(?:,\d{2,3})+(?<=,\d{3})(?:\.\d+)?|(?:[\u00a0\u202f\u2009 '’]\d{3})+(?![\d])(?:[.,]\d{1,2})?"
    r"|(?:\.\d{3}){2,}(?:,\d+)?|\.\d{3},\d{1,2})"
)
"""Digits with thousands apart: 1,000.50, 1 000, 1’000, 1.000.000 and 1.000,50."""

_NUMBER = re.compile(
    r"(?:(?<!\w)|(?=[$€£¥₹]))"  # no number begins within a word: said first, since it is soon told
    r"(?:(?P<symbol>(?:\b(?:US|AU?|CA?|NZ|HK|S))?\$|[€£¥₹]|\b(?:USD|EUR|GBP|CHF|AUD|CAD|NZD|JPY|SEK|NOK|DKK|PLN|INR|Rs)\b\.?)\s?)?"
    rf"(?:(?P<digits>(?<![\w.@#])(?<![A-Za-z][-–])(?:{_GROUPED}|\d+,\d{{1,2}}(?![\d,])|\d+(?:\.\d+)?))(?!\.?\d)"
    rf"|\b(?P<words>{IN_WORDS})\b"
    r"|\b(?P<other>once|twice|thrice|half\s+an?|a(?=\s+(?:hundred|thousand|million|billion|dozen)\b))\b"
    rf"|\b(?P<ordinal>{'|'.join(_ORDINALS)})\b)",
    re.IGNORECASE,
)
_SCALE = re.compile(rf"\s?(?:(?P<word>{'|'.join(name for name in SCALES if len(name) > 1)})|(?P<letter>[kmb]))\b", re.I)
_NTH = re.compile(r"(?:st|nd|rd|th)\b", re.I)
_CLOCK = re.compile(r"(?::(?P<minutes>[0-5]\d))?(?:\s?(?P<half>[ap])\.?\s?m\b\.?)?", re.I)
_UNIT = re.compile(
    r"(?:\s(?:full|whole|complete|completed|consecutive|successive))?[\s-]?(?P<name>%|[€£¥₹]|°\s?[CF]\b|(?:"
    + "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True) if name[0].isalpha())
    + r")\b)",
    re.I,
)
_PRONOUN_BEFORE = re.compile(r"\b(?:no|any|every|each|this|that|the|another|which|some)\s$", re.I)
_PRONOUN_AFTER = re.compile(r"\s*(?:of\b|another\b|who\b|that\b|can\b|is\b|[.,;?!]|$)", re.I)
_SPACES = re.compile("[\\s'’]")
_CONJUNCTION = re.compile(
    r"once\s+(?!(?:a|an|per|every|each|in)\s+(?:full\s+|calendar\s+)?(?:second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|lifetime|term))"
    r"(?:an?|the|all|any|every|each|you|we|they|it|he|she|your|our|their|its|this|that|these|those|\d+|[a-z]+\s+(?:is|are|has|have)\b)",
    re.IGNORECASE,
)
_AT = re.compile(r"\bat\s$", re.IGNORECASE)
_MINUS = re.compile(r"(?:^|[\s(])[-−]$")
_POINT_GROUP = re.compile(r"\d{1,3}\.\d{3}")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_COMMA_LAST = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_REPEATED = re.compile(r"\s?\(\s?(?P<digits>\d{1,6})\s?\)")
_TO = re.compile(r"\s*(?:to|[-–—])\s*", re.I)
_AND = re.compile(r"\s*and\s*", re.I)
_BETWEEN = re.compile(r"\b(?:between|from)\s+$", re.I)


def amounts(text: str) -> list[Quantity]:
    """Every quantity of the text but dates, in order. Numbers in a name, such as P-7, are not quantities."""
    found: list[Quantity] = []
    for quantity in _single(text):
        last = found[-1] if found else None
        if last is not None and (joined := _joined(text, last, quantity)):
            found[-1] = joined
        else:
            found.append(quantity)
    return found


def _single(text: str) -> Iterator[Quantity]:
    end = 0
    shares = fractions(text)
    numbers = (match for match in _NUMBER.finditer(text) if not _within(match.end() - 1, shares))
    found = [quantity for match in numbers if (quantity := _quantity(text, match)) is not None]
    for quantity in sorted([*shares, *found], key=lambda one: one.start):
        if quantity.start >= end:
            end = quantity.end
            bound, begin = bound_of(text, quantity.start, end)
            yield replace(quantity, bound=bound, begin=begin)


def _within(at: int, shares: list[Quantity]) -> bool:
    return any(one.start <= at < one.end for one in shares)


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    assert match.lastgroup
    start = match.start("symbol") if match["symbol"] else match.start(match.lastgroup)
    end = match.end()
    value = _value(match.lastgroup, match[match.lastgroup])
    once = (match["other"] or "").lower() == "once"
    if once and (_CONJUNCTION.match(text, match.start("other")) or _AT.search(text[max(0, start - 4) : start])):
        return None
    if match["digits"] and _MINUS.search(text[max(0, start - 2) : start]):
        start, value = start - 1, -value
    if match["ordinal"] or (nth := _NTH.match(text, end)):
        end = end if match["ordinal"] else nth.end()  # type: ignore[union-attr]
        return Quantity(start, end, start, Kind.ORDINAL, "", value, value)
    if match["digits"] and match["symbol"] and _POINT_GROUP.fullmatch(match["digits"]):
        value *= 1_000  # €1.000 has no tenth of a cent
    if match["digits"] and (clock := _CLOCK.match(text, end)) and clock.end() > end:
        hour = value if clock["half"] is None else value % 12 + 12 * (clock["half"].lower() == "p")
        minutes = hour * 60 + float(clock["minutes"] or 0)
        return Quantity(start, clock.end(), start, Kind.TIME, "", minutes, minutes)
    digits = match["digits"] or ""
    decimals = digits.rpartition(",")[2] if _DECIMAL_COMMA.fullmatch(digits) else digits.partition(".")[2]
    factor = 10.0 ** -len(decimals)
    scale = _SCALE.match(text, end)
    if scale and (scale["word"] or match["symbol"] or scale[0].lower() == "k"):
        times = SCALES[scale.group().strip().lower()]
        value, factor, end = value * times, factor * times, scale.end()
    if match["words"] and (again := _REPEATED.match(text, end)) and float(again["digits"]) == value:
        end = again.end()  # "thirty (30) days"
    unit = COUNT
    if match["symbol"]:
        unit = UNITS[match["symbol"].lower().rstrip(".")]
    elif named := _UNIT.match(text, end):
        name = " ".join(named["name"].lower().split())
        unit, end = UNITS[name.replace("° ", "°")], named.end()
    if unit is COUNT and (match["words"] or "").lower() == "one" and _stands_for_a_thing(text, start, end):
        return None
    value, factor = value * unit.factor, factor * unit.factor
    return Quantity(start, end, start, unit.kind, unit.base, value, value, Bound.EXACT, factor)


def _value(group: str, written: str) -> float:
    if group == "digits":
        return figures(written)
    if group == "words":
        return spelled(written)
    words = " ".join(written.lower().replace("-", " ").split())
    return _OTHERS[words] if group == "other" else _ORDINALS[words]


def figures(written: str) -> float:
    """The value of a number in figures, whichever marks part its thousands and its decimals."""
    plain = _SPACES.sub("", written)
    if _DECIMAL_COMMA.fullmatch(plain) or (plain.count(".") > 1 or _COMMA_LAST.fullmatch(plain)):
        return float(plain.replace(".", "").replace(",", "."))
    return float(plain.replace(",", ""))


@lru_cache(maxsize=4096)
def spelled(written: str) -> float:
    """The value of a number in words; two numbers side by side, such as nineteen ninety-five, are read as a year."""
    from text_to_num import text2num

    parts = written.lower().replace("-", " ").split()
    for cut in (len(parts), 1):
        try:
            head, rest = float(text2num(" ".join(parts[:cut]), "en")), " ".join(parts[cut:])
            return 100 * head + float(text2num(rest, "en")) if rest else head
        except ValueError:
            continue
    return float(text2num(parts[0], "en"))


def _stands_for_a_thing(text: str, start: int, end: int) -> bool:
    """Whether "one" is a pronoun."""
    before = _PRONOUN_BEFORE.search(text[max(0, start - 9) : start])
    return before is not None or _PRONOUN_AFTER.match(text, end) is not None


def _joined(text: str, first: Quantity, second: Quantity) -> Quantity | None:
    """ "7 to 10 days" as one quantity, the first number in the unit of the second; None where they are two."""
    between = text[first.end : second.start]
    if first.kind not in (second.kind, Kind.NUMBER) or second.bound is not Bound.EXACT or len(between) > 8:
        return None
    if not _TO.fullmatch(between) and not (
        _AND.fullmatch(between) and _BETWEEN.search(text[max(0, first.start - 12) : first.start])
    ):
        return None
    low = first.low if first.kind is second.kind else first.low * _worth(text, second)
    if low >= second.high or second.kind is Kind.TIME:
        return None
    return replace(first, end=second.end, kind=second.kind, base=second.base, low=low, high=second.high)


def _worth(text: str, quantity: Quantity) -> float:
    """How many base units one unit of the quantity is."""
    match = _NUMBER.match(text, quantity.start)
    value = _value(match.lastgroup, match[match.lastgroup]) if match and match.lastgroup else 0.0
    return quantity.low / value if value else 1.0
