"""A trace beside the case that it answers: the question, the evidence given, and the evidence needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from evaluator.files.json_lines import Line, read_lines, read_unique
from evaluator.files.policy_cases import PolicyCase
from evaluator.traces.trace import case_of, recorded
from policies.instant import Instant
from policies.period import Period
from retriever.asking.query import query_instant
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class CaseTrace:
    """A trace of the case with the id `case`, with that case where it is known.

    `periods` are those in which passages of the evidence are in force, where the trace gives them.
    """

    case: str
    trace: Trace
    evidence: tuple[Handle, ...] | None
    periods: tuple[tuple[str, Period], ...]
    policy_case: PolicyCase | None

    @property
    def id(self) -> str:
        return self.trace.id

    @property
    def group(self) -> str | None:
        """The group of paraphrases that the trace belongs to, named by its case or by its own field `group`."""
        return self.policy_case.group if self.policy_case else (self.trace.model_extra or {}).get("group")

    @property
    def asked_as_of(self) -> Instant | None:
        """The instant that the question is about."""
        return self.policy_case.as_of if self.policy_case else query_instant(self.trace.as_of, "as_of")

    @property
    def used_as_of(self) -> Instant | None:
        """The instant that evidence was retrieved for; None where it is not recorded."""
        receipt = self.trace.of_receipt
        if receipt is not None and receipt.request.as_of is not None:
            return query_instant(receipt.request.as_of, "as_of")
        return query_instant(self.trace.as_of, "as_of") if self.policy_case else None

    @property
    def digest(self) -> str | None:
        """The digest of its evidence; of its citations alone where there is no receipt."""
        receipt = self.trace.of_receipt
        digest = (receipt.model_extra or {}).get("evidence_digest") if receipt is not None else None
        if isinstance(digest, str) or self.evidence is None:
            return digest
        return "citations:" + sha256("\n".join(map(str, self.evidence)).encode()).hexdigest()


def read_case_traces(path: Path, cases: Mapping[str, PolicyCase] | None = None) -> list[CaseTrace]:
    """Every trace of a file with its case; BadLine names line and field of the first thing wrong."""
    return read_unique(path, lambda line: _case_trace(line, cases or {}), "answer")


def read_groups(path: Path) -> dict[str, str]:
    """The group of each id in a file of cases or contract rows: its own group, or that of the row that it rewords."""
    groups: dict[str, str] = {}
    for line in read_lines(path):
        of = line.name("paraphrase_of") if line.has("paraphrase_of") else None
        groups[line.name("id")] = groups[of] if of in groups and not line.has("group") else line.name("group")
    return groups


def _case_trace(line: Line, cases: Mapping[str, PolicyCase]) -> CaseTrace:
    trace = recorded(line)
    if line.has("group"):
        line.text("group")
    case = case_of(line, trace)
    evidence = None if trace.given is None else tuple(map(Handle.parse, trace.given))
    return CaseTrace(case, trace, evidence, tuple(_periods(line)), cases.get(case))


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
