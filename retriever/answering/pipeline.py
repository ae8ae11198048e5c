"""The pipeline: from a query to an answer. Eligibility comes first; then only the eligible passages are ranked."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from indexer.encoding.embedding import Encoder, Vectors
from indexer.errors import IndexDamaged
from indexer.manifest import Built
from indexer.text.passage import Passage
from indexer.text.tokenizer import terms
from indexer.view import View
from policies.instant import Instant, format_instant
from policies.revision import PUBLIC, VersionId
from policies.timeline import Timeline
from retriever.answering.abstention import NEVER_ABSTAINS, Thresholds
from retriever.answering.explanation import explain_passages, explain_policies
from retriever.answering.fusion import DENSE_WEIGHT, Best, Floats, top_fused
from retriever.answering.naming import BY_ID, BY_TITLE, forget_titles, named
from retriever.answering.pipeline_parts import pipeline_name
from retriever.answering.reranking import RERANKED, Reranker, paired
from retriever.answering.stages import Stages, unwatched
from retriever.asking.eligible import Eligible, Nothing, Scope, explain_nothing, resolve
from retriever.asking.query import Query, known_by
from retriever.evidence.answer import Answer, LeftOut
from retriever.evidence.evidence import Evidence, Scores
from retriever.evidence.merging import collapsed, merged
from retriever.evidence.ordering import ordered
from retriever.evidence.recorded_words import RecordedWords
from retriever.live.live_index import Generation, Index

RULES = "hybrid-3"

COLLAPSED_FROM = 4
"""If equal passages are collapsed, this many times k passages are ranked, so that k different ones remain."""

MOST_TOGETHER = 100
"""Policies with one passage that are looked at where equal ones are collapsed; a boilerplate may stand in thousands."""

MOST_NOW_SCOPES = 8
"""For how many scopes (policies, facts, labels) the view for now is kept ready: the scopes last asked under."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a view as the passage of one of the revisions that have it, with its scores.

    `position` is the revision's among the eligible ones, `ordinal` the passage's in it.
    """

    row: int
    position: int
    ordinal: int
    scores: Scores


class Retriever:
    """Answers queries from an index. `encoder` must be the one that the index was built with.

    The vectors of the last `query_cache` distinct questions are kept. `words` are what each passage is compared with
    before it is handed over. `count` counts the tokens of a passage, by default as the model's tokenizer does. A
    `reranker` orders the best passages anew. `stages`, which may be set at any time, is entered for each stage of an
    answer.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        built: Built,
        clock: Callable[[], Instant],
        words: RecordedWords,
        query_cache: int = 0,
        thresholds: Thresholds = NEVER_ABSTAINS,
        reranker: Reranker | None = None,
        count: Callable[[str], int] | None = None,
    ) -> None:
        index.check(built)
        self.stages: Stages = unwatched
        self._index = index
        self._encoder = encoder
        self._encode = lru_cache(query_cache)(self._encoded)
        self._clock = clock
        self._now_scopes = OrderedDict[tuple[object, ...], Scope]()
        self._now_lock = threading.Lock()
        self._erased = frozenset[VersionId]()
        self._thresholds = thresholds
        self._words = words
        self._count = count
        self._model_tokens = lambda text: len(encoder.token_offsets(text))
        self.pipeline = pipeline_of(built, thresholds, reranker)
        self._reranker = reranker

    def retrieve(self, query: Query) -> Answer:
        """The evidence for a query; BadQuery where `known_at` lies past what is known."""
        generation = self._index.current()
        self._forget_erased(generation.timeline)
        scope = self._scope(query, generation)
        if query.as_of is None and query.known_at is None:
            self._asked_now(scope)
        with self.stages("eligible"):
            eligible = resolve(generation.timeline, scope)
        return self.answer(generation, query, scope, eligible)

    def answer(self, generation: Generation, query: Query, scope: Scope, eligible: Eligible) -> Answer:
        """The evidence for a query from exactly the eligible revisions."""
        request = _request(query, scope)
        if not len(eligible):
            return Answer(
                generation.number, self.pipeline, request, nothing=explain_nothing(generation.timeline, scope)
            )
        with self.stages("view"):
            view = generation.views.view(eligible.txs)
        with self.stages("rank"):
            ranked = self._rank(query, eligible, view)
        if isinstance(ranked, Nothing):
            return Answer(generation.number, self.pipeline, request, nothing=ranked)
        with self.stages("evidence"):
            evidence = [
                self._evidence(generation.timeline, scope, eligible, view, rank, item)
                for rank, item in enumerate(ranked, start=1)
            ]
            kept, total, left_out = self._wanted(query, evidence, view, ranked, generation.timeline)
        return Answer(generation.number, self.pipeline, request, kept, None, total, left_out)

    def _wanted(
        self, query: Query, evidence: list[Evidence], view: View, ranked: list[Ranked], timeline: Timeline
    ) -> tuple[tuple[Evidence, ...], int, tuple[LeftOut, ...]]:
        """The evidence brought together, within the budget and in order; the tokens it takes; what is left out."""
        tokens = [view.tokens(item.row) for item in ranked] if self._count is None else None
        if query.collapse:
            evidence = collapsed(evidence, query.k)
        if query.merge:
            evidence = merged(evidence, lambda version: self._words.text(version, timeline))
        if tokens is None or query.collapse or query.merge:
            tokens = [(self._count or self._model_tokens)(item.text) for item in evidence]
        kept, total, left_out = _within_budget(query.max_tokens, evidence, tokens)
        return tuple(ordered(kept, query.order)), total, left_out

    def explain(self, query: Query) -> dict[str, Any]:
        """Why each policy could answer or not, and what the score of each passage handed over is made of."""
        generation = self._index.current()
        scope = self._scope(query, generation)
        eligible = resolve(generation.timeline, scope)
        passages: list[dict[str, Any]] = []
        if len(eligible):
            view = generation.views.view(eligible.txs)
            ranked = self._rank(query, eligible, view)
            places = [] if isinstance(ranked, Nothing) else [(it.row, it.position, it.ordinal) for it in ranked]
            dense = view.inner_products(self._encode(query.text)).astype(np.float64)
            asked = terms(query.text)
            passages = explain_passages(view, eligible, places, dense, asked, named(asked, eligible, view))
        return {"policies": explain_policies(generation.timeline, scope), "passages": passages}

    def signals(self, query: Query) -> tuple[float, float] | None:
        """The scores that decide whether a query is answered: each leg's best; None where nothing is eligible."""
        generation = self._index.current()
        eligible = resolve(generation.timeline, self._scope(query, generation))
        if not len(eligible):
            return None
        view = generation.views.view(eligible.txs)
        largest = float(view.inner_products(self._encode(query.text)).max(initial=-1.0))
        return largest, float(view.bm25.coverage(terms(query.text)).max(initial=0.0))

    @property
    def query_lookups(self) -> tuple[int, int]:
        """How often the vector of a question was in the cache, and how often it had to be made."""
        counts = self._encode.cache_info()
        return counts.hits, counts.misses

    def _encoded(self, text: str) -> Vectors:
        with self.stages("encode"):
            return self._encoder.encode(text)

    def _scope(self, query: Query, generation: Generation) -> Scope:
        known_at = known_by(generation.timeline, query.known_at)
        as_of = self._clock() if query.as_of is None else query.as_of
        return Scope(as_of, known_at, query.policies, query.facts, query.audience, query.strict)

    def prepare(self, generation: Generation, as_of: Instant) -> None:
        """Makes the settled views of an instant for the scopes that asked about now; for the public if none asked."""
        self._forget_erased(generation.timeline)
        with self._now_lock:
            scopes = list(self._now_scopes.values()) or [Scope(as_of, as_of, None, {}, PUBLIC, False)]
        for scope in scopes:
            known_at = generation.timeline.recorded_at
            eligible = resolve(generation.timeline, replace(scope, as_of=as_of, known_at=known_at))
            if len(eligible):
                generation.views.view(eligible.txs, ahead=True).settle()

    def _forget_erased(self, timeline: Timeline) -> None:
        """Empties the caches of questions and titles after words were erased: the caches may repeat these words."""
        if timeline.erased is not self._erased and timeline.erased != self._erased:
            self._encode.cache_clear()
            forget_titles()
            self._words.forget()
        self._erased = timeline.erased

    def _asked_now(self, scope: Scope) -> None:
        """Remembers the scope, so that its view for now is kept ready."""
        key = (scope.policies, tuple(scope.facts.items()), scope.audience, scope.strict)
        with self._now_lock:
            self._now_scopes[key] = scope
            self._now_scopes.move_to_end(key)
            if len(self._now_scopes) > MOST_NOW_SCOPES:
                self._now_scopes.popitem(last=False)

    def _rank(self, query: Query, eligible: Eligible, view: View) -> list[Ranked] | Nothing:
        """The best passages of the view, best first, each in every revision that has it; or that none is near.

        At most k of them, and more where equal ones are to be collapsed.
        """
        view.asked()
        vector, asked = self._encode(query.text), terms(query.text)
        gains = named(asked, eligible, view)
        wanted = query.k * COLLAPSED_FROM if query.collapse else query.k
        most = wanted if self._reranker is None else max(wanted, RERANKED)
        of_rows = None if gains is None else view.of_rows(gains)
        best = top_fused(view.dense(vector), view.bm25.get_scores(asked), most, gains=of_rows)
        if asked and len(view) > query.k:  # else all there is fits into the answer, or only one leg can judge
            nothing = self._thresholds.below(best.largest, lambda: float(view.bm25.coverage(asked).max()))
            if nothing is not None:
                return nothing
        ranked = _placed(view, best, gains, MOST_TOGETHER if query.collapse else query.k)
        if self._reranker is not None:
            ranked = _reranked(self._reranker, query.text, view, ranked)
        return ranked if query.collapse else ranked[: query.k]

    def _evidence(
        self, timeline: Timeline, scope: Scope, eligible: Eligible, view: View, rank: int, ranked: Ranked
    ) -> Evidence:
        """A ranked passage as evidence; IndexDamaged where it is not the one that the ledger commits to."""
        version, ordinal = eligible.version(ranked.position), ranked.ordinal
        said = timeline.policies[version.policy_id].in_force(scope.as_of, scope.known_at)
        assert said is not None
        stored, (start, end) = view.stored(ranked.row), view.span(ranked.position, ordinal)
        if not self._words.holds(version, timeline, ordinal, stored, (start, end)):
            segment = view.segment(ranked.row)
            segment.damage = (
                f"{segment.path} does not hold {version}#{ordinal} as it was recorded: it was altered since; "
                "run `asof index --rebuild`"
            )
            raise IndexDamaged(segment.damage)
        passage = Passage.from_stored(stored)
        return Evidence(
            version=version,
            ordinal=ordinal,
            title=passage.title,
            section=passage.section,
            text=passage.text,
            char_start=start,
            char_end=end,
            valid=said.valid,
            recorded_at=timeline.publishes[version].recorded_at,
            confirmed=version not in eligible.unconfirmed,
            rank=rank,
            scores=ranked.scores,
        )


