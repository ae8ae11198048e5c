"""The pipeline: from a query to an answer. Eligibility comes first; then only the eligible passages are ranked."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from heapq import heappop, heappush
from itertools import islice
from typing import Any

import numpy as np

from indexer.encoding.embedding import Encoder, Vectors
from indexer.errors import IndexBehind, IndexDamaged
from indexer.manifest import Built
from indexer.segments.segment import Segment
from indexer.text.blocks import BLOCK_TOKENS, Run, Structure
from indexer.text.governing import RULE
from indexer.text.passage import Passage
from indexer.text.rendering import forget_words
from indexer.text.tokenizer import terms
from indexer.view import View
from policies.instant import Instant, format_instant
from policies.revision import PUBLIC, VersionId
from policies.timeline import Timeline
from retriever.answering.abstention import NEVER_ABSTAINS, Thresholds, share
from retriever.answering.blocks import Ranked, RankedBlock, blocks_of, of_different_words
from retriever.answering.explanation import explain_passages, explain_policies
from retriever.answering.fusion import DENSE_WEIGHT, Best, Floats, top_fused
from retriever.answering.labels import BY_LABEL, labelled
from retriever.answering.naming import BY_ID, BY_TITLE, forget_titles, named
from retriever.answering.pipeline_parts import pipeline_name
from retriever.answering.reranking import RERANKED, Reranker, paired
from retriever.answering.stages import Stages, unwatched
from retriever.answering.withdrawn import Asked, with_withdrawn
from retriever.asking.eligible import Eligible, Nothing, Scope, explain_nothing, resolve
from retriever.asking.query import Query, known_by
from retriever.evidence.answer import Answer, LeftOut
from retriever.evidence.evidence import Evidence, GovernedBy, Scores
from retriever.evidence.merging import collapsed, merged
from retriever.evidence.ordering import ordered
from retriever.evidence.recorded_words import RecordedWords
from retriever.live.live_index import Generation, Index

RULES = "hybrid-5"

PASSAGES_A_BLOCK = 4
"""For k blocks, this many times k passages are looked at first; where they are fewer than k blocks, more are."""

COLLAPSED_FROM = 4
"""If equal blocks are collapsed, this many times k blocks are ranked, so that k different ones remain."""

MOST_TOGETHER = 100
"""Policies with one passage that are looked at where equal ones are collapsed; a boilerplate may stand in thousands."""

MOST_NOW_SCOPES = 8
"""For how many scopes (policies, facts, labels) the view for now is kept ready: the scopes last asked under."""


class Retriever:
    """Answers queries from an index. `encoder` must be the one that the index was built with.

    The vectors of the last `query_cache` distinct questions are kept. `words` are what each passage is compared with
    before it is handed over. `count` counts the tokens of a text, by default as the model's tokenizer does. A
    `reranker` orders the best passages anew. `block_tokens` is how many tokens a block has at most where a query does
    not say. `stages`, which may be set at any time, is entered for each stage of an answer.
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
        block_tokens: int = BLOCK_TOKENS,
    ) -> None:
        index.check(built)
        self.stages: Stages = unwatched
        self._index = index
        self._encoder = encoder
        # A cache that held this retriever would keep it, and its views, until a collection of garbage.
        self._encode = lru_cache(query_cache)(partial(Retriever._encoded, weakref.proxy(self)))
        self._clock = clock
        self._now_scopes = OrderedDict[tuple[object, ...], Scope]()
        self._now_lock = threading.Lock()
        self._erased = frozenset[VersionId]()
        self._thresholds = thresholds
        self._words = words
        self._count = count
        self._block_tokens = block_tokens
        self.pipeline = pipeline_of(built, thresholds, reranker)
        self._reranker = reranker
        self._others: list[Callable[[], None]] = []

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
        request = _request(query, scope, query.block_tokens or self._block_tokens)
        if not len(eligible):
            return self._none(generation, query, scope, request, explain_nothing(generation.timeline, scope), 0)
        with self.stages("view"):
            view = generation.views.view(eligible.txs)
        with self.stages("rank"):
            ranked = self._rank(query, eligible, view)
        if isinstance(ranked, Nothing):
            return self._none(generation, query, scope, request, ranked, len(view))
        with self.stages("evidence"):
            source = _Source(generation.timeline, scope, eligible, view)
            evidence = [self._evidence(source, rank, block) for rank, block in enumerate(ranked, start=1)]
            kept, total, left_out = self._wanted(query, evidence, source)
        return Answer(generation.number, self.pipeline, request, kept, None, total, left_out)

    def _none(
        self, generation: Generation, query: Query, scope: Scope, request: dict[str, Any], why: Nothing, passages: int
    ) -> Answer:
        """An answer without evidence; `passages` is how many were eligible."""
        asked = Asked(query.text, self._encode, self._thresholds, passages)
        nothing = with_withdrawn(why, generation, scope, asked)
        return Answer(generation.number, self.pipeline, request, nothing=nothing)

    def _wanted(
        self, query: Query, evidence: list[Evidence], source: "_Source"
    ) -> tuple[tuple[Evidence, ...], int, tuple[LeftOut, ...]]:
        """The evidence brought together, within the budget and in order; the tokens it takes; what is left out."""
        if query.collapse:
            evidence = collapsed(evidence, query.k)
        if query.merge:
            evidence = merged(evidence, lambda item, first, last: self._cut(source, item, first, last))
        kept, total, left_out = [], 0, []
        for item in evidence:
            if query.max_tokens is not None and total + item.tokens > query.max_tokens and len(item.spans) > 1:
                alone = self._cut(source, item, item.best, item.best)  # the block does not fit: its best passage may
                item = alone if total + alone.tokens <= query.max_tokens else item
            if query.max_tokens is None or total + item.tokens <= query.max_tokens:
                kept.append(item)
                total += item.tokens
            else:
                left_out.append(LeftOut(item.citation, item.tokens))
        return tuple(ordered(kept, query.order)), total, tuple(left_out)

    def standing(self, version: VersionId) -> Structure:
        """How the passages of a recorded revision stand; IndexBehind for one that is just being indexed.

        IndexDamaged where they do not stand as the ledger's words say.
        """
        generation = self._index.current()
        event = generation.timeline.publishes.get(version)
        if event is None:
            raise IndexBehind(f"{version} is recorded and not yet in the index; ask again in a moment")
        snapshot, timeline = generation.snapshot, generation.timeline
        structure = snapshot.structure(event.tx)
        if snapshot.manifest.complete and not self._words.fits(self._words.of(version, timeline), structure):
            raise _damaged(snapshot.placing(event.tx), str(version))
        return structure

    def explain(self, query: Query) -> dict[str, Any]:
        """Why each policy could answer or not, and what the score of each passage handed over is made of."""
        generation = self._index.current()
        scope = self._scope(query, generation)
        eligible = resolve(generation.timeline, scope)
        passages: list[dict[str, Any]] = []
        if len(eligible):
            view = generation.views.view(eligible.txs)
            ranked = self._rank(query, eligible, view)
            blocks = [] if isinstance(ranked, Nothing) else ranked
            places = [(it.best.row, it.best.position, it.best.ordinal) for it in blocks]
            dense = view.inner_products(self._encode(query.text)).astype(np.float64)
            asked = terms(query.text)
            gains, labels = named(asked, eligible, view), labelled(query.text, view)
            passages = explain_passages(view, eligible, places, dense, asked, gains, labels)
        return {"policies": explain_policies(generation.timeline, scope), "passages": passages}

    def signals(self, query: Query) -> tuple[float, float] | None:
        """The scores that decide whether a query is answered: each leg's best; None where nothing is eligible.

        The dense one is scaled to what it would have to be among `abstention.MANY` passages.
        """
        generation = self._index.current()
        eligible = resolve(generation.timeline, self._scope(query, generation))
        if not len(eligible):
            return None
        view = generation.views.view(eligible.txs)
        largest = float(view.inner_products(self._encode(query.text)).max(initial=-1.0))
        return largest / share(len(view)), _coverage(view, terms(query.text))

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

    def on_erasure(self, forget: Callable[[], None]) -> None:
        """Has another cache emptied too once words were erased."""
        self._others.append(forget)

    def _forget_erased(self, timeline: Timeline) -> None:
        """Empties the caches of questions and titles after words were erased: the caches may repeat these words."""
        if timeline.erased is not self._erased and timeline.erased != self._erased:
            for forget in (self._encode.cache_clear, forget_titles, forget_words, self._words.forget, *self._others):
                forget()
        self._erased = timeline.erased

    def _asked_now(self, scope: Scope) -> None:
        """Remembers the scope, so that its view for now is kept ready."""
        key = (scope.policies, tuple(scope.facts.items()), scope.audience, scope.strict)
        with self._now_lock:
            self._now_scopes[key] = scope
            self._now_scopes.move_to_end(key)
            if len(self._now_scopes) > MOST_NOW_SCOPES:
                self._now_scopes.popitem(last=False)

    def _rank(self, query: Query, eligible: Eligible, view: View) -> list[RankedBlock] | Nothing:
        """The blocks of the best passages of the view, best first, in every revision that has them; or that none is
        near.

        At most k of them, and more where equal ones are to be collapsed.
        """
        view.asked()
        vector, asked = self._encode(query.text), terms(query.text)
        gains = named(asked, eligible, view)
        labels = labelled(query.text, view)
        of_rows = labels if gains is None else view.of_rows(gains) + (0.0 if labels is None else labels)
        dense, lexical = view.dense(vector), view.bm25.get_scores(asked)
        wanted = query.k * COLLAPSED_FROM if query.collapse else query.k
        most = PASSAGES_A_BLOCK * wanted
        if self._reranker is not None:
            most = max(most, RERANKED)
        places = max(MOST_TOGETHER if query.collapse else 0, PASSAGES_A_BLOCK * query.k)
        judged = False
        while True:
            best = top_fused(dense, lexical, most, gains=of_rows)
            if asked and not judged:  # else only one leg can judge
                coverage = partial(_coverage, view, asked)
                if (nothing := self._thresholds.below(best.largest, coverage, len(view))) is not None:
                    return nothing
                judged = True
            whole = len(best.rows) == len(view)
            ranked: Iterable[Ranked]
            if self._reranker is not None:
                rows = best.rows[: max(wanted, RERANKED)].tolist()
                ranked = _reranked(
                    self._reranker, query.text, view, list(_placed(view, best, gains, labels, places)), rows
                )
            else:
                ranked = _placed(view, best, gains, labels, places, whole=whole)
            found = blocks_of(view, ranked, query.block_tokens or self._block_tokens)
            blocks = of_different_words(found, wanted) if query.collapse else list(islice(found, wanted))
            if len({block.best.row for block in blocks} if query.collapse else blocks) == wanted or whole:
                return blocks
            most *= PASSAGES_A_BLOCK

    def _evidence(self, source: "_Source", rank: int, block: RankedBlock) -> Evidence:
        """A ranked block as evidence; IndexDamaged where it is not what the ledger commits to."""
        timeline, eligible, view, best = source.timeline, source.eligible, source.view, block.best
        version, ordinal = eligible.version(best.position), best.ordinal
        said = timeline.policies[version.policy_id].in_force(source.scope.as_of, source.scope.known_at)
        assert said is not None
        recorded = self._words.of(version, timeline)
        stored, span = view.stored(best.row), block.structure.spans[ordinal - 1]
        event = timeline.publishes[version]
        if not recorded.holds(ordinal, stored, span):
            raise _damaged(view.segment(best.row), f"{version}#{ordinal}")
        if view.complete and not self._words.fits(recorded, block.structure):
            raise _damaged(view.placing(event.tx), f"{version}#{ordinal}")
        passage = Passage.from_stored(stored)
        return Evidence(
            version=version,
            title=passage.title,
            section=passage.section,
            valid=said.valid,
            recorded_at=event.recorded_at,
            confirmed=version not in eligible.unconfirmed,
            rank=rank,
            scores=best.scores,
            best=ordinal,
            **self._shown(recorded.text, block.structure.run(block.first, block.last), block.first),
        )

    def _cut(self, source: "_Source", item: Evidence, first: int, last: int) -> Evidence:
        """The evidence as that of another run of passages of its revision."""
        structure = source.structure(item.version)
        text = self._words.of(item.version, source.timeline).text
        return replace(item, **self._shown(text, structure.run(first, last), first))

    def _shown(self, text: str, run: Run, first: int) -> dict[str, Any]:
        """What evidence says of passages in a row, the first of which has that ordinal, and of what governs them."""
        start, end = run.spans[0][0], run.spans[-1][1]
        governed_by = tuple(GovernedBy(it.kind, text[it.start : it.end], it.start, it.end) for it in run.governing)
        counted = self._count
        return {
            "ordinal": first,
            "text": text[start:end],
            "char_start": start,
            "char_end": end,
            "words": run.words,
            "spans": run.spans,
            "governed_by": governed_by,
            "tokens": run.tokens
            if counted is None
            else sum(map(counted, (run.words, *(it.text for it in governed_by)))),
        }


