"""A queue with its labels so far: the next case, the label that a new one replaces, and the export."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile
from evaluator.files.atomic_write import write_whole
from evaluator.review.case import ReviewCase
from evaluator.review.judgement import Judgement
from evaluator.review.labels import Current, Label, append, current, read_labels
from evaluator.review.progress import Progress, exported, next_asked, progress_of
from evaluator.review.queue import Asked
from policies.instant import Instant, format_instant


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """All cases, those of them to be asked in order, and the file of their labels."""

    asked: Sequence[Asked]
    cases: Sequence[ReviewCase]
    labels: Path
    per_case: int
    reviewer: str | None

    def held(self) -> Current:
        """The labels that hold now, also those of other reviewers."""
        return current(read_labels(self.labels), self.cases)

    def following(self, skipped: set[str]) -> Asked | None:
        queue = [asked for asked in self.asked if asked.case.id not in skipped]
        return next_asked(queue, self.held(), self.reviewer, self.per_case)

    def record(self, id: str, verdict: Judgement, reason: str, reviewer: str, at: Instant) -> Label | None:
        """Adds a label; gives the reviewer's label that held before. BadFile where the queue has no such case."""
        case = next((case for case in self.cases if case.id == id), None)
        if case is None:
            raise BadFile(f"The queue has no case {id!r}; asof-eval review QUEUE --next names one")
        before = self.held().get(id, {}).get(reviewer)
        append(self.labels, Label(id, case.digest, verdict, reason.strip(), reviewer, format_instant(at)))
        return before

    def progress(self) -> Progress:
        return progress_of(self.asked, self.cases, read_labels(self.labels), self.held(), self.per_case)

    def export(self, target: Path, inputs: Sequence[Path]) -> tuple[int, int]:
        """Writes labels and scores; gives the number of labels and of rows. BadFile where `target` is an input."""
        if target.resolve() in {path.resolve() for path in (*inputs, self.labels)}:
            raise BadFile(f"{target} is an input of the review; export to another file")
        rows = list(exported(self.asked, self.cases, self.held()))
        write_whole(target, "".join(f"{json.dumps(row)}\n" for row in rows))
        return sum(row["human"] is not None for row in rows), len(rows)
