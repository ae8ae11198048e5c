"""The pipeline: a query to an answer. Eligibility first, ranking second, over the eligible passages alone."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import rfc8785

from indexer.embedding import Encoder
from indexer.manifest import Built
from indexer.snapshot import View
from indexer.tokenizer import terms
from policies.instant import FOREVER, Instant, format_instant
from policies.revision import VersionId
from retriever.eligible import Eligible, Nothing, Scope, explain_nothing, resolve
from retriever.evidence import Evidence, Scores, evidence_digest, receipt_id
from retriever.fusion import DENSE_WEIGHT, convex, top
from retriever.live_index import Generation, LiveIndex
from retriever.ordering import ordered
from retriever.query import Query, known_by

PIPELINE = "hybrid-1"


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence for a query, or why there is none, with the receipt that lets it be asked again."""

    generation: int
    pipeline: str
    request: dict[str, Any]
    evidence: tuple[Evidence, ...]
    nothing: Nothing | None
    tokens: int

    def content(self) -> dict[str, Any]:
        """The JSON values of an answer: the same from the command, the library and the service."""
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
        }


class Retriever:
    """Answers queries from a live index. `encoder` must be the one that the index was built with."""

    def __init__(self, index: LiveIndex, encoder: Encoder, built: Built, clock: Callable[[], Instant]) -> None:
        index.check(built)
        self._index = index
        self._encoder = encoder
        self._built = built
        self._clock = clock
        self.pipeline = pipeline_digest(built)

    def retrieve(self, query: Query) -> Answer:
        """The evidence for a query; BadQuery where `known_at` lies past what is known."""
        generation = self._index.current()
        scope = self._scope(query, generation)
        eligible = resolve(generation.timeline, scope)
        nothing = None if eligible.versions else explain_nothing(generation.timeline, scope)
        evidence: list[Evidence] = []
        tokens = 0
        if eligible.versions:
            ranked = self._rank(query, generation, eligible)
            kept, tokens = self._within_budget(query, self._cite(generation, scope, eligible, *ranked))
            evidence = ordered(kept, query.order)
        request = _request(query, scope)
        return Answer(generation.number, self.pipeline, request, tuple(evidence), nothing, tokens)

    def _scope(self, query: Query, generation: Generation) -> Scope:
        known_at = known_by(generation.timeline, query.known_at)
        as_of = self._clock() if query.as_of is None else query.as_of
        return Scope(as_of, known_at, query.policies, query.facts, query.audience, query.strict)

    def _rank(
        self, query: Query, generation: Generation, eligible: Eligible
    ) -> tuple[View, npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The view, its best rows and their scores: dense, BM25 and fused; shape (rows, 3)."""
        publishes = generation.timeline.publishes
        view = generation.views.view([publishes[version].tx for version in eligible.versions])
        dense = dense_scores(self._encoder.encode(query.text), view.vectors)
        lexical = view.bm25.get_scores(terms(query.text))
        fused = convex(dense, lexical)
        rows = top(fused, query.k)
        return view, rows, np.stack([dense[rows], lexical[rows], fused[rows]], axis=1)

    def _cite(
        self,
        generation: Generation,
        scope: Scope,
        eligible: Eligible,
        view: View,
        rows: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float64],
    ) -> list[Evidence]:
        return [
            self._evidence(generation, scope, eligible, view, row, rank, scored)
            for rank, (row, scored) in enumerate(zip(rows.tolist(), scores.tolist(), strict=True), start=1)
        ]

    def _evidence(
        self,
        generation: Generation,
        scope: Scope,
        eligible: Eligible,
        view: View,
        row: int,
        rank: int,
        scored: Sequence[float],
    ) -> Evidence:
        version: VersionId = eligible.versions[view.sources[row]]
        said = generation.timeline.policies[version.policy_id].in_force(scope.as_of, scope.known_at)
        assert said is not None
        passage, (start, end) = view.passage(row), view.span(row)
        return Evidence(
            version=version,
            ordinal=int(view.ordinals[row]),
            title=passage.title,
            section=passage.section,
            text=passage.text,
            char_start=start,
            char_end=end,
            valid=said.valid,
            recorded_at=generation.timeline.publishes[version].recorded_at,
            confirmed=version not in eligible.unconfirmed,
            rank=rank,
            scores=Scores(*scored),
        )

    def _within_budget(self, query: Query, ranked: list[Evidence]) -> tuple[list[Evidence], int]:
        """The best passages, in order, whose tokens together stay within the budget; none is cut."""
        kept, total = [], 0
        for item in ranked:
            cost = len(self._encoder.token_offsets(item.text))
            if query.max_tokens is not None and total + cost > query.max_tokens:
                continue
            kept.append(item)
            total += cost
        return kept, total


def dense_scores(query: npt.NDArray[np.float32], vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The exact inner product of a query, shape (d,), with every vector, shape (n, d), by FAISS; shape (n,).

    Each row is summed alone: FAISS's pairwise_distances goes through BLAS, where equal vectors differ in their
    last bits by the row they stand in, and ties would no longer break by citation.
    """
    query, vectors = np.ascontiguousarray(query), np.ascontiguousarray(vectors)
    found = np.empty(len(vectors), dtype=np.float32)
    pointers = [faiss.swig_ptr(array) for array in (found, query, vectors)]
    faiss.fvec_inner_products_ny(*pointers, vectors.shape[1], len(vectors))  # type: ignore[attr-defined]
    return found.astype(np.float64)


def pipeline_digest(built: Built) -> str:
    """What must be equal for the same request to give the same evidence, as a short digest."""
    parts = [PIPELINE, built.model_digest, built.precision, built.terms, f"convex-{DENSE_WEIGHT}"]
    return hashlib.sha256(rfc8785.dumps(parts)).hexdigest()[:16]


def _request(query: Query, scope: Scope) -> dict[str, Any]:
    return {
        "query": query.text,
        "as_of": format_instant(scope.as_of),
        "known_at": format_instant(scope.known_at),
        "policies": None if query.policies is None else list(query.policies),
        "facts": dict(query.facts),
        "audience": list(query.audience),
        "k": query.k,
        "max_tokens": query.max_tokens,
        "strict": query.strict,
        "order": query.order,
    }


def _abstention(nothing: Nothing) -> dict[str, Any]:
    upcoming = nothing.next_valid_from
    return {
        "reason": nothing.reason,
        "detail": nothing.detail,
        "next_valid_from": None if upcoming is None or upcoming >= FOREVER else format_instant(upcoming),
    }
