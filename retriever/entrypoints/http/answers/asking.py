"""Answers from what is in force: evidence with its receipt, a citation checked, a receipt asked again."""

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from retriever.asking.eligible import Reason
from retriever.entrypoints.http.answers.described import END, INSTANT, SHA256, Described


class AskedRequest(Described):
    """The request as it was understood, with the instants that it left out."""

    query: str
    as_of: str = INSTANT
    known_at: str = INSTANT
    policies: list[str] | None
    facts: dict[str, str]
    audience: list[str]
    k: int
    max_tokens: int | None
    strict: bool
    order: Literal["rank", "edges"]
    merge: bool = False
    collapse: bool = False
    block_tokens: int | None = Field(None, description="The most tokens of a block; null in receipts of old.")


class AnswerReceipt(Described):
    """What lets an answer be asked for again: keep it with what was made of the evidence."""

    id: str = SHA256
    generation: int
    pipeline: str
    evidence_digest: str = SHA256
    request: AskedRequest


class PassageScores(Described):
    """Inner product of unit vectors; BM25+; the combination of both that orders, within this answer only."""

    dense: float
    bm25: float
    fused: float
    rerank: float | None = None


class GoverningWords(Described):
    """Words outside a block that decide how it is meant: `text` is the source from `char_start` to `char_end`.

    Those of the kinds `list_closing` and `footnote` are read after the block, all others before it.
    """

    kind: Literal["heading", "lead_in", "chapeau", "parent_item", "table_header", "list_closing", "footnote"]
    text: str
    char_start: int
    char_end: int


class BlockPassage(Described):
    """A passage of a block, with the handle that cites it alone."""

    citation: str = Field(examples=["P-7@3#3"])
    char_start: int
    char_end: int


EVIDENCE: dict[str, JsonValue] = {
    "citation": "P-7@3#2-3",
    "policy_id": "P-7",
    "revision": 3,
    "title": "Damaged items",
    "section": ["Returns", "Damaged items"],
    "text": "opened **cosmetics**;\n- [gift cards](/gifts).",
    "char_start": 153,
    "char_end": 198,
    "text_sha256": "cbca64572a65a7aa58af53fb5814749edecd8015b7dad206e8db88cd1fb2ec00",
    "words": "- opened cosmetics;\n- gift cards.",
    "governed_by": [{"kind": "lead_in", "text": "Staff must never accept:", "char_start": 125, "char_end": 149}],
    "passages": [
        {"citation": "P-7@3#2", "char_start": 153, "char_end": 174},
        {"citation": "P-7@3#3", "char_start": 177, "char_end": 198},
    ],
    "best": "P-7@3#3",
    "valid_from": "2025-03-01T00:00:00Z",
    "valid_to": None,
    "recorded_at": "2025-02-20T09:30:00Z",
    "applicability": "applies",
    "rank": 1,
    "scores": {"dense": 0.61, "bm25": 3.4, "fused": 1.0},
}


class EvidenceItem(Described):
    """One block: `text` is the revision's source from `char_start` to `char_end`, in Unicode code points.

    `words` is the text as a reader of the rendered page sees it; show it with what it is governed by.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EVIDENCE]})

    citation: str = Field(examples=["P-7@3#2-3"])
    policy_id: str
    revision: int
    title: str
    section: list[str]
    text: str
    char_start: int
    char_end: int
    text_sha256: str = SHA256
    words: str
    governed_by: list[GoverningWords] = Field(description="The outermost first.")
    passages: list[BlockPassage]
    best: str = Field(description="The handle of the passage that matched.", examples=["P-7@3#3"])
    valid_from: str = INSTANT
    valid_to: str | None = END
    recorded_at: str = INSTANT
    applicability: Literal["applies", "unconfirmed"]
    also: list[str] | None = Field(None, description="Blocks of other policies that say the same.")
    rank: int
    scores: PassageScores


class Abstained(Described):
    """Why there is no evidence."""

    reason: Reason
    detail: str
    next_valid_from: str | None


class LeftOutBlock(Described):
    """A block that the token budget had no room for."""

    citation: str
    tokens: int


class RetrieveAnswer(Described):
    """The evidence for a question, or why there is none, with a receipt."""

    receipt: AnswerReceipt
    evidence: list[EvidenceItem]
    abstained: Abstained | None
    tokens: int
    left_out: list[LeftOutBlock] | None = None
    explain: dict[str, JsonValue] | None = Field(None, description="Where it was asked for.")


class Checks(Described):
    """Each true, false, or null where it could not be made."""

    exists: bool | None
    in_force: bool | None
    quote: bool | None


class InForceInstead(Described):
    """What is in force at the date in place of what was cited."""

    citation: str
    text: str | None
    section: list[str]
    governed_by: list[GoverningWords]
    valid_from: str = INSTANT
    valid_to: str | None = END


class LeftOutWords(Described):
    """Words that a quotation leaves out of its sentence, and that turn it."""

    kind: Literal["bound", "condition", "negation", "date", "frame"]
    words: str


class FoundQuotation(Described):
    """Where a quotation stands in the source, its whole sentence, and what it leaves out of it."""

    char_start: int
    char_end: int
    struck: bool = Field(description="Whether some of its words are struck through; such a quotation is not supported.")
    sentence: str
    cut: list[LeftOutWords]


class CitationCheck(Described):
    """Whether a citation holds."""

    citation: str
    verdict: Literal["supported", "not_supported", "cannot_tell"]
    reason: str
    detail: str
    checks: Checks
    as_of: str = INSTANT
    quotation: FoundQuotation | None
    text: str | None
    section: list[str]
    governed_by: list[GoverningWords]
    in_force_instead: InForceInstead | None


class SinceThen(Described):
    """What became of a quoted revision after the answer: corrected `by` another one, or taken back."""

    version: str
    what: Literal["corrected", "undone", "unscheduled"]
    by: str | None


class ReplayAnswer(Described):
    """What asking a receipt again came to; the answer where the evidence is the same, and where it differs."""

    verdict: Literal["same", "erased", "not_readable", "another_pipeline", "differs"]
    detail: str
    parts: list[str]
    since: list[SinceThen]
    answer: RetrieveAnswer | None
