"""How often the rule of another time is answered: with dates in the prompt, without them, and the paired difference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from evaluator.positions.calls import CallStore
from evaluator.positions.dates import dated
from evaluator.positions.results import Results
from evaluator.positions.scoring import SAID, Said
from evaluator.positions.settings import CONTROLS, Setting
from evaluator.positions.sweep import Plan, calls
from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate
from evaluator.statistics.paired import risk_difference

Dates = Literal["with", "without", "both"]
Side = Literal["with dates", "without dates"]
Measure = Literal["correct", "outdated", "cites_outdated"]

T = TypeVar("T")


def sides(settings: Sequence[Setting], dates: Dates | None) -> dict[Side | None, list[Setting]]:
    """The settings with dates, without them, or both, the one that results begin with first; as they are for None."""
    made: dict[Side | None, list[Setting]] = {}
    if dates is None:
        return {None: list(settings)}
    if dates != "without":
        made["with dates"] = [dated(setting) for setting in settings]
    if dates != "with":
        made["without dates"] = list(settings)
    return made


@dataclass(frozen=True, slots=True)
class Gain:
    """A measure with dates less without them, over the same cases: at each position, and over all of them."""

    by_position: tuple[Estimate, ...]
    overall: Estimate

    def content(self) -> dict[str, Any]:
        return {"by_position": [it.content() for it in self.by_position], "overall": self.overall.content()}


@dataclass(frozen=True)
class Outdated:
    """The results of a sweep among outdated wordings, by side."""

    sides: Mapping[Side, Results]

    @property
    def first(self) -> Results:
        return next(iter(self.sides.values()))

    @property
    def simulated(self) -> bool:
        return self.first.simulated

    @property
    def missing(self) -> list[dict[str, Any]]:
        """Every call without an answer, its arm named with its side."""
        return [
            {**item, "arm": f"{item['arm']}, {side}"} for side, found in self.sides.items() for item in found.missing
        ]

    def complete_cases(self) -> list[str]:
        """The cases that were answered at every position, on every side."""
        answered = [set(found.complete_cases()) for found in self.sides.values()]
        return [case for case in self.first.complete_cases() if all(case in found for found in answered)]

    def cut(self) -> int:
        return sum(found.cut() for found in self.sides.values())

    def said(self, side: Side) -> Counter[Said]:
        """How many answers at all positions said what."""
        found = self.sides[side]
        at = [f"position:{position}" for position in found.plan.positions]
        said = (found.scored[case][arm].said for case in found.complete_cases() for arm in at)
        return Counter(it for it in said if it is not None)

    def both(self, side: Side) -> int:
        """How many answers at all positions hold a right answer and an outdated one; they count as right."""
        return sum(map(sum, self.sides[side].by_group("both").rows))

    def gain(self, measure: Measure) -> Gain | None:
        """With dates less without, with score intervals clustered by policy; None where only one side was asked."""
        if len(self.sides) < 2:
            return None
        cases = self.complete_cases()
        after, before = (_rows(self.sides[side], measure, cases) for side in ("with dates", "without dates"))
        groups = {setting.case.id: setting.case.group for setting in self.first.settings}
        clusters = [groups[case] for case in cases]
        places = range(len(self.first.plan.positions))
        columns = [([row[at] for row in before], [row[at] for row in after]) for at in places]
        return Gain(
            by_position=tuple(risk_difference(one, other, clusters) for one, other in columns),
            overall=risk_difference(_flat(before), _flat(after), [group for group in clusters for _ in places]),
        )

    def content(self) -> dict[str, Any]:
        """The first side's results, with what is said of outdated answers; the other side's beside them."""
        told: list[dict[str, Any]] = []
        for side, found in self.sides.items():
            outdated = {
                "by_position": found.by_group("outdated").content(),
                "cites_by_position": found.by_group("cites_outdated").content(),
                **{measure: overall(found, measure).content() for measure in ("outdated", "cites_outdated")},
                "controls": {arm: _control(found, arm).content() for arm in CONTROLS},
                "said": {name: self.said(side)[name] for name in SAID},
                "right_and_outdated": self.both(side),
            }
            told.append({**found.content(), "dates": side, "outdated": outdated, "shown": _shown(found.settings)})
        measures: tuple[Measure, ...] = ("correct", "outdated", "cites_outdated")
        gains = {measure: gain.content() for measure in measures if (gain := self.gain(measure)) is not None}
        result = {**told[0], "complete": not self.missing, "missing": self.missing}
        return result if len(told) == 1 else {**result, "dates_gain": gains, "without_dates": told[1]}

    def curves(self) -> list[dict[str, Any]]:
        """The curve of right answers of each side, as `asof-eval shape` takes it."""
        return [
            {**curve, "task": f"{curve['task']}, {side}"}
            for side, found in self.sides.items()
            for curve in found.curves()
        ]


def results(
    plan: Plan, by_side: Mapping[Side | None, Sequence[Setting]], store: CallStore, failures: Mapping[str, str]
) -> Results | Outdated:
    """The results of the settings of each side; those of None alone where there is no other side."""
    found = {side: Results(plan, calls(plan, settings), store, failures) for side, settings in by_side.items()}
    sided = {side: it for side, it in found.items() if side is not None}
    return Outdated(sided) if sided else found[None]


def overall(found: Results, measure: Measure) -> Estimate:
    """The share over all cases and positions, with its interval clustered by policy."""
    outcomes = found.by_group(measure)
    assert outcomes.clusters is not None
    clusters = [group for group in outcomes.clusters for _ in outcomes.positions]
    return clustered.proportion([bool(it) for it in _flat(outcomes.rows)], clusters)


def _control(found: Results, arm: str) -> Estimate:
    """The share of outdated answers without passages, or with the gold one alone."""
    groups = {setting.case.id: setting.case.group for setting in found.settings}
    answered = [(groups[case], arms[arm].outdated) for case, arms in found.scored.items() if arms[arm].error is None]
    return clustered.share(answered)


def _rows(found: Results, measure: Measure, cases: Sequence[str]) -> list[tuple[int, ...]]:
    rows = dict(zip(found.complete_cases(), found.by_group(measure).rows, strict=True))
    return [rows[case] for case in cases]


def _flat(rows: Sequence[Sequence[T]]) -> list[T]:
    return [value for row in rows for value in row]


def _shown(settings: Sequence[Setting]) -> list[dict[str, Any]]:
    """Which passages stood in the prompts of each case, the others in their order, and when each is in force."""
    return [
        {
            "id": setting.case.id,
            "gold": setting.gold.handle,
            "others": [
                {"citation": item.handle, "outdated": item.outdated, "in_force": item.in_force}
                for item in setting.others
            ],
        }
        for setting in settings
    ]
