"""What a quotation leaves out of its sentence where that turns it: bounds, conditions, negations, dates, frames.

The words are English ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.text.sentences import sentences


def _words(*patterns: str, end: str = "") -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)}){end}", re.IGNORECASE)


KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "bound",
        _words(
            r"up to",
            r"at (?:most|least)",
            r"(?:no |not )?(?:more|less|later|earlier|fewer|longer) than",
            r"not exceeding",
            r"an? (?:maximum|minimum) of",
            r"(?:only|over|under|below|above|within|between|about|approximately|roughly|nearly|almost)",
            r"the first",
            end=r"\W*\Z",
        ),
    ),
    (
        "condition",
        _words(
            r"unless",
            r"only (?:if|where|when)",
            r"if",
            r"except(?:ing)?(?: for| where| when| if)?",
            r"with the exception of",
            r"excluding",
            r"other than",
            r"apart from",
            r"save for",
            r"provided(?: that)?",
            r"(?:as|so) long as",
            r"on (?:the )?condition",
            r"subject to",
            r"but not",
            end=r"\b",
        ),
    ),
    (
        "negation",
        re.compile(r"\b(?:not|no|never|nobody|none|nor|neither|cannot|prohibited|forbidden)\b|n['’]t\b", re.I),
    ),
    (
        "date",
        _words(
            r"(?:until|till|from|since|as of|before|after|by|through|during|in|on) (?:[^.;,]{0,24}\b)?\d{4}", end=r"\b"
        ),
    ),
    (
        "frame",
        _words(
            r"(?:a |the )?(?:myth|rumou?r|mistake|misunderstanding)\b",
            r"(?:not true|untrue|false|wrong|mistaken)\b",
            r"(?:once|formerly|previously|used to|no longer)\b",
            r"(?:say|says|said|claims?|claimed|believes?|believed|thinks?|assumes?|argues?|suggests?) that\b",
            r"(?:allegedly|supposedly|proposed|would have)\b",
        ),
    ),
)
"""The kinds of words that turn a sentence where they are left out, in the order in which they are told. A bound counts
where it stands right before the quotation."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The whole sentences around a quotation, and what of them was left out: kinds with their words."""

    sentence: str
    cut: tuple[tuple[str, str], ...]


def cut_off(text: str, start: int, end: int) -> CutOff:
    """What the quotation `[start, end)` of a text leaves out of the sentences in which it begins and ends."""
    first, last = start, end
    for begins, until in sentences(text):
        if begins <= start < until:
            first = begins
        if begins < end <= until:
            last = until
    before, after = text[first:start], text[end:last]
    return CutOff(" ".join(text[first:last].split()), tuple(_turning(before, after)))


def _turning(before: str, after: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in KINDS:
        if kind == "bound":
            if match := pattern.search(before):
                yield kind, match[0].strip()
            continue
        for side in (before, after):
            if match := pattern.search(side):
                yield kind, " ".join(side[match.start() :].split()[:12]) if side is after else match[0].strip()
                break
