"""A piece of evidence as it is shown: its words, what governs them, and where they are from."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of evidence. Where there is no `text`, `problem` says why.

    `governed_by` are the words outside the text that decide how it is meant. `words` is the text as a reader of the
    rendered page sees it, where that is known. `source` says of which policy it is, and when and for whom it holds.
    """

    text: str | None
    problem: str = ""
    governed_by: tuple[str, ...] = ()
    words: str | None = None
    source: str = ""


Words = Callable[[str], Shown]
"""Gives the words of a citation."""


def no_words(citation: str) -> Shown:
    """The words where there is no ledger to look them up in."""
    return Shown(None, "its words are not at hand; give --home")
