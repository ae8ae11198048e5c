"""Bounds: how "more than", "at least", "under" or "or more" beside a number widen it to a range."""

import math
import re
from enum import StrEnum

REACH = 40
"""How many characters beside a number are looked at."""

TOLERANCE = 0.1
"""How far "about 100" and "nearly 100" reach, as a share of the number."""


class Bound(StrEnum):
    """What the words beside a number say about it."""

    EXACT = "exactly"
    ABOVE = "more than"
    AT_LEAST = "at least"
    BELOW = "less than"
    AT_MOST = "at most"
    ABOUT = "about"
    NEARLY = "nearly"


_WORDS_BEFORE = {
    Bound.AT_LEAST: r"at\s+least|reach(?:es|ed|ing)?|(?:no|not)\s+(?:less|fewer|earlier|lower|sooner)\s+than|"
    r"(?:a\s+)?minimum(?:\s+of)?|≥|>=|not\s+(?:under|below|before)",
    Bound.AT_MOST: r"at\s+most|(?:no|not)\s+(?:more|later|longer|greater|higher)\s+than|"
    r"not\s+(?:over|after|exceed(?:ing)?)|up\s+to|as\s+(?:many|much|long|late|high)\s+as|"
    r"(?:a\s+)?maximum(?:\s+of)?|within|inside|≤|<=",
    Bound.ABOVE: r"(?:more|greater|higher|larger|longer|older|later|better|bigger|heavier|taller|wider|deeper|faster)"
    r"\s+than|over|above|exceed(?:s|ed|ing)?|in\s+excess\s+of|upwards\s+of|surpass(?:es|ed|ing)?|after|"
    r"(?<!the\s)past|beyond|>",
    Bound.BELOW: r"not\s+yet\s+(?:turned\s+)?|"
    r"(?:less|fewer|lower|smaller|shorter|younger|earlier|worse|lighter|slower|cheaper)\s+than|"
    r"under|below|before|prior\s+to|<",
    Bound.NEARLY: r"nearly|almost|close\s+to",
    Bound.ABOUT: r"about|around|approximately|approx\.?|roughly|some|circa|c\.|~|estimated(?:\s+at)?",
}
_BEFORE = re.compile(
    r"(?<!\w)(?:" + "|".join(f"(?P<{bound.name}>{words})" for bound, words in _WORDS_BEFORE.items()) + ")"
    r"\s*(?:(?:the|a|an|its|their|total|of|just|only)\s+){0,3}[(\[]?\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:[^\W\d][\w-]*\s+){0,2}?(?:"
    r"(?P<AT_LEAST>or\s+(?:more|above|over|higher|older|longer|later|greater)|and\s+(?:above|over|up|older)|upwards|at\s+(?:the\s+)?least)"
    r"|(?P<AT_MOST>(?:or|and)\s+(?:less|fewer|below|under|lower|younger|earlier|shorter)|at\s+(?:the\s+)?most))\b",
    re.IGNORECASE,
)


def bound_of(text: str, start: int, end: int) -> tuple[Bound, int]:
    """The bound that the words beside `text[start:end]` give, and where the first of these words begins."""
    before = text[max(0, start - REACH) : start]
    found = _BEFORE.search(before)
    if found and found.lastgroup and Bound[found.lastgroup] is not Bound.ABOUT:
        return Bound[found.lastgroup], start - len(before) + found.start()
    if (after := _AFTER.match(text, end, end + REACH)) and after.lastgroup:
        return Bound[after.lastgroup], start
    return (Bound.ABOUT, start - len(before) + found.start()) if found else (Bound.EXACT, start)


def bounded(low: float, high: float, bound: Bound, step: float = 0.0) -> tuple[float, float]:
    """The closed range of values that a number from `low` to `high` allows under its bound.

    `step` is the distance to the next value, such as 1 for days; 0 stands for the smallest distance of floats.
    """
    above = high + step if step else math.nextafter(high, math.inf)
    below = low - step if step else math.nextafter(low, -math.inf)
    slack = 0.0 if step else TOLERANCE
    return {
        Bound.EXACT: (low, high),
        Bound.ABOVE: (above, math.inf),
        Bound.AT_LEAST: (low, math.inf),
        Bound.BELOW: (-math.inf, below),
        Bound.AT_MOST: (-math.inf, high),
        Bound.ABOUT: (low - slack * abs(low), high + slack * abs(high)),
        Bound.NEARLY: (low - slack * abs(low), below),
    }[bound]
