"""A claim that copies a sentence of its evidence with another number in it.

Whether evidence supports a claim is a matter of sense: "licensed before 2021" says that it was before 2028 as well.
Whether a citation is a true copy is not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from evaluator.quantities import Quantity, quantities
from evaluator.support.finding import Finding, Place
from indexer.text.sentences import sentences

NEAR = 0.8
"""The share of words, in order, from which on a claim counts as a copy of a sentence (2 M / T, as difflib has it)."""

LONGEST = 300
"""How many words a claim may have to be looked for as a copy: comparing takes the product of both numbers."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
Words = list[tuple[str, int, int]]


def changed_numbers(claim: str, evidence: Sequence[str]) -> list[Finding]:
    """Each number of the claim in whose place the sentence that it copies has one of another value; each decides."""
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
    """The numbers of both texts that stand in each other's place."""
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
    return [_value(quantity) for quantity in found]


def _value(quantity: Quantity) -> tuple[str, str, float, float]:
    return quantity.kind.value, quantity.base, quantity.low, quantity.high


def _finding(index: int, ours: Words, theirs: Words) -> Finding:
    detail = f"the claim copies a sentence of the evidence with {ours[0][0]!r} in place of {theirs[0][0]!r}"
    place = Place(index, theirs[0][1], theirs[-1][2])
    return Finding("number", ours[0][1], ours[-1][2], place, detail, against=True, decides=True)


def _words(text: str, start: int = 0, end: int | None = None) -> Words:
    found = _WORD.finditer(text, start, len(text) if end is None else end)
    return [(match[0].lower(), match.start(), match.end()) for match in found]


def _matcher(said: Words, words: Words) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, [word for word, _, _ in said], [word for word, _, _ in words], autojunk=False)
