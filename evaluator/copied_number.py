"""A claim that copies a sentence of its evidence with another number in it.

Whether evidence supports a claim is a matter of sense: "licensed before 2021" says that it was before 2028 as well.
Whether a citation is a true copy is not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import sentencex

from evaluator.finding import Finding, Place

NEAR = 0.8
"""The share of words, in order, from which on a claim counts as a copy of a sentence (2 M / T, as difflib has it)."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
Words = list[tuple[str, int, int]]


def changed_numbers(claim: str, evidence: Sequence[str]) -> list[Finding]:
    """Each number of the claim in whose place the sentence that it copies has another; each decides."""
    said = _words(claim)
    if not any(word[0].isdigit() for word, _, _ in said):
        return []
    counted = Counter(word for word, _, _ in said)
    best: tuple[float, int, Words] | None = None
    for index, text in enumerate(evidence):
        for start, end in _sentences(text):
            words = _words(text, start, end)
            shared = (counted & Counter(word for word, _, _ in words)).total()
            if 2 * shared < NEAR * (len(said) + len(words)):
                continue  # an upper bound of the ratio, and much cheaper
            ratio = _matcher(said, words).ratio()
            if ratio >= NEAR and (best is None or ratio > best[0]):
                best = ratio, index, words
    return [] if best is None else _changed(said, best[1], best[2])


def _changed(said: Words, index: int, words: Words) -> list[Finding]:
    found = []
    for what, a, b, c, d in _matcher(said, words).get_opcodes():
        ours, theirs = ([word for word in part if word[0][0].isdigit()] for part in (said[a:b], words[c:d]))
        if what == "replace" and ours and theirs:
            detail = f"the claim copies a sentence of the evidence with {ours[0][0]!r} in place of {theirs[0][0]!r}"
            place = Place(index, theirs[0][1], theirs[-1][2])
            found.append(Finding("number", ours[0][1], ours[-1][2], place, detail, against=True, decides=True))
    return found


def _words(text: str, start: int = 0, end: int | None = None) -> Words:
    found = _WORD.finditer(text, start, len(text) if end is None else end)
    return [(match[0].lower(), match.start(), match.end()) for match in found]


def _sentences(text: str) -> list[tuple[int, int]]:
    starts = sorted({0, *(boundary["start_index"] for boundary in sentencex.get_sentence_boundaries("en", text))})
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _matcher(said: Words, words: Words) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, [word for word, _, _ in said], [word for word, _, _ in words], autojunk=False)
