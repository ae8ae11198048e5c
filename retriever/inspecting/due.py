"""What asks for an author: reviews, ends that nothing follows, gaps, withdrawals to come, withdrawn policies that
others refer to, and what was published without the approval that it needed.

Everything is told as the caller sees it (see `readable`), as known now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from policies.calendar import Calendar
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.asking.query import query_instant
from retriever.inspecting.approving.signatures import unreviewed
from retriever.inspecting.readable import Labels, Stretch, described, in_force, known_policies, stretch_at, stretches
from retriever.inspecting.references import referred_to
from retriever.inspecting.scheduled import days

WITHIN = 30
"""How many days ahead to look where nobody says."""

NAMED = 3
"""How many references a sentence names; `referenced_by` has all of them."""

Kind = Literal[
    "review_overdue",
    "review_soon",
    "ends_without_successor",
    "gap",
    "withdrawn_soon",
    "withdrawn_but_referenced",
    "unreviewed",
]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do about a revision. `at` is when it counts; `end` where a gap ends, else None."""

    at: Instant
    kind: Kind
    version: VersionId
    end: Instant | None = None
    referenced_by: tuple[VersionId, ...] = ()

    def detail(self, calendar: Calendar) -> str:
        """What is the matter, and what to do."""
        if self.kind == "review_overdue":
            return "its review is overdue; read it again, then give it a later review_by"
        if self.kind == "review_soon":
            return "its review is due soon; read it again, then give it a later review_by"
        if self.kind == "gap":
            period = calendar.period(self.at, FOREVER if self.end is None else self.end)
            return f"nothing is in force {period}; publish a revision for that period"
        if self.kind == "unreviewed":
            return "it was published without its approval; read it, and sign it off: `asof sign-off`"
        if self.kind == "withdrawn_soon":
            return "its withdrawal takes effect then; tell those who rely on it, or take the withdrawal back"
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
    references: bool = True,
) -> dict[str, Any]:
    """What is due at a date or within so many days of it, the earliest first; `total` counts all of it.

    Without `references`, no texts are read, and withdrawn policies that others refer to are left out.
    """
    given = query_instant(as_of, "as_of", ledger.calendar.zone)
    at, timeline = now if given is None else given, ledger.timeline()
    soon = min(FOREVER, at + days(within))
    told = {each.policy_id: stretches(each, audience) for each in known_policies(timeline, policy, audience)}
    now_said = in_force(told, at)
    said = described(ledger, [version for version, _ in now_said.values()], timeline, audience)
    found = [
        Due(review, "review_overdue" if review <= at else "review_soon", version)
        for version, period in now_said.values()
        if (review := said[version].review_by) is not None and review < min(soon, period.end)
    ]
    for policy_id, its in told.items():
        found += _ends(policy_id, its, at, Period(at - days(within), soon))
    if references:
        found += _withdrawn(ledger, timeline, told, audience, at)
    found += [
        Due(event.recorded_at, "unreviewed", VersionId(event.policy_id, event.revision or 0))
        for event in unreviewed(ledger, audience)
        if event.policy_id in told
    ]
    found.sort(key=lambda item: (item.at, item.version, item.kind))
    named = {item.version for item in found[:limit]}
    titles, said = ledger.titles_of(named), described(ledger, named, timeline, audience)
    return {
        "as_of": format_instant(at),
        "within": within,
        "due": [
            _content(item, titles.get(item.version), said[item.version].owner, ledger.calendar)
            for item in found[:limit]
        ],
        "total": len(found),
    }


def _ends(policy_id: str, found: list[Stretch], at: Instant, around: Period) -> Iterator[Due]:
    """What ends without anything that follows at once, or with a withdrawal that is still to come."""
    for before, after in zip(found, [*found, None][1:], strict=True):
        end = before.period.end
        if before.revision is None or end >= FOREVER:
            continue
        version = VersionId(policy_id, before.revision)
        if after is None:
            if end in around:
                yield Due(end, "ends_without_successor", version)
        elif after.period.start == end:
            if after.revision is None and at < end < around.end:
                yield Due(end, "withdrawn_soon", version)
        elif after.period.start > at:
            yield Due(end, "gap", version, after.period.start)


def _withdrawn(
    ledger: Ledger, timeline: Timeline, told: Mapping[str, list[Stretch]], audience: Labels, at: Instant
) -> list[Due]:
    """The policies that are withdrawn, while revisions of others in force refer to them."""
    since: dict[str, tuple[Instant, VersionId]] = {}
    for policy_id, found in told.items():
        said = stretch_at(found, at)
        before = [stretch.revision for stretch in found if stretch.revision is not None and stretch.period.end <= at]
        if said is not None and said.revision is None and before:
            since[policy_id] = said.period.start, VersionId(policy_id, before[-1])
    if not since:
        return []
    every = {policy.policy_id: stretches(policy, audience) for policy in known_policies(timeline, None, audience)}
    texts = ledger.texts_with(since, [version for version, _ in in_force(every, at).values()])
    referring: dict[str, list[VersionId]] = {policy_id: [] for policy_id in since}
    for version in sorted(texts):
        for policy_id in referred_to(texts[version], since):
            referring[policy_id].append(version)
    return [
        Due(start, "withdrawn_but_referenced", version, referenced_by=tuple(referring[policy_id]))
        for policy_id, (start, version) in since.items()
        if referring[policy_id]
    ]


def _content(item: Due, title: str | None, owner: str | None, calendar: Calendar) -> dict[str, Any]:
    return {
        "at": format_instant(item.at),
        "kind": item.kind,
        "policy_id": item.version.policy_id,
        "version": str(item.version),
        "title": title,
        "owner": owner,
        "end": None if item.end is None else format_end(item.end),
        "referenced_by": [str(version) for version in item.referenced_by],
        "detail": item.detail(calendar),
    }
