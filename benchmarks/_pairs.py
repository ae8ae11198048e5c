"""Claims with evidence and a judgement, from the data folder; a group is never on both sides of a fold."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._data import existing, json_lines
from evaluator.quantities import Kind, quantities
from evaluator.support.lexical.cues import is_negation
from evaluator.support.lexical.words import words_of

FILES = {"vitaminc": "vitaminc/dev.jsonl.gz", "attribution": "attribution/dev.jsonl.gz", "wice": "wice/dev.jsonl.gz"}
KINDS = ("number", "date", "negation", "entity", "other")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim with its evidence; `refuted` tells the contrary from what is merely not said."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    refuted: bool
    group: str
    source: str


def rows(data: Path, name: str) -> list[dict[str, Any]]:
    return json_lines(existing(data / FILES[name]))


def vitaminc(data: Path) -> list[Pair]:
    """A group is a Wikipedia page."""
    return [
        Pair(row["claim"], (row["evidence"],), row["label"] == "SUPPORTS", row["label"] == "REFUTES", row["page"], "V")
        for row in rows(data, "vitaminc")
    ]


def attribution(data: Path) -> list[Pair]:
    """A group is a question: its answer gave several claims."""
    return [
        Pair(r["claim"], tuple(r["references"]), r["label"] == "attributable", False, r["question"], r["src_dataset"])
        for r in rows(data, "attribution")
    ]


def wice(data: Path) -> list[Pair]:
    """A group is the Wikipedia page that makes the claim; what is supported in part is not supported."""
    return [
        Pair(r["claim"], tuple(r["evidence"]), r["label"] == "supported", False, r["meta"]["claim_title"], "WiCE")
        for r in rows(data, "wice")
    ]


def digest(data: Path, name: str) -> str:
    return hashlib.sha256((data / FILES[name]).read_bytes()).hexdigest()


def fold(group: str, folds: int) -> int:
    """The fold of a group, by its hash: the same in each run, whatever else there is."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % folds


def contrasts(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """For each claim of a page, each supporting with each refuting sentence, by number."""
    held: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for number, pair in enumerate(pairs):
        if pair.supported or pair.refuted:
            held[pair.group, pair.claim][pair.refuted].append(number)
    return [(yes, no) for supporting, refuting in held.values() for yes in supporting for no in refuting]


def kind_of_change(claim: str, one: str, other: str) -> str:
    """What was changed between two sentences, of the things that the claim speaks of: the first of KINDS that was.

    A number or date counts where the claim has one too; an entity is a capitalised word that only one of them has.
    """
    asked = {quantity.kind is Kind.DATE for quantity in quantities(claim)}
    said = [{(q.kind is Kind.DATE, q.low, q.high, q.base) for q in quantities(text)} for text in (one, other)]
    changed = {is_date for is_date, *_ in said[0] ^ said[1]}
    if False in asked & changed:
        return "number"
    if True in asked & changed:
        return "date"
    words = [words_of(text) for text in (one, other)]
    different = set(words[0].words) ^ set(words[1].words)
    if any(map(is_negation, different)):
        return "negation"
    for text in words:
        for word, (start, _) in zip(text.words, text.spans, strict=True):
            if word in different and start and text.text[start].isupper():
                return "entity"
    return "other"
