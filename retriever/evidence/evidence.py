"""Evidence: the blocks of an answer as a caller gets them, and their digest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from policies.instant import Instant, format_end, format_instant
from policies.period import Period
from policies.revision import VersionId


@dataclass(frozen=True, slots=True)
class Scores:
    """Inner product of unit vectors; BM25+; the convex combination of both; the re-ranker's score if one is on.

    The last score that is there orders the passages.
    """

    dense: float
    bm25: float
    fused: float
    rerank: float | None = None

    def content(self) -> dict[str, float]:
        """The JSON values; `rerank` only if a re-ranker is on."""
        found = {"dense": self.dense, "bm25": self.bm25, "fused": self.fused}
        return found if self.rerank is None else {**found, "rerank": self.rerank}


@dataclass(frozen=True, slots=True)
class GovernedBy:
    """Words that decide how a block is meant: `text` is the revision's source from `char_start` to `char_end`."""

    kind: str
    text: str
    char_start: int
    char_end: int

    def content(self) -> dict[str, Any]:
        """The JSON values."""
        return {"kind": self.kind, "text": self.text, "char_start": self.char_start, "char_end": self.char_end}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One block: `text` is the revision's source from `char_start` to `char_end`, in code points.

    `words` is the text as a reader of the rendered page sees it. `spans` are those of the block's passages, from the
    one with `ordinal` on; `best` is the ordinal of the passage that matched. `governed_by` are the words outside the
    text that decide how it is meant, the outermost first. `valid` is the period around the `as_of` instant in which the
    revision is in force, as known at `known_at`. `tokens` are those of the words and of what governs them.
    """

    version: VersionId
    ordinal: int
    title: str
    section: tuple[str, ...]
    text: str
    char_start: int
    char_end: int
    valid: Period
    recorded_at: Instant
    confirmed: bool
    rank: int
    scores: Scores
    words: str
    spans: tuple[tuple[int, int], ...]
    best: int
    governed_by: tuple[GovernedBy, ...] = ()
    tokens: int = 0
    also: tuple[str, ...] = ()
    """The collapsed blocks: those of other policies that say the same."""

    @property
    def through(self) -> int:
        """The ordinal of the last passage."""
        return self.ordinal + len(self.spans) - 1

    @property
    def citation(self) -> str:
        return f"{self.version}#{self.ordinal}" + ("" if len(self.spans) == 1 else f"-{self.through}")

    def content(self) -> dict[str, Any]:
        """The JSON values of an answer's evidence; `also` only if it is not empty."""
        also = {"also": list(self.also)} if self.also else {}
        return {
            "citation": self.citation,
            "policy_id": self.version.policy_id,
            "revision": self.version.number,
            "title": self.title,
            "section": list(self.section),
            "text": self.text,
            "char_start": self.char_start,
            "char_end": self.char_end,
            "text_sha256": hashlib.sha256(self.text.encode()).hexdigest(),
            "words": self.words,
            "governed_by": [item.content() for item in self.governed_by],
            "passages": [
                {"citation": f"{self.version}#{ordinal}", "char_start": start, "char_end": end}
                for ordinal, (start, end) in enumerate(self.spans, start=self.ordinal)
            ],
            "best": f"{self.version}#{self.best}",
            "valid_from": format_instant(self.valid.start),
            "valid_to": format_end(self.valid.end),
            "recorded_at": format_instant(self.recorded_at),
            "applicability": "applies" if self.confirmed else "unconfirmed",
            **also,
            "rank": self.rank,
            "scores": self.scores.content(),
        }


def evidence_digest(evidence: Sequence[dict[str, Any]]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of the evidence without its scores, in hexadecimal.

    Without scores there are no numbers but whole ones, and all names are ASCII. For such values `json` writes the same
    bytes as `rfc8785`, in a fifth of the time.
    """
    bare = [{key: value for key, value in item.items() if key != "scores"} for item in evidence]
    canonical = json.dumps(bare, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def receipt_id(request: dict[str, Any], pipeline: str, digest: str) -> str:
    """SHA-256 of the canonical JSON of a request, the pipeline's digest and the evidence's, in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps([request, pipeline, digest])).hexdigest()
