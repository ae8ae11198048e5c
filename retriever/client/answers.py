"""An answer as a program gets it: the JSON of `POST /v1/retrieve` as values. Instants are RFC 3339 text.

What a later service adds is ignored. `dataclasses.asdict(answer)` is what `retriever.prompt` renders.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from retriever.client.errors import BadAnswer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scores:
    """What a passage was ordered by: the last of these that is there."""

    dense: float
    bm25: float
    fused: float
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One passage: the revision's words from `char_start` to `char_end`, in force from `valid_from` to `valid_to`."""

    citation: str
    policy_id: str
    revision: int
    title: str
    section: tuple[str, ...]
    text: str
    char_start: int
    char_end: int
    text_sha256: str
    valid_from: str
    valid_to: str | None
    recorded_at: str
    applicability: Literal["applies", "unconfirmed"]
    rank: int
    scores: Scores
    also: tuple[str, ...] = ()
    """Passages of other policies that say the same, where such are collapsed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What lets an answer be asked again with the same bytes."""

    id: str
    generation: int
    pipeline: str
    evidence_digest: str
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no evidence, and from when on there will be some, if that is scheduled."""

    reason: str
    detail: str
    next_valid_from: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A passage that the token budget had no room for."""

    citation: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence for a question by rank, or why there is none, with the receipt that lets it be asked again."""

    receipt: Receipt
    evidence: tuple[Evidence, ...]
    abstained: Abstention | None
    tokens: int
    left_out: tuple[LeftOut, ...] = ()
    explain: dict[str, Any] | None = None
    """Why each policy could answer or not, and what each score is made of; where it was asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the policies, the instant at which they were looked at, and where the next page starts."""

    policies: tuple[dict[str, Any], ...]
    as_of: str
    next: str | None


_ANSWER = TypeAdapter(Answer)
_PAGE = TypeAdapter(Page)


def parse_answer(response: httpx.Response) -> Answer:
    """The answer in a response; BadAnswer where it holds none."""
    return _parsed(_ANSWER, response)


def parse_page(response: httpx.Response) -> Page:
    """The page of policies in a response; BadAnswer where it holds none."""
    return _parsed(_PAGE, response)


def parse_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response; BadAnswer where it holds none."""
    try:
        content = response.json()
    except ValueError as error:
        raise BadAnswer(response, "this is no JSON") from error
    if not isinstance(content, dict):
        raise BadAnswer(response, "this is no JSON object")
    return content


def _parsed(kind: TypeAdapter[T], response: httpx.Response) -> T:
    try:
        return kind.validate_json(response.content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadAnswer(response, f"{place}: {first['msg']}" if place else first["msg"]) from error
