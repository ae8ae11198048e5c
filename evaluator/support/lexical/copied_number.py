"""A claim that copies a sentence of its evidence with another number in it.

Support is about meaning: "licensed before 2021" also supports "licensed before 2028". A true copy has the same number.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from evaluator.quantities import quantities
from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.sentences import sentences

NEAR = 0.8
"""A claim is a copy of a sentence where this share of their words is the same, in order (difflib's ratio, 2 M / T)."""

LONGEST = 300
"""How many words a claim may have to be looked for as a copy: comparing takes the product of both numbers."""

_NUMBER_OR_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
Words = list[tuple[str, int, int]]


def changed_numbers(claim: str, evidence: Sequence[str]) -> list[SupportFinding]:
    """Each number of the claim where the sentence that it copies has a number of another value; each decides."""
    said = _words(claim)
    if len(said) > LONGEST or not any(word[0].isdigit() for word, _, _ in said):
        return []
    counted = Counter(word for word, _, _ in said)
    best: tuple[float, int, Words] | None = None
    for index, text in enumerate(evidence):
        for start, end in sentences(text):
            words = _words(text, start, end)
            shared = (counted & Counter(word for word, _, _ in words)).total()
            if 2 * shared < NEAR * (len(said) + len(words)):
                continue  # an upper bound of the ratio, and much cheaper
            ratio = _matcher(said, words).ratio()
            if ratio >= NEAR and (best is None or ratio > best[0]):
                best = ratio, index, words
    if best is None:
        return []
    _, index, words = best
    return [
        _finding(index, ours, theirs)
        for ours, theirs in _replaced(said, words)
        if not _same(claim, ours, evidence[index], theirs)
    ]


def _replaced(said: Words, words: Words) -> list[tuple[Words, Words]]:
    """The numbers of the two texts that stand in the same place."""
    pairs = []
    for what, a, b, c, d in _matcher(said, words).get_opcodes():
        ours, theirs = ([word for word in part if word[0][0].isdigit()] for part in (said[a:b], words[c:d]))
        if what == "replace" and ours and theirs:
            pairs.append((ours, theirs))
    return pairs


def _same(claim: str, ours: Words, text: str, theirs: Words) -> bool:
    """Whether the numbers are of equal quantities, written otherwise: $1000 and $1,000, 14 days and 2 weeks."""
    values = [_values(whole, places) for whole, places in ((claim, ours), (text, theirs))]
    return bool(values[0]) and values[0] == values[1]


def _values(text: str, places: Words) -> list[tuple[str, str, float, float]]:
    found = [it for it in quantities(text) if any(it.start < end and start < it.end for _, start, end in places)]
    return [(it.kind.value, it.base, it.low, it.high) for it in found]


def _finding(index: int, ours: Words, theirs: Words) -> SupportFinding:
    detail = f"the claim copies a sentence of the evidence with {ours[0][0]!r} in place of {theirs[0][0]!r}"
    place = Place(index, theirs[0][1], theirs[-1][2])
    return SupportFinding("number", ours[0][1], ours[-1][2], place, detail, against=True, decides=True)


def _words(text: str, start: int = 0, end: int | None = None) -> Words:
    found = _NUMBER_OR_WORD.finditer(text, start, len(text) if end is None else end)
    return [(match[0].lower(), match.start(), match.end()) for match in found]


def _matcher(said: Words, words: Words) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, [word for word, _, _ in said], [word for word, _, _ in words], autojunk=False)
