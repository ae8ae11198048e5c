"""How many cases were decided rightly: rates with intervals by check, over cases, and over groups of paraphrases."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.checks.check import GRAVITY, Check, Verdict, worst
from evaluator.decisions.decision import KINDS, decision_checks
from evaluator.errors import BadFile, UnmatchedAnswer
from evaluator.files.json_lines import read_lines
from evaluator.files.policy_cases import PolicyCase
from evaluator.statistics.intervals import Estimate, proportion
from evaluator.traces.answer import erased
from evaluator.traces.trace import case_of, recorded
from retriever.traces.trace import Trace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


@dataclass(frozen=True)
class DecisionReport:
    """The checks of all cases. FAIL, UNKNOWN and ERROR all count as not passed."""

    cases: Sequence[PolicyCase]
    checks: Mapping[str, Sequence[Check]]
    """By the id of the case, in the order of the cases: those of every answer to it."""

    missing: int
    erased: Sequence[str] = ()
    """The ids of traces whose answers were erased, and whose cases nobody can name any more."""

    traces: Sequence[str] = ()
    """The ids of the traces that were judged, so that nobody takes the report for one of other answers."""

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """The gravest verdict of each case: of several answers each has to pass."""
        return {id: worst(check.verdict for check in checks) for id, checks in self.checks.items()}

    @cached_property
    def groups(self) -> dict[str, Verdict]:
        """The gravest verdict of each group: it passes only where every paraphrase does."""
        members: dict[str, list[Verdict]] = defaultdict(list)
        for case in self.cases:
            members[case.group].append(self.verdicts[case.id])
        return {group: worst(verdicts) for group, verdicts in members.items()}

    @property
    def trials(self) -> int:
        """The most answers that any case has."""
        return max((len({check.trial for check in checks}) for checks in self.checks.values()), default=0)

    def by_check(self) -> dict[str, tuple[Estimate, dict[Verdict, int]]]:
        """For each check the rate of passes, over the cases that have it, and the count of each verdict."""
        counts: dict[str, Counter[Verdict]] = defaultdict(Counter)
        for check in (check for checks in self.checks.values() for check in checks):
            counts[check.name][check.verdict] += 1
        return {name: _rate(counts[name].elements()) for name in KINDS if name in counts}

    def totals(self) -> dict[str, tuple[Estimate, dict[Verdict, int]]]:
        """The same over whole cases and over whole groups."""
        return {"cases": _rate(self.verdicts.values()), "groups": _rate(self.groups.values())}

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, rates with their intervals, each group's verdict, and a record for each check."""
        rates = {**self.totals(), **self.by_check()}
        return {
            "cases": len(self.cases),
            "groups": len(self.groups),
            "missing": self.missing,
            "erased": list(self.erased),
            "trials": self.trials,
            "traces": list(self.traces),
            "measures": {name: {**rate.content(), "verdicts": counts} for name, (rate, counts) in rates.items()},
            "by_group": self.groups,
            "by_case": {
                case.id: {"group": case.group, "verdict": self.verdicts[case.id], "expected": case.expected.said()}
                for case in self.cases
            },
            "records": [check.content() for checks in self.checks.values() for check in checks],
        }


def report(
    cases: Sequence[PolicyCase], traces: Mapping[str, Sequence[Trace]], schema: "Validator | None"
) -> DecisionReport:
    """The report on every case; a case without a trace fails, and stays in every denominator."""
    trials = sorted({trace.trial for of in traces.values() for trace in of if trace.trial is not None})
    checks = {case.id: list(_checks(case, traces.get(case.id, ()), schema, trials)) for case in cases}
    lost = [trace.id for trace in traces.get(NO_CASE, ())]
    judged = tuple(trace.id for of in traces.values() for trace in of)
    return DecisionReport(cases, checks, sum(case.id not in traces for case in cases), lost, judged)


def _checks(
    case: PolicyCase, traces: Sequence[Trace], schema: "Validator | None", trials: Sequence[int]
) -> Iterator[Check]:
    """The checks of each answer to a case; a trial that other cases have and this one lacks fails."""
    for trace in traces or (None,) if not trials else traces:
        yield from decision_checks(case, trace, schema)
    for trial in trials:
        if all(trace.trial != trial for trace in traces):
            yield from decision_checks(case, None, schema, trial)


NO_CASE = ""
"""The key of erased traces that name no case."""


def read_traces_by_case(path: Path, cases: Sequence[PolicyCase]) -> dict[str, list[Trace]]:
    """The traces of a file by the id of their case: the field `case`, or without it the trace's own id.

    Several traces of one case are told apart by their field `trial`.
    """
    known = {case.id for case in cases}
    traces: dict[str, list[Trace]] = {}
    for line in read_lines(path):
        trace = recorded(line)
        id = case_of(line, trace)
        if id not in known and erased(trace):
            traces.setdefault(NO_CASE, []).append(trace)
            continue
        if id not in known:
            raise UnmatchedAnswer(f"{line.where}: there is no case {id!r}; name with --cases the file that was asked")
        if any(None in (it.trial, trace.trial) or it.trial == trace.trial for it in traces.get(id, ())):
            raise UnmatchedAnswer(
                f"{line.where}: case {id!r} has an earlier trace; judge one run at a time, or number several answers "
                "to a case in the field trial"
            )
        traces.setdefault(id, []).append(trace)
    return traces


def find_schema(given: Path | None, cases: Path) -> "Validator | None":
    """The schema named, else answer_schema.json beside the cases; None where there is none, and form is not asked."""
    beside = cases.parent / "answer_schema.json"
    return read_schema(given) if given is not None else read_schema(beside) if beside.is_file() else None


def read_schema(path: Path) -> "Validator":
    import json

    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        schema = json.loads(path.read_text("utf-8"))
        kind = validator_for(schema)
        kind.check_schema(schema)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}; name the schema of an answer with --schema") from error
    except (ValueError, SchemaError) as error:
        raise BadFile(f"{path} is no JSON Schema: {str(error).splitlines()[0]}") from error
    validator: Validator = kind(schema)
    return validator


def _rate(verdicts: Iterable[Verdict]) -> tuple[Estimate, dict[Verdict, int]]:
    counted = Counter(verdicts)
    counts: dict[Verdict, int] = {verdict: counted[verdict] for verdict in GRAVITY}
    return proportion(counts["PASS"], counted.total()), counts
