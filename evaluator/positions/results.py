"""The results of a sweep: whether each call was right and cited the gold passage, and the curves of both."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evaluator.models.reply import Reply
from evaluator.positions.calls import CallStore
from evaluator.positions.cases import Passage
from evaluator.positions.prompts import handles
from evaluator.positions.scoring import Said, cites, correct, told
from evaluator.positions.settings import CONTROLS
from evaluator.positions.sweep import FAILURES_IN_A_ROW, Call, Plan
from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate, proportion
from evaluator.statistics.paired import changes, mcnemar, risk_difference

if TYPE_CHECKING:
    from evaluator.shape.shape import Reading

FORMAT = 1
SIMULATED = "simulated"
"""The names of simulated readers begin so, and their answers are labelled so."""

NEVER_ASKED = f"not asked: the endpoint had failed at {FAILURES_IN_A_ROW} calls in a row"


@dataclass(frozen=True, slots=True)
class Scored:
    """One call. `cited` is None where there is nothing to cite. Without an answer both are None, with the `error`.

    Of a case with outdated answers, `said` is what the answer says, `both` whether it holds a right and an outdated
    one, and `cites_outdated` whether it cites a wording from another time.
    """

    key: str
    correct: bool | None
    cited: bool | None
    cut: bool = False
    error: str | None = None
    said: Said | None = None
    both: bool = False
    cites_outdated: bool = False

    @property
    def outdated(self) -> bool:
        return self.said == "outdated"

    def content(self) -> dict[str, Any]:
        values = {"correct": self.correct, "cited": self.cited}
        shown = {name: None if value is None else int(value) for name, value in values.items()}
        if self.said is not None:
            shown |= {
                "outdated": int(self.outdated),
                "cites_outdated": int(self.cites_outdated),
                "both": int(self.both),
            }
        return {**shown, "error": self.error, "call": self.key}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """0 or 1 for each case at each position, paired: only cases that were answered at every position.

    With `clusters`, a name for each case, the intervals allow for likeness within a cluster.
    """

    positions: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    clusters: tuple[str, ...] | None = None

    @property
    def estimates(self) -> list[Estimate]:
        """The share of cases at each position with its Wilson interval."""
        columns = [[row[at] for row in self.rows] for at in range(len(self.positions))]
        if self.clusters is None:
            return [proportion(sum(column), len(column)) for column in columns]
        return [clustered.proportion([bool(it) for it in column], self.clusters) for column in columns]

    def content(self) -> dict[str, Any]:
        """As `asof-eval shape` reads it; accuracy in percent."""
        estimates = self.estimates
        return {
            "positions": list(self.positions),
            "accuracy": [_percent(item.value) for item in estimates],
            "intervals": [[_percent(item.low), _percent(item.high)] for item in estimates],
            "n": len(self.rows),
            "outcomes": [list(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Orders:
    """The same passages by rank and with the strongest at both edges, over cases answered in both orders.

    `gain` is the rate of edges minus that of rank. `only_edges_right` and `only_rank_right` count the cases that were
    right in that order alone. `p_value` is that of McNemar's exact test.
    """

    rank: Estimate
    edges: Estimate
    gain: Estimate
    only_edges_right: int
    only_rank_right: int
    p_value: float
    cases_with_the_gold_passage: int


class Results:
    """The answers of a sweep, scored."""

    def __init__(self, plan: Plan, made: Sequence[Call], store: CallStore, failures: Mapping[str, str]) -> None:
        self.plan = plan
        self.settings = list({call.setting.case.id: call.setting for call in made}.values())
        self._groups = {setting.case.id: setting.case.group for setting in self.settings}
        self.scored: dict[str, dict[str, Scored]] = {setting.case.id: {} for setting in self.settings}
        for call in made:
            reply = store.reply(call.key)
            reason = failures.get(call.key, NEVER_ASKED)
            scored = Scored(call.key, None, None, error=reason) if reply is None else _scored(plan, call, reply)
            self.scored[call.setting.case.id][call.arm] = scored

    @property
    def simulated(self) -> bool:
        return self.plan.model.startswith(SIMULATED)

    @cached_property
    def missing(self) -> list[dict[str, Any]]:
        """Every call without an answer: its case, its arm, and why."""
        return [
            {"case": case, "arm": arm, "error": scored.error}
            for case, arms in self.scored.items()
            for arm, scored in arms.items()
            if scored.error is not None
        ]

    def complete_cases(self) -> list[str]:
        """The cases that were answered at every position."""
        arms = [f"position:{position}" for position in self.plan.positions]
        return [case for case, found in self.scored.items() if all(found[arm].error is None for arm in arms)]

    def curve(self) -> Outcomes:
        """Which answers were right."""
        return self._curve("correct")

    def reading(self) -> "Reading | None":
        """The shape of the curve of right answers; None where no case was answered at every position."""
        from evaluator.shape.curve import paired_curve
        from evaluator.shape.shape import read_shape

        rows = self.curve().rows
        clusters = [self._groups[case] for case in self.complete_cases()]
        return read_shape(paired_curve(self.plan.positions, rows, clusters)) if rows else None

    def citing(self) -> Outcomes | None:
        """Which answers cited the gold passage; None where there is nothing to cite."""
        return None if self.settings[0].case.kind == "key-value" else self._curve("cited")

    def by_group(self, measure: str) -> Outcomes:
        """A measure of each case at each position, with intervals that are clustered by group."""
        return replace(self._curve(measure), clusters=tuple(self._groups[case] for case in self.complete_cases()))

    def _curve(self, measure: str) -> Outcomes:
        positions = self.plan.positions
        return Outcomes(
            positions,
            tuple(
                tuple(int(getattr(self.scored[case][f"position:{position}"], measure)) for position in positions)
                for case in self.complete_cases()
            ),
        )

    def control(self, arm: str) -> Estimate:
        """The share of right answers without passages, or with the gold one alone."""
        answered = [found[arm].correct for found in self.scored.values() if found[arm].error is None]
        return proportion(sum(map(bool, answered)), len(answered))

    def orders(self) -> Orders | None:
        """The comparison of both orders; None where it was not asked for."""
        if set(self.plan.orders) != {"rank", "edges"}:
            return None
        by_rank: list[int] = []
        by_edges: list[int] = []
        clusters, with_gold = [], 0
        for setting in self.settings:
            rank, edges = (self.scored[setting.case.id][f"order:{order}"] for order in ("rank", "edges"))
            if rank.correct is not None and edges.correct is not None:
                by_rank.append(int(rank.correct))
                by_edges.append(int(edges.correct))
                clusters.append(setting.case.group)
                with_gold += _found(setting.ranked, setting.gold) is not None
        seen = changes(by_rank, by_edges)
        return Orders(
            rank=proportion(sum(by_rank), seen.n),
            edges=proportion(sum(by_edges), seen.n),
            gain=risk_difference(by_rank, by_edges, clusters),
            only_edges_right=seen.gained,
            only_rank_right=seen.lost,
            p_value=mcnemar(seen.gained, seen.lost),
            cases_with_the_gold_passage=with_gold,
        )

    def cut(self) -> int:
        """How many answers the limit of tokens cut off."""
        return len({item.key for found in self.scored.values() for item in found.values() if item.cut})

    def content(self) -> dict[str, Any]:
        cases, citing, orders = self.complete_cases(), self.citing(), self.orders()
        return {
            "format": FORMAT,
            "model": self.plan.model,
            "simulated": self.simulated,
            "task": self.settings[0].case.kind,
            "passages": len(self.settings[0].others) + 1,
            "parameters": dict(self.plan.parameters),
            "complete": not self.missing,
            "missing": self.missing,
            "answers_cut_off": self.cut(),
            "correct": {**self.curve().content(), "cases": cases, "clusters": [self._groups[case] for case in cases]},
            "shape": None if (reading := self.reading()) is None else reading.content(),
            "cites_gold": None if citing is None else citing.content(),
            "controls": {arm: self.control(arm).content() for arm in CONTROLS},
            "orders": None if orders is None else asdict(orders),
            "cases": [
                {"id": case, "cluster": self._groups[case], "arms": {arm: it.content() for arm, it in found.items()}}
                for case, found in self.scored.items()
            ],
        }

    def curves(self) -> list[dict[str, Any]]:
        """A list of one curve, as `asof-eval shape` takes it: outcomes by case, with the cluster of each case."""
        task = f"{self.settings[0].case.kind}, {len(self.settings[0].others) + 1} passages"
        label = {"model": self.plan.model, "simulated": self.simulated, "task": task}
        return [{**label, **self.curve().content(), "clusters": [self._groups[case] for case in self.complete_cases()]}]


def _percent(value: float | None) -> float | None:
    """In percent, without the noise of the last bits."""
    return None if value is None else round(100 * value, 9)


def _scored(plan: Plan, call: Call, reply: Reply) -> Scored:
    case, cut = call.setting.case, reply.finish_reason == "length"
    passages = plan.passages(call.setting, call.arm)
    at = _found(passages, call.setting.gold)
    if case.outdated:
        return _said(call, reply, passages, at)
    right = correct(reply.answer, case.answers, citing=case.kind != "key-value")
    if case.kind == "key-value" or not passages:
        return Scored(call.key, right, None, cut)
    return Scored(call.key, right, at is not None and cites(reply.answer, handles(passages), at), cut)


def _said(call: Call, reply: Reply, passages: Sequence[Passage], at: int | None) -> Scored:
    """The same for a case with outdated answers, of which each stands as whole words or not at all."""
    case, named = call.setting.case, handles(passages)
    right, old = told(reply.answer, case.answers, case.outdated)
    others = [place for place, item in enumerate(passages) if item.outdated]
    cites_outdated = any(cites(reply.answer, named, place) for place in others)
    return Scored(
        call.key,
        correct=right,
        cited=(at is not None and cites(reply.answer, named, at)) if passages else None,
        cut=reply.finish_reason == "length",
        said="right" if right else "outdated" if old else "cites_outdated" if cites_outdated else "other",
        both=right and old,
        cites_outdated=cites_outdated,
    )


def _found(passages: Sequence[Any], gold: Any) -> int | None:
    """Where the gold passage stands, by its handle or its words."""
    for at, item in enumerate(passages):
        if item.handle == gold.handle and (gold.handle is not None or item.text == gold.text):
            return at
    return None
