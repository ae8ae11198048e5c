"""A trace: an answer with its instants and labels, its evidence and its trusted facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluator.errors import BadLine
from evaluator.files.json_lines import Line, read_unique
from policies.instant import Instant
from retriever.asking.query import parse_labels, query_instant
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace as Recorded


@dataclass(frozen=True)
class Trace:
    """An answer to check. `evidence` is what the answer was given; None where the trace does not say.

    `recorded` holds all that a trace may say, as `retriever.traces` describes it.
    """

    where: str
    recorded: Recorded
    as_of: Instant | None
    known_at: Instant | None
    audience: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.recorded.id

    @property
    def answer(self) -> str | Mapping[str, Any]:
        """Text, or a JSON object."""
        return self.recorded.answer

    @cached_property
    def citations(self) -> list[str] | None:
        """The citations of the evidence, in its order."""
        return self.recorded.given

    @cached_property
    def evidence(self) -> tuple[Handle, ...] | None:
        given = self.citations
        return None if given is None else tuple(map(Handle.parse, given))

    @property
    def facts(self) -> Mapping[str, str]:
        """The trusted facts; those of the receipt's request where the trace has none of its own."""
        return self.recorded.facts or self.recorded.request.facts or {}


def read_traces(path: Path) -> list[Trace]:
    """Every trace of the file, in order; BadLine names the line and field of the first thing wrong."""
    return read_unique(path, parse_trace, "answer")


def parse_trace(line: Line) -> Trace:
    """The trace in a line; where it leaves out instants or labels, those of its retrieval's request hold."""
    whole = recorded(line)
    request = whole.request
    return Trace(
        where=line.where,
        recorded=whole,
        as_of=query_instant(request.as_of, "as_of"),
        known_at=query_instant(request.known_at, "known_at"),
        audience=parse_labels(request.audience or []),
    )


def recorded(line: Line) -> Recorded:
    """All that the trace in a line says; null is the same as absent. BadLine names the first field that is wrong.

    A trace whose answer was erased has an empty one.
    """
    given = {name: value for name, value in line.fields.items() if value is not None}
    if given.get("erased"):
        given.setdefault("answer", "")
    try:
        return Recorded.model_validate(given)
    except ValidationError as error:
        raise BadLine(line.where, _problem(error)) from error


def case_of(line: Line, trace: Recorded) -> str:
    """The id of the case that the trace in a line answers: its field `case`, else its own id."""
    return line.name("case") if line.has("case") else trace.id


def _problem(error: ValidationError) -> str:
    """The first thing wrong; the text begins with the field."""
    first = error.errors(include_url=False)[0]
    field = ""
    for step in first["loc"]:
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else str(step)
    problem = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    return f"{field}: {problem}" if problem != "is missing" else f"{field} is missing"
