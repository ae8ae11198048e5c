"""What an assistant can call: `search` the policies, `fetch` a passage.

The options of the server, or the key of the call, set the labels, facts and policies. The assistant cannot set them:
otherwise it could read anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from policies.errors import UnknownPolicy
from policies.revision import PUBLIC
from retriever.asking.eligible import applies
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.errors import BadCitation
from retriever.evidence.answer import Answer
from retriever.evidence.citations import Handle
from retriever.inspecting.inspection import policy_history, shown_revision
from retriever.quoting.instructions import flags_of
from retriever.quoting.untrusted import inert, one_line

SNIPPET = 300
"""How many characters of a passage a search shows."""

APPLICABILITY: Mapping[bool | None, str] = {True: "applies", None: "unconfirmed", False: "does_not_apply"}
"""The word for a passage whose conditions the facts meet, leave open, or do not meet."""

OnAnswer = Callable[[Answer, Mapping[str, Any]], None]
"""A function that gets each answer, with its JSON values."""

Question = Annotated[str, Field(description="The question, in plain words.")]
AsOf = Annotated[str | None, Field(description="The date asked about: 2025-03-01 or RFC 3339. Default now.")]
Most = Annotated[int, Field(description="How many passages at most.")]
Id = Annotated[str, Field(description="The id of a result, such as P-7@3#2.")]


@dataclass(frozen=True, slots=True)
class Reader:
    """The person for whom an assistant reads: their access labels, their facts, and the only policies to read."""

    labels: tuple[str, ...] = PUBLIC
    facts: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[str, ...] | None = None


class Found(BaseModel):
    """A passage in short, and the period in which it is in force around the date asked about."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    url: str
    text: str
    valid_from: str
    valid_to: str | None
    applicability: str
    flags: list[str]


class Receipt(BaseModel):
    """What names an answer: equal evidence has an equal digest, however it was asked for."""

    model_config = ConfigDict(frozen=True)

    id: str
    evidence_digest: str


class Results(BaseModel):
    """The passages that answer, best first; or why there are none."""

    model_config = ConfigDict(frozen=True)

    results: list[Found]
    as_of: str
    abstained: dict[str, Any] | None
    receipt: Receipt


class Fetched(BaseModel):
    """A passage, whole."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any]


class Tools:
    """What an assistant can call for a reader. `on_answer` gets each answer."""

    def __init__(self, asof: Asof, reader: Reader, on_answer: OnAnswer) -> None:
        self._asof = asof
        self._reader = reader
        self._on_answer = on_answer

    def search(self, query: str, as_of: str | None, k: int) -> Results:
        """The passages in force at a date that answer a question, each cut short."""
        reader = self._reader
        asked = {"query": query, "as_of": as_of, "k": k, "facts": reader.facts, "policies": reader.policies}
        found = self._asof.retriever.retrieve(parse_query({**asked, "audience": reader.labels}))
        answer = found.content()
        self._on_answer(found, answer)
        results = [
            Found(
                id=item["citation"],
                title=one_line(item["title"]),
                url=_url(item["citation"]),
                text=inert(_snippet(item["text"])),
                valid_from=item["valid_from"],
                valid_to=item["valid_to"],
                applicability=item["applicability"],
                flags=flags_of(item),
            )
            for item in answer["evidence"]
        ]
        receipt = answer["receipt"]
        return Results(
            results=results,
            as_of=receipt["request"]["as_of"],
            abstained=answer["abstained"],
            receipt=Receipt(id=receipt["id"], evidence_digest=receipt["evidence_digest"]),
        )

    def fetch(self, id: str) -> Fetched:
        """The whole text of a passage, the periods in which its revision is in force, and whether it is now."""
        asof, reader, handle = self._asof, self._reader, Handle.parse(id)
        if reader.policies is not None and handle.version.policy_id not in reader.policies:
            raise UnknownPolicy(f"There is no policy {handle.version.policy_id} among those that are read here")
        shown = shown_revision(asof.ledger, str(handle.version), None, None, asof.clock(), reader.labels)
        passages = shown["passages"]
        if handle.last > len(passages):
            raise BadCitation(f"{handle.version} has {len(passages)} passages, so there is no {handle}")
        first, last = passages[handle.first - 1], passages[handle.last - 1]
        text = shown["text"][first["char_start"] : last["char_end"]]
        history = policy_history(asof.ledger, handle.version.policy_id, reader.labels)["periods"]
        periods = [
            {"valid_from": period["valid_from"], "valid_to": period["valid_to"]}
            for period in history
            if period["revision"] == handle.version.number and period["recorded_to"] is None
        ]
        metadata = {
            "policy_id": shown["policy_id"],
            "revision": shown["revision"],
            "section": [one_line(name) for name in first["section"]],
            "in_force": shown["valid_from"] is not None,
            "periods": periods,
            "recorded_at": shown["recorded_at"],
            "applies_to": shown["applies_to"],
            "applicability": APPLICABILITY[applies(shown["applies_to"], reader.facts)],
            "flags": flags_of({**first, "citation": str(handle), "title": shown["title"], "text": text}),
        }
        return Fetched(
            id=str(handle),
            title=one_line(shown["title"]),
            text=inert(text),
            url=_url(str(handle)),
            metadata=metadata,
        )


def _snippet(text: str) -> str:
    """The text, or its first words if it is too long."""
    if len(text) <= SNIPPET:
        return text
    return text[:SNIPPET].rsplit(maxsplit=1)[0] + "…"


def _url(citation: str) -> str:
    """The citation as a URI, because assistants cite by URI. It opens nothing."""
    return f"asof:{citation}"
