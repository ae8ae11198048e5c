"""Which withdrawn policies would have answered, where nothing in force does: named for the callers who may read them.

This looks at a bounded number of policies, and only where there is no evidence. It changes no evidence and no digest.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from indexer.encoding.embedding import Vectors
from indexer.text.tokenizer import terms
from indexer.view import View
from policies.instant import Instant, format_instant
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.answering.abstention import Thresholds, share
from retriever.asking.eligible import Nothing, Scope, may_apply, may_read
from retriever.live.live_index import Generation

MOST_LOOKED_AT = 64
"""How many withdrawn policies are looked at, those withdrawn last. So an answer without evidence costs little more, and
no other view is pushed out of the cache."""

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a policy said until it was withdrawn, and when that was."""

    since: Instant
    version: VersionId


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, how its vector is made, and what is near enough among so many `eligible` passages."""

    text: str
    encode: Callable[[str], Vectors]
    thresholds: Thresholds
    eligible: int


def with_withdrawn(nothing: Nothing, generation: Generation, scope: Scope, asked: Asked) -> Nothing:
    """Why nothing answers, with the withdrawn policies whose last words would have answered."""
    found = sorted(_withdrawn(generation.timeline, scope), key=lambda each: each.version)
    if not found or not terms(asked.text):
        return nothing
    view = generation.views.view([generation.timeline.publishes[each.version].tx for each in found])
    named = [found[position] for position in _near(view, asked)]
    if not named:
        return nothing
    told = ", ".join(f"{each.version.policy_id} was withdrawn on {_day(each.since)}" for each in named)
    return replace(nothing, detail=f"{nothing.detail}. Withdrawn words would have answered: {told}")


def _withdrawn(timeline: Timeline, scope: Scope) -> Iterator[Withdrawn]:
    """The policies of the scope that are withdrawn at its instants, whose last words the caller could be given."""
    asked = scope.policies
    names: Iterable[str] = asked or ()
    if asked is None or len(asked) > MOST_LOOKED_AT:
        names = timeline.withdrawn(scope.as_of, scope.known_at)
    wanted = (name for name in names if name in timeline.policies and (asked is None or name in asked))
    for policy_id in islice(wanted, MOST_LOOKED_AT):
        policy = timeline.policies[policy_id]
        said = policy.in_force(scope.as_of, scope.known_at)
        if said is None or said.revision is not None:
            continue
        last = policy.in_force(said.valid.start - 1, scope.known_at)
        if last is None or last.revision is None:
            continue
        version = VersionId(policy_id, last.revision)
        readable = version not in timeline.erased and may_read(timeline, version, scope.audience)
        if readable and may_apply(timeline, version, scope):
            yield Withdrawn(said.valid.start, version)


def _near(view: View, asked: Asked) -> list[int]:
    """The positions of the revisions that hold a passage near enough, the nearest first."""
    wanted = asked.thresholds
    products = view.inner_products(asked.encode(asked.text))
    near = products >= wanted.dense * share(asked.eligible + len(view))
    near |= view.bm25.coverage(terms(asked.text)) >= wanted.coverage
    rows = np.flatnonzero(near)
    best = rows[np.argsort(-products[rows], kind="stable")]
    positions = (position for row in best.tolist() for position, _ in view.sources(row, MOST_NAMED))
    return list(dict.fromkeys(positions))[:MOST_NAMED]


def _day(at: Instant) -> str:
    return format_instant(at).removesuffix("T00:00:00Z")
