"""The thresholds below which a question is not answered, chosen by questions that policies answer and others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.statistics.intervals import Estimate, proportion
from retriever.answering.abstention import Thresholds

DENSE = tuple(round(0.02 * step, 2) for step in range(51))
COVERAGE = tuple(round(0.05 * step, 2) for step in range(21))
"""The thresholds that are tried: each one of a leg with each one of the other leg."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Signal:
    """The two scores that decide about one question.

    `hit` says whether the answer held what it should; None for a question that nothing answers. Questions of one
    `group`, such as a policy, are never on both sides of a cross-validation.
    """

    dense: float
    coverage: float
    hit: bool | None
    group: str


@dataclass(frozen=True, slots=True)
class Point:
    """One pair of thresholds: the unanswerable questions it turns away, and the hits that it loses."""

    thresholds: Thresholds
    abstained: Estimate
    lost: Estimate

    def content(self) -> dict[str, Any]:
        return {
            "dense": self.thresholds.dense,
            "coverage": self.thresholds.coverage,
            "abstained": self.abstained.content(),
            "hits_lost": self.lost.content(),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """The curve, the point chosen on it, and the effect of such a choice on questions that did not help to choose."""

    curve: tuple[Point, ...]
    chosen: Point
    abstained: Estimate
    lost: Estimate

    def content(self) -> dict[str, Any]:
        return {
            "chosen": self.chosen.content(),
            "held_out": {"abstained": self.abstained.content(), "hits_lost": self.lost.content()},
            "curve": [point.content() for point in self.curve],
        }


def choice(signals: Sequence[Signal], lose: float) -> Choice:
    """The choice that loses at most this share of the hits."""
    return Choice(tuple(curve(signals)), choose(signals, lose), *held_out(signals, lose))


def point(signals: Sequence[Signal], thresholds: Thresholds) -> Point:
    """What these thresholds do to these questions."""
    below = [_below(signal, thresholds) for signal in signals]
    unanswerable = [away for signal, away in zip(signals, below, strict=True) if signal.hit is None]
    hits = [away for signal, away in zip(signals, below, strict=True) if signal.hit]
    return Point(thresholds, proportion(sum(unanswerable), len(unanswerable)), proportion(sum(hits), len(hits)))


def curve(signals: Sequence[Signal]) -> list[Point]:
    """Every useful choice, from no hit lost on: each step turns away more questions, and loses more hits.

    Thresholds are left out where others turn away as many unanswerable questions and lose fewer hits.
    """
    away, lost = _counts(signals)
    best: list[Point] = []
    most = -1
    for flat in np.lexsort((-away.ravel(), lost.ravel())).tolist():
        if away.flat[flat] > most:
            most = int(away.flat[flat])
            row, column = divmod(flat, len(COVERAGE))
            best.append(point(signals, Thresholds(DENSE[row], COVERAGE[column])))
    return best


def choose(signals: Sequence[Signal], lose: float) -> Point:
    """The point of the curve that turns most away among those that lose at most this share of the hits."""
    return [found for found in curve(signals) if (found.lost.value or 0.0) <= lose][-1]


def held_out(signals: Sequence[Signal], lose: float, folds: int = FOLDS) -> tuple[Estimate, Estimate]:
    """What is turned away and what is lost, each question by thresholds that were chosen without its group."""
    order = {group: number % folds for number, group in enumerate(sorted({signal.group for signal in signals}))}
    away: list[bool] = []
    lost: list[bool] = []
    for fold in range(folds):
        rest = [signal for signal in signals if order[signal.group] != fold]
        thresholds = choose(rest, lose).thresholds
        for signal in (signal for signal in signals if order[signal.group] == fold):
            if signal.hit is None:
                away.append(_below(signal, thresholds))
            elif signal.hit:
                lost.append(_below(signal, thresholds))
    return proportion(sum(away), len(away)), proportion(sum(lost), len(lost))


def _below(signal: Signal, thresholds: Thresholds) -> bool:
    return thresholds.below(signal.dense, lambda: signal.coverage) is not None


def _counts(signals: Sequence[Signal]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many unanswerable questions and how many hits each pair of thresholds turns away; (dense, coverage)."""
    dense = np.array([signal.dense for signal in signals])
    coverage = np.array([signal.coverage for signal in signals])
    kinds = np.array([-1 if signal.hit is None else int(signal.hit) for signal in signals])
    counts = []
    for kind in (-1, 1):
        near = dense[kinds == kind] < np.array(DENSE)[:, None]
        held = coverage[kinds == kind] < np.array(COVERAGE)[:, None]
        counts.append(near.astype(np.int64) @ held.astype(np.int64).T)
    return counts[0], counts[1]
