"""Why each policy could answer or not, and what each passage's score is made of: for whoever asks to see it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from indexer.view import View
from policies.calendar import in_utc
from policies.instant import format_instant
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.answering.fusion import DENSE_WEIGHT, Floats, convex, min_max
from retriever.asking.eligible import Eligible, Scope, applies, exists, may_read, next_start
from retriever.asking.query import Query, parse_query
from retriever.evidence.citations import Handle


class Explains(Protocol):
    """What explains a query: a retriever."""

    def explain(self, query: Query) -> dict[str, Any]: ...


def explained_answer(retriever: Explains, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Why each policy could answer or not, and what the scores of the passages handed over are made of.

    `answer` is the JSON of an answer. It is explained at its own instants, whatever was published since.
    """
    explained = retriever.explain(parse_query(answer["receipt"]["request"]))
    given = [Handle.parse(item["citation"]) for item in answer["evidence"]]
    passages = [it for it in explained["passages"] if any(g.covers(Handle.parse(it["citation"])) for g in given)]
    return {**explained, "passages": passages}


def explain_policies(timeline: Timeline, scope: Scope) -> list[dict[str, Any]]:
    """Of every policy that the caller may know of, by id: what is in force, and why it may answer or not."""
    return [
        {"policy_id": policy_id, **_policy(timeline, policy, scope)}
        for policy_id, policy in sorted(timeline.policies.items())
        if exists(timeline, policy_id, scope)
    ]


def _policy(timeline: Timeline, policy: PolicyTimeline, scope: Scope) -> dict[str, Any]:
    if scope.policies is not None and policy.policy_id not in scope.policies:
        return _answer(None, False, "not_in_scope", "The question is asked of other policies only")
    said = policy.in_force(scope.as_of, scope.known_at)
    version = None if said is None or said.revision is None else VersionId(policy.policy_id, said.revision)
    if said is None or (version is not None and not may_read(timeline, version, scope.audience)):
        upcoming = next_start(timeline, policy, scope)
        later = "" if upcoming is None else f"; the next rule starts at {format_instant(upcoming)}"
        return _answer(None, False, "no_policy_in_force", f"Nothing of it is in force at that instant{later}")
    if version is None:
        return _answer(None, False, "withdrawn", f"Withdrawn since {format_instant(said.valid.start)}")
    if version in timeline.erased:
        return _answer(version, False, "erased", "Its words were erased")
    facets = timeline.publishes[version].applies_to
    fit = applies(facets, scope.facts)
    missing = [name for name in facets if name not in scope.facts]
    wrong = [name for name, values in facets.items() if scope.facts.get(name, values[0]) not in values]
    period = f"in force {in_utc(said.valid.start, said.valid.end)}"
    if fit is False:
        said_of = "; ".join(f"{name} is {scope.facts[name]}, not {' or '.join(facets[name])}" for name in wrong)
        return _answer(version, False, "not_applicable", f"It does not apply: {said_of}")
    if fit is None and scope.strict:
        return _answer(version, False, "not_applicable", f"Not confirmed: no fact gives {', '.join(missing)}")
    if fit is None:
        return _answer(version, True, "unconfirmed", f"{period}; no fact gives {', '.join(missing)}")
    return _answer(version, True, "applies", period)


def _answer(version: VersionId | None, eligible: bool, reason: str, detail: str) -> dict[str, Any]:
    return {
        "version": None if version is None else str(version),
        "eligible": eligible,
        "reason": reason,
        "detail": detail,
    }


def explain_passages(
    view: View,
    eligible: Eligible,
    places: Iterable[tuple[int, int, int]],
    dense: Floats,
    asked: Sequence[str],
    gains: Floats | None,
    labels: Floats | None = None,
) -> list[dict[str, Any]]:
    """Each part of the fused score of some passages, each given by row, revision's position and ordinal.

    `dense` are the exact inner products of all rows, shape (n,), `gains` what each revision's passages gain,
    `labels` what each row gains.
    """
    lexical = view.bm25.get_scores(asked)
    fused = convex(dense, lexical)
    parts = []
    for row, position, ordinal in places:
        named = (0.0 if gains is None else float(gains[position])) + (0.0 if labels is None else float(labels[row]))
        parts.append(
            {
                "citation": f"{eligible.version(position)}#{ordinal}",
                "dense": {**_leg(dense, row), "weight": DENSE_WEIGHT},
                "bm25": {
                    **_leg(lexical, row),
                    "weight": 1 - DENSE_WEIGHT,
                    "terms": view.bm25.parts(asked, row),
                },
                "named": named,
                "fused": float(fused[row]) + named,
            }
        )
    return parts


def _leg(scores: Floats, row: int) -> dict[str, float]:
    """A row's score, the least and the largest of the eligible passages, and its share of the way between them."""
    return {
        "score": float(scores[row]),
        "least": float(scores.min()),
        "largest": float(scores.max()),
        "share": float(min_max(scores)[row]),
    }
