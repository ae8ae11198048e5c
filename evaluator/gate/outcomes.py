"""The outcomes of a rule's checks in each case, of one run or of two runs paired by case.

A case that is not scored never helps the candidate. A case missing from the candidate counts as failed. Where only the
baseline is not scored, a pass of the candidate shows nothing and is left out of the comparison.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.checks.check import ASKED_OTHERWISE, NO_ANSWER, Check, Verdict, worst
from evaluator.errors import BrokenRun
from evaluator.gate.rules import CheckRule, Part
from evaluator.gate.run import Run
from evaluator.traces.answer import decided
from policies.instant import format_instant
from retriever.asking.query import query_instant
from retriever.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class Outcome:
    """The selected checks of a case; there are none where the case is not in the run."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(check.verdict for check in self.checks)

    @property
    def missing(self) -> bool:
        """Whether there was nothing to judge."""
        return not self.checks or any(check.reason in NO_ANSWER for check in self.checks)

    @property
    def scored(self) -> bool:
        """Whether each of its checks was made: there was an answer, and the judge answered."""
        return not self.missing and all(check.verdict != "ERROR" for check in self.checks)

    @property
    def unscored_because(self) -> str:
        """Why it was not scored, in words."""
        if self.missing:
            return "is not in this run"
        return next((check.detail or check.reason for check in self.checks if check.verdict == "ERROR"), "")

    @property
    def not_passed_because(self) -> str:
        """Why it was not scored, or else what the gravest check says."""
        if not self.scored:
            return self.unscored_because
        return said(next(check for check in self.checks if check.verdict == self.verdict))


ABSENT = Outcome(())


def said(check: Check) -> str:
    """What a check found, with its name and the trial that it is about."""
    of_trial = "" if check.trial is None else f" in trial {check.trial}"
    return f"{check.verdict} {check.name}{of_trial}: {check.detail or check.reason}"


def outcomes(rule: CheckRule, run: Run) -> dict[str, Outcome]:
    """The outcome of each case that has checks of the rule; BrokenRun where there is nothing to decide by."""
    found: dict[str, Outcome] = {}
    for case, checks in run.checks.get(rule.of, {}).items():
        if selected := tuple(check for check in checks if rule.selects(check)):
            found[case] = Outcome(selected)
    made = [check for outcome in found.values() for check in outcome.checks if check.reason not in NO_ANSWER]
    if not made and rule.of == "citations" and run.answers and rule.of in run.checks:
        raise BrokenRun(f"Rule {rule.name!r} is about citations, and no answer of {run.where} cites anything")
    for what, name in rule.named:
        if name not in {getattr(check, "name" if what == "check" else "kind") for check in made}:
            raise BrokenRun(f"Rule {rule.name!r} asks for the {what} {name!r} of {rule.of}, which {run.where} lacks")
    if not made:
        raise BrokenRun(f"Rule {rule.name!r} asks for {rule.of}, and {run.where} holds none: nothing was measured")
    if all(check.verdict == "ERROR" for check in made):
        raise BrokenRun(
            f"Rule {rule.name!r}: every check of {rule.subject} in {run.where} is an ERROR: {made[0].detail}"
        )
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """One case in both runs."""

    case: str
    group: str
    candidate: Outcome
    baseline: Outcome

    @property
    def passes(self) -> tuple[int, int]:
        """1 or 0 for the baseline and for the candidate; what is not scored counts against the candidate."""
        before = not self.baseline.scored or self.baseline.verdict == "PASS"
        after = self.candidate.scored and self.candidate.verdict == "PASS"
        return int(before), int(after)

    @property
    def compares(self) -> bool:
        """Whether the pair can be compared: a pass beside a baseline that was not scored cannot."""
        return self.baseline.scored or self.passes == (1, 0)

    def unscored(self) -> Iterator[tuple[str, str]]:
        """Each run in which the case was not scored, and why."""
        for side, outcome in (("candidate", self.candidate), ("baseline", self.baseline)):
            if not outcome.scored:
                yield self.case, f"{side}: {outcome.unscored_because}"


def paired(rule: CheckRule, candidate: Run, baseline: Run) -> list[Pair]:
    """Every case of either run; BrokenRun where they share none."""
    after, before = outcomes(rule, candidate), outcomes(rule, baseline)
    if not after.keys() & before.keys():
        raise BrokenRun(
            f"Rule {rule.name!r}: {candidate.where} and {baseline.where} share no case of {rule.of}; "
            "measure both on the same cases"
        )
    return [
        Pair(case, group_of(case, candidate, baseline), after.get(case, ABSENT), before.get(case, ABSENT))
        for case in dict.fromkeys((*after, *before))
    ]


