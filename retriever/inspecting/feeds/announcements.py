"""What comes next as announcements for feeds and calendars: scheduled changes and reviews, as the caller sees them.

An announcement says also by which event it became what it is: that of the newest commit without which the caller would
have seen another one, or none. It may be a publish, a description, an overlay, an undo or a restriction.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from policies.amending.description import as_described
from policies.calendar import Calendar
from policies.event import GENESIS, Event
from policies.instant import FOREVER, Instant, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.inspecting.readable import Labels, in_force, known_policies, readable_numbers, stretches
from retriever.inspecting.scheduled import A_DAY, Window, upcoming

KEPT: Instant = 30 * A_DAY
"""How long a change stays announced after its date."""

MOST = 500
"""How many changes are announced: the soonest."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One change or review. `id` is the same as long as it is announced, also under another date.

    `tx` is the event by which it became what it is, and `changed` is when that was recorded.
    """

    id: str
    at: Instant
    changed: Instant
    tx: int
    review: bool
    summary: str
    detail: str


@dataclass(frozen=True, slots=True)
class Announced:
    """What is announced of one ledger, soonest first; `id` is the ledger's. `calendar` tells when."""

    id: str
    calendar: Calendar
    items: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What an announcement says. A version whose words are `erased` has no title any more."""

    version: VersionId
    what: str
    at: Instant
    replaces: VersionId | None = None
    until: Instant = FOREVER
    erased: bool = False

    @property
    def name(self) -> str:
        """What it is of, whenever that is: a version begins once, and is reviewed once."""
        named = f"{self.version} {self.what}"
        return named if self.what in ("begins", "review") else f"{named} {format_instant(self.at)}"


def announced(ledger: Ledger, now: Instant, audience: Labels = None) -> Announced:
    """The changes from 30 days ago on, and the reviews of what is in force, that the caller may know of."""
    timeline, calendar = ledger.timeline(), ledger.calendar
    home = uuid.uuid5(uuid.NAMESPACE_URL, f"asof:{ledger.event_hash(1) or GENESIS}")
    entries = _entries(timeline, now, audience)
    changes = sorted((each for each in entries if each.what != "review"), key=lambda each: (each.at, each.version))
    reviews = [each for each in entries if each.what == "review"]
    shown = [*changes[:MOST], *reviews]
    titles = ledger.titles_of({each.version for each in shown})
    items: list[Announcement] = []
    by_policy = sorted(shown, key=lambda each: each.version.policy_id)
    for policy_id, theirs in groupby(by_policy, key=lambda each: each.version.policy_id):
        events = [event for event in ledger.policy_events(policy_id) if event.tx <= timeline.tx]
        for entry, event in _made_by(list(theirs), events, now, audience):
            items.append(
                Announcement(
                    id=str(uuid.uuid5(home, entry.name)),
                    at=entry.at,
                    changed=event.recorded_at,
                    tx=event.tx,
                    review=entry.what == "review",
                    summary=_summary(entry, titles),
                    detail=_detail(entry, calendar),
                )
            )
    return Announced(str(home), calendar, tuple(sorted(items, key=lambda item: (item.at, item.id))))


def _made_by(
    entries: Sequence[_Entry], events: Sequence[Event], now: Instant, audience: Labels
) -> list[tuple[_Entry, Event]]:
    """Each entry of a policy with the event by which it became what it is, of the policy's events."""
    numbers = {entry.version.number for entry in entries}
    first = min(event.tx for event in events if event.kind == "publish" and event.revision in numbers)
    timeline = Timeline().extended(event for event in events if event.tx < first)
    found: dict[_Entry, Event] = {}
    was: set[_Entry] = set()
    for _, commit in groupby((event for event in events if event.tx >= first), key=lambda event: event.recorded_at):
        together = list(commit)
        timeline = timeline.extended(together)
        told = set(_entries(timeline, now, audience))
        found |= dict.fromkeys(told - was, together[-1])
        was = told
    return [(entry, found[entry]) for entry in entries]


def _entries(timeline: Timeline, now: Instant, audience: Labels) -> list[_Entry]:
    """What the caller would be told after the events of this timeline."""
    policies = known_policies(timeline, None, audience)
    erased = timeline.erased
    found = [
        _Entry(each.version, each.change, each.at, each.replaces, each.until, each.version in erased)
        for each in upcoming(policies, audience, Window(now - KEPT, FOREVER))
    ]
    shown = in_force({policy.policy_id: stretches(policy, audience) for policy in policies}, now)
    for version, period in shown.values():
        review = _review(timeline, version, audience)
        if review is not None and review < period.end:
            found.append(_Entry(version, "review", review, erased=version in erased))
    return found


def _review(timeline: Timeline, version: VersionId, audience: Labels) -> Instant | None:
    """When a revision is to be read again. Only who may read all of its policy is told what a description says."""
    policy = timeline.policies[version.policy_id]
    events: list[Event] = []
    described = any(event.kind == "describe" for event in policy.amendments)
    if described and len(readable_numbers(policy, audience)) == len(policy.audiences):
        events = sorted([*timeline.revisions(version.policy_id), *policy.amendments], key=lambda event: event.tx)
    return as_described(timeline.publishes[version], events, {}).review_by


def _said(entry: _Entry) -> str:
    """What happens at its date; of what ends, that date is the first one without it."""
    said = {"withdrawn": "is withdrawn", "ends": "is no longer in force", "review": "is to be reviewed"}
    return said.get(entry.what, entry.what)


def _summary(entry: _Entry, titles: dict[VersionId, str]) -> str:
    said = f"{entry.version} {_said(entry)}"
    return f"{said}: {titles[entry.version]}" if entry.version in titles else said


def _detail(entry: _Entry, calendar: Calendar) -> str:
    day = calendar.instant(entry.at)
    if entry.what == "review":
        return f"{entry.version} is to be read again by {day}."
    words = f"{entry.version} {_said(entry)} {f'on {day}' if entry.what in ('begins', 'returns') else f'from {day} on'}"
    if entry.replaces is not None:
        words += f", in place of {entry.replaces}"
    if entry.what != "ends" and entry.until < FOREVER:
        words += f", {calendar.end(entry.until)}"
    return words + "."
