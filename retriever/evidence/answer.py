"""An answer: the evidence for a query, or why there is none, with a receipt."""

from dataclasses import asdict, dataclass
from typing import Any

from policies.instant import FOREVER, format_instant
from retriever.asking.eligible import Nothing
from retriever.evidence.evidence import Evidence, evidence_digest, receipt_id


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A passage that did not fit into the token budget."""

    citation: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence for a query, or why there is none, with a receipt. The receipt allows a replay of the query."""

    generation: int
    pipeline: str
    request: dict[str, Any]
    evidence: tuple[Evidence, ...] = ()
    nothing: Nothing | None = None
    tokens: int = 0
    left_out: tuple[LeftOut, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of an answer: the same from the command, the library and the service.

        `left_out` is there only if a passage did not fit into the token budget.
        """
        evidence = [item.content() for item in self.evidence]
        digest = evidence_digest(evidence)
        return {
            "receipt": {
                "id": receipt_id(self.request, self.pipeline, digest),
                "generation": self.generation,
                "pipeline": self.pipeline,
                "evidence_digest": digest,
                "request": self.request,
            },
            "evidence": evidence,
            "abstained": None if self.nothing is None else _abstention(self.nothing),
            "tokens": self.tokens,
            **({"left_out": [asdict(item) for item in self.left_out]} if self.left_out else {}),
        }


def _abstention(nothing: Nothing) -> dict[str, Any]:
    upcoming = nothing.next_valid_from
    return {
        "reason": nothing.reason,
        "detail": nothing.detail,
        "next_valid_from": None if upcoming is None or upcoming >= FOREVER else format_instant(upcoming),
    }
