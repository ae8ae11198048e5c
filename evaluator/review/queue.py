"""The order of review: ambiguous cases first, mixed with a random sample of all cases, the audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Literal

from evaluator.review.case import ReviewCase

Why = Literal["disagree", "error", "unknown", "near", "unscored", "audit"]
ORDER: tuple[Why, ...] = ("disagree", "error", "unknown", "near", "unscored", "audit")
AUDIT: tuple[Why, str] = ("audit", "it is of a random sample of all cases")

AUDIT_EVERY = 5
"""Every fifth case is from the audit sample, as long as it has any left."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What counts as near the threshold, and the share of all cases that the seed draws for the audit."""

    threshold: float = 0.5
    margin: float = 0.1
    audit: float = 0.05
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A case with why it is asked. No detail tells the verdict, since a label should be an independent opinion."""

    case: ReviewCase
    why: tuple[tuple[Why, str], ...]

    def codes(self) -> list[Why]:
        return [code for code, _ in self.why]


def ordered(cases: Sequence[ReviewCase], sampling: Sampling) -> list[Asked]:
    """The cases to be asked, in order; labels do not change the order.

    The audit keeps the order in which it was drawn, for its ambiguous cases too. So the part of it that reviewers have
    labelled is a random sample of all cases, however far they come.
    """
    drawn = sorted(cases, key=lambda case: draw(case, sampling.seed))[: ceil(sampling.audit * len(cases))]
    audit = [Asked(case, (*reasons(case, sampling), AUDIT)) for case in drawn]
    taken = {case.id for case in drawn}
    others = [Asked(case, tuple(reasons(case, sampling))) for case in cases if case.id not in taken]
    ambiguous = [asked for asked in others if asked.why]
    ambiguous.sort(key=lambda asked: (ORDER.index(asked.why[0][0]), distance(asked.case, sampling)))
    return list(_interleaved(ambiguous, audit))


def reasons(case: ReviewCase, sampling: Sampling) -> Iterator[tuple[Why, str]]:
    """Why a case is ambiguous, the most important reason first; nothing where it is not."""
    for conflict in case.conflicts:
        yield "disagree", conflict
    verdicts = [opinion.scored.verdict for opinion in case.opinions]
    if "ERROR" in verdicts:
        yield "error", "it could not be scored"
    if "UNKNOWN" in verdicts:
        yield "unknown", "the verdict is UNKNOWN"
    scores = [opinion.scored.score for opinion in case.opinions if opinion.scored.score is not None]
    # A score of 0.6 is within 0.1 of 0.5, but binary fractions give a little more than 0.1.
    if any(round(abs(score - sampling.threshold), 9) <= sampling.margin for score in scores):
        yield "near", f"a score is within {sampling.margin:g} of the threshold"
    if not verdicts:
        yield "unscored", "nothing has scored it"


def distance(case: ReviewCase, sampling: Sampling) -> float:
    """How far the first score is from the threshold; 0 where there is none."""
    score = None if case.first is None else case.first.score
    return 0.0 if score is None else abs(score - sampling.threshold)


def draw(case: ReviewCase, seed: int) -> str:
    """A place in a random order that depends on the case and the seed alone."""
    return sha256(f"{seed}:{case.id}:{case.digest}".encode("utf-8", "surrogatepass")).hexdigest()


def _interleaved(ambiguous: Sequence[Asked], audit: Sequence[Asked]) -> Iterator[Asked]:
    left = list(audit)
    for number, asked in enumerate(ambiguous, start=1):
        yield asked
        if left and number % (AUDIT_EVERY - 1) == 0:
            yield left.pop(0)
    yield from left
