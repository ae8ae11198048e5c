"""Eligibility: which revisions may answer. What is in force is decided first, and does not depend on the caller."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from policies.instant import Instant
from policies.revision import VersionId
from policies.tables.revision_table import RevisionTable
from policies.timeline import PolicyTimeline, Timeline

Reason = Literal["no_policy_in_force", "not_applicable", "below_threshold", "withdrawn", "erased", "unknown_policy"]

FEW_POLICIES = 16
"""Of so many policies at most, each is asked what is in force of it; of more, the cells of all policies are."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything but the question that decides which revisions may answer it."""

    as_of: Instant
    known_at: Instant
    policies: tuple[str, ...] | None
    facts: Mapping[str, str]
    audience: tuple[str, ...]
    strict: bool


@dataclass(frozen=True)
class Eligible:
    """The revisions that may answer, sorted by version id. An `unconfirmed` one applies only if a missing fact agrees.

    `rows` has shape (n,): the row of each revision in the table of revisions.
    """

    table: RevisionTable
    rows: npt.NDArray[np.int64]
    unconfirmed: frozenset[VersionId]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def txs(self) -> npt.NDArray[np.int64]:
        """The publish tx of each; shape (n,)."""
        return self.table.txs[self.rows]

    def version(self, position: int) -> VersionId:
        """The version id of the revision at a position."""
        return self.table.version(int(self.rows[position]))

    @property
    def versions(self) -> tuple[VersionId, ...]:
        return tuple(map(self.table.version, self.rows.tolist()))


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why no revision may answer, and when the next revision that may answer comes into force."""

    reason: Reason
    detail: str
    next_valid_from: Instant | None = None


def resolve(timeline: Timeline, scope: Scope) -> Eligible:
    """The revisions in force at the instants of the scope, without those that its labels or facts exclude."""
    table = timeline.table
    rows = table.at(_in_force(timeline, scope))
    rows = rows[table.readable(scope.audience, rows) & ~table.erased[rows]]
    unconfirmed = set()
    fitting = np.ones(len(rows), dtype=np.bool_)
    for place in np.flatnonzero(table.conditional[rows]).tolist():
        version = table.version(int(rows[place]))
        answer = applies(timeline.publishes[version].applies_to, scope.facts)
        if answer is False or (answer is None and scope.strict):
            fitting[place] = False
        elif answer is None:
            unconfirmed.add(version)
    return Eligible(table, table.by_version_id(rows[fitting]), frozenset(unconfirmed))


def _in_force(timeline: Timeline, scope: Scope) -> npt.NDArray[np.int64]:
    """The publish tx of each revision of the scope's policies that is in force, ascending."""
    if scope.policies is None or len(scope.policies) > FEW_POLICIES:
        found = timeline.in_force(scope.as_of, scope.known_at)
        if scope.policies is not None:
            found = found[timeline.table.of_policies(scope.policies, timeline.table.at(found))]
        return found
    txs = []
    for policy in (timeline.policies[name] for name in set(scope.policies) & timeline.policies.keys()):
        said = policy.in_force(scope.as_of, scope.known_at)
        txs += [] if said is None or said.revision is None else [policy.publishes[said.revision].tx]
    return np.array(sorted(txs), dtype=np.int64)


def may_read(timeline: Timeline, version: VersionId, audience: Iterable[str]) -> bool:
    """Whether a caller with these labels may read the revision. The latest labels count, not those at `known_at`."""
    return not set(timeline.audience(version)).isdisjoint(audience)


def readable_numbers(policy: PolicyTimeline, audience: Iterable[str]) -> list[int]:
    """The numbers of the revisions of a policy that a caller with these labels may read, ascending."""
    labels = frozenset(audience)
    readable = {theirs for theirs in policy.every_audience if not labels.isdisjoint(theirs)}
    if len(readable) == len(policy.every_audience):
        return list(policy.audiences)
    return [number for number, theirs in policy.audiences.items() if theirs in readable]


def explain_nothing(timeline: Timeline, scope: Scope) -> Nothing:
    """Why `resolve` found nothing, told without what the caller may not know."""
    if scope.policies is None:
        return _explain_nothing_of_all(timeline, scope)
    asked = sorted(set(scope.policies) & timeline.policies.keys())
    seen = [timeline.policies[policy_id] for policy_id in asked if exists(timeline, policy_id, scope)]
    if not seen:
        return Nothing("unknown_policy", f"There is no policy {', '.join(scope.policies)}")
    reasons = [_reason(timeline, policy, scope) for policy in seen]
    upcoming = [start for policy in seen if (start := next_start(timeline, policy, scope)) is not None]
    reason: Reason = next(
        (kind for kind in ("not_applicable", "erased", "withdrawn") if kind in reasons), "no_policy_in_force"
    )
    concerned = [policy.policy_id for policy, why in zip(seen, reasons, strict=True) if why == reason]
    return _told(reason, ", ".join(concerned), min(upcoming, default=None))


