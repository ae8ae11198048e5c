"""What an assistant can call: `search` the policies, `fetch` what a handle names.

The options of the server, or the key of the call, set the labels, facts and policies. The assistant cannot set them:
otherwise it could read anything.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from indexer.text.blocks import Structure
from policies.errors import UnknownPolicy
from policies.revision import PUBLIC
from retriever.asking.eligible import applies
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.errors import BadCitation
from retriever.evidence.answer import Answer
from retriever.evidence.citations import Handle
from retriever.evidence.evidence import GovernedBy
from retriever.governed_words import governed_words, words_of
from retriever.inspecting.inspection import policy_history, shown_revision
from retriever.quoting.instructions import flags_of
from retriever.quoting.untrusted import inert, one_line

SNIPPET = 300
"""How many characters of the words a search shows; what governs them is shown whole."""

APPLICABILITY: Mapping[bool | None, str] = {True: "applies", None: "unconfirmed", False: "does_not_apply"}
"""The word for evidence whose conditions the facts meet, leave open, or do not meet."""

OnAnswer = Callable[[Answer, Mapping[str, Any]], None]
"""A function that gets each answer, with its JSON values."""

Question = Annotated[str, Field(description="The question, in plain words.")]
AsOf = Annotated[str | None, Field(description="The date asked about: 2025-03-01 or RFC 3339. Default now.")]
Most = Annotated[int, Field(description="How many results at most.")]
Id = Annotated[str, Field(description="The id of a result, such as P-7@3#2-6, or P-7@3#4 for a passage of it.")]


@dataclass(frozen=True, slots=True)
class Reader:
    """The person for whom an assistant reads: their access labels, their facts, and the only policies to read."""

    labels: tuple[str, ...] = PUBLIC
    facts: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[str, ...] | None = None


class Found(BaseModel):
    """A block in short, with what governs it, and the period in which it is in force around the date asked about.

    `best` is the handle of its passage that matched.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    url: str
    text: str
    best: str
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
    """The blocks that answer, best first; or why there are none."""

    model_config = ConfigDict(frozen=True)

    results: list[Found]
    as_of: str
    abstained: dict[str, Any] | None
    receipt: Receipt


class Fetched(BaseModel):
    """What a handle names, whole, with what governs it. The metadata hold the source's text and its digest."""

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
        """The blocks in force at a date that answer a question. A long one is cut to what matched."""
        reader = self._reader
        asked = {
            "query": query,
            "as_of": (as_of or "").strip() or None,
            "k": k,
            "facts": reader.facts,
            "policies": reader.policies,
        }
        found = self._asof.retriever.retrieve(
            parse_query({**asked, "audience": reader.labels}, self._asof.answering_calendar.zone)
        )
        answer = found.content()
        self._on_answer(found, answer)
        results = [
            Found(
                id=item["citation"],
                title=one_line(item["title"]),
                url=_url(item["citation"]),
                text=inert(self._snippet(item)),
                best=item["best"],
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

    def _snippet(self, item: Mapping[str, Any]) -> str:
        """The words of an item with what governs them; of a long one, those of the passage that matched."""
        if len(words_of(item)) > SNIPPET and len(item["passages"]) > 1:
            best = Handle.parse(item["best"])
            [run] = [passage for passage in item["passages"] if passage["citation"] == item["best"]]
            cut = partial(_cut_from, item)
            item = _standing(self._asof.retriever.standing(best.version), best.first, best.last, run, cut)
        return governed_words({**item, "words": _short(words_of(item))})

    def fetch(self, id: str) -> Fetched:
        """What a handle names, the periods in which its revision is in force, and whether it is now."""
        asof, reader, handle = self._asof, self._reader, Handle.parse(id)
        if reader.policies is not None and handle.version.policy_id not in reader.policies:
            raise UnknownPolicy(f"There is no policy {handle.version.policy_id} among those that are read here")
        shown = shown_revision(asof.ledger, str(handle.version), None, None, asof.clock(), reader.labels)
        passages = shown["passages"]
        if handle.last > len(passages):
            raise BadCitation(f"{handle.version} has {len(passages)} passages, so there is no {handle}")
        first, last = passages[handle.first - 1], passages[handle.last - 1]
        run = {**first, "citation": str(handle), "title": shown["title"], "char_end": last["char_end"]}
        text = run["text"] = shown["text"][first["char_start"] : last["char_end"]]
        cut = partial(_slice, shown["text"], 0)
        run |= _standing(asof.retriever.standing(handle.version), handle.first, handle.last, run, cut)
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
            "flags": flags_of(run),
            "text": inert(text),
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "governed_by": [{**item, "text": inert(item["text"])} for item in run["governed_by"]],
            "passages": [
                {name: passage[name] for name in ("citation", "char_start", "char_end")}
                for passage in passages[handle.first - 1 : handle.last]
            ],
        }
        return Fetched(
            id=str(handle),
            title=one_line(shown["title"]),
            text=inert(governed_words(run)),
            url=_url(str(handle)),
            metadata=metadata,
        )


def _standing(
    structure: Structure, first: int, last: int, run: Mapping[str, Any], cut: Callable[[int, int], str]
) -> dict[str, Any]:
    """The words of a run of passages, and what governs them, as in an answer's evidence. `cut` gives source text."""
    governing = structure.governs(first, last, run["char_start"], run["char_end"])
    found = [GovernedBy(it.kind, cut(it.start, it.end), it.start, it.end) for it in governing]
    return {"words": structure.words(first, last), "governed_by": [item.content() for item in found]}


def _slice(text: str, offset: int, start: int, end: int) -> str:
    """What a text that begins at `offset` of a source has from `start` to `end` of the source."""
    return text[start - offset : end - offset]


def _short(words: str) -> str:
    """The words, or the first of them if they are too many."""
    if len(words) <= SNIPPET:
        return words
    return words[:SNIPPET].rsplit(maxsplit=1)[0] + "…"


def _cut_from(item: Mapping[str, Any], start: int, end: int) -> str:
    """The source text from `start` to `end`, of what an item shows or is governed by."""
    for found in item["governed_by"]:
        if (found["char_start"], found["char_end"]) == (start, end):
            return str(found["text"])
    return _slice(item["text"], item["char_start"], start, end)


def _url(citation: str) -> str:
    """The citation as a URI, because assistants cite by URI. It opens nothing."""
    return f"asof:{citation}"
