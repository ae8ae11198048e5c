"""An answer as a program gets it: the JSON of `POST /v1/retrieve` as values. Instants are RFC 3339 text.

Fields that a later service adds are ignored. `dataclasses.asdict(answer)` is what `retriever.prompt` renders.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import httpx
from pydantic import AliasChoices, Field, TypeAdapter, ValidationError

from retriever.citation_forms import citation_forms
from retriever.client.errors import BadAnswer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a block's best passage. The last score that is there orders the blocks."""

    dense: float
    bm25: float
    fused: float
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class GovernedBy:
    """Words outside a block that decide how it is meant: the source from `char_start` to `char_end`."""

    kind: str
    text: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a block, with the handle that cites it alone."""

    citation: str
    char_start: int
    char_end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One block: `text` is the revision's source from `char_start` to `char_end`, in force over its period.

    `words` is the text as a reader of the rendered page sees it. `governed_by` decides how it is meant, the outermost
    first. `best` is the handle of the passage that matched. A service from before blocks gives none of these.
    """

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
    """The collapsed blocks: those of other policies that say the same."""
    words: str | None = None
    governed_by: tuple[GovernedBy, ...] = ()
    passages: tuple[Passage, ...] = ()
    best: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a replay needs to give the same answer, byte for byte."""

    id: str
    generation: int
    pipeline: str
    evidence_digest: str
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no evidence, and when the next rule starts, if one is scheduled."""

    reason: str
    detail: str
    next_valid_from: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A block that did not fit into the token budget."""

    citation: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence for a question by rank, or why there is none, with a receipt for a replay."""

    receipt: Receipt
    evidence: tuple[Evidence, ...]
    abstained: Abstention | None
    tokens: int
    left_out: tuple[LeftOut, ...] = ()
    explain: dict[str, Any] | None = None
    """Why each policy could answer or not, and what each score is made of; only if the request asked for it."""

    def cited(self, text: str) -> tuple[str, ...]:
        """What a text written from this evidence cites, in its order: handles, and `[9]` where there is no ninth block.

        Numbers count the blocks from 1. Handles are as the text writes them: `verify` says whether they hold.
        """
        return tuple(form.citation for form in citation_forms(text, [block.citation for block in self.evidence]))


@dataclass(frozen=True, slots=True)
class Page:
    """Some policies, traces, events or drafts, where the next page starts, and the instant of all pages if any."""

    items: Annotated[
        tuple[dict[str, Any], ...], Field(validation_alias=AliasChoices("policies", "traces", "events", "drafts"))
    ]
    next: str | int | None
    as_of: str | None = None


_ANSWER = TypeAdapter(Answer)
_PAGE = TypeAdapter(Page)


def parse_answer(response: httpx.Response) -> Answer:
    """The answer in a response; BadAnswer if there is none."""
    return _parsed(_ANSWER, response)


def parse_page(response: httpx.Response) -> Page:
    """The page in a response; BadAnswer if there is none."""
    return _parsed(_PAGE, response)


def parse_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response; BadAnswer if there is none."""
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
