"""Routing: who looks at a failed trace first and what they do. Ordered rules over its measurements decide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluator.checks.checks_file import Results
from evaluator.routing.diagnosis import Before, Diagnosis, diagnose, format_holds
from evaluator.routing.found import NOTHING, Found
from evaluator.routing.rules import WEIGHTS, Rule
from evaluator.traces.case_trace import CaseTrace

IN_THE_WORLD = frozenset(("claimed_actions_executed", "executed_actions_allowed"))
"""Measurements of what was done, and not of what was said."""

CASELESS = "beyond --checks, no instant, decision or policy could be held against a case; --cases gives them"
"""What is not known of a trace without a case, though it passes."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a failed trace goes: the rule, and the measurements because of which it fired."""

    id: str
    rule: Rule
    because: tuple[Mapping[str, Any], ...]
    case: str = ""
    trial: int | None = None

    @property
    def name(self) -> str:
        """The case that the trace answers, and its trial where there are several."""
        named = self.case or self.id
        return named if self.trial is None else f"{named} (trial {self.trial})"

    @property
    def place(self) -> str:
        """The name, and the id of the trace where its case has another."""
        return self.name if self.case in ("", self.id) else f"{self.name}, trace {self.id}"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What was measured, each in words and once."""
        said = (f"{it['measurement'].replace('_', ' ')}: {it['detail'] or _value(it['value'])}" for it in self.because)
        return tuple(dict.fromkeys(said))

    @property
    def weights(self) -> str:
        """What mending it does to the model's weights."""
        return WEIGHTS[self.rule.owner]

    def content(self) -> dict[str, Any]:
        rule = self.rule.model_dump(exclude={"name", "when"})
        place = {"id": self.id, "case": self.case or self.id, "trial": self.trial}
        return {**place, **rule, "weights": self.weights, "rule": self.rule.name, "because": list(self.because)}


@dataclass(frozen=True, slots=True)
class Routing:
    """All traces of a run: those that passed are counted, and each of the others has a route.

    `caseless` counts the traces whose case is not known, so that instant, decision and policy have nothing to meet.
    """

    traces: int
    routes: tuple[Route, ...]
    unanswered: tuple[str, ...] = ()
    caseless: int = 0

    def by_owner(self) -> dict[str, list[Route]]:
        """The routes of each owner, the one with the most first."""
        found: dict[str, list[Route]] = {}
        for route in self.routes:
            found.setdefault(route.rule.owner, []).append(route)
        return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

    def by_rule(self) -> dict[str, list[Route]]:
        """The routes by the rule that fired, those of the owner with the most first."""
        found: dict[str, list[Route]] = {}
        for routes in self.by_owner().values():
            for route in routes:
                found.setdefault(route.rule.name, []).append(route)
        return found

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the ids of each owner, and each route."""
        owners = {
            owner: {"traces": len(routes), "ids": [route.name for route in routes]}
            for owner, routes in self.by_owner().items()
        }
        return {
            "traces": self.traces,
            "passed": self.traces - len(self.routes),
            "not_passed": len(self.routes),
            "traces_without_a_case": self.caseless,
            "cases_without_a_trace": list(self.unanswered),
            "owners": owners,
            "routes": [route.content() for route in self.routes],
        }


def route(diagnosis: Diagnosis, rules: Sequence[Rule]) -> Route | None:
    """The first rule that fires. None for a trace that passes, unless its first token came after a rule's limit."""
    for rule in rules:
        if diagnosis.passes is True and rule.when.first_token_over_ms is None:
            continue
        if rule.fires(diagnosis):
            because = list(rule.because(diagnosis))
            other = _without_the_baseline(diagnosis, rule, rules) or _done_at_a_wrong_instant(diagnosis, rule, rules)
            if other is not None:
                said = {"measurement": "also", "value": other.name, "detail": f"{other.name}: {other.action}"}
                because.append(said)
            named = {it["measurement"] for it in because}
            for name, worth_naming in (("as_of_passed", False), ("release_changed", True)):
                if diagnosis.value(name) is worth_naming and name not in named:
                    because.append(diagnosis.content(name))
            return Route(diagnosis.id, rule, tuple(because))
    return None


def _value(value: Any) -> str:
    return {True: "true", False: "false", None: "not measured"}.get(value, str(value))


def _without_the_baseline(diagnosis: Diagnosis, fired: Rule, rules: Sequence[Rule]) -> Rule | None:
    """The rule that would have fired without a baseline, which says what went wrong; None where it is the last one."""
    if "regressed" not in fired.when.values:
        return None
    for rule in rules:
        if "regressed" not in rule.when.values and rule.fires(diagnosis):
            return None if rule is rules[-1] else rule
    return None


def _done_at_a_wrong_instant(diagnosis: Diagnosis, fired: Rule, rules: Sequence[Rule]) -> Rule | None:
    """The rule about what was done in the world, where the instant asked about is the first thing to mend."""
    if "as_of_passed" not in fired.when.values:
        return None
    done = (rule for rule in rules if rule is not fired and IN_THE_WORLD & rule.when.values.keys())
    return next((rule for rule in done if rule.fires(diagnosis)), None)


def route_all(
    traces: Sequence[CaseTrace],
    results: Mapping[str, Results],
    rules: Sequence[Rule],
    before: Mapping[str, Before] | None = None,
    unanswered: Iterable[str] = (),
    groups: Mapping[str, str] | None = None,
) -> Routing:
    """The routing of every trace, in order; `groups` names the group of traces that do not name it themselves."""
    elsewhere = dict(_format_elsewhere(traces, results, groups or {}))
    before = before or {}
    found = (
        route(diagnose(it, results.get(it.id, Results()), before.get(it.id), elsewhere.get(it.id, NOTHING)), rules)
        for it in traces
    )
    routes = (
        replace(it, case=traced.case, trial=traced.trace.trial)
        for traced, it in zip(traces, found, strict=True)
        if it is not None
    )
    caseless = sum(traced.policy_case is None for traced in traces)
    return Routing(len(traces), tuple(routes), tuple(unanswered), caseless)


def results_of(traces: Sequence[CaseTrace], results: Mapping[str, Results]) -> dict[str, Results]:
    """The results of each trace: those under its own id, and those under the id of the case that it answers."""
    found = {}
    for traced in traces:
        own, of_case = results.get(traced.id, Results()), Results()
        if traced.case != traced.id:
            of_case = results.get(traced.case, of_case).of_trial(traced.trace.trial)
        found[traced.id] = own.with_those_of(of_case)
    return found


def _format_elsewhere(
    traces: Sequence[CaseTrace], results: Mapping[str, Results], groups_of: Mapping[str, str]
) -> Iterator[tuple[str, Found]]:
    """For each trace of a group: whether another paraphrase of the group kept the format."""
    groups: dict[str, dict[str, bool]] = {}
    for traced in traces:
        of_one = results.get(traced.id, Results())
        group, holds = of_one.group or traced.group or groups_of.get(traced.case), format_holds(of_one).value
        if group is not None and holds is not None:
            groups.setdefault(group, {})[traced.id] = holds
    for group, held in groups.items():
        keeping = [id for id, holds in held.items() if holds]
        for id in held:
            others = [other for other in keeping if other != id]
            if len(held) > 1:
                shown = ", ".join(others[:3]) or "no other"
                yield id, Found(bool(others), f"of group {group} kept by {shown}")
