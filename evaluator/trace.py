"""A trace: what was answered, under which instants and labels, and on what evidence."""

from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile
from evaluator.json_lines import Line, read_lines
from policies.instant import Instant
from retriever.citations import Handle
from retriever.query import parse_labels


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer to check. `evidence` is what the answer was given; None where the trace does not say."""

    where: str
    id: str
    answer: str
    as_of: Instant | None
    known_at: Instant | None
    audience: tuple[str, ...]
    evidence: tuple[Handle, ...] | None


def read_traces(path: Path) -> list[Trace]:
    """Every trace of the file, in order; BadLine names the line and field of the first thing wrong."""
    traces: list[Trace] = []
    seen: set[str] = set()
    for line in read_lines(path):
        trace = parse_trace(line)
        if trace.id in seen:
            raise line.error("id", f"is {trace.id!r}, which an earlier line has; give every answer its own")
        seen.add(trace.id)
        traces.append(trace)
    if not traces:
        raise BadFile(f"{path} holds no answers; each line is one, as a JSON object")
    return traces


def parse_trace(line: Line) -> Trace:
    """The trace in a line; instants and labels that it leaves out are those of its retrieval's request."""
    answer = line.required("answer")
    if not isinstance(answer, str):
        raise line.error("answer", f"is {answer!r}; write text")
    retrieval = line.inner("retrieval")
    receipt = retrieval.inner("receipt") if retrieval else None
    request = (receipt.inner("request") if receipt else None) or Line(line.where, {})
    return Trace(
        where=line.where,
        id=line.name("id"),
        answer=answer,
        as_of=line.instant("as_of") if line.has("as_of") else request.instant("as_of"),
        known_at=line.instant("known_at") if line.has("known_at") else request.instant("known_at"),
        audience=_labels(line if line.has("audience") else request),
        evidence=None if retrieval is None else tuple(_handle(item) for item in retrieval.items("evidence")),
    )


def _labels(line: Line) -> tuple[str, ...]:
    with line.translated():
        return parse_labels(line.fields.get("audience") or [])


def _handle(item: Line) -> Handle:
    with item.translated():
        return Handle.parse(item.text("citation"))
