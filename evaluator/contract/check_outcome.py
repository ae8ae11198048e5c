"""An outcome: what came of one question asked of an answer, before it is known in which row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluator.checks.check import Kind, Verdict
from evaluator.files.json_lines import Line


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """As a Check has it; `start` and `end` are code points of the answer, None where it is about all of it."""

    verdict: Verdict
    reason: str
    detail: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What the model was given: the instruction, and the text to be worked on (empty where there is none)."""

    instruction: str
    input: str


Ask = Callable[[str], Sequence[CheckOutcome]]
"""Asks a check of an answer that is not blank; gives at least one outcome."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A check that rows may name: its kind, the parameters it takes, and how it is made of them."""

    kind: Kind
    parameters: frozenset[str]
    make: Callable[[Line, Source], Ask]


def passed(detail: str, start: int | None = None, end: int | None = None) -> list[CheckOutcome]:
    return [CheckOutcome("PASS", "held", detail, start, end)]


def failed(reason: str, detail: str, start: int | None = None, end: int | None = None) -> list[CheckOutcome]:
    return [CheckOutcome("FAIL", reason, detail, start, end)]
