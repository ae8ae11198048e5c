"""What every framework gets of a passage besides its words."""

from typing import Any

from retriever.client import Answer, Evidence


def passage_metadata(answer: Answer, passage: Evidence) -> dict[str, Any]:
    """Where a passage stands, when it is in force, and the receipt of its answer."""
    return {
        "citation": passage.citation,
        "policy_id": passage.policy_id,
        "revision": passage.revision,
        "title": passage.title,
        "section": list(passage.section),
        "valid_from": passage.valid_from,
        "valid_to": passage.valid_to,
        "recorded_at": passage.recorded_at,
        "applicability": passage.applicability,
        "as_of": answer.receipt.request["as_of"],
        "rank": passage.rank,
        "score": passage_score(passage),
        "text_sha256": passage.text_sha256,
        "receipt_id": answer.receipt.id,
        "evidence_digest": answer.receipt.evidence_digest,
    }


def passage_score(passage: Evidence) -> float:
    """The score that orders the passage: the re-ranker's score if one is on, else the fused score."""
    return passage.scores.fused if passage.scores.rerank is None else passage.scores.rerank