def _damaged(segment: Segment, what: str) -> IndexDamaged:
    """The error of a segment in which something is not what the ledger commits to; nothing more is answered from it."""
    segment.damage = (
        f"{segment.path} does not hold {what} as it was recorded: it was altered since; run `asof index --rebuild`"
    )
    return IndexDamaged(segment.damage)


def _coverage(view: View, asked: Sequence[str]) -> float:
    """The largest share of the question's terms that one passage holds."""
    return float(view.bm25.coverage(asked).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class _Source:
    """What the evidence of one answer is cut from."""

    timeline: Timeline
    scope: Scope
    eligible: Eligible
    view: View

    def structure(self, version: VersionId) -> Structure:
        """How the passages of one of the revisions stand."""
        return self.view.structure_of(self.timeline.publishes[version].tx)


def _placed(
    view: View, best: Best, gains: Floats | None, labels: Floats | None, most: int, *, whole: bool = True
) -> Iterator[Ranked]:
    """The passages in the best rows, each in at most so many of its places, best first.

    Each has its passage's score, with what the passage gains by its labels, and its own revision by its name. Equal
    scores are in the order of citations. Where the best rows are not the `whole` view, it ends before what a place of
    another row may come before.
    """
    waiting: list[tuple[float, int, int, Ranked]] = []
    bound = -np.inf
    for row, (dense, bm25, fused) in zip(best.rows.tolist(), best.scores.tolist(), strict=True):
        places = view.sources(row, most, gains)
        fused += 0.0 if labels is None else float(labels[row])
        gained = [0.0] * len(places) if gains is None else [float(gains[position]) for position, _ in places]
        bound = fused + max(gained)  # no later row has a place with more
        while waiting and -waiting[0][0] > bound:
            yield heappop(waiting)[3]
        for (position, ordinal), gain in zip(places, gained, strict=True):
            score = fused + gain
            heappush(waiting, (-score, position, ordinal, Ranked(row, position, ordinal, Scores(dense, bm25, score))))
    while waiting and (whole or -waiting[0][0] >= bound):
        yield heappop(waiting)[3]


def _reranked(
    reranker: Reranker, question: str, view: View, ranked: Sequence[Ranked], rows: Sequence[int]
) -> list[Ranked]:
    """The passages of some rows by the re-ranker's score, best first, then the others.

    Equal scores keep the order they came in.
    """
    scores = reranker.scores(question, [paired(view.passage(row)) for row in rows])
    found = dict(zip(rows, scores.tolist(), strict=True))
    anew = [replace(it, scores=replace(it.scores, rerank=found[it.row])) for it in ranked if it.row in found]
    return [*sorted(anew, key=lambda item: -found[item.row]), *(it for it in ranked if it.row not in found)]


def pipeline_of(built: Built, thresholds: Thresholds = NEVER_ABSTAINS, reranker: Reranker | None = None) -> str:
    """The name of the pipeline. Equal names give the same evidence for the same request."""
    parts = {
        "rules": RULES,
        "model": built.model_digest,
        "precision": built.precision,
        "terms": built.terms,
        "fusion": f"convex-{DENSE_WEIGHT}",
        "naming": f"named-{BY_ID}-{BY_TITLE}-{BY_LABEL}",
        "blocks": RULE,
        "thresholds": str(thresholds),
        "reranker": "" if reranker is None else f"{RERANKED}-{reranker.digest}-{reranker.precision}",
    }
    return pipeline_name(parts)


def _request(query: Query, scope: Scope, block_tokens: int) -> dict[str, Any]:
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
        "block_tokens": block_tokens,
        **{name: True for name in ("merge", "collapse") if getattr(query, name)},
    }
