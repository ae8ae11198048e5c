"""What comes next as announcements for feeds and calendars: scheduled changes and reviews, as the caller sees them."""

import uuid
from dataclasses import dataclass

from policies.calendar import Calendar
from policies.event import GENESIS
from policies.instant import FOREVER, Instant, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from retriever.inspecting.readable import Labels, described, in_force, known_policies, stretches
from retriever.inspecting.scheduled import A_DAY, Scheduled, Window, upcoming

KEPT: Instant = 30 * A_DAY
"""How long a change stays announced after its date."""

MOST = 500
"""How many changes are announced: the soonest."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One change or review. `id` is the same as long as it is announced; `decided` is when it was recorded."""

    id: str
    at: Instant
    decided: Instant
    review: bool
    summary: str
    detail: str


@dataclass(frozen=True, slots=True)
class Announced:
    """What is announced of one ledger, soonest first; `id` is the ledger's. `calendar` tells when."""

    id: str
    calendar: Calendar
    items: tuple[Announcement, ...]


def announced(ledger: Ledger, now: Instant, audience: Labels = None) -> Announced:
    """The changes from 30 days ago on, and the reviews of what is in force, that the caller may know of."""
    timeline, calendar = ledger.timeline(), ledger.calendar
    home = uuid.uuid5(uuid.NAMESPACE_URL, f"asof:{ledger.event_hash(1) or GENESIS}")
    policies = known_policies(timeline, None, audience)
    changes = upcoming(policies, audience, Window(now - KEPT, FOREVER))[:MOST]
    shown = in_force({policy.policy_id: stretches(policy, audience) for policy in policies}, now).values()
    said = described(ledger, [version for version, _ in shown], timeline, audience)
    reviews = [
        (review, version)
        for version, period in shown
        if (review := said[version].review_by) is not None and review < period.end
    ]
    titles = ledger.titles_of({change.version for change in changes} | {version for _, version in reviews})
    events = ledger.events_of({change.tx for change in changes})
    items = [
        Announcement(
            id=_id(home, change.version, change.change, change.at),
            at=change.at,
            decided=events[change.tx].recorded_at,
            review=False,
            summary=_summary(change.version, _said(change), titles),
            detail=_detail(change, calendar),
        )
        for change in changes
    ]
    items += [
        Announcement(
            id=_id(home, version, "review", review),
            at=review,
            decided=timeline.publishes[version].recorded_at,
            review=True,
            summary=_summary(version, "is to be reviewed", titles),
            detail=f"{version} is to be read again by {calendar.instant(review)}.",
        )
        for review, version in reviews
    ]
    return Announced(str(home), calendar, tuple(sorted(items, key=lambda item: (item.at, item.id))))


def _id(home: uuid.UUID, version: VersionId, what: str, at: Instant) -> str:
    return str(uuid.uuid5(home, f"{version} {what} {format_instant(at)}"))


def _said(change: Scheduled) -> str:
    """What happens at its date; of what ends, that date is the first one without it."""
    return {"withdrawn": "is withdrawn", "ends": "is no longer in force"}.get(change.change, change.change)


def _summary(version: VersionId, said: str, titles: dict[VersionId, str]) -> str:
    return f"{version} {said}: {titles[version]}" if version in titles else f"{version} {said}"


def _detail(change: Scheduled, calendar: Calendar) -> str:
    day, starts = calendar.instant(change.at), change.change in ("begins", "returns")
    words = f"{change.version} {_said(change)} {f'on {day}' if starts else f'from {day} on'}"
    if change.replaces is not None:
        words += f", in place of {change.replaces}"
    if change.change != "ends" and change.until < FOREVER:
        words += f", {calendar.end(change.until)}"
    return words + "."
