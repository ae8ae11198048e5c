"""Numbers with the words after them as units, compared by value and not by spelling: 900 ms is 0.9 seconds.

Unlike `amounts`, this module knows no ranges, bounds or scales. Any word after a number may be its unit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from evaluator.quantities.amounts import IN_WORDS, spelled
from indexer.text.tokenizer import terms

_DIMENSIONS = {
    "time": {
        "0.001": "ms msec msecs millisecond milliseconds",
        "1": "s sec secs second seconds",
        "60": "min mins minute minutes",
        "3600": "h hr hrs hour hours",
        "86400": "d day days",
        "604800": "week weeks wk wks",
    },
    "bytes": {
        "1": "byte bytes",
        "1000": "kb kilobyte kilobytes",
        "1000000": "mb megabyte megabytes",
        "1000000000": "gb gigabyte gigabytes",
        "1000000000000": "tb terabyte terabytes",
    },
    "share": {"1": "% percent pct"},
    "US dollars": {"1": "$ usd dollar dollars"},
    "euros": {"1": "€ eur euro euros"},
    "pounds": {"1": "£ gbp"},
}
_UNITS = {
    name: (dimension, Decimal(factor))
    for dimension, rows in _DIMENSIONS.items()
    for factor, names in rows.items()
    for name in names.split()
}
_NUMBER = re.compile(
    r"(?:(?<!\w)(?P<money>[$€£]|(?:USD|EUR|GBP)[ ]?))?"
    r"(?<![\w.,:/@#-])(?P<number>[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)|"
    rf"\b(?:zero|{IN_WORDS})\b)(?!\d|[.,:/@#-]\d)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[ \u00a0\u202f-]?(%|[$€£]|[^\W\d_]+)(?:[ \u00a0\u202f-]([^\W\d_]+))?(?:[ \u00a0\u202f-]([^\W\d_]+))?"
)


@dataclass(frozen=True, slots=True)
class UnitNumber:
    """A number, the words after it (at most three), where it starts, and where it ends after each of them."""

    value: Decimal
    unit: tuple[str, ...]
    start: int
    ends: tuple[int, ...]

    def span(self, length: int) -> tuple[int, int]:
        """The place of the number with the first words of its unit."""
        return self.start, self.ends[min(length, len(self.ends) - 1)]

    def comparable(self, length: int) -> tuple[tuple[str, ...], Decimal]:
        """What is measured, by the first words of the unit, and how much of it in the dimension's own unit."""
        *before, last = self.unit[:length] or ("",)
        dimension, factor = _UNITS.get(last, (_stem(last), Decimal(1)))
        return (*map(_stem, before), dimension), self.value * factor


def unit_numbers(text: str) -> Iterator[UnitNumber]:
    """Every number of a text that is not part of a time, a date or an id."""
    for match in _NUMBER.finditer(text):
        words: tuple[str, ...] = ()
        ends = [match.end()]
        if match["money"]:
            words = (match["money"].strip().lower(),)
        elif unit := _UNIT.match(text, match.end()):
            words = tuple(word.lower() for word in unit.groups() if word)
            ends += [unit.end(number) for number in range(1, len(words) + 1)]
        yield UnitNumber(_value(match["number"]), words, match.start(), tuple(ends))


def _value(number: str) -> Decimal:
    if number[0].isalpha():
        return Decimal(int(spelled(number)))
    return Decimal(number.replace(",", "").replace("−", "-"))


def _stem(word: str) -> str:
    return next(iter(terms(word)), word)
