"""A trace beside the case that it answers: what it was asked, what evidence it was given, and what it needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluator.cases import read_policy_cases
from evaluator.errors import BadFile, BadLine
from evaluator.json_lines import Line, read_lines
from policies.instant import Instant
from policies.period import Period
from retriever.citations import Handle
from retriever.query import query_instant
from retriever.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class Needs:
    """What a case needs, as far as routing asks: any of the passages, and none of the actions."""

    citations: tuple[Handle, ...]
    forbidden_actions: tuple[str, ...]
    as_of: Instant | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Traced:
    """A trace with its case. `periods` are those in which passages of its evidence are in force, where it says so."""

    where: str
    trace: Trace
    evidence: tuple[Handle, ...] | None
    periods: tuple[tuple[str, Period], ...]
    needs: Needs | None

    @property
    def id(self) -> str:
        return self.trace.id

    @property
    def case(self) -> str:
        """The id of the case that it answers: its field `case`, else its own id."""
        return str((self.trace.model_extra or {}).get("case", self.id))

    @property
    def group(self) -> str | None:
        """The paraphrases that it belongs to, by its case or its own field `group`."""
        if self.needs is not None and self.needs.group is not None:
            return self.needs.group
        return (self.trace.model_extra or {}).get("group")

    @property
    def asked_as_of(self) -> Instant | None:
        """The instant that the question is about."""
        if self.needs is not None and self.needs.as_of is not None:
            return self.needs.as_of
        return query_instant(self.trace.as_of, "as_of")

    @property
    def used_as_of(self) -> Instant | None:
        """The instant that evidence was retrieved for; None where nobody wrote it down."""
        receipt = self.trace.of_receipt
        if receipt is not None and receipt.request.as_of is not None:
            return query_instant(receipt.request.as_of, "as_of")
        return query_instant(self.trace.as_of, "as_of") if self.needs is not None else None

    @property
    def digest(self) -> str | None:
        """The digest of its evidence; of its citations alone where there is no receipt."""
        receipt = self.trace.of_receipt
        digest = (receipt.model_extra or {}).get("evidence_digest") if receipt is not None else None
        if isinstance(digest, str) or self.evidence is None:
            return digest
        return "citations:" + sha256("\n".join(map(str, self.evidence)).encode()).hexdigest()


def read_traced(path: Path, needs: Mapping[str, Needs] | None = None) -> list[Traced]:
    """Every trace of a file with its case; BadLine names line and field of the first thing wrong."""
    found: dict[str, Traced] = {}
    for line in read_lines(path):
        traced = _traced(line, needs or {})
        if traced.id in found:
            raise line.error("id", f"is {traced.id!r}, which an earlier line has; give every answer its own")
        found[traced.id] = traced
    if not found:
        raise BadFile(f"{path} holds no traces; each line is one, as a JSON object")
    return list(found.values())


def read_needs(path: Path) -> dict[str, Needs]:
    """What the cases of a file need, by the id of each."""
    return {
        case.id: Needs(case.expected.citations, case.expected.forbidden_actions, case.as_of, case.group)
        for case in read_policy_cases(path)
    }


def read_groups(path: Path) -> dict[str, str]:
    """The group of each id in a file, such as one of cases or of contract rows: its own, or that of what it rewords."""
    groups: dict[str, str] = {}
    for line in read_lines(path):
        of = line.name("paraphrase_of") if line.has("paraphrase_of") else None
        groups[line.name("id")] = groups[of] if of in groups and not line.has("group") else line.name("group")
    return groups


def _traced(line: Line, needs: Mapping[str, Needs]) -> Traced:
    try:
        trace = Trace.model_validate({name: value for name, value in line.fields.items() if value is not None})
    except ValidationError as error:
        raise BadLine(line.where, _problem(error)) from error
    for name in ("case", "group"):
        if line.has(name):
            line.text(name)
    evidence = None if trace.given is None else tuple(map(Handle.parse, trace.given))
    traced = Traced(line.where, trace, evidence, tuple(_periods(line)), None)
    return Traced(line.where, trace, evidence, traced.periods, needs.get(traced.case))


def _periods(line: Line) -> list[tuple[str, Period]]:
    """The period of each passage of the evidence that is given with one."""
    holder = line if line.has("evidence") else line.inner("retrieval")
    items: Any = holder.fields.get("evidence") if holder is not None else None
    if holder is None or not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return []
    return [
        (item.text("citation"), item.period("valid_from", "valid_to"))
        for item in holder.items("evidence")
        if item.has("valid_from")
    ]


def _problem(error: ValidationError) -> str:
    """The first thing wrong, beginning with the field."""
    first = error.errors(include_url=False)[0]
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    field = "".join(steps).removeprefix(".")
    return (
        f"{field} is missing"
        if first["type"] == "missing"
        else f"{field}: {first['msg'].removeprefix('Value error, ')}"
    )
