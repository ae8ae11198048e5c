"""Cases of decisions: a question with trusted facts and an instant, and its right decision. docs/policy-cases.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from evaluator.files.json_lines import Line, read_unique
from policies.errors import UnknownRevision
from policies.instant import Instant
from policies.revision import POLICY_ID, VersionId
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

T = TypeVar("T")

Decision = Literal["eligible", "not_eligible", "escalate"]
"""Escalate: the evidence does not decide the case, so a person has to."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The right result of a case. Any one of the policies and any one of the citations will do.

    A case that is escalated has none of either; another one without citations does not ask for any. `words` are the
    words of each citation that decide. `must_not_cite` holds whole revisions or single passages.
    """

    decision: Decision
    policy_ids: tuple[str, ...] = ()
    citations: tuple[Handle, ...] = ()
    words: tuple[str, ...] = ()
    must_not_cite: tuple[VersionId | Handle, ...] = ()
    forbidden_actions: tuple[str, ...] = ()

    def said(self) -> str:
        """What is expected, as a sentence."""
        if self.decision == "escalate":
            return "a person has to decide"
        said = f"{self.decision.replace('_', ' ')} by {' or '.join(self.policy_ids)}"
        return f"{said}, citing {' or '.join(map(str, self.citations))}" if self.citations else said


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """A question as of an instant. Cases of one group are paraphrases and should get the same decision."""

    id: str
    group: str
    question: str
    facts: dict[str, str]
    as_of: Instant
    expected: Expected
    note: str | None = None


def read_policy_cases(path: Path) -> list[PolicyCase]:
    """Every case of the file, in order; BadLine names the line and field of the first thing wrong."""
    return read_unique(path, parse_case, "case")


def parse_case(line: Line) -> PolicyCase:
    expected = line.inner("expected")
    if expected is None:
        raise line.error("expected", "is missing")
    return PolicyCase(
        id=line.name("id"),
        group=line.text("group"),
        question=line.text("question"),
        facts=_text_values(line, "facts"),
        as_of=line.required_instant("as_of"),
        expected=_expected(expected),
        note=line.text("note") if line.has("note") else None,
    )


def _expected(line: Line) -> Expected:
    decision = line.text("decision")
    if decision not in get_args(Decision):
        raise line.error("decision", f"is {decision!r}; write one of {', '.join(get_args(Decision))}")
    must_not_cite = tuple(_parsed(line, "must_not_cite", _revision_or_passage))
    forbidden = tuple(line.texts("forbidden_actions"))
    if decision == "escalate":
        for field in ("policy_id", "citations", "words"):
            if line.has(field):
                raise line.error(field, "is given, but a case that is escalated has none")
        return Expected("escalate", must_not_cite=must_not_cite, forbidden_actions=forbidden)
    citations = tuple(_parsed(line, "citations", Handle.parse))
    words = _text_values(line, "words") if citations else {}
    if not citations and (line.has("citations") or line.has("words")):
        raise line.error("citations", "is missing; name an acceptable citation, or leave out citations and words")
    if words.keys() != {str(handle) for handle in citations}:
        raise line.error("words", "does not have exactly the citations for its fields; give the deciding words of each")
    return Expected(
        decision="eligible" if decision == "eligible" else "not_eligible",
        policy_ids=tuple(_policy_ids(line)),
        citations=citations,
        words=tuple(words[str(handle)] for handle in citations),
        must_not_cite=must_not_cite,
        forbidden_actions=forbidden,
    )


def _policy_ids(line: Line) -> list[str]:
    value = line.required("policy_id")
    ids = [value] if isinstance(value, str) else value
    if not isinstance(ids, list) or not ids or not all(isinstance(id, str) and POLICY_ID.fullmatch(id) for id in ids):
        raise line.error("policy_id", f"is {value!r}; write a policy id, or a list of those that are acceptable")
    return ids


def _revision_or_passage(text: str) -> VersionId | Handle:
    return Handle.parse(text) if "#" in text else VersionId.parse(text)


def _parsed(line: Line, field: str, parse: Callable[[str], T]) -> list[T]:
    try:
        return [parse(text) for text in line.texts(field)]
    except (BadCitation, UnknownRevision) as error:
        raise line.error(field, f"is not right: {error}") from error


def _text_values(line: Line, field: str) -> dict[str, str]:
    values: Any = line.required(field)
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise line.error(field, f"is {values!r}; write an object whose values are text")
    return values