def outcomes_with_absent(rule: CheckRule, candidate: Run, baseline: Run | None) -> dict[str, Outcome]:
    """The candidate's outcome of each case of either run, also of cases that only the baseline has."""
    return outcomes(rule, candidate) | dict.fromkeys(absent(rule.of, candidate, baseline, rule.selects), ABSENT)


def absent(part: Part, candidate: Run, baseline: Run | None, selects: Callable[[Check], bool]) -> list[str]:
    """The cases that have selected checks in the baseline and none in the candidate.

    An answer that cites nothing has no citation that could be wrong, so it is not absent from the citations.
    """
    asked_before = {} if baseline is None else baseline.checks.get(part, {})
    asked = candidate.checks.get(part, {})
    return [
        case
        for case, checks in asked_before.items()
        if any(map(selects, checks))
        and not any(map(selects, asked.get(case, ())))
        and not (part == "citations" and case in candidate.answers)
    ]


def by_group(cases: Mapping[str, bool], *runs: Run) -> dict[str, bool]:
    """Whether each group passes: only where every case of it passes."""
    found: dict[str, bool] = {}
    for case, passes in cases.items():
        group = group_of(case, *runs)
        found[group] = found.get(group, True) and passes
    return found


def passes_by_trial(run: Run) -> dict[str, list[bool]]:
    """Whether each trial of each case passes every check of its decision and citations, in the order of the trials.

    What nobody can tell of the citations of a case that was rightly handed over does not count against it.
    """
    handed = rightly_handed_over(run)
    found: dict[str, dict[int | None, bool]] = {}
    for part in ("decisions", "citations"):
        for case, checks in run.checks.get(part, {}).items():
            held = found.setdefault(case, {trace.trial: True for trace in run.answers.get(case, ())})
            for check in checks:  # one without a trial is about each of them
                for trial in list(held or (None,)) if check.trial is None else (check.trial,):
                    excused = part == "citations" and check.verdict != "FAIL" and (case, trial) in handed
                    held[trial] = held.get(trial, True) and (check.verdict == "PASS" or excused)
    return {case: [held[trial] for trial in sorted(held, key=lambda it: it or 0)] for case, held in found.items()}


def rightly_handed_over(run: Run) -> set[tuple[str, int | None]]:
    """The answers that hand their case to a person where that is right: their case, and their trial."""
    wrong = {
        (case, check.trial)
        for case, checks in run.checks.get("decisions", {}).items()
        for check in checks
        if check.name == "decision" and check.verdict != "PASS"
    }
    judged = run.checks.get("decisions", {})
    return {
        (case, trace.trial)
        for case, answers in run.answers.items()
        for trace in answers
        if case in judged and decided(trace) == "escalate" and (case, trace.trial) not in wrong
    }


def _number(item: tuple[int | None, bool]) -> int:
    return item[0] or 0


def group_of(case: str, *runs: Run) -> str:
    """The group of a case in the first run that names one; else the case is a group of its own."""
    return next((run.groups[case] for run in runs if case in run.groups), case)


def asked_otherwise(run: Run) -> dict[str, str]:
    """How each case was asked otherwise than the cases say, where its decisions tell."""
    return {
        case: check.detail
        for case, checks in run.checks.get("decisions", {}).items()
        for check in checks
        if check.reason in ASKED_OTHERWISE
    }


def check_same_cases(candidate: Run, baseline: Run) -> None:
    """BrokenRun where the runs share no case, or a case has another question, instant or facts in the other run.

    Where the candidate's decisions say that it asked otherwise than its case, that is a reason to block it instead.
    """
    if not candidate.cases & baseline.cases:
        raise BrokenRun(f"{candidate.where} and {baseline.where} share no case; measure both on the same cases")
    known = asked_otherwise(candidate)
    for case, answers in candidate.answers.items():
        for name, asked in ASKED.items() if case not in known else ():
            before = [value for trace in baseline.answers.get(case, ()) if (value := asked(trace)) is not None]
            after = [value for trace in answers if (value := asked(trace)) is not None]
            if before and (other := next((value for value in after if value not in before), None)) is not None:
                raise BrokenRun(
                    f"Case {case!r} has another {name} in the candidate ({_shown(other)}) than in the baseline "
                    f"({_shown(before[0])}): these are runs of different cases"
                )


ASKED: Mapping[str, Callable[[Trace], Any]] = {
    "question": lambda trace: trace.question,
    "query": lambda trace: trace.request.query if trace.question is None else None,
    "as_of": lambda trace: query_instant(trace.request.as_of, "as_of"),
    "facts": lambda trace: trace.facts if "facts" in trace.model_fields_set else trace.request.facts,
}
"""What must be the same in both runs, as the trace of a case or its receipt says it; None where neither does."""


def _shown(value: Any) -> str:
    return format_instant(value) if isinstance(value, int) else repr(value)
