"""What every framework is told of a passage, beside its words."""

from typing import Any

from retriever.client import Answer, Evidence


def passage_metadata(answer: Answer, passage: Evidence) -> dict[str, Any]:
    """Where a passage stands, when it is in force, and the receipt of the answer that it is evidence in."""
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
    """What the passage was ordered by: a re-ranker's score where one is on, else the fused one."""
    return passage.scores.fused if passage.scores.rerank is None else passage.scores.rerank
