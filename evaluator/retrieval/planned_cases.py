"""Golden questions before and after a change: which gain, lose or change evidence.

`asof plan --cases` asks all of a file; the page of a draft asks those that its reader may know of.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Literal, get_args

from evaluator.retrieval.golden import Golden, read_golden
from policies.instant import format_instant
from retriever.answering.pipeline import Retriever
from retriever.asking.query import Query
from retriever.evidence.answer import Answer
from retriever.evidence.evidence import Evidence
from retriever.inspecting.golden_questions import GoldenQuestion
from retriever.inspecting.rehearsal import Rehearsal

Change = Literal["unchanged", "regoverned", "gained", "lost", "changed", "abstains"]
"""What becomes of a question's evidence.

- `gained`: it holds the words that decide, and did not before
- `lost`: it no longer holds them
- `abstains`: there was evidence without those words, and now there is none
- `regoverned`: the best passages have the same words, and something else governs them: they may mean the contrary
- `changed`: other blocks, other words, other governing words or another order
"""

CHANGES: tuple[Change, ...] = get_args(Change)


def compared(rehearsal: Rehearsal, path: Path) -> dict[str, Any]:
    """The JSON values: a count of each change, and each question with its citations before and after."""
    from retriever.entrypoints.printing import progress

    golden = read_golden(path, rehearsal.calendar.zone)
    questions = []
    with progress("Asking", len(golden)) as advance:
        for one in golden:
            questions.append(_compared(one, rehearsal))
            advance(1)
    counts = Counter(question["change"] for question in questions)
    return {"counts": {change: counts[change] for change in CHANGES}, "questions": questions}


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A golden question of a file, to be asked before and after a change."""

    golden: Golden

    @property
    def query(self) -> Query:
        return self.golden.query

    @property
    def policies(self) -> frozenset[str]:
        """The policies whose words decide it."""
        return frozenset(gold.policy_id for gold in self.golden.gold)

    def compared(self, rehearsal: Rehearsal) -> dict[str, Any]:
        """The JSON values of one question in `compared`."""
        return _compared(self.golden, rehearsal)


def golden_questions(path: Path, zone: tzinfo) -> Sequence[GoldenQuestion]:
    """Every question of the file, in order; BadLine names the line and field of the first thing wrong."""
    return [PlannedCase(golden) for golden in read_golden(path, zone)]


def _compared(golden: Golden, rehearsal: Rehearsal) -> dict[str, Any]:
    before, after = rehearsal.before.retrieve(golden.query), rehearsal.after.retrieve(golden.query)
    as_of = rehearsal.at if golden.query.as_of is None else golden.query.as_of
    return {
        "id": golden.id,
        "query": golden.query.text,
        "as_of": format_instant(as_of),
        "change": _change(golden, rehearsal, before, after),
        "same_words": _said(before) == _said(after),
        "before": _side(golden, before),
        "after": _side(golden, after),
        "removed": _passages(before.evidence, after.evidence),
        "added": _passages(after.evidence, before.evidence),
    }


def _change(golden: Golden, rehearsal: Rehearsal, before: Answer, after: Answer) -> Change:
    held, holds = _holds(golden, before), _holds(golden, after)
    if held != holds:
        return "gained" if holds else "lost"
    if before.evidence and not after.evidence:
        return "abstains"
    if [_identity(item) for item in before.evidence] == [_identity(item) for item in after.evidence]:
        return "unchanged"
    was = [_best(rehearsal.before, item) for item in before.evidence]
    now = [_best(rehearsal.after, item) for item in after.evidence]
    same = [words for words, _ in was] == [words for words, _ in now]
    return "regoverned" if same and was != now else "changed"


def _best(retriever: Retriever, item: Evidence) -> tuple[str, list[str]]:
    """The words of the passage that matched, and all that governs it, inside its block or outside."""

    def cut(start: int, end: int) -> str:
        return item.text[start - item.char_start : end - item.char_start]

    outside = {(it.char_start, it.char_end): it.text for it in item.governed_by}
    governing = retriever.standing(item.version).run(item.best, item.best).governing
    over = [outside.get((it.start, it.end)) or cut(it.start, it.end) for it in governing]
    return cut(*item.spans[item.best - item.ordinal]), [*item.section, *over]


def _holds(golden: Golden, answer: Answer) -> bool:
    return any(gold.held_by(answer.evidence) for gold in golden.gold)


def _side(golden: Golden, answer: Answer) -> dict[str, Any]:
    return {
        "citations": [item.citation for item in answer.evidence],
        "holds": _holds(golden, answer),
        "abstained": None if answer.nothing is None else answer.nothing.reason,
    }


def _passages(of: Sequence[Evidence], without: Sequence[Evidence]) -> list[dict[str, str]]:
    """The blocks of one answer that the other lacks."""
    others = {_identity(item) for item in without}
    return [{"citation": item.citation, "text": item.text} for item in of if _identity(item) not in others]


def _said(answer: Answer) -> list[tuple[str, ...]]:
    """The words of each block and those that govern them, whatever revision says them."""
    return [(item.text, *(it.text for it in item.governed_by)) for item in answer.evidence]


def _identity(item: Evidence) -> tuple[str, ...]:
    """Its citation and words, and the words that govern them: under others the same words mean something else."""
    return item.citation, item.text, *(it.text for it in item.governed_by)
