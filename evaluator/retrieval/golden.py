"""Golden questions, each with the words that its evidence has to hold; from cases of decisions or of retrieval."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from evaluator.files import policy_cases as cases
from evaluator.files.json_lines import Line, read_unique
from evaluator.retrieval import qrels
from evaluator.retrieval.words import words
from retriever.asking.query import Query, parse_query
from retriever.evidence.evidence import Evidence

_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
"""The line between a table's header and its rows."""

_NUMBER = re.compile(r"(?:^|(?<=[.;:!?*)]\s))[^\S\n]*(?:#+\s*)?\d{1,3}[.)]\s", re.MULTILINE)

INTRODUCING = frozenset({"lead_in", "chapeau", "parent_item"})
"""Governing words that stand before a block as its policy is read; each is said once."""

ANY_INSTANT = "2000-01-01"
"""Takes the place of a missing instant while a line is parsed in a form that requires one."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Words that decide a question, and the policy that says them, in any revision."""

    policy_id: str
    text: str

    def held_by(self, evidence: Iterable[Evidence]) -> bool:
        """Whether the policy's blocks, in their order and under what governs them, together say all the words."""
        own = [item for item in evidence if item.version.policy_id == self.policy_id]
        said: list[str] = []
        above: tuple[str, ...] = ()
        for item in sorted(own, key=lambda item: (item.version.number, item.ordinal)):
            said += [heading for heading in item.section if heading not in above]
            introducing = [it.text for it in item.governed_by if it.kind in INTRODUCING]
            said += [words for words in introducing if not any(words in text for text in said)]
            said.append(item.text)
            above = item.section
        return _in_a_row(self.text) in _in_a_row("\n".join(said))


def _in_a_row(text: str) -> str:
    """The words of a text without parts that not every block quotes: tables' headers and the numbers of list items."""
    kept, begun = [], 0
    for rule in _RULE.finditer(text):
        columns = rule[0].count("|") - 1
        kept += text[begun : rule.start()].rstrip().removesuffix("|").split("|")[:-columns]
        begun = rule.end()
    return f" {' '.join(words(_NUMBER.sub(' ', '|'.join([*kept, text[begun:]]))))} "


@dataclass(frozen=True, slots=True)
class Golden:
    """A question; any one of `gold` will do. There is no `gold` where a person has to decide, so none can be lost."""

    id: str
    query: Query
    gold: tuple[Gold, ...]


def read_golden(path: Path, zone: tzinfo = UTC) -> list[Golden]:
    """Every question of the file, in order; BadLine names the line and field of the first thing wrong.

    A date is its start in the zone.
    """
    return read_unique(path, lambda line: (_decision if line.has("expected") else _question)(line, zone), "question")


def _decision(line: Line, zone: tzinfo) -> Golden:
    case = cases.parse_case(_dated(line))
    expected = case.expected
    pairs = zip(expected.citations, expected.words, strict=True)
    gold = tuple(Gold(handle.version.policy_id, text) for handle, text in pairs)
    return Golden(case.id, _query(line, case.question, zone), gold)


def _question(line: Line, zone: tzinfo) -> Golden:
    case = qrels.parse_case(_dated(line))
    return Golden(case.id, _query(line, case.query, zone), (Gold(case.policy_id, case.gold_text),))


def _query(line: Line, text: str, zone: tzinfo) -> Query:
    """The request in a line. A question may set all fields of a request but `known_at`."""
    with line.translated():
        return parse_query({**line.fields, "query": text, "known_at": None}, zone)


def _dated(line: Line) -> Line:
    return line if line.has("as_of") else Line(line.where, {**line.fields, "as_of": ANY_INSTANT}, line.path)
