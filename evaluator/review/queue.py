"""The order of review: what is in doubt first, mixed with a random sample of all cases, the audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from typing import Literal

from evaluator.review.doubts import Doubt, doubts
from evaluator.review.material.shown import Words, no_words
from evaluator.review.review_case import ReviewCase

Why = Literal["failed", "disagree", "error", "unknown", "near", "unscored", "audit"] | Doubt
ORDER: tuple[Why, ...] = (
    "failed", "disagree", "error", "unknown", "near", "conflict", "ambiguous", "hedged", "long", "unscored", "audit",
)  # fmt: skip
AUDIT: tuple[Why, str] = ("audit", "it is of a random sample of all cases")

AUDIT_EVERY = 5
"""Every fifth question is from the audit sample, as long as it has any left."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What counts as near the threshold, and the share of all cases that the seed draws for the audit.

    With `failed`, what failed is asked too, and first: whoever signs a BLOCK wants it confirmed.
    """

    threshold: float = 0.5
    margin: float = 0.1
    audit: float = 0.05
    seed: int = 1
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A case with why it is asked, and the other cases of equal words, which it stands for.

    `drawn` is its place in the draw of the audit, None where it was not drawn. People see why after their label alone,
    since a label should be an independent opinion.
    """

    case: ReviewCase
    why: tuple[tuple[Why, str], ...]
    alike: tuple["Asked", ...] = ()
    drawn: int | None = None

    def members(self) -> tuple["Asked", ...]:
        """All that it stands for, itself first, each with its own reasons."""
        return (self, *self.alike)

    def reasons(self) -> list[tuple[Why, str]]:
        """The reasons of all that it stands for, each once, the most important first."""
        every = dict.fromkeys(reason for member in self.members() for reason in member.why)
        return sorted(every, key=lambda reason: ORDER.index(reason[0]))

    def codes(self) -> list[Why]:
        return list(dict.fromkeys(code for code, _ in self.reasons()))


def ordered(cases: Sequence[ReviewCase], sampling: Sampling, words: Words = no_words) -> list[Asked]:
    """The questions to be asked, in order; labels do not change the order. Cases of equal words are one question.

    The audit keeps the order in which it was drawn, for its doubtful cases too, and a question with a case of it comes
    in the place of the audit. So the part of it that reviewers have labelled is a random sample of all cases, however
    far they come.
    """
    drawn = sorted(cases, key=lambda case: draw(case, sampling.seed))[: ceil(sampling.audit * len(cases))]
    place = {case.id: at for at, case in enumerate(drawn)}
    groups: dict[str, list[Asked]] = {}
    for case in cases:
        why, at = tuple(reasons(case, sampling, words)), place.get(case.id)
        groups.setdefault(case.key, []).append(Asked(case, why if at is None else (*why, AUDIT), drawn=at))
    audit, doubtful = [], []
    for members in groups.values():
        if of_audit := [member for member in members if member.drawn is not None]:
            audit.append(_standing_for(members, min(of_audit, key=_drawn)))
        elif in_doubt := [member for member in members if member.why]:
            doubtful.append(_standing_for(members, min(in_doubt, key=lambda member: _urgency(member, sampling))))
    audit.sort(key=_drawn)
    doubtful.sort(key=lambda asked: _urgency(asked, sampling))
    return list(_interleaved(doubtful, audit))


def reasons(case: ReviewCase, sampling: Sampling, words: Words = no_words) -> Iterator[tuple[Why, str]]:
    """Why a case is in doubt, the most important reason first; nothing where it is not."""
    if sampling.failed and any(opinion.scored.verdict == "FAIL" for opinion in case.opinions):
        yield "failed", "it failed"
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
    yield from doubts(case, words)
    if not verdicts:
        yield "unscored", "nothing has scored it"


def distance(case: ReviewCase, sampling: Sampling) -> float:
    """How far the first score is from the threshold; 0 where there is none."""
    score = None if case.first is None else case.first.score
    return 0.0 if score is None else abs(score - sampling.threshold)


def draw(case: ReviewCase, seed: int) -> str:
    """A place in a random order that depends on the case and the seed alone."""
    return sha256(f"{seed}:{case.id}:{case.digest}".encode("utf-8", "surrogatepass")).hexdigest()


def _drawn(asked: Asked) -> int:
    assert asked.drawn is not None
    return asked.drawn


def _urgency(asked: Asked, sampling: Sampling) -> tuple[int, float]:
    return ORDER.index(asked.why[0][0]), distance(asked.case, sampling)


def _standing_for(members: Sequence[Asked], first: Asked) -> Asked:
    return replace(first, alike=tuple(member for member in members if member is not first))


def _interleaved(doubtful: Sequence[Asked], audit: Sequence[Asked]) -> Iterator[Asked]:
    left = list(audit)
    for number, asked in enumerate(doubtful, start=1):
        yield asked
        if left and number % (AUDIT_EVERY - 1) == 0:
            yield left.pop(0)
    yield from left
