"""One policy as a reader looks at it: which revision, how it stands, what was before it and what comes after."""

from collections.abc import Iterable
from typing import Any

from policies.errors import RevisionErased, UnknownPolicy, UnknownRevision
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import POLICY_ID, VersionId
from policies.timeline import Timeline
from retriever.inspecting.inspection import known_version, shown_revision
from retriever.inspecting.readable import Labels, Stretch, known_policy, readable_numbers, stretch_at
from retriever.inspecting.standing.point import Point, State, change_points, state_of


def policy_read(
    ledger: Ledger,
    policy_id: str,
    now: Instant,
    audience: Labels,
    *,
    number: int | None = None,
    as_of: str | None = None,
    known_at: str | None = None,
) -> dict[str, Any]:
    """The revision in force at a date, or a numbered one, with its words and how it stands.

    `shown` is what `shown_revision` gives, or None where no words can be shown; `state` says why. `today` is the
    version in force now, as known now. UnknownPolicy and UnknownRevision as everywhere.
    """
    if not POLICY_ID.fullmatch(policy_id):
        raise UnknownPolicy(f"There is no policy {policy_id!r}")
    timeline = ledger.timeline()
    point = Point.of(timeline, now, audience, as_of, known_at, ledger.calendar.zone)
    policy = known_policy(timeline, policy_id, audience)
    found = point.stretches(policy)
    if number is None:
        said = stretch_at(found, point.at)
        state = state_of(found, point.at)
        version = None if said is None or said.revision is None else VersionId(policy_id, said.revision)
    else:
        version = known_version(timeline, VersionId(policy_id, number), audience)
        said = _of_revision(found, version.number, point.at)
        state = standing_of(found, version.number, point.at)
    shown: dict[str, Any] | None = None
    if version is not None:
        try:
            shown = shown_revision(ledger, str(version), as_of, known_at, now, audience)
        except RevisionErased:
            state = "erased"
    here = said.period.start if said is not None else point.at
    latest = Point.of(timeline, now, audience)
    is_now = stretch_at(latest.stretches(policy), now)
    return {
        "policy_id": policy_id,
        "version": None if version is None else str(version),
        "number": None if version is None else version.number,
        "title": _title(ledger, timeline, policy_id, version, point),
        "state": state,
        "as_of": format_instant(point.at),
        "valid_from": None if said is None else format_instant(said.period.start),
        "valid_to": None if said is None else format_end(said.period.end),
        "recorded_at": None if version is None else format_instant(timeline.publishes[version].recorded_at),
        "shown": shown,
        "before": _neighbour(policy_id, [it for it in found if it.period.start < here], last=True),
        "after": _neighbour(policy_id, [it for it in found if it.period.start > here], last=False),
        "points": [format_instant(it) for it in change_points(found)],
        "today": None if is_now is None or is_now.revision is None else f"{policy_id}@{is_now.revision}",
        "numbers": list(readable_numbers(policy, audience)),
    }


def erasures(ledger: Ledger) -> int:
    """Of how many revisions the words were erased. Whoever keeps words lets them go when there are more."""
    return len(ledger.timeline().erased)


def number_at(
    ledger: Ledger, policy_id: str, text: str, now: Instant, audience: Labels, known_at: str | None = None
) -> int:
    """The number of the revision that a reader names by its number or by a date; UnknownRevision if there is none."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        number = int(text)
        if number > 0:
            return known_version(ledger.timeline(), VersionId(policy_id, number), audience).number
    found = policy_read(ledger, policy_id, now, audience, as_of=text, known_at=known_at)
    if found["number"] is None:
        raise UnknownRevision(f"Nothing of {policy_id} is in force at {found['as_of']}; its timeline shows its periods")
    return int(found["number"])


def states_now(ledger: Ledger, versions: Iterable[VersionId], now: Instant, audience: Labels) -> dict[VersionId, State]:
    """How each of these revisions stands now. Of erased ones only that; no words are read."""
    timeline = ledger.timeline()
    point = Point.of(timeline, now, audience)
    found: dict[str, list[Stretch]] = {}
    states: dict[VersionId, State] = {}
    for it in versions:
        if it.policy_id not in found:
            found[it.policy_id] = point.stretches(known_policy(timeline, it.policy_id, audience))
        erased = it in timeline.erased
        states[it] = "erased" if erased else standing_of(found[it.policy_id], it.number, point.at)
    return states


def standing_of(found: list[Stretch], number: int, at: Instant) -> State:
    """How one revision stands at an instant."""
    its = [it for it in found if it.revision == number]
    if any(at in it.period for it in its):
        return "in_force"
    if not its:
        return "none"
    if all(it.period.start > at for it in its):
        return "scheduled"
    said = stretch_at(found, at)
    if said is None:
        return "ended"
    return "withdrawn" if said.revision is None else "superseded"


def _of_revision(found: list[Stretch], number: int, at: Instant) -> Stretch | None:
    """Of the stretches of a revision the one at the instant, else the last one that has begun, else the first."""
    its = [it for it in found if it.revision == number]
    begun = [it for it in its if it.period.start <= at]
    now = [it for it in its if at in it.period]
    return next(iter([*now, *reversed(begun), *its]), None)


def _neighbour(policy_id: str, found: list[Stretch], *, last: bool) -> dict[str, Any] | None:
    """The change before or after: when it is, and what it brings; None where there is none."""
    if not found:
        return None
    it = found[-1 if last else 0]
    return {
        "at": format_instant(it.period.start),
        "to": format_end(it.period.end),
        "version": None if it.revision is None else f"{policy_id}@{it.revision}",
        "number": it.revision,
    }


def _title(ledger: Ledger, timeline: Timeline, policy_id: str, version: VersionId | None, point: Point) -> str | None:
    """The title of the revision, or of the newest one that the reader may read and that was known then."""
    if version is None:
        numbers = [
            number
            for number in readable_numbers(timeline.policies[policy_id], point.audience)
            if timeline.publishes[VersionId(policy_id, number)].recorded_at <= point.known
        ]
        version = VersionId(policy_id, max(numbers)) if numbers else None
    return None if version is None else ledger.titles_of([version]).get(version)