def _explain_nothing_of_all(timeline: Timeline, scope: Scope) -> Nothing:
    """The same for a scope of all policies, from the columns of all: there may be many thousands."""
    table = timeline.table
    known = bisect_right(
        range(len(table.txs)), scope.known_at, key=lambda row: timeline.publishes[table.version(row)].recorded_at
    )
    if not table.readable(scope.audience, slice(known)).any():
        return Nothing("no_policy_in_force", "No policy is known yet")
    rows = table.at(timeline.in_force(scope.as_of, scope.known_at))
    rows = rows[table.readable(scope.audience, rows)]
    reason: Reason = "no_policy_in_force"
    if len(rows):  # none of them applies, or it would have been found
        reason = "erased" if table.erased[rows].all() else "not_applicable"
    elif any(exists(timeline, name, scope) for name in timeline.withdrawn(scope.as_of, scope.known_at)):
        reason = "withdrawn"
    return _told(reason, "the policies that you may read", _next_start_of_all(timeline, scope))


def _told(reason: Reason, names: str, next_valid_from: Instant | None) -> Nothing:
    details: dict[Reason, str] = {
        "not_applicable": f"What is in force of {names} does not apply to the facts given",
        "erased": f"The words of {names} then in force were erased",
        "withdrawn": f"Then withdrawn: {names}",
        "no_policy_in_force": f"Nothing of {names} is in force at that instant",
    }
    return Nothing(reason, details[reason], next_valid_from)


def _next_start_of_all(timeline: Timeline, scope: Scope) -> Instant | None:
    """When the next revision of any policy comes into force that the caller may read and that may apply to them."""
    table = timeline.table
    starts, txs = timeline.cells.upcoming(scope.as_of, scope.known_at)
    rows = table.at(txs)
    readable = table.readable(scope.audience, rows) & ~table.erased[rows]
    for start, row in zip(starts[readable].tolist(), rows[readable].tolist(), strict=True):
        version = table.version(row)
        said = timeline.policies[version.policy_id].in_force(start, scope.known_at)
        if said is not None and said.valid.start > scope.as_of and may_apply(timeline, version, scope):
            return said.valid.start
    return None


def _reason(timeline: Timeline, policy: PolicyTimeline, scope: Scope) -> Reason:
    said = policy.in_force(scope.as_of, scope.known_at)
    if said is None:
        return "no_policy_in_force"
    if said.revision is None:
        return "withdrawn"
    version = VersionId(policy.policy_id, said.revision)
    if not may_read(timeline, version, scope.audience):
        return "no_policy_in_force"
    return "erased" if version in timeline.erased else "not_applicable"


def exists(timeline: Timeline, policy_id: str, scope: Scope) -> bool:
    """Whether the caller may know of the policy: it has a revision recorded by `known_at` that they may read."""
    labels = frozenset(scope.audience)
    audiences = timeline.policies[policy_id].audiences.items() if policy_id in timeline.policies else ()
    first = next((number for number, theirs in audiences if not labels.isdisjoint(theirs)), None)
    # Of the revisions that they may read, the first was recorded first.
    return first is not None and timeline.publishes[VersionId(policy_id, first)].recorded_at <= scope.known_at


def next_start(timeline: Timeline, policy: PolicyTimeline, scope: Scope) -> Instant | None:
    """When the next revision comes into force that the caller may read and that may apply to them."""
    at = scope.as_of
    while (upcoming := policy.next_revision(at, scope.known_at)) is not None:
        assert upcoming.revision is not None
        version = VersionId(policy.policy_id, upcoming.revision)
        readable = version not in timeline.erased and may_read(timeline, version, scope.audience)
        if readable and may_apply(timeline, version, scope):
            return upcoming.valid.start
        at = upcoming.valid.start
    return None


def may_apply(timeline: Timeline, version: VersionId, scope: Scope) -> bool:
    """Whether the facts do not exclude a revision; where one is missing, only if the scope is not strict."""
    fit = applies(timeline.publishes[version].applies_to, scope.facts)
    return not scope.strict if fit is None else fit


def applies(applies_to: Mapping[str, tuple[str, ...]], facts: Mapping[str, str]) -> bool | None:
    """False if a fact contradicts a facet; else None if the fact for a facet is missing; else True."""
    missing = False
    for facet, values in applies_to.items():
        fact = facts.get(facet)
        if fact is None:
            missing = True
        elif fact not in values:
            return False
    return None if missing else True
