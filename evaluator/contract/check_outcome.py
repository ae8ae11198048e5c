"""The outcome of one check of an answer, before the row is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluator.checks.check import Kind, Verdict
from evaluator.files.json_lines import Line


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The fields are those of a Check. `start` and `end` are None where the outcome is about the whole answer."""

    verdict: Verdict
    reason: str
    detail: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What the model was given: the instruction, and the text to work on (empty where there is none)."""

    instruction: str
    input: str


Ask = Callable[[str], Sequence[CheckOutcome]]
"""Makes a check of an answer that is not blank; gives at least one outcome."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A check that rows may name: its kind, its parameters, and the function that makes the check from them.

    `languages` are those that its rules know, empty where they know any: no answer in another one passes by them.
    """

    kind: Kind
    parameters: frozenset[str]
    make: Callable[[Line, Source], Ask]
    languages: frozenset[str] = frozenset()


def passed(detail: str, start: int | None = None, end: int | None = None) -> list[CheckOutcome]:
    return [CheckOutcome("PASS", "held", detail, start, end)]


def failed(reason: str, detail: str, start: int | None = None, end: int | None = None) -> list[CheckOutcome]:
    return [CheckOutcome("FAIL", reason, detail, start, end)]
