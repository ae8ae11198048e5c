"""A text as words."""

import re
from dataclasses import dataclass

from indexer.text.tokenizer import stem

_WORD_OR_CONTRACTION = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order: in lower case, as stems, and where each begins and ends."""

    text: str
    words: list[str]
    stems: list[str]
    spans: list[tuple[int, int]]


def words_of(text: str) -> Words:
    """The words of a text; a possessive s is no part of its word."""
    words, stems, spans = [], [], []
    for match in _WORD_OR_CONTRACTION.finditer(text):
        word = match[0].lower()
        if not word.isalnum():
            word = word.replace("’", "'").removesuffix("'s")
        words.append(word)
        stems.append(stem(word))
        spans.append(match.span())
    return Words(text, words, stems, spans)
