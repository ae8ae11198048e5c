"""What a rule's checks came to in each case, of one run or of two paired by case.

Whatever is not scored counts against the candidate: as no pass on its side, and as a pass on the baseline's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluator.check import Check, Verdict, worst
from evaluator.errors import BrokenRun
from evaluator.gate.rules import Selecting
from evaluator.gate.run import Run

MISSING = frozenset({"missing", "no_answer"})
"""The reasons with which the checks themselves say that there was nothing to judge."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the selected checks of a case came to; those of a case that is not in the run are none."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(check.verdict for check in self.checks)

    @property
    def missing(self) -> bool:
        """Whether nothing was there to be judged."""
        return not self.checks or any(check.reason in MISSING for check in self.checks)

    @property
    def scored(self) -> bool:
        """Whether each of its checks was made: there was an answer, and a judge that told of it."""
        return not self.missing and all(check.verdict != "ERROR" for check in self.checks)

    @property
    def unscored_because(self) -> str:
        """Why it was not scored, in words."""
        if self.missing:
            return "is not in this run"
        return next((check.detail or check.reason for check in self.checks if check.verdict == "ERROR"), "")


ABSENT = Outcome(())


def outcomes(rule: Selecting, run: Run) -> dict[str, Outcome]:
    """The outcome of each case that the rule's checks were asked of; BrokenRun where there is none to go by."""
    found: dict[str, Outcome] = {}
    for case, checks in run.checks.get(rule.of, {}).items():
        if selected := tuple(check for check in checks if rule.selects(check)):
            found[case] = Outcome(selected)
    made = [check for outcome in found.values() for check in outcome.checks if check.reason not in MISSING]
    for what, name in rule.named:
        if name not in {getattr(check, "name" if what == "check" else "kind") for check in made}:
            raise BrokenRun(f"Rule {rule.name!r} asks for the {what} {name!r} of {rule.of}, which {run.where} lacks")
    if not made:
        raise BrokenRun(
            f"Rule {rule.name!r} asks for {rule.of}, of which {run.where} holds nothing: nothing was measured"
        )
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
        """1 or 0 of the baseline and of the candidate; what is not scored counts against the candidate."""
        before = not self.baseline.scored or self.baseline.verdict == "PASS"
        after = self.candidate.scored and self.candidate.verdict == "PASS"
        return int(before), int(after)

    def unscored(self) -> Iterator[tuple[str, str]]:
        """On which side it was not scored, and why."""
        for side, outcome in (("candidate", self.candidate), ("baseline", self.baseline)):
            if not outcome.scored:
                yield self.case, f"{side}: {outcome.unscored_because}"


def paired(rule: Selecting, candidate: Run, baseline: Run) -> list[Pair]:
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


def expected(rule: Selecting, candidate: Run, baseline: Run | None) -> dict[str, Outcome]:
    """The candidate's outcome of each case of either run, absent ones among them.

    An answer that cites nothing has no citation that could be wrong, so it is not absent from the citations.
    """
    found = outcomes(rule, candidate)
    for case in () if baseline is None else baseline.checks.get(rule.of, {}):
        asked_before = any(rule.selects(check) for check in baseline.checks[rule.of][case]) if baseline else False
        silent = rule.of == "citations" and case in candidate.traces
        if case not in found and asked_before and not silent:
            found[case] = ABSENT
    return found


def by_group(cases: Mapping[str, bool], *runs: Run) -> dict[str, bool]:
    """Whether a group passes: only where every case of it does."""
    found: dict[str, bool] = {}
    for case, passes in cases.items():
        group = group_of(case, *runs)
        found[group] = found.get(group, True) and passes
    return found


def group_of(case: str, *runs: Run) -> str:
    """The group of a case in the first run that knows it; else the case is a group of its own."""
    return next((run.groups[case] for run in runs if case in run.groups), case)


def check_same_cases(candidate: Run, baseline: Run) -> None:
    """BrokenRun where the runs share no case, or a case is another question, instant or order in the other run."""
    if not candidate.cases & baseline.cases:
        raise BrokenRun(f"{candidate.where} and {baseline.where} share no case; measure both on the same cases")
    for case, trace in candidate.traces.items():
        other = baseline.traces.get(case)
        if other is None:
            continue
        for name in ("question", "as_of", "facts"):
            after, before = getattr(trace, name), getattr(other, name)
            if after and before and after != before:
                raise BrokenRun(
                    f"Case {case!r} has another {name} in the candidate ({after!r}) than in the baseline ({before!r}): "
                    "these are runs of different cases"
                )
