"""As-of qrels: questions, each with the instant asked about and the revision that should answer."""

from dataclasses import dataclass
from pathlib import Path

from evaluator.files.json_lines import Line, read_unique
from evaluator.retrieval.words import words
from policies.instant import Instant
from retriever.asking.query import parse_query


@dataclass(frozen=True, slots=True)
class AsOfQuestion:
    """A question whose right answer at `as_of` is `gold_text`, in this revision of this policy.

    `other_text` is the wording of another revision in the same place, where the file gives one.
    """

    id: str
    query: str
    as_of: Instant
    policy_id: str
    revision: int
    gold_text: str
    other_text: str | None = None


def read_as_of_questions(path: Path) -> list[AsOfQuestion]:
    """Every question of the file, in order; BadLine names the line and field of the first thing wrong."""
    return read_unique(path, parse_case, "question")


def parse_case(line: Line) -> AsOfQuestion:
    name, text = line.name("id"), line.text("query")
    with line.translated():
        query = parse_query({"query": text})
    gold = line.text("gold_text")
    if not words(gold):
        raise line.error("gold_text", f"is {gold!r}, which holds no words to look for")
    return AsOfQuestion(
        id=name,
        query=query.text,
        as_of=line.required_instant("as_of"),
        policy_id=line.text("policy_id"),
        revision=line.count("revision"),
        gold_text=gold,
        other_text=line.text("other_text") if line.has("other_text") else None,
    )
