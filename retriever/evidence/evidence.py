"""Evidence: the passages of an answer as a caller gets them, and their digest."""

import hashlib
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
class Evidence:
    """One passage: `text` is the revision's source from `char_start` to `char_end`, in code points.

    `valid` is the period around the `as_of` instant in which the revision is in force, as known at `known_at`.
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
    through: int | None = None
    """The ordinal of the last passage, if neighbours were merged."""
    also: tuple[str, ...] = ()
    """The collapsed passages: those of other policies that say the same."""

    @property
    def citation(self) -> str:
        return f"{self.version}#{self.ordinal}" + ("" if self.through is None else f"-{self.through}")

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
            "valid_from": format_instant(self.valid.start),
            "valid_to": format_end(self.valid.end),
            "recorded_at": format_instant(self.recorded_at),
            "applicability": "applies" if self.confirmed else "unconfirmed",
            **also,
            "rank": self.rank,
            "scores": self.scores.content(),
        }


def evidence_digest(evidence: Sequence[dict[str, Any]]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of the evidence without its scores, in hexadecimal."""
    bare = [{key: value for key, value in item.items() if key != "scores"} for item in evidence]
    return hashlib.sha256(rfc8785.dumps(bare)).hexdigest()


def receipt_id(request: dict[str, Any], pipeline: str, digest: str) -> str:
    """SHA-256 of the canonical JSON of a request, the pipeline's digest and the evidence's, in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps([request, pipeline, digest])).hexdigest()