def _placed(view: View, best: Best, gains: Floats | None, most: int) -> list[Ranked]:
    """The passages in the best rows, each in at most so many of the revisions that have it, best first.

    Each has its passage's score, with what its own revision gains. Equal scores are in the order of citations.
    """
    ranked = []
    for row, (dense, bm25, fused) in zip(best.rows.tolist(), best.scores.tolist(), strict=True):
        for position, ordinal in view.sources(row, most, gains):
            gain = 0.0 if gains is None else float(gains[position])
            ranked.append(Ranked(row, position, ordinal, Scores(dense, bm25, fused + gain)))
    return sorted(ranked, key=lambda item: (-item.scores.fused, item.position, item.ordinal))


def _reranked(reranker: Reranker, question: str, view: View, ranked: list[Ranked]) -> list[Ranked]:
    """The passages by the re-ranker's score, best first; equal scores keep the order they came in."""
    rows = list(dict.fromkeys(item.row for item in ranked))
    scores = reranker.scores(question, [paired(view.passage(row)) for row in rows])
    found = dict(zip(rows, scores.tolist(), strict=True))
    anew = [replace(item, scores=replace(item.scores, rerank=found[item.row])) for item in ranked]
    return sorted(anew, key=lambda item: -found[item.row])


def _within_budget(
    most: int | None, evidence: Sequence[Evidence], tokens: Sequence[int]
) -> tuple[list[Evidence], int, tuple[LeftOut, ...]]:
    """The best passages, in order, whose tokens together stay within the budget; none is cut. And what is left out."""
    kept, total, left_out = [], 0, []
    for item, cost in zip(evidence, tokens, strict=True):
        if most is None or total + cost <= most:
            kept.append(item)
            total += cost
        else:
            left_out.append(LeftOut(item.citation, cost))
    return kept, total, tuple(left_out)


def pipeline_of(built: Built, thresholds: Thresholds = NEVER_ABSTAINS, reranker: Reranker | None = None) -> str:
    """The name of the pipeline. Equal names give the same evidence for the same request."""
    parts = {
        "rules": RULES,
        "model": built.model_digest,
        "precision": built.precision,
        "terms": built.terms,
        "fusion": f"convex-{DENSE_WEIGHT}",
        "naming": f"named-{BY_ID}-{BY_TITLE}",
        "thresholds": str(thresholds),
        "reranker": "" if reranker is None else f"{RERANKED}-{reranker.digest}-{reranker.precision}",
    }
    return pipeline_name(parts)


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
        **{name: True for name in ("merge", "collapse") if getattr(query, name)},
    }
