"""Receipts replayed: the same evidence, byte for byte, or the reason why it is not the same."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import rfc8785

from policies.amending.taking_back import corrected_by
from policies.instant import Instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.answering.pipeline import Retriever
from retriever.answering.pipeline_parts import differing
from retriever.asking.eligible import Eligible, Scope, may_read, resolve
from retriever.asking.query import parse_labels, parse_query
from retriever.errors import BadQuery, BadReceipt
from retriever.evidence.answer import Answer
from retriever.evidence.evidence import receipt_id
from retriever.live.live_index import Generation

Verdict = Literal["same", "erased", "not_readable", "another_pipeline", "differs"]

FIELDS = ("id", "generation", "pipeline", "evidence_digest", "request")


@dataclass(frozen=True, slots=True)
class Since:
    """What became of a revision after it was quoted: corrected `by` another, or taken back."""

    version: VersionId
    what: Literal["corrected", "undone", "unscheduled"]
    by: VersionId | None = None

    def __str__(self) -> str:
        return f"{self.version}: since {self.what}" + ("" if self.by is None else f" by {self.by}")

    def content(self) -> dict[str, Any]:
        """The JSON values of it."""
        return {
            "version": str(self.version),
            "what": self.what,
            "by": None if self.by is None else str(self.by),
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay. `answer` is given for the verdicts `same` and `differs`.

    `rests_on` are the revisions that could answer when the receipt was made. `since` says which of those in the
    evidence were corrected or taken back later: the answer was right when it was given, and is not given any more.
    """

    verdict: Verdict
    detail: str
    parts: tuple[str, ...] = ()
    answer: Answer | None = None
    rests_on: tuple[VersionId, ...] = ()
    since: tuple[Since, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of a replay."""
        return {
            "verdict": self.verdict,
            "detail": self.detail,
            "parts": list(self.parts),
            "since": [each.content() for each in self.since],
            "answer": None if self.answer is None else self.answer.content(),
        }


NOT_READABLE = "The evidence rests on words that you may not read"


def replay(
    retriever: Retriever, generation: Generation, ledger: Ledger, receipt: Mapping[str, Any], audience: Sequence[str]
) -> Replay:
    """The request of a receipt asked again, over the revisions that could answer it then.

    A receipt grants no rights. The caller must hold all labels of its request. The caller must also be allowed to read
    every revision that could answer then. No answer is made before these checks, because anyone can invent a receipt.
    BadReceipt for a receipt that is incomplete, was altered, or belongs to another ledger.
    """
    _check(receipt, generation)
    try:
        query = parse_query(receipt["request"])
    except BadQuery as error:
        raise BadReceipt(f"The receipt's request cannot be asked: {error}") from error
    if query.as_of is None or query.known_at is None:
        raise BadReceipt("The receipt's request lacks as_of or known_at")
    labels = parse_labels(list(audience))
    if not set(query.audience) <= set(labels):
        return Replay("not_readable", NOT_READABLE)
    scope = Scope(query.as_of, query.known_at, query.policies, query.facts, query.audience, query.strict)
    now, number = generation.timeline, receipt["generation"]
    eligible = resolve(now if number == generation.number else ledger.timeline(until=number), scope)
    rests_on = eligible.versions
    if parts := differing(receipt["pipeline"], retriever.pipeline):
        detail = f"The receipt was made by another pipeline than this one: {', '.join(parts)} differ"
        return Replay("another_pipeline", detail, parts, rests_on=rests_on)
    if any(not may_read(now, version, labels) for version in rests_on):
        return Replay("not_readable", NOT_READABLE, rests_on=rests_on)
    if any(version in now.erased for version in rests_on):
        return Replay("erased", "Words that could answer then were erased since", rests_on=rests_on)
    answer = retriever.answer(generation, query, scope, _in(now, eligible))
    if answer.content()["receipt"]["evidence_digest"] == receipt["evidence_digest"]:
        quoted = dict.fromkeys(item.version for item in answer.evidence)
        since = tuple(_since(now, ledger, quoted, query.known_at, labels))
        detail = ". ".join(["The evidence is the same, byte for byte", *map(str, since)])
        return Replay("same", detail, answer=answer, rests_on=rests_on, since=since)
    detail = (
        "The same pipeline gives other evidence: vectors may differ in their last bits between kinds of processors; "
        "or the ledger was put back to an earlier state since and other words were recorded. `asof verify` checks the "
        "words and the index"
    )
    return Replay("differs", detail, answer=answer, rests_on=rests_on)


def read_receipt(path: Path) -> Mapping[str, Any]:
    """The receipt in a file that holds a receipt or an answer; BadReceipt if the file holds neither."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise BadReceipt(f"{path} cannot be read as JSON: {error}") from error
    receipt = content.get("receipt", content) if isinstance(content, dict) else None
    if not isinstance(receipt, dict):
        raise BadReceipt(f"{path} holds no receipt; give an answer of `asof retrieve --json`, or its `receipt`")
    return receipt


def _since(
    now: Timeline, ledger: Ledger, quoted: Iterable[VersionId], known_at: Instant, labels: Sequence[str]
) -> Iterator[Since]:
    """What became of each quoted revision after `known_at`, without what a caller with these labels may not know."""
    for version in quoted:
        policy = now.policies[version.policy_id]
        by = policy.undone.get(now.publishes[version].tx)
        if by is not None:
            [event] = ledger.events(after=by - 1, until=by)
            if event.recorded_at > known_at:
                yield Since(version, "unscheduled" if event.kind == "unschedule" else "undone")
            continue
        correction = corrected_by(version, policy, now.publishes)
        if now.publishes[correction].recorded_at > known_at and may_read(now, correction, labels):
            yield Since(version, "corrected", correction)


def _check(receipt: Mapping[str, Any], generation: Generation) -> None:
    missing = [name for name in FIELDS if name not in receipt]
    if missing:
        raise BadReceipt(f"The receipt lacks {', '.join(missing)}; give the `receipt` of an answer, whole")
    request, number = receipt["request"], receipt["generation"]
    if not isinstance(request, dict) or isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise BadReceipt("The receipt's request is no object, or its generation no whole number")
    pipeline, digest = receipt["pipeline"], receipt["evidence_digest"]
    if not isinstance(pipeline, str) or not isinstance(digest, str):
        raise BadReceipt("The receipt's pipeline or evidence_digest is no text")
    try:
        whole = receipt_id(request, pipeline, digest) == receipt["id"]
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
        whole = False  # no real receipt holds such values, for example a number too large for exact JSON
    if not whole:
        raise BadReceipt("The receipt's id does not fit its request, pipeline and evidence: it was altered")
    if number > generation.number:
        raise BadReceipt(f"The receipt is of generation {number}, this ledger is at {generation.number}")


def _in(timeline: Timeline, eligible: Eligible) -> Eligible:
    """The same revisions as rows of another timeline's table."""
    return replace(eligible, table=timeline.table, rows=timeline.table.at(eligible.txs))
