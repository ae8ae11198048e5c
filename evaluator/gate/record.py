"""The record of a gate: the verdict on a release with its reasons. Every report is a rendering of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evaluator.errors import BrokenRun
from evaluator.files.policy_cases import PolicyCase
from evaluator.gate.failures import Failure, failures
from evaluator.gate.judging import judged
from evaluator.gate.measures import PassRate, RepeatedTrials, measures, repeated_trials
from evaluator.gate.outcomes import group_of
from evaluator.gate.rule_result import ORDER, RuleResult
from evaluator.gate.rules import Rules, read_rules
from evaluator.gate.run import Run, Source

Verdict = Literal["SHIP", "NEEDS MORE CASES", "BLOCK", "BROKEN"]

EXIT: dict[Verdict, int] = {"SHIP": 0, "BLOCK": 1, "BROKEN": 2, "NEEDS MORE CASES": 3}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a record: where it was read from, its files, who answered, and how many cases it holds."""

    where: str
    sources: tuple[Source, ...]
    cases: int
    groups: int
    missing: tuple[str, ...]
    """The cases of the other run that this one lacks."""
    checkpoints: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    trials: int = 1


@dataclass(frozen=True, slots=True)
class NextProfile:
    """What a stricter profile says of the same runs."""

    name: str
    verdict: Verdict
    more_cases: int | None
    reasons: tuple[str, ...]

    @property
    def said(self) -> str:
        """What it would take, as a sentence."""
        if self.verdict == "SHIP":
            return f"The {self.name} profile would ship it too."
        more = self.more_cases if self.verdict == "NEEDS MORE CASES" else None
        needs = self.verdict if more is None else f"{self.verdict}, {more:,} more"
        return f"The {self.name} profile says {needs}: {self.reasons[0].removeprefix(f'{self.verdict}: ')}"


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
    profile: str | None = None
    about: str | None = None
    next: NextProfile | None = None
    changed: tuple[str, ...] = ()
    """What differs between the two runs: checkpoint, prompt or release."""
    failures: tuple[Failure, ...] = ()
    repeated: tuple[RepeatedTrials, ...] = ()

    @property
    def title(self) -> str:
        """The verdict, with how many more cases are needed."""
        if self.verdict != "NEEDS MORE CASES" or self.more_cases is None:
            return self.verdict
        return f"{self.verdict}: {self.more_cases:,} more"

    @property
    def exit_code(self) -> int:
        return EXIT[self.verdict]

    def content(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "exit_code": self.exit_code, **asdict(self)}


def decide(
    rules: Rules,
    where: str,
    candidate: Run,
    baseline: Run | None,
    at: str | None = None,
    cases: Mapping[str, PolicyCase] | None = None,
) -> Record:
    """The record of a gate; BrokenRun where nothing can be decided. `cases` tell owners what fact was needed."""
    findings = judged(rules, candidate, baseline)
    verdict, more = _verdict(findings)
    return Record(
        verdict=verdict,
        reasons=_reasons(findings),
        more_cases=more,
        rules=where,
        at=at,
        candidate=_summary(candidate, baseline),
        baseline=None if baseline is None else _summary(baseline, candidate),
        findings=findings,
        measures=measures(candidate, baseline),
        profile=rules.profile,
        about=rules.about,
        next=None if rules.next is None else _next(rules.next, candidate, baseline),
        changed=() if baseline is None else tuple(_changed(candidate, baseline)),
        failures=tuple(failures(candidate, baseline, cases or {})),
        repeated=tuple(repeated_trials(candidate, baseline)),
    )


def _verdict(findings: Sequence[RuleResult]) -> tuple[Verdict, int | None]:
    needing = [found.more_cases for found in findings if found.more_cases is not None]
    return max((found.decision for found in findings), key=ORDER.index), max(needing, default=None)


def _next(name: str, candidate: Run, baseline: Run | None) -> NextProfile:
    try:
        findings = judged(read_rules(profile=name), candidate, baseline)
    except BrokenRun as error:
        return NextProfile(name, "BROKEN", None, (str(error),))
    verdict, more = _verdict(findings)
    return NextProfile(name, verdict, more, _reasons(findings))


def _changed(candidate: Run, baseline: Run) -> Iterator[str]:
    """What the two runs differ in, of what their traces name."""
    for field in ("checkpoint", "prompt", "release"):
        before, after = baseline.named(field), candidate.named(field)
        if before != after:
            yield f"{field}: {', '.join(before) or 'not named'} -> {', '.join(after) or 'not named'}"


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
    groups = {group_of(case, run) for case in run.cases}
    return RunSummary(
        run.where,
        run.sources,
        len(run.cases),
        len(groups),
        missing,
        tuple(run.named("checkpoint")),
        tuple(run.named("prompt")),
        tuple(run.named("release")),
        run.trials,
    )
