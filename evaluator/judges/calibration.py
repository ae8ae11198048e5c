"""How far a judge can be trusted: its agreement with people, its consistency and length bias, and the true rate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.judges.labels import JudgeLabel
from evaluator.statistics import clustered
from evaluator.statistics.corrected_rate import prediction_powered, rogan_gladen
from evaluator.statistics.intervals import Estimate, with_width
from evaluator.statistics.rater_agreement import agreement, cohens_kappa, gwets_ac1, krippendorffs_alpha

PARTS = ("agreements", "consistency", "length_bias", "rates")
"""The parts of a calibration; each holds estimates by the name of their measure."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Counts, how people's labels (first) and the judge's meet, and each measure with its interval."""

    positive: str
    counts: dict[str, int]
    labels: tuple[str, ...]
    confusion: dict[str, dict[str, int]]
    agreements: dict[str, Estimate]
    consistency: dict[str, Estimate]
    length_bias: dict[str, Estimate]
    rates: dict[str, Estimate]

    def content(self) -> dict[str, Any]:
        return {
            **self.counts,
            "positive": self.positive,
            "labels": list(self.labels),
            "confusion": self.confusion,
            **{part: {name: estimate.content() for name, estimate in getattr(self, part).items()} for part in PARTS},
        }


def calibrate(labels: Sequence[JudgeLabel], positive: str) -> Calibration:
    """The calibration of a judge; `positive` is the label whose rate is counted, such as PASS."""
    both = [(one.id, one.human, one.judge) for one in labels if one.human is not None and one.judge is not None]
    ids, human, judge = ([pair[at] for pair in both] for at in range(3))
    names = tuple(sorted({*human, *judge}))
    counted = Counter(zip(human, judge, strict=True))
    return Calibration(
        positive=positive,
        counts={
            "labelled": len(both),
            "ids": len(set(ids)),
            "judged_alone": sum(one.human is None and one.judge is not None for one in labels),
            "not_judged": sum(one.judge is None for one in labels),
            "picked": sum(not one.random and one.human is not None for one in labels),
        },
        labels=names,
        confusion={row: {column: counted[row, column] for column in names} for row in names},
        agreements={
            "agreement": clustered.share([(id, one == other) for id, one, other in both]),
            "cohens_kappa": agreement(cohens_kappa, human, judge, names, ids),
            "gwets_ac1": agreement(gwets_ac1, human, judge, names, ids),
            "krippendorffs_alpha": agreement(krippendorffs_alpha, human, judge, names, ids),
        },
        consistency=consistency(labels),
        length_bias=length_bias(labels),
        rates=rates(labels, positive),
    )


def consistency(labels: Sequence[JudgeLabel]) -> dict[str, Estimate]:
    """How often the judge's label changes for no reason: with the other order of the answers, or when asked again."""
    swapped = [(one.id, one.swapped != one.judge) for one in labels if one.judge and one.swapped]
    repeated = [(one.id, one.repeated != one.judge) for one in labels if one.judge and one.repeated]
    return {"swap_flips": clustered.share(swapped), "repeat_flips": clustered.share(repeated)}


def length_bias(labels: Sequence[JudgeLabel]) -> dict[str, Estimate]:
    """How often the judge preferred the longer of two answers of unequal length.

    The excess is how much more often the judge preferred it than people did, on the same items.
    """
    longer = [(one.id, _longer(one.judge, one.lengths)) for one in labels]
    chosen = [(id, won) for id, won in longer if won is not None]
    pairs = [
        (one.id, float(judged) - float(by_people))
        for one in labels
        if (judged := _longer(one.judge, one.lengths)) is not None
        and (by_people := _longer(one.human, one.lengths)) is not None
    ]
    return {
        "longer_preferred": clustered.share(chosen),
        "longer_preferred_excess": with_width(clustered.mean([value for _, value in pairs], [id for id, _ in pairs])),
    }


def rates(labels: Sequence[JudgeLabel], positive: str) -> dict[str, Estimate]:
    """The rate of `positive`: by people, by the judge, and by the judge corrected by people.

    People's labels count where an item was picked by chance. For all other items the judge's label counts, once for
    each item. These include the items that were picked for being hard; without them they would be no random sample.
    `human` is the classical estimate from labelled items alone. `prediction_powered` is narrower by what the judge's
    labels add. Where every item has the judge's score, the score takes the place of the label.
    """
    judged = [one for one in labels if one.judge is not None]
    labelled = [one for one in judged if one.random and one.human is not None]
    picked = {one.id: one for one in judged if not one.random}
    alone = [*(one for one in judged if one.random and one.human is None), *picked.values()]
    ids = [one.id for one in labelled]
    human = [int(one.human == positive) for one in labelled]
    judge = [int(one.judge == positive) for one in labelled]
    unlabelled = [int(one.judge == positive) for one in alone]
    scored = [one.score for one in (*labelled, *alone) if one.score is not None]
    whole = len(scored) == len(labelled) + len(alone)
    return {
        "human": clustered.proportion([bool(value) for value in human], ids),
        "judge": clustered.proportion([bool(value) for value in unlabelled], [one.id for one in alone]),
        "rogan_gladen": rogan_gladen(human, judge, unlabelled),
        "prediction_powered": prediction_powered(
            human, scored[: len(labelled)] if whole else judge, scored[len(labelled) :] if whole else unlabelled, ids
        ),
    }


def _longer(label: str | None, lengths: tuple[float, float] | None) -> bool | None:
    """Whether a label prefers the longer answer; None where it prefers neither, or the lengths are equal."""
    if label is None or lengths is None or lengths[0] == lengths[1] or label.upper() not in ("A", "B"):
        return None
    return (label.upper() == "A") == (lengths[0] > lengths[1])
