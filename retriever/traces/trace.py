"""A trace: one answer of a model, with the question, the evidence, the trusted facts, and what was done after it.

This is the schema of a line in a file of traces, and of `POST /v1/traces`. Other fields are kept unchanged.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from policies.normal_form import MOST_MARKS, too_many_marks
from policies.revision import VersionId
from retriever.answering.receipts import Replay
from retriever.asking.query import parse_labels, query_instant
from retriever.errors import BadQuery, RetrieverError
from retriever.evidence.citations import Handle

EXAMPLE: dict[str, Any] = {
    "id": "A10234-1",
    "question": "Does damaged order A10234 qualify for a return?",
    "facts": {"region": "US", "days_since_delivery": "12"},
    "checkpoint": "assistant-2025-03",
    "prompt": "returns-4",
    "release": "2025-03-08",
    "as_of": "2025-03-10",
    "evidence": ["P-7@2#1"],
    "answer": {"eligible": True, "policy_id": "P-7", "citations": ["P-7@2#1"]},
    "claimed_actions": [{"name": "create_label", "order": "A10234"}],
    "executed_actions": [{"name": "create_label", "order": "A10234"}],
    "timings": {"first_token_ms": 180, "total_ms": 900},
    "tokens": {"prompt": 700, "completion": 60},
}


MOST_ITEMS = 10_000
"""Citations, actions, labels or facts of a trace. The first wrong one is told: each would cost hundreds of bytes."""

MOST_FIELDS = 1_000
"""Fields of a trace, also those that are kept unchanged."""


def _few(value: Any) -> Any:
    """The value; ValueError where it is an object of too many items, before each of them is looked at."""
    if isinstance(value, dict) and len(value) > MOST_ITEMS:
        raise ValueError(f"has {len(value):,} items; give at most {MOST_ITEMS:,}")
    return value


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds U+0000, which is no character of a name")
    return value


def _whole_number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text_or_object(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise ValueError(f"is {str(value)[:40]!r}; write text, or a JSON object")
    return value


def _citation(value: Any) -> Any:
    if isinstance(value, dict) and "citation" not in value:
        raise ValueError("has no citation")
    return value["citation"] if isinstance(value, dict) else value


def _action(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _handle(value: str) -> str:
    return str(_accepted(Handle.parse, value))


def _instant(value: str) -> str:
    _accepted(lambda text: query_instant(text, "instant"), value)
    return value


def _labels(value: list[str]) -> list[str]:
    return list(_accepted(parse_labels, value))


def _accepted(parse: Any, value: Any) -> Any:
    """The parsed value; a refusal of the library becomes the ValueError that pydantic expects."""
    try:
        return parse(value)
    except RetrieverError as error:
        field = f"{error.field}: " if isinstance(error, BadQuery) else ""
        raise ValueError(str(error).removeprefix(field)) from error


Name = Annotated[
    str, Field(min_length=1, max_length=200), BeforeValidator(_whole_number_as_text), AfterValidator(_without_nul)
]
When = Annotated[str, AfterValidator(_instant)]
Labels = Annotated[list[str], Field(max_length=MOST_ITEMS, fail_fast=True), AfterValidator(_labels)]
Facts = Annotated[dict[str, str], Field(max_length=MOST_ITEMS), BeforeValidator(_few)]
Citation = Annotated[str, BeforeValidator(_citation), AfterValidator(_handle)]
Citations = Annotated[list[Citation], Field(max_length=MOST_ITEMS, fail_fast=True)]


class Part(BaseModel):
    """A part of a trace; what else it holds is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Action(Part):
    """Something done outside the answer, such as creating a label; its other fields say to what."""

    name: str = Field(min_length=1)

    def fulfils(self, claim: "Action") -> bool:
        """Whether this executed action fits the claim: it has the same name and every field of the claim."""
        return claim.model_dump().items() <= self.model_dump().items()


class Timings(Part):
    """Milliseconds from the request on."""

    first_token_ms: float | None = Field(None, ge=0)
    total_ms: float | None = Field(None, ge=0)


class Tokens(Part):
    """Tokens that the model read and wrote."""

    prompt: int | None = Field(None, ge=0)
    completion: int | None = Field(None, ge=0)


class Asked(Part):
    """The request of a receipt, as far as a trace needs it."""

    query: str | None = None
    as_of: When | None = None
    known_at: When | None = None
    audience: Labels | None = None
    facts: Facts | None = None


class Receipt(Part):
    """The receipt of a retrieval."""

    id: str | None = None
    request: Asked = Asked()


class Retrieval(Part):
    """The JSON of a retrieval. Its receipt and its citations are kept, not its words: those are the ledger's."""

    receipt: Receipt | None = None
    evidence: Citations


WORDS_OF_POLICIES = frozenset({"evidence", "retrieval"})
"""Fields whose words are of the ledger, which took them in, and are not kept."""

DEEPEST = 100
"""Levels of objects and lists that a trace may have."""


