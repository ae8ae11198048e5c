"""What comes next: which revision comes into force or ends, when, and by which event.

Everything is told as the caller sees it (see `readable`), as known now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from policies.calendar import Calendar
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.query import query_instant
from retriever.errors import BadQuery
from retriever.inspecting.readable import Labels, Stretch, described, known_policies, stretches

A_DAY: Instant = 86_400_000_000
MOST_DAYS = 36_525

Change = Literal["begins", "returns", "ends", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A revision that comes into force at an instant, or goes out of force without another in its place.

    `replaces` was in force until then; `until` is when what begins ends, or FOREVER. `tx` is the event by which it is
    so.
    """

    at: Instant
    change: Change
    version: VersionId
    replaces: VersionId | None
    until: Instant
    tx: int


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked at: after `start`, and before `end`."""

    start: Instant
    end: Instant

    @classmethod
    def of(cls, now: Instant, as_of: str | None, until: str | None, within: int | None, calendar: Calendar) -> "Window":
        """From `as_of`, or now, on: until a date, or for so many days, or without an end."""
        given = query_instant(as_of, "as_of", calendar.zone)
        start = now if given is None else given
        if until is not None and within is not None:
            raise BadQuery("until", "was given together with within; give one of them")
        end = query_instant(until, "until", calendar.zone)
        if end is not None and end <= start:
            told = f"{calendar.instant(end)} is not after {calendar.instant(start)}"
            raise BadQuery("until", f"{told}; give a later date")
        if within is not None:
            end = min(FOREVER, start + days(within))
        return cls(start, FOREVER if end is None else end)


def days(within: int) -> Instant:
    """So many days in microseconds; BadQuery if there are none or too many."""
    if not 1 <= within <= MOST_DAYS:
        raise BadQuery("within", f"is {within}; give a number of days from 1 to {MOST_DAYS:,}")
    return within * A_DAY


def scheduled_changes(
    ledger: Ledger,
    now: Instant,
    audience: Labels = None,
    *,
    policy: str | None = None,
    as_of: str | None = None,
    until: str | None = None,
    within: int | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """What comes into force or ends after a date, soonest first; `total` counts also what `limit` leaves out."""
    window = Window.of(now, as_of, until, within, ledger.calendar)
    timeline = ledger.timeline()
    found = upcoming(known_policies(timeline, policy, audience), audience, window)
    return {
        "as_of": format_instant(window.start),
        "until": format_end(window.end),
        "changes": _contents(ledger, timeline, found[:limit], audience),
        "total": len(found),
    }


def upcoming(policies: list[PolicyTimeline], audience: Labels, window: Window) -> list[Scheduled]:
    """The changes of these policies within the window, soonest first, then by policy."""
    found = [change for policy in policies for change in _changes(policy, audience, window)]
    return sorted(found, key=lambda change: (change.at, change.version))


def _changes(policy: PolicyTimeline, audience: Labels, window: Window) -> Iterator[Scheduled]:
    if not policy.top or (policy.top[-1].valid.start <= window.start and policy.top[-1].valid.end >= FOREVER):
        return  # its last word is said already
    seen: set[int] = set()
    found = stretches(policy, audience)
    for before, now, after in zip([None, *found][:-1], found, [*found, None][1:], strict=True):
        start, end = now.period.start, now.period.end
        if now.revision is None:
            continue
        version = VersionId(policy.policy_id, now.revision)
        follows = after if after is not None and after.period.start == end else None
        if window.start < start < window.end:
            replaces = None
            if before is not None and before.revision is not None and before.period.end == start:
                replaces = VersionId(policy.policy_id, before.revision)
            change: Change = "returns" if now.revision in seen else "begins"
            yield Scheduled(start, change, version, replaces, end, now.tx)
        if window.start < end < window.end and (follows is None or follows.revision is None):
            yield _end(version, now, withdrawal=follows)
        seen.add(now.revision)


def _end(version: VersionId, ending: Stretch, withdrawal: Stretch | None) -> Scheduled:
    if withdrawal is None:
        return Scheduled(ending.period.end, "ends", version, None, ending.period.end, ending.tx)
    return Scheduled(ending.period.end, "withdrawn", version, None, withdrawal.period.end, withdrawal.tx)


def _contents(ledger: Ledger, timeline: Timeline, found: list[Scheduled], audience: Labels) -> list[dict[str, Any]]:
    titles = ledger.titles_of({change.version for change in found})
    events = ledger.events_of({change.tx for change in found})
    said = described(ledger, {change.version for change in found}, timeline, audience)
    return [
        {
            "at": format_instant(change.at),
            "change": change.change,
            "policy_id": change.version.policy_id,
            "version": str(change.version),
            "title": titles.get(change.version),
            "replaces": None if change.replaces is None else str(change.replaces),
            "until": None if change.change == "ends" else format_end(change.until),
            "owner": said[change.version].owner,
            "tx": change.tx,
            "recorded_at": format_instant(events[change.tx].recorded_at),
            "author": events[change.tx].author,
        }
        for change in found
    ]
