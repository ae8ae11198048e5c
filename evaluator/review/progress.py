"""The progress of a review: what is left, how often people agree with each other and the scorer, and the export."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from evaluator.review.judgement import Judgement
from evaluator.review.labels import Current, Label
from evaluator.review.queue import Asked
from evaluator.review.review_case import ReviewCase
from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate
from evaluator.statistics.rater_agreement import agreement, cohens_kappa, gwets_ac1


@dataclass(frozen=True, slots=True)
class Progress:
    """`asked` counts questions, `judged` those that have all their reviewers, `left` those that lack some.

    `stand_for` counts the cases behind the questions. `spread` counts how often a label holds for a case of equal words
    beside the one that was judged. Agreement with the scorer is also given for the audit alone, since the other cases
    were picked for being hard. Intervals allow for labels that share a case or its words. `pairs` has for each two
    reviewers how far they agree beyond chance.
    """

    asked: int
    judged: int
    left: int
    stand_for: int
    spread: int
    why: dict[str, int]
    reviewers: dict[str, int]
    corrected: int
    outdated: int
    disputed: tuple[str, ...]
    reviewers_agree: Estimate
    pairs: dict[str, dict[str, Estimate]]
    agree_with_scorer: Estimate
    agree_with_scorer_on_audit: Estimate

    def estimates(self) -> dict[str, Estimate]:
        return {
            "reviewers agree": self.reviewers_agree,
            **{f"{pair}: {name}": it for pair, both in self.pairs.items() for name, it in both.items()},
            "agree with the scorer": self.agree_with_scorer,
            "of these in the audit": self.agree_with_scorer_on_audit,
        }

    def content(self) -> dict[str, Any]:
        return asdict(self)


def progress_of(
    queue: Sequence[Asked], cases: Sequence[ReviewCase], labels: Sequence[Label], held: Current, per_case: int
) -> Progress:
    """The progress of a queue. `labels` are all that were given and not withdrawn, and `held` are those that hold."""
    audit = counted_audit(queue, held)
    compared = list(_compared(cases, held))
    asked_once = _asked_once(cases, held)
    pairs = [
        (id, one.verdict == other.verdict)
        for id, by in asked_once.items()
        for one, other in combinations(by.values(), 2)
    ]
    own = {(case.id, digest) for case in cases for digest in (case.digest, case.earlier_digest)}
    shared = {case.digest for case in cases if not case.alone}
    live = [label for label in labels if label.digest in shared or (label.id, label.digest) in own]
    holding = dict.fromkeys(label for by in held.values() for label in by.values())
    left = sum(len(held.get(asked.case.id, {})) < per_case for asked in queue)
    return Progress(
        asked=len(queue),
        judged=len(queue) - left,
        left=left,
        stand_for=sum(len(asked.members()) for asked in queue),
        spread=sum(label.id != id for id, by in held.items() for label in by.values()),
        why=dict(Counter(code for asked in queue for code in asked.codes())),
        reviewers=dict(Counter(label.reviewer for label in holding)),
        corrected=len(live) - len(holding),
        outdated=len(labels) - len(live),
        disputed=tuple(dict.fromkeys(id for id, agree in pairs if not agree)),
        reviewers_agree=clustered.share(pairs),
        pairs=_beyond_chance(asked_once),
        agree_with_scorer=clustered.share([(key, agree) for _, key, agree in compared]),
        agree_with_scorer_on_audit=clustered.share([(key, agree) for id, key, agree in compared if id in audit]),
    )


def counted_audit(queue: Sequence[Asked], held: Current) -> set[str]:
    """The cases of the audit that count as drawn by chance, by the labels so far.

    A label may spread to a case of the audit before its turn. Until the reviewers come so far in the order of the draw
    the case does not count: cases of words that recur would come first in the sample.
    """
    drawn = sorted(
        (member for asked in queue for member in asked.members() if member.drawn is not None),
        key=lambda member: member.drawn or 0,
    )
    reached = 0
    for at, member in enumerate(drawn, start=1):
        if any(label.id == member.case.id for label in held.get(member.case.id, {}).values()):
            reached = at
    while reached < len(drawn) and held.get(drawn[reached].case.id):
        reached += 1
    return {member.case.id for at, member in enumerate(drawn) if at < reached or not held.get(member.case.id)}


def next_asked(queue: Sequence[Asked], held: Current, reviewer: str | None, per_case: int) -> Asked | None:
    """The first case that lacks a label, and that this reviewer has not labelled; None where all is done."""
    return next((asked for asked in queue if not is_done(asked, held, reviewer, per_case)), None)


def is_done(asked: Asked, held: Current, reviewer: str | None, per_case: int) -> bool:
    """Whether a question needs no more labels of this reviewer."""
    by = held.get(asked.case.id, {})
    return len(by) >= per_case or reviewer in by


def exported(queue: Sequence[Asked], cases: Sequence[ReviewCase], held: Current) -> Iterator[dict[str, Any]]:
    """A row for each label that holds, and one for each case without a label, in the order of the cases.

    Each says what the scorer found and why the case was asked. Only labels of rows asked as "audit" are from a random
    sample. Rows without a label are given because the scorer's rate is over all cases. `spread_from` names the case
    that was judged where the label is of another case of equal words.
    """
    audit = counted_audit(queue, held)
    why = {member.case.id: member.why for asked in queue for member in asked.members()}
    for case in cases:
        codes = dict.fromkeys(code for code, _ in why.get(case.id, ()) if code != "audit" or case.id in audit)
        for label in held.get(case.id, {}).values() or (None,):
            row = {
                "id": case.id,
                "human": None if label is None else label.verdict.value,
                "scorer": None if case.first is None else case.first.verdict,
                "score": None if case.first is None else case.first.score,
                "reviewer": None if label is None else label.reviewer,
                "reason": None if label is None else label.reason,
                "asked": list(codes),
            }
            yield row if label is None or label.id == case.id else {**row, "spread_from": label.id}


def _asked_once(cases: Sequence[ReviewCase], held: Current) -> dict[str, Mapping[str, Label]]:
    """The labels of each question, under the case that was judged first; a label that has spread counts once."""
    found: dict[str, Mapping[str, Label]] = {}
    seen: set[str] = set()
    for case in cases:
        by = held.get(case.id)
        if by and case.key not in seen:
            seen.add(case.key)
            found[next(iter(by.values())).id] = by
    return found


def _beyond_chance(asked_once: Mapping[str, Mapping[str, Label]]) -> dict[str, dict[str, Estimate]]:
    """For each two reviewers: Cohen's kappa and Gwet's AC1 over the questions that both judged, by their names."""
    both: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for id, by in asked_once.items():
        for one, other in combinations(sorted(by), 2):
            both[one, other].append((id, by[one].verdict.value, by[other].verdict.value))
    names = [judgement.value for judgement in Judgement]
    found = {}
    for (one, other), items in sorted(both.items()):
        ids, first, second = ([item[at] for item in items] for at in range(3))
        used = [name for name in names if name in {*first, *second}]
        found[f"{one} and {other}"] = {
            "Cohen's kappa": agreement(cohens_kappa, first, second, used, ids),
            "Gwet's AC1": agreement(gwets_ac1, first, second, used, ids),
        }
    return found


def _compared(cases: Sequence[ReviewCase], held: Current) -> Iterator[tuple[str, str, bool]]:
    """Whether label and scorer agree, where both decided, with the case and the key of its words."""
    for case in cases:
        for label in held.get(case.id, {}).values():
            if case.first is not None and {case.first.verdict, label.verdict.value} <= {"PASS", "FAIL"}:
                yield case.id, case.key, case.first.verdict == label.verdict.value
