"""Golden questions: each with the words that its evidence has to hold, from cases of decisions or of retrieval."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile
from evaluator.files import policy_cases as cases
from evaluator.files.json_lines import Line, read_lines
from evaluator.retrieval import qrels
from evaluator.retrieval.words import words
from retriever.asking.query import Query, parse_query
from retriever.evidence.evidence import Evidence

_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
"""What stands between a table's header and its rows."""

_NUMBER = re.compile(r"(?:^|(?<=[.;:!?*)]\s))[^\S\n]*(?:#+\s*)?\d{1,3}[.)]\s", re.MULTILINE)

ANY_INSTANT = "2000-01-01"
"""Stands in for the instant of a line that has none, while it is parsed as one that must."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Words that decide a question, and the policy that says them, in whichever revision."""

    policy_id: str
    text: str

    def held_by(self, evidence: Iterable[Evidence]) -> bool:
        """Whether the policy's passages together, as they follow each other under their headings, say all the words."""
        own = [item for item in evidence if item.version.policy_id == self.policy_id]
        said: list[str] = []
        above: tuple[str, ...] = ()
        for item in sorted(own, key=lambda item: (item.version.number, item.ordinal)):
            said += [*(heading for heading in item.section if heading not in above), item.text]
            above = item.section
        return _in_a_row(self.text) in _in_a_row("\n".join(said))


def _in_a_row(text: str) -> str:
    """The words of a text without what no passage quotes: tables' headers and the numbers of list items."""
    kept, begun = [], 0
    for rule in _RULE.finditer(text):
        columns = rule[0].count("|") - 1
        kept += text[begun : rule.start()].rstrip().removesuffix("|").split("|")[:-columns]
        begun = rule.end()
    return f" {' '.join(words(_NUMBER.sub(' ', '|'.join([*kept, text[begun:]]))))} "


@dataclass(frozen=True, slots=True)
class Golden:
    """A question; any of `gold` will do. None of it where a person has to decide, so nothing can be lost."""

    id: str
    query: Query
    gold: tuple[Gold, ...]


def read_golden(path: Path) -> list[Golden]:
    """Every question of the file, in order; BadLine names the line and field of the first thing wrong."""
    found: dict[str, Golden] = {}
    for line in read_lines(path):
        golden = _decision(line) if line.has("expected") else _question(line)
        if golden.id in found:
            raise line.error("id", f"is {golden.id!r}, which an earlier line has; give every question its own")
        found[golden.id] = golden
    if not found:
        raise BadFile(f"{path} holds no questions; each line is one, as a JSON object")
    return list(found.values())


def _decision(line: Line) -> Golden:
    case = cases.parse_case(_dated(line))
    expected = case.expected
    pairs = zip(expected.citations, expected.words, strict=True)
    gold = tuple(Gold(handle.version.policy_id, text) for handle, text in pairs)
    return Golden(case.id, _query(line, case.question), gold)


def _question(line: Line) -> Golden:
    case = qrels.parse_case(_dated(line))
    return Golden(case.id, _query(line, case.query), (Gold(case.policy_id, case.gold_text),))


def _query(line: Line, text: str) -> Query:
    """The request of a line: a question may set what a request can, but for what is known."""
    with line.translated():
        return parse_query({**line.fields, "query": text, "known_at": None})


def _dated(line: Line) -> Line:
    return line if line.has("as_of") else Line(line.where, {**line.fields, "as_of": ANY_INSTANT}, line.path)
