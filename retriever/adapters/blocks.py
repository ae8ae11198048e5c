"""What every framework gets of a block: its words with what governs them, and where it stands."""

from dataclasses import asdict
from typing import Any

from retriever.client import Answer, Evidence
from retriever.governed_words import governed_words


def block_content(block: Evidence) -> str:
    """The words of a block with what governs them, in the order of reading."""
    return governed_words(asdict(block))


def block_metadata(answer: Answer, block: Evidence) -> dict[str, Any]:
    """Where a block stands, its exact text, when it is in force, and the receipt of its answer."""
    return {
        "citation": block.citation,
        "policy_id": block.policy_id,
        "revision": block.revision,
        "title": block.title,
        "section": list(block.section),
        "valid_from": block.valid_from,
        "valid_to": block.valid_to,
        "recorded_at": block.recorded_at,
        "applicability": block.applicability,
        "as_of": answer.receipt.request["as_of"],
        "rank": block.rank,
        "score": block_score(block),
        "text": block.text,
        "text_sha256": block.text_sha256,
        "governed_by": [asdict(found) for found in block.governed_by],
        "passages": [asdict(passage) for passage in block.passages],
        "best": block.best,
        "receipt_id": answer.receipt.id,
        "evidence_digest": answer.receipt.evidence_digest,
    }


def block_score(block: Evidence) -> float:
    """The score that orders the block: the re-ranker's score if one is on, else the fused score."""
    return block.scores.fused if block.scores.rerank is None else block.scores.rerank
