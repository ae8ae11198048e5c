"""Candidates from traces: an answer that passed becomes a demonstration, and one that failed the worse half of a pair.

The better half is an answer that passed, to the same question with the same facts and evidence. So the pair is about
what the model made of its evidence, and not about what it was given. Where there is none, a person writes it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.checks.check import ASKED_OTHERWISE
from evaluator.checks.checks_file import Results, read_checked
from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import read_content
from evaluator.files.policy_cases import PolicyCase
from evaluator.traces.answer import erased, escalation
from evaluator.traces.case_trace import CaseTrace, read_case_traces
from evaluator.training.answer_contract import as_response
from evaluator.training.held_out import Index
from evaluator.training.shingles import normalised
from evaluator.training.shown_prompt import Asked, Prompts

ABSTAINED = "model_abstained"
"""The escalation of an answer that the boundary let through: the model itself says that a person has to decide."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A trace with what its checks found."""

    traced: CaseTrace
    results: Results

    @property
    def response(self) -> str:
        return as_response(self.traced.trace.answer)

    @property
    def passes(self) -> bool:
        """Whether all of its checks passed, and the boundary let the answer through."""
        verdicts = self.results.verdicts()
        return bool(verdicts) and set(verdicts) == {"PASS"} and not self._stopped()

    @property
    def failures(self) -> list[str]:
        """What failed in the answer, each once; a slow answer is no worse one."""
        checks = [it for it in self.results.checks if it.verdict == "FAIL" and it.kind != "serving"]
        if any(it.reason in ASKED_OTHERWISE for it in checks):
            return []  # the answer is right for what was asked, and nothing is known of it otherwise
        citations = [it for it in self.results.citations if it.outcome == "FAIL"]
        said = [f"{it.name}: {it.detail or it.reason}" for it in checks]
        return list(dict.fromkeys([*said, *(f"{it.citation}: {it.why}" for it in citations)]))

    def asks_the_same(self, other: "Judged") -> bool:
        """Whether both answer one case, asked with the same words and facts, from the same evidence."""
        one, two = self.traced, other.traced
        unknown = None in (one.evidence, two.evidence)
        same_evidence = one.digest == two.digest if unknown else one.evidence == two.evidence
        return one.case == two.case and Asked.by(one) == Asked.by(two) and same_evidence

    def _stopped(self) -> bool:
        found = escalation(self.traced.trace)
        return found is not None and found.get("reason") != ABSTAINED


@dataclass(frozen=True, slots=True)
class Made:
    """Candidates in the order of their traces, and why other traces could not become one."""

    candidates: tuple[dict[str, Any], ...]
    left_out: tuple[BadLine, ...]

    @property
    def to_write(self) -> int:
        """How many have a slot that a person has to fill."""
        return sum("to_write" in candidate for candidate in self.candidates)


def read_judged(traces: Path, checks: Sequence[Path], cases: Iterable[PolicyCase] = ()) -> list[Judged]:
    """The traces of a file, each with the checks under its own id and under that of its case."""
    results = read_checked(checks).results
    return [Judged(it, _of(it, results)) for it in read_case_traces(traces, {case.id: case for case in cases})]


def read_system(path: Path) -> str:
    """The system message in a file."""
    try:
        return read_content(path).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not UTF-8; save the file as UTF-8") from error


class CandidateWriter:
    """Makes candidates with the prompts that models were shown, after `system` where there is one."""

    def __init__(self, prompts: Prompts, held_out: Index, system: str | None = None) -> None:
        self._prompts, self._held_out, self._system = prompts, held_out, system

    def demonstrations(self, judged: Sequence[Judged]) -> Made:
        """A candidate of each answer that passed."""
        return _made(judged, lambda it: it.passes, self._demonstration)

    def preferences(self, judged: Sequence[Judged], better: Sequence[Judged] = ()) -> Made:
        """A candidate of each answer that failed, with the first of the same file, then of `better`, that passed."""
        passing: dict[str, list[Judged]] = {}
        for it in (*judged, *better):
            if it.passes:
                passing.setdefault(it.traced.case, []).append(it)
        return _made(
            judged, lambda it: bool(it.failures), lambda it: self._preference(it, passing.get(it.traced.case, ()))
        )

    def _demonstration(self, passed: Judged) -> dict[str, Any]:
        return {**self._opening(passed), "response": passed.response, **_origin(passed)}

    def _preference(self, failed: Judged, passing: Iterable[Judged]) -> dict[str, Any]:
        said = normalised(failed.response)
        fitting = (it for it in passing if failed.asks_the_same(it) and normalised(it.response) != said)
        chosen = next(fitting, None)
        return {
            **self._opening(failed),
            **({"chosen": None, "to_write": True} if chosen is None else {"chosen": chosen.response}),
            "rejected": failed.response,
            "reason": "; ".join(failed.failures),
            **_origin(failed, chosen),
        }

    def _opening(self, judged: Judged) -> dict[str, Any]:
        """What comes before the answer; BadLine where the trace cannot become a candidate."""
        id = judged.traced.id
        if erased(judged.traced.trace) or not judged.response.strip():
            raise BadLine(id, "there is no answer: the model gave none, or it was erased")
        prompt = self._prompts.shown(judged.traced)
        if near := self._held_out.near(prompt):
            held, share = near
            raise BadLine(id, f"its prompt is held out: it shares {share:.0%} of its runs of words with {held.where}")
        system = {} if self._system is None else {"system": self._system}
        return {"id": id, **system, "prompt": prompt}


def _made(judged: Sequence[Judged], fits: Callable[[Judged], bool], make: Callable[[Judged], dict[str, Any]]) -> Made:
    """A candidate of each trace that fits, and why there is none of others; a trace without checks fits nowhere."""
    candidates: list[dict[str, Any]] = []
    seen: set[tuple[str, ...]] = set()
    left_out = [BadLine(it.traced.id, "no check names it or its case") for it in judged if not it.results.verdicts()]
    for it in filter(fits, judged):
        try:
            candidate = make(it)
        except BadLine as error:
            left_out.append(error)
            continue
        said = tuple(str(candidate.get(name)) for name in ("prompt", "response", "chosen", "rejected"))
        if said not in seen:  # several trials may say the same
            candidates.append(candidate)
        seen.add(said)
    return Made(tuple(candidates), tuple(left_out))


def _of(traced: CaseTrace, results: Mapping[str, Results]) -> Results:
    own, of_case = results.get(traced.id, Results()), Results()
    if traced.case != traced.id:
        of_case = results.get(traced.case, of_case).of_trial(traced.trace.trial)
    return own.with_those_of(of_case)


def _origin(*judged: Judged | None) -> dict[str, list[str]]:
    """The traces that a candidate comes from, and the citations of the evidence in its prompt."""
    known = [it for it in judged if it is not None]
    return {
        "trace_ids": [it.traced.id for it in known],
        "citations": list(map(str, known[0].traced.evidence or ())),
    }
