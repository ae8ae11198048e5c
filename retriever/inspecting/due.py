"""What asks for an author: reviews, ends that nothing follows, gaps, and withdrawn policies that others refer to.

Everything is told as the caller sees it (see `readable`), as known now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.query import query_instant
from retriever.inspecting.readable import Labels, Stretch, known_policies, stretch_at, stretches
from retriever.inspecting.references import referred_to
from retriever.inspecting.scheduled import days

WITHIN = 30
"""How many days ahead to look where nobody says."""

NAMED = 3
"""How many references a sentence names; `referenced_by` has all of them."""

Kind = Literal["review_overdue", "review_soon", "ends_without_successor", "gap", "withdrawn_but_referenced"]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do about a revision. `at` is when it counts; `end` where a gap ends, else None."""

    at: Instant
    kind: Kind
    version: VersionId
    end: Instant | None = None
    referenced_by: tuple[VersionId, ...] = ()

    def detail(self) -> str:
        """What is the matter, and what to do."""
        if self.kind == "review_overdue":
            return "its review is overdue; read it again, then give it a later review_by"
        if self.kind == "review_soon":
            return "its review is due soon; read it again, then give it a later review_by"
        if self.kind == "gap":
            end = format_instant(FOREVER - 1 if self.end is None else self.end)
            return f"nothing is in force from then to {end}; publish a revision for that period"
        if self.kind == "ends_without_successor":
            return "nothing follows it; publish a revision that begins then, if one should"
        names = ", ".join(map(str, self.referenced_by[:NAMED]))
        if len(self.referenced_by) > NAMED:
            names += f" and {len(self.referenced_by) - NAMED} more"
        return f"it is withdrawn, but the words in force of {names} refer to it; change those, or restore it"


def due_items(
    ledger: Ledger,
    now: Instant,
    audience: Labels = None,
    *,
    policy: str | None = None,
    as_of: str | None = None,
    within: int = WITHIN,
    limit: int | None = None,
) -> dict[str, Any]:
    """What is due at a date or within so many days of it, the earliest first; `total` counts all of it."""
    given = query_instant(as_of, "as_of")
    at, timeline = now if given is None else given, ledger.timeline()
    soon = min(FOREVER, at + days(within))
    policies = known_policies(timeline, policy, audience)
    found = [
        item
        for each in policies
        for item in _of_policy(
            ledger, timeline, each.policy_id, stretches(each, audience), at, Period(at - days(within), soon)
        )
    ]
    found += _withdrawn(ledger, timeline, policies, audience, at)
    found.sort(key=lambda item: (item.at, item.version, item.kind))
    titles = ledger.titles_of({item.version for item in found[:limit]})
    return {
        "as_of": format_instant(at),
        "within": within,
        "due": [_content(item, ledger, timeline, titles) for item in found[:limit]],
        "total": len(found),
    }


def review_date(ledger: Ledger, timeline: Timeline, version: VersionId) -> Instant | None:
    """When a revision is to be read again, by itself or by a later description; None where nobody said."""
    return ledger.description(version, timeline, timeline.recorded_at).review_by


def _of_policy(
    ledger: Ledger, timeline: Timeline, policy_id: str, found: list[Stretch], at: Instant, around: Period
) -> Iterator[Due]:
    if not found:
        return  # it says nothing: all was undone, or is hidden
    current = stretch_at(found, at)
    if current is not None and current.revision is not None:
        version = VersionId(policy_id, current.revision)
        review = review_date(ledger, timeline, version)
        if review is not None and review < min(around.end, current.period.end):
            yield Due(review, "review_overdue" if review <= at else "review_soon", version)
    for before, after in zip(found, [*found[1:], None], strict=True):
        end = before.period.end
        if before.revision is None or end >= FOREVER:
            continue
        version = VersionId(policy_id, before.revision)
        if after is None:
            if end in around:
                yield Due(end, "ends_without_successor", version)
        elif after.period.start > end and after.period.start > at:
            yield Due(end, "gap", version, after.period.start)


def _withdrawn(
    ledger: Ledger, timeline: Timeline, policies: list[PolicyTimeline], audience: Labels, at: Instant
) -> list[Due]:
    """The policies that are withdrawn, while revisions of others in force refer to them."""
    since: dict[str, tuple[Instant, VersionId]] = {}
    for policy in policies:
        found = stretches(policy, audience)
        said = stretch_at(found, at)
        before = [stretch.revision for stretch in found if stretch.revision is not None and stretch.period.end <= at]
        if said is not None and said.revision is None and before:
            since[policy.policy_id] = said.period.start, VersionId(policy.policy_id, before[-1])
    if not since:
        return []
    referring: dict[str, list[VersionId]] = {policy_id: [] for policy_id in since}
    for policy in known_policies(timeline, None, audience):
        said = stretch_at(stretches(policy, audience), at)
        if said is None or said.revision is None:
            continue
        version = VersionId(policy.policy_id, said.revision)
        if version in timeline.erased:
            continue
        for policy_id in referred_to(ledger.revision(version, timeline).text, since):
            referring[policy_id].append(version)
    return [
        Due(start, "withdrawn_but_referenced", version, referenced_by=tuple(referring[policy_id]))
        for policy_id, (start, version) in since.items()
        if referring[policy_id]
    ]


def _content(item: Due, ledger: Ledger, timeline: Timeline, titles: dict[VersionId, str]) -> dict[str, Any]:
    return {
        "at": format_instant(item.at),
        "kind": item.kind,
        "policy_id": item.version.policy_id,
        "version": str(item.version),
        "title": titles.get(item.version),
        "owner": ledger.description(item.version, timeline, timeline.recorded_at).owner,
        "end": None if item.end is None else format_end(item.end),
        "referenced_by": [str(version) for version in item.referenced_by],
        "detail": item.detail(),
    }
