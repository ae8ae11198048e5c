"""The record of a gate: the verdict on a release with its reasons. Every report is a rendering of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evaluator.gate.judging import judged
from evaluator.gate.measures import PassRate, measures
from evaluator.gate.outcomes import group_of
from evaluator.gate.rule_result import ORDER, RuleResult
from evaluator.gate.rules import Rules
from evaluator.gate.run import Run, Source

Verdict = Literal["SHIP", "NEEDS MORE CASES", "BLOCK", "BROKEN"]

EXIT: dict[Verdict, int] = {"SHIP": 0, "BLOCK": 1, "BROKEN": 2, "NEEDS MORE CASES": 3}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a record: where it was read from, its files, and how many cases it holds."""

    where: str
    sources: tuple[Source, ...]
    cases: int
    groups: int
    missing: tuple[str, ...]
    """The cases of the other run that this one lacks."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided, and why. `at` is the instant that the caller gave, if any, since a record reads no clock."""

    verdict: Verdict
    reasons: tuple[str, ...]
    more_cases: int | None
    rules: str
    at: str | None
    candidate: RunSummary | None = None
    baseline: RunSummary | None = None
    findings: tuple[RuleResult, ...] = ()
    measures: tuple[PassRate, ...] = ()

    @property
    def title(self) -> str:
        """The verdict, with how many more cases are needed."""
        return f"{self.verdict}: {self.more_cases:,} more" if self.verdict == "NEEDS MORE CASES" else self.verdict

    @property
    def exit_code(self) -> int:
        return EXIT[self.verdict]

    def content(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "exit_code": self.exit_code, **asdict(self)}


def decide(rules: Rules, where: str, candidate: Run, baseline: Run | None, at: str | None = None) -> Record:
    """The record of a gate; BrokenRun where nothing can be decided."""
    findings = judged(rules, candidate, baseline)
    verdict = max((found.decision for found in findings), key=ORDER.index)
    needing = [found.more_cases for found in findings if found.more_cases is not None]
    return Record(
        verdict=verdict,
        reasons=_reasons(findings),
        more_cases=max(needing, default=None),
        rules=where,
        at=at,
        candidate=_summary(candidate, baseline),
        baseline=None if baseline is None else _summary(baseline, candidate),
        findings=findings,
        measures=measures(candidate, baseline),
    )


def broken(problem: str, where: str, at: str | None = None) -> Record:
    """The record of a gate that could not decide; a release does not ship by it."""
    return Record("BROKEN", (problem,), None, where, at)


def _reasons(findings: Sequence[RuleResult]) -> tuple[str, ...]:
    """The reasons against shipping, the gravest first; where there are none, the reasons for it."""
    for against in (("BLOCK", "NEEDS MORE CASES"), ("SHIP",)):
        found = sorted(
            (found for found in findings if found.decision in against), key=lambda it: -ORDER.index(it.decision)
        )
        if found:
            return tuple(f"{it.decision}: {it.rule}: {it.reason}" for it in found)
    return ()


def _summary(run: Run, other: Run | None) -> RunSummary:
    missing = () if other is None else tuple(sorted(other.cases - run.cases))
    return RunSummary(run.where, run.sources, len(run.cases), len({group_of(case, run) for case in run.cases}), missing)
