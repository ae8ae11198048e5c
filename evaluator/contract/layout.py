"""The layout of an answer: its bullets, sentences and words, each with its place in code points."""

import re
from dataclasses import dataclass
from itertools import pairwise

from indexer.text.sentences import sentences as whole_sentences

_BULLET = re.compile(r"^[ \t]*(?:[-*+•‣◦▪–]|\d{1,3}[.)])[ \t]+(?=\S)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_BETWEEN_SPACES = re.compile(r"(?<![^\s—])[^\s—]*\w[^\s—]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer: `start <= place < end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def bullets(text: str) -> list[Part]:
    """The items of lists, numbered ones and nested ones too, without their marks.

    An item goes on over the lines after it, up to the next item or a blank line. A line of three dashes is no item.
    """
    found, items = [], marks(text)
    for at, mark in enumerate(items):
        limit = items[at + 1].start() if at + 1 < len(items) else len(text)
        blank = _BLANK.search(text, mark.end(), limit)
        found.append(_trimmed(text, mark.end(), blank.start() if blank else limit))
    return found


def outside_bullets(text: str) -> list[Part]:
    """The lines that belong to no item of a list."""
    inside = {place for item in bullets(text) for place in range(item.start, item.end)}
    found, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip() and inside.isdisjoint(range(start, end)):
            found.append(_trimmed(text, start, end))
        start = end + 1
    return found


def sentences(text: str) -> list[Part]:
    """The sentences; the end of a list item, a heading or a paragraph ends one, with or without a mark."""
    found = []
    for block in _blocks(text):
        words = block.of(text)
        for start, end in whole_sentences(words):
            part = _trimmed(text, block.start + start, block.start + end)
            if _BETWEEN_SPACES.search(part.of(text)):
                found.append(part)
    return found


def words(text: str) -> list[Part]:
    """What stands between white space and holds a letter or a digit: `14:05` and `non-blocking` are one each."""
    places = marked(text)
    return [Part(*match.span()) for match in _BETWEEN_SPACES.finditer(text) if match.start() not in places]


def marks(text: str) -> list[re.Match[str]]:
    """The marks of list items, with the white space around them."""
    rules = {match.start() for match in _RULE.finditer(text)}
    return [match for match in _BULLET.finditer(text) if match.start() not in rules]


def marked(text: str) -> set[int]:
    """The places that marks of list items take up."""
    return {place for mark in marks(text) for place in range(*mark.span())}


def _blocks(text: str) -> list[Part]:
    items = {mark.span() for mark in marks(text)}
    ends = [match.span() for pattern in (_BLANK, _HEADING) for match in pattern.finditer(text)]
    edges = sorted({0, len(text), *(place for span in [*items, *ends] for place in span)})
    return [Part(*span) for span in pairwise(edges) if span not in items]


def _trimmed(text: str, start: int, end: int) -> Part:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Part(start, end)
