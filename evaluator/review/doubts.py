"""Doubts about what passed: passages that conflict or leave something open, answers that hedge or go on for long.

They are where an answer passes every rule and may still confuse. Each is a rule of thumb for what a person should look
at, and no verdict: it says nothing where the words of the evidence are not at hand.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Literal

from evaluator.quantities.amounts import amounts
from evaluator.review.material.answer_text import prose
from evaluator.review.material.shown import Words
from evaluator.review.review_case import ReviewCase
from indexer.text.tokenizer import terms
from retriever.evidence.citations import Handle

Doubt = Literal["conflict", "ambiguous", "hedged", "long"]

LONG_ANSWER = 80
"""An answer of more words than this is long."""

LONG_SENTENCE = 40
"""A single sentence of more words than this is long."""

ALIKE = 0.5
"""Two passages say like things where this share of their terms, numbers aside, is in both."""

HEDGES = """
    may, might, could, perhaps, possibly, probably, maybe, generally, usually, typically, normally, often, likely,
    unlikely, roughly, approximately, it depends, depends on, depending on, in most cases, in some cases, as a rule,
    should be able, please check, please contact, please ask, not sure, not certain, cannot be certain, i think,
    i believe, it seems, appears to, seems to, unclear, as far as i know, to my knowledge
"""
"""Words by which an answer does not commit itself. A policy's own words are no hedge where the answer repeats them."""

OPEN = """
    unless, except, discretion, case by case, reasonable, reasonably, where possible, if possible, as appropriate,
    may vary, normally, generally, usually, in most cases, as a rule, says otherwise, whatever other, at the latest
"""
"""Words by which a policy leaves something open, or to another policy."""


def doubts(case: ReviewCase, words: Words) -> Iterator[tuple[Doubt, str]]:
    """Why a person should look at a case that passed: a claim, or the check that stands for a whole answer."""
    if not case.passed or (case.kind is not None and not case.whole):
        return
    whole = case.kind is not None
    said = _said(case)
    passages = _passages(case, words)
    cited = [text for text, is_cited in passages if is_cited]
    if detail := _conflict(case, passages):
        yield "conflict", detail
    if detail := next((detail for text in cited if (detail := _open(text))), None):
        yield "ambiguous", detail
    if hedges := [hedge for hedge in found(said, HEDGES) if not any(found(text, hedge) for text, _ in passages)]:
        yield "hedged", f"it hedges: {', '.join(map(repr, hedges))}"
    if (count := len(said.split())) > (LONG_ANSWER if whole else LONG_SENTENCE):
        yield "long", f"it has {count} words"


def found(text: str, table: str) -> list[str]:
    """The words of a table that are in the text, as whole words. The month of May is no hedge."""
    return list(dict.fromkeys(match[0].lower() for match in _pattern(table).finditer(_MONTH.sub("", text))))


def _said(case: ReviewCase) -> str:
    answer = case.background.answer
    return case.claim if case.kind is None or answer is None else prose(answer)


def _passages(case: ReviewCase, words: Words) -> list[tuple[str, bool]]:
    """The words of each passage that counts, under what governs them, and whether the case rests on it."""
    if case.evidence:
        return [("\n".join((*case.context, text)), True) for text in case.evidence]
    named = [(case.citation, True)] if case.citation else case.background.passages()
    shown = [(words(citation), is_cited) for citation, is_cited in named if citation]
    return [("\n".join((*it.governed_by, it.text)), cited) for it, cited in shown if it.text is not None]


def _conflict(case: ReviewCase, passages: Sequence[tuple[str, bool]]) -> str | None:
    """How two passages conflict: as revisions of one policy, or as like words with other numbers of the same unit."""
    if case.kind is not None:
        versions = {Handle.parse(citation).version for citation, _ in case.background.passages()}
        for one, other in combinations(sorted(versions), 2):
            if one.policy_id == other.policy_id:
                return f"{one} and {other} were both given"
    for (one_text, one_cited), (other_text, other_cited) in combinations(passages, 2):
        if (one_cited or other_cited) and (detail := _differ(one_text, other_text)):
            return detail
    return None


def _differ(one: str, other: str) -> str | None:
    """The first numbers of one unit that differ between two texts which say like things."""
    mine, theirs = _content(one), _content(other)
    if len(mine & theirs) < ALIKE * len(mine | theirs):
        return None
    numbers = _numbers(other)
    for unit, (values, shown) in _numbers(one).items():
        if unit in numbers and not values & numbers[unit][0]:
            return f"two passages say like things with other numbers: {shown!r} and {numbers[unit][1]!r}"
    return None


def _open(text: str) -> str | None:
    """What the words of a passage leave open."""
    if left := found(text, OPEN):
        return f"the cited words leave something open: {', '.join(map(repr, left))}"
    several = next((values for (unit, base), (values, _) in _numbers(text).items() if base and len(values) > 1), None)
    return None if several is None else "the cited words give several numbers of one unit"


@lru_cache(maxsize=10_000)
def _content(text: str) -> frozenset[str]:
    return frozenset(term for term in terms(text) if not any(letter.isdigit() for letter in term))


@lru_cache(maxsize=10_000)
def _numbers(text: str) -> dict[tuple[str, str], tuple[frozenset[tuple[float, float]], str]]:
    """By kind and unit: the values in the text, and how the first of them is written."""
    values: dict[tuple[str, str], tuple[frozenset[tuple[float, float]], str]] = {}
    for it in amounts(text):
        held, shown = values.get((it.kind, it.base), (frozenset(), text[it.start : it.end]))
        values[it.kind, it.base] = held | {(it.low, it.high)}, shown
    return values


_MONTH = re.compile(r"\bMay\b(?=\s+\d)|(?<=\d )May\b|\b(?<=in )May\b")


@lru_cache(maxsize=1_000)
def _pattern(table: str) -> re.Pattern[str]:
    entries = sorted((" ".join(entry.split()) for entry in table.split(",")), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, entries))})\b", re.IGNORECASE)