def _depth(value: Any) -> int:
    """How many levels of objects and lists a JSON value has. Counting stops one level past the limit."""
    depth, level = 0, [value]
    while depth <= DEEPEST and (level := [item for item in level if isinstance(item, dict | list)]):
        depth += 1
        level = [item for held in level for item in (held.values() if isinstance(held, dict) else held)]
    return depth


def _json(value: Any) -> str:
    """The value of a field as JSON; ValueError if JSON cannot hold it."""
    try:
        written = json.dumps(value, allow_nan=False, ensure_ascii=False)
        written.encode()  # a lone surrogate is no text
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from error
    if _depth(value) >= DEEPEST:  # the trace itself is one level more
        raise ValueError(f"is nested deeper than {DEEPEST} levels")
    return written


def _kept(value: Any) -> Any:
    """The value of a field that is kept; ValueError if it is no JSON or holds too many combining marks.

    It is written once for both: nothing else runs while a long one is written.
    """
    if too_many_marks(_json(value)) is not None:
        raise ValueError(f"holds more than {MOST_MARKS} combining marks in a row")
    return value


Actions = Annotated[list[Annotated[Action, BeforeValidator(_action)]], Field(max_length=MOST_ITEMS, fail_fast=True)]


class Trace(Part):
    """One answer of a model with what it was given. Only `id` and `answer` must be there."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    __pydantic_extra__: dict[str, Annotated[Any, BeforeValidator(_kept)]] = Field(init=False)

    id: Name = Field(description="Its name; no two traces share one.")
    answer: Annotated[str | dict[str, Any], BeforeValidator(_text_or_object)] = Field(
        description="What the model answered: text, or a JSON object."
    )
    question: str | None = Field(None, description="What the model was asked.")
    facts: Facts = Field(default_factory=dict, description="Trusted facts, such as the order system's.")
    checkpoint: str | None = Field(None, description="The model that answered, weights and all.")
    prompt: str | None = Field(None, description="The prompt that it answered under, by name and version.")
    release: str | None = Field(None, description="The release of the assistant that asked it.")
    trial: int | None = Field(None, ge=1, description="Which of several answers to the same question this is.")
    as_of: When | None = Field(None, description="The instant asked about; else that of the receipt.")
    known_at: When | None = Field(None, description="What was recorded by then counts; else that of the receipt.")
    audience: Labels | None = Field(None, description="Labels it was answered under; else those of the receipt.")
    receipt_id: str | None = Field(None, description="The id of a receipt that the service keeps.")
    receipt: Receipt | None = Field(None, description="The receipt of the evidence.")
    evidence: Citations | None = Field(
        None, description="The citations of the evidence given to the model. Null where that is not known."
    )
    retrieval: Retrieval | None = Field(None, description="The JSON of `POST /v1/retrieve`, in place of these two.")
    claimed_actions: Actions = Field(default_factory=list, description="What the answer says was done.")
    executed_actions: Actions | None = Field(
        None, description="What was done, as recorded by whoever did it. Null where there is no record."
    )
    timings: Timings = Field(default_factory=lambda: Timings.model_validate({}))
    tokens: Tokens = Field(default_factory=lambda: Tokens.model_validate({}))

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name not in WORDS_OF_POLICIES:
            return _kept(value)
        _json(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _has_names(cls, values: Any) -> Any:
        if isinstance(values, dict):
            if len(values) > MOST_FIELDS:
                raise ValueError(
                    f"has {len(values):,} fields; put what belongs together into one, at most {MOST_FIELDS:,}"
                )
            _json(list(values))
        return values

    @property
    def of_receipt(self) -> Receipt | None:
        """The receipt of its evidence: its own field, or that of `retrieval`."""
        return self.retrieval.receipt if self.receipt is None and self.retrieval else self.receipt

    @property
    def given(self) -> list[str] | None:
        """The citations of the evidence given to the model, from `evidence` or `retrieval`; None if unknown."""
        return self.retrieval.evidence if self.evidence is None and self.retrieval else self.evidence

    @property
    def request(self) -> Asked:
        """The request for its evidence: the fields of the trace; the receipt gives the fields that the trace lacks."""
        asked = receipt.request if (receipt := self.of_receipt) else Asked()
        own = {name: getattr(self, name) for name in ("as_of", "known_at", "audience")}
        return asked.model_copy(update={name: value for name, value in own.items() if value is not None})

    def versions(self) -> set[VersionId]:
        """The revisions of its evidence."""
        return {Handle.parse(citation).version for citation in self.given or []}

    def content(self) -> dict[str, Any]:
        """Its JSON values, without fields that were not given and without the words of its evidence."""
        given = {"receipt": self.of_receipt, "evidence": self.given, "retrieval": None}
        return self.model_copy(update=given).model_dump(mode="json", exclude_defaults=True)


def with_receipt(trace: Trace, receipt: Mapping[str, Any], replay: Replay) -> Trace:
    """The trace with a receipt, and with the citations of its evidence if the replay gives the same evidence."""
    update: dict[str, Any] = {"receipt": Receipt.model_validate(receipt)}
    if trace.given is None and replay.verdict == "same" and replay.answer is not None:
        update["evidence"] = [item.citation for item in replay.answer.evidence]
    return trace.model_copy(update=update)
