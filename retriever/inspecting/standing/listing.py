"""The list of policies that a reader looks through: how each stands, who answers for it, what comes next."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from policies.amending.description import Description
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.inspecting.readable import Labels, Stretch, described, known_policies, readable_numbers, stretch_at
from retriever.inspecting.standing.point import Point, State, change_points, state_of


@dataclass(frozen=True, slots=True)
class _Standing:
    """One policy. `version` is what is in force of it, and otherwise what its title and owner are taken from."""

    version: VersionId
    state: State
    said: Stretch | None
    next_change: Instant | None


def standing_policies(
    ledger: Ledger,
    now: Instant,
    audience: Labels,
    *,
    as_of: str | None = None,
    known_at: str | None = None,
    words: str = "",
    after: str | None = None,
    limit: int = 200,
) -> dict[str, Any]:
    """At most `limit` policies by id whose id, title or owner holds all the words; `next` is the next page's `after`.

    A policy that nothing was known of at `known_at` is left out. `total` counts all, `shown` those with the words.
    """
    timeline = ledger.timeline()
    point = Point.of(timeline, now, audience, as_of, known_at, ledger.calendar.zone)
    found = [
        it
        for policy in known_policies(timeline, None, audience)
        if (it := _standing(timeline, policy.policy_id, point))
    ]
    titles = ledger.titles_of({it.version for it in found})
    said = described(ledger, [it.version for it in found], timeline, audience, point.known)
    wanted = words.casefold().split()

    def holds(it: _Standing) -> bool:
        text = f"{it.version.policy_id} {titles.get(it.version, '')} {said[it.version].owner or ''}".casefold()
        return all(word in text for word in wanted)

    shown = [it for it in found if holds(it)]
    first = 0 if after is None else bisect_right([it.version.policy_id for it in shown], after)
    page = shown[first : first + limit]
    return {
        "as_of": format_instant(point.at),
        "policies": [_content(it, titles.get(it.version), said[it.version], timeline, point) for it in page],
        "next": page[-1].version.policy_id if len(shown) > first + limit else None,
        "total": len(found),
        "shown": len(shown),
    }


def points_of_all(
    ledger: Ledger, now: Instant, audience: Labels, as_of: str | None = None, known_at: str | None = None
) -> dict[str, str | None]:
    """The last instant before `as_of`, and the first one after it, at which any policy changes for the reader."""
    timeline = ledger.timeline()
    point = Point.of(timeline, now, audience, as_of, known_at, ledger.calendar.zone)
    points = {
        it for policy in known_policies(timeline, None, audience) for it in change_points(point.stretches(policy))
    }
    before, later = [it for it in points if it < point.at], [it for it in points if it > point.at]
    return {
        "before": format_instant(max(before)) if before else None,
        "after": format_instant(min(later)) if later else None,
    }


def _standing(timeline: Timeline, policy_id: str, point: Point) -> _Standing | None:
    """How a policy stands at the point; None where nothing of it was known then."""
    policy = timeline.policies[policy_id]
    found = point.stretches(policy)
    readable = [
        number
        for number in readable_numbers(policy, point.audience)
        if timeline.publishes[VersionId(policy_id, number)].recorded_at <= point.known
    ]
    if not readable:
        return None
    said = stretch_at(found, point.at)
    number = said.revision if said is not None and said.revision is not None else max(readable)
    later = [it for it in change_points(found) if it > point.at]
    return _Standing(VersionId(policy_id, number), state_of(found, point.at), said, min(later, default=None))


def _content(it: _Standing, title: str | None, said: Description, timeline: Timeline, point: Point) -> dict[str, Any]:
    erased = it.version in timeline.erased
    return {
        "policy_id": it.version.policy_id,
        "title": title,
        "state": "erased" if it.state == "in_force" and erased else it.state,
        "version": str(it.version) if it.state == "in_force" else None,
        "valid_from": None if it.said is None else format_instant(it.said.period.start),
        "valid_to": None if it.said is None else format_end(it.said.period.end),
        "next_change": None if it.next_change is None or it.next_change >= FOREVER else format_instant(it.next_change),
        "owner": said.owner,
        "review_by": None if said.review_by is None else format_instant(said.review_by),
        "review_overdue": said.review_by is not None and it.state == "in_force" and said.review_by <= point.at,
    }
