"""What an answer says was done: the actions that its words claim, found by a small table of phrases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluator.citations.claims import QUOTING

_WORDS = r"(?:[\w-]+ ){0,3}"
_DONE = r"(?:has(?: now| already| just)? been|have(?: now| already| just)? been|was|were|is now|is being) "
_WE = r"\b(?:i|we)(?: have|['’]ve)?(?: just| already| now)? "
_MADE = r"(?:created|issued|generated|sent|e-?mailed|attached|printed|prepared)"

PHRASES: dict[str, tuple[re.Pattern[str], ...]] = {
    action: tuple(re.compile(phrase, re.IGNORECASE) for phrase in phrases)
    for action, phrases in {
        "create_label": (
            rf"\b(?:your|the|an?|this) {_WORDS}label {_DONE}{_MADE}",
            rf"{_WE}{_MADE} (?:you )?(?:your|the|an?|this) {_WORDS}label\b",
            rf"\bhere(?: is|['’]s) (?:your|the|an?) {_WORDS}label\b",
        ),
        "refund": (
            rf"\b(?:your|the|an?|this) {_WORDS}(?:refund|money) {_DONE}(?:issued|processed|sent|paid|made|refunded)",
            rf"{_WE}(?:refunded|(?:issued|processed|sent|paid|made) (?:you )?(?:your|the|an?) {_WORDS}refund)\b",
        ),
        "send_replacement": (
            rf"\b(?:your|the|an?|this) {_WORDS}replacement {_DONE}(?:sent|shipped|ordered|dispatched)",
            rf"{_WE}(?:sent|shipped|ordered|dispatched) (?:you )?(?:your|the|an?) {_WORDS}replacement\b",
        ),
        "cancel_order": (
            rf"\b(?:your|the|this) {_WORDS}order {_DONE}cancell?ed",
            rf"{_WE}cancell?ed (?:your|the|this) {_WORDS}order\b",
        ),
    }.items()
}

_NOT_YET = re.compile(r"\b(?:before|until|once|after|when|if|unless|as soon as|whether)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:!?\n]")


@dataclass(frozen=True, slots=True)
class ClaimedAction:
    """An action that the answer says was done, and where in the text it says so."""

    name: str
    words: str
    start: int
    end: int


def find_claimed(text: str) -> list[ClaimedAction]:
    """Every action that the text claims, in order; "before a label has been created" claims none."""
    found = []
    for name, phrases in PHRASES.items():
        for match in (match for phrase in phrases for match in phrase.finditer(text)):
            clause = _CLAUSE.split(text[: match.start()])[-1]
            if not _NOT_YET.search(clause):
                found.append(ClaimedAction(name, match[0], match.start(), match.end()))
    return sorted(found, key=lambda claim: (claim.start, claim.name))


def prose(answer: Any) -> Iterator[str]:
    """The texts of an answer in its own words, without what it quotes as evidence."""
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name != "evidence" and name not in QUOTING:
                yield from prose(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from prose(value)
