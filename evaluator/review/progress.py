"""The progress of a review: what is left, how often people agree with each other and the scorer, and the export."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from evaluator.review.case import ReviewCase
from evaluator.review.labels import Current, Label
from evaluator.review.queue import Asked
from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Progress:
    """`left` counts the cases that still lack reviewers.

    Agreement with the scorer is also given for the audit alone, since the other cases were picked for being hard.
    Intervals allow for labels that share a case.
    """

    asked: int
    left: int
    why: dict[str, int]
    reviewers: dict[str, int]
    corrected: int
    outdated: int
    disputed: tuple[str, ...]
    reviewers_agree: Estimate
    agree_with_scorer: Estimate
    agree_with_scorer_on_audit: Estimate

    def estimates(self) -> dict[str, Estimate]:
        return {
            "reviewers agree": self.reviewers_agree,
            "agree with the scorer": self.agree_with_scorer,
            "of these in the audit": self.agree_with_scorer_on_audit,
        }

    def content(self) -> dict[str, Any]:
        return asdict(self)


def progress_of(
    queue: Sequence[Asked], cases: Sequence[ReviewCase], labels: Sequence[Label], held: Current, per_case: int
) -> Progress:
    """The progress of a queue. `labels` are all that were ever given, and `held` are those that hold."""
    audit = {asked.case.id for asked in queue if "audit" in asked.codes()}
    compared = list(_compared(cases, held))
    pairs = [
        (id, one.verdict == other.verdict) for id, by in held.items() for one, other in combinations(by.values(), 2)
    ]
    digests = {case.id: case.digest for case in cases}
    live = [label for label in labels if digests.get(label.id) == label.digest]
    holding = sum(len(by) for by in held.values())
    return Progress(
        asked=len(queue),
        left=sum(len(held.get(asked.case.id, {})) < per_case for asked in queue),
        why=dict(Counter(code for asked in queue for code in asked.codes())),
        reviewers=dict(Counter(label.reviewer for by in held.values() for label in by.values())),
        corrected=len(live) - holding,
        outdated=len(labels) - len(live),
        disputed=tuple(dict.fromkeys(id for id, agree in pairs if not agree)),
        reviewers_agree=clustered.share(pairs),
        agree_with_scorer=clustered.share(compared),
        agree_with_scorer_on_audit=clustered.share([(id, agree) for id, agree in compared if id in audit]),
    )


def next_asked(queue: Sequence[Asked], held: Current, reviewer: str | None, per_case: int) -> Asked | None:
    """The first case that lacks a label, and that this reviewer has not labelled; None where all is done."""
    for asked in queue:
        by = held.get(asked.case.id, {})
        if len(by) < per_case and reviewer not in by:
            return asked
    return None


def exported(queue: Sequence[Asked], cases: Sequence[ReviewCase], held: Current) -> Iterator[dict[str, Any]]:
    """A row for each label that holds, and one for each case without a label, in the order of the cases.

    Each says what the scorer found and why the case was asked. Only labels of rows asked as "audit" are from a random
    sample. Rows without a label are given because the scorer's rate is over all cases.
    """
    why = {asked.case.id: asked.codes() for asked in queue}
    for case in cases:
        for label in held.get(case.id, {}).values() or (None,):
            yield {
                "id": case.id,
                "human": None if label is None else label.verdict.value,
                "scorer": None if case.first is None else case.first.verdict,
                "score": None if case.first is None else case.first.score,
                "reviewer": None if label is None else label.reviewer,
                "reason": None if label is None else label.reason,
                "asked": why.get(case.id, []),
            }


def _compared(cases: Sequence[ReviewCase], held: Current) -> Iterator[tuple[str, bool]]:
    """Whether label and scorer agree, where both decided."""
    for case in cases:
        for label in held.get(case.id, {}).values():
            if case.first is not None and {case.first.verdict, label.verdict.value} <= {"PASS", "FAIL"}:
                yield case.id, case.first.verdict == label.verdict.value
