"""Governed texts: evidence with the words that govern it before each of its sentences, as a claim would say it.

A list item says "vouchers from a supplier", and its lead-in "Staff must never accept:". Only together do they say
something that a claim can be compared with.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.sentences import sentences
from indexer.text.words import WORD_CHARACTER

_LINE_OF_ITS_OWN = re.compile(r"\n\s*\n|\n(?=[ \t>]*(?:[-*+•|]|\(?\w{1,4}[.)])[ \t])")
"""Between paragraphs, and before what is marked as a list item or a table's row."""

_MARK = re.compile(r"[ \t\n>]*(?:(?:[-*+•]|\(?\w{1,4}[.)])[ \t]+)?")

_INTRODUCING = ":：—–-"

Context = Sequence[Sequence[str]]
"""For each text of some evidence the words that govern it, the outermost first. It may end early: the rest has none."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a governed text comes from: a text of the evidence, from `start` on. `head` is the length before it."""

    text: int
    start: int
    head: int


@dataclass(frozen=True, slots=True)
class GovernedTexts:
    """The texts to be compared with a claim, and where each comes from."""

    texts: tuple[str, ...]
    origins: tuple[_Origin, ...]

    @classmethod
    def of(cls, evidence: Sequence[str], context: Context, run_on: bool = False) -> "GovernedTexts":
        """The evidence under its context. With `run_on`, what introduces it runs on into it without a colon."""
        texts, origins = [], []
        for number, text in enumerate(evidence):
            head = _head(context[number], run_on) if number < len(context) else ""
            for start, end in _sentences(text) if head else [(0, len(text))]:
                texts.append(head + text[start:end])
                origins.append(_Origin(number, start, len(head)))
        return cls(tuple(texts), tuple(origins))

    def place(self, place: Place) -> Place | None:
        """A place in these texts as one of the evidence; None where it lies in governing words."""
        origin = self.origins[place.text]
        start, end = max(place.start, origin.head), place.end
        if end <= start:
            return None
        shift = origin.start - origin.head
        return Place(origin.text, start + shift, end + shift)

    def findings(self, found: Sequence[SupportFinding]) -> tuple[SupportFinding, ...]:
        """Findings in these texts, with their places in the evidence."""
        return tuple(it if it.place is None else replace(it, place=self.place(it.place)) for it in found)


def _head(context: Sequence[str], run_on: bool) -> str:
    said = [" ".join(text.split()) for text in context]
    if run_on:
        said = [text.rstrip(_INTRODUCING).rstrip() for text in said]
    return "".join(f"{text} " for text in said if text)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text stand, without white space and list marks; no list item or row goes on."""
    begun = 0
    for end in (*(match.end() for match in _LINE_OF_ITS_OWN.finditer(text)), len(text)):
        mark = _MARK.match(text, begun, end)
        begun = mark.end() if mark else begun
        for first, last in sentences(text[begun:end]):
            piece = text[begun + first : begun + last]
            if WORD_CHARACTER.search(piece):
                yield begun + first + len(piece) - len(piece.lstrip()), begun + first + len(piece.rstrip())
        begun = end
