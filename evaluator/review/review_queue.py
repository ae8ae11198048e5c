"""A queue with its labels so far: the next question, recording and undoing of labels, and the export."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile
from evaluator.files.atomic_write import write_whole
from evaluator.review.judgement import Judgement
from evaluator.review.labels import Current, Label, Withdrawal, append, current, read_labels
from evaluator.review.progress import Progress, exported, is_done, next_asked, progress_of
from evaluator.review.queue import Asked
from evaluator.review.review_case import ReviewCase
from policies.instant import Instant, format_instant


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """All cases, the questions to be asked in order, and the file of their labels."""

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

    def judged(self) -> int:
        """How many questions need no more labels, of this reviewer where there is one."""
        held = self.held()
        return sum(is_done(asked, held, self.reviewer, self.per_case) for asked in self.asked)

    def case(self, id: str) -> ReviewCase:
        """The case of that id; BadFile where the queue has none."""
        found = next((case for case in self.cases if case.id == id), None)
        if found is None:
            raise BadFile(f"The queue has no case {id!r}; asof-eval review QUEUE --next names one")
        return found

    def asked_of(self, case: ReviewCase) -> Asked | None:
        """The question that a case is of; None where it is not asked."""
        return next((asked for asked in self.asked if asked.case.key == case.key), None)

    def alike(self, case: ReviewCase) -> list[str]:
        """The ids of the cases that a label of this case holds for, its own first."""
        return [case.id, *(it.id for it in self.cases if it.key == case.key and it.id != case.id)]

    def record(self, id: str, verdict: Judgement, reason: str, reviewer: str, at: Instant) -> Label | None:
        """Adds a label; gives the reviewer's label that held before. BadFile where the queue has no such case."""
        case = self.case(id)
        before = self.held().get(id, {}).get(reviewer)
        append(self.labels, Label(id, case.digest, verdict, reason.strip(), reviewer, format_instant(at)))
        return before

    def undo(self, reviewer: str, at: Instant) -> Label | None:
        """Withdraws the last label of a reviewer in the file of labels, and gives it; None where there is none."""
        last = next((label for label in reversed(read_labels(self.labels)) if label.reviewer == reviewer), None)
        if last is not None:
            append(self.labels, Withdrawal(last.id, last.digest, reviewer, format_instant(at)))
        return last

    def progress(self) -> Progress:
        return progress_of(self.asked, self.cases, read_labels(self.labels), self.held(), self.per_case)

    def export(self, target: Path, inputs: Sequence[Path]) -> tuple[int, int]:
        """Writes labels and scores; counts rows with a label, and rows. BadFile where `target` is an input."""
        if target.resolve() in {path.resolve() for path in (*inputs, self.labels)}:
            raise BadFile(f"{target} is an input of the review; export to another file")
        rows = list(exported(self.asked, self.cases, self.held()))
        write_whole(target, "".join(f"{json.dumps(row)}\n" for row in rows))
        return sum(row["human"] is not None for row in rows), len(rows)
