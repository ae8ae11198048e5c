"""What is recorded, as people and tools see it: a revision's words, a policy's history, the list of policies.

`audience` holds the labels of the caller. What they may not read does not show in any list, count or date.
None stands for a caller who has the ledger's file, and so may read everything.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from indexer.text.passage import shown_line
from policies.errors import ChangeRefused, UnknownRevision
from policies.event import NOTHING, Event
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import Titled, VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.query import known_by, query_instant
from retriever.inspecting.readable import Labels as Labels
from retriever.inspecting.readable import described, is_readable, is_visible, is_wholly_readable, readable_numbers
from retriever.inspecting.readable import known_policy as known_policy

if TYPE_CHECKING:
    from indexer.writer import Written


def shown_revision(
    ledger: Ledger, name: str, as_of: str | None, known_at: str | None, now: Instant, audience: Labels = None
) -> dict[str, Any]:
    """A revision named `P-7@3`, or the one of `P-7` in force at `as_of`, with its words and passages."""
    timeline = ledger.timeline()
    given = query_instant(as_of, "as_of", ledger.calendar.zone)
    at = now if given is None else given
    known = known_by(timeline, query_instant(known_at, "known_at", ledger.calendar.zone))
    if "@" in name:
        version = known_version(timeline, VersionId.parse(name), audience)
    else:
        said = known_policy(timeline, name, audience).in_force(at, known)
        if said is None or said.revision is None or not is_readable(timeline, VersionId(name, said.revision), audience):
            what = "withdrawn" if said and said.revision is None else "not in force"
            raise UnknownRevision(f"{name} is {what} at {format_instant(at)}; `asof history {name}` shows its periods")
        version = VersionId(name, said.revision)
    revision = ledger.revision(version, timeline)
    description = described(ledger, [version], timeline, audience, known)[version]
    said = timeline.policies[version.policy_id].in_force(at, known)
    in_force = said is not None and said.revision == version.number
    return {
        "version": str(version),
        "policy_id": version.policy_id,
        "revision": version.number,
        "title": revision.title,
        "valid_from": format_instant(said.valid.start) if said and in_force else None,
        "valid_to": format_end(said.valid.end) if said and in_force else None,
        "recorded_at": format_instant(revision.recorded_at),
        "owner": description.owner,
        "author": revision.author,
        "note": description.note,
        "review_by": None if description.review_by is None else format_instant(description.review_by),
        "applies_to": {facet: list(values) for facet, values in revision.applies_to.items()},
        "audience": list(revision.audience),
        "text": revision.text,
        "passages": [
            {
                "citation": f"{version}#{ordinal}",
                "section": [shown_line(revision.text[start:end]) for start, end in span.headings],
                "text": revision.text[span.start : span.end],
                "char_start": span.start,
                "char_end": span.end,
            }
            for ordinal, span in enumerate(revision.spans, start=1)
        ],
    }


def policy_history(
    ledger: Ledger,
    policy_id: str,
    audience: Labels = None,
    after: int = 0,
    until: int | None = None,
    titled: Mapping[int, Titled] | None = None,
) -> dict[str, Any]:
    """Every period of a policy on both clocks, in the order of recording.

    Of those, only what was said by events with `after < tx <= until`. `revisions` counts all that the caller may read.
    `titled` is `ledger.policy_labels(policy_id)`, where the caller has read it already.
    """
    timeline = ledger.timeline()
    policy = known_policy(timeline, policy_id, audience)
    titled = ledger.policy_labels(policy_id) if titled is None else titled
    readable = set(readable_numbers(policy, audience))
    erased = {version.number for version in timeline.erased if version.policy_id == policy_id}
    periods = []
    for cell in policy.history():
        number = cell.paint.revision
        if cell.tx <= after or (until is not None and cell.tx > until):
            continue
        if number is not None and number not in readable:
            continue
        periods.append(
            {
                "revision": number,
                "title": None if number is None else titled.get(number, (None,))[0],
                "erased": number in erased,
                "valid_from": format_instant(cell.valid.start),
                "valid_to": format_end(cell.valid.end),
                "recorded_from": format_instant(cell.known.start),
                "recorded_to": format_end(cell.known.end),
                "tx": cell.tx,
            }
        )
    return {"policy_id": policy_id, "revisions": len(readable), "periods": periods}


def listed_policies(ledger: Ledger, as_of: str | None, now: Instant, audience: Labels = None) -> dict[str, Any]:
    """Each policy with what is in force of it at an instant."""
    timeline = ledger.timeline()
    given = query_instant(as_of, "as_of", ledger.calendar.zone)
    at = now if given is None else given
    visible = [policy_id for policy_id in timeline.policy_ids if is_visible(timeline, policy_id, audience)]
    return {"as_of": format_instant(at), "policies": _listed(ledger, timeline, visible, at, audience)}


def policies_page(
    ledger: Ledger, as_of: str | None, now: Instant, audience: Labels, after: str | None, limit: int
) -> dict[str, Any]:
    """The first `limit` policies of that list with ids after `after`; `next` is the `after` of the next page."""
    timeline = ledger.timeline()
    given = query_instant(as_of, "as_of", ledger.calendar.zone)
    at = now if given is None else given
    ids = timeline.policy_ids
    rest = ids[0 if after is None else bisect_right(ids, after) :]
    found = list(islice((each for each in rest if is_visible(timeline, each, audience)), limit + 1))
    return {
        "as_of": format_instant(at),
        "policies": _listed(ledger, timeline, found[:limit], at, audience),
        "next": found[limit - 1] if len(found) > limit else None,
    }


def written_content(written: "Written", audience: Labels = None) -> dict[str, Any]:
    """The result of a write, as JSON values.

    Only callers who may read everything see how many texts were embedded. Zero would show that the words stand in some
    policy already.
    """
    recorded = written.events[0].recorded_at if written.events else None
    return {
        "events": [event_content(event) for event in written.events],
        "unchanged": [str(version) for version in written.unchanged],
        "recorded_at": None if recorded is None else format_instant(recorded),
        "generation": written.indexed.generation,
        **({"embedded": written.indexed.embedded} if audience is None else {}),
    }


def check_author(timeline: Timeline, policy_id: str, audience: Labels) -> None:
    """Refuses an author who may not read the whole policy: the result of a change shows its dates and numbers.

    UnknownPolicy if they may not know of it, ChangeRefused if they may read only some of its revisions. Everyone may
    publish a new policy.
    """
    if policy_id not in timeline.policies:
        return
    known_policy(timeline, policy_id, audience)
    if not is_wholly_readable(timeline, policy_id, audience):
        raise ChangeRefused(f"Some revisions of {policy_id} are not yours to read, so it is not yours to change")


def readable_policies(timeline: Timeline, at: Instant, audience: Labels = None) -> dict[str, bool]:
    """The policies that the audience may know of, each with whether a revision that it may read is in force then."""
    known = {}
    for name, policy in timeline.policies.items():
        if is_visible(timeline, name, audience):
            said = policy.in_force(at, timeline.recorded_at)
            shown = None if said is None or said.revision is None else VersionId(name, said.revision)
            known[name] = shown is not None and is_readable(timeline, shown, audience)
    return known


def known_version(timeline: Timeline, version: VersionId, audience: Labels = None) -> VersionId:
    """The version id; UnknownPolicy or UnknownRevision if the audience may not know of it."""
    known_policy(timeline, version.policy_id, audience)
    if version not in timeline.publishes or not is_readable(timeline, version, audience):
        raise UnknownRevision(f"There is no revision {version}; `asof history {version.policy_id}` lists them")
    return version


def _listed(
    ledger: Ledger, timeline: Timeline, policy_ids: Iterable[str], at: Instant, audience: Labels
) -> list[dict[str, Any]]:
    """The list entries of these policies. The audience may know of all of them."""
    listed = [_state(timeline.policies[policy_id], at, timeline, audience) for policy_id in policy_ids]
    titles = ledger.titles_of(titled for titled, _ in listed)
    return [content | {"title": titles.get(titled)} for titled, content in listed]


def _state(
    policy: PolicyTimeline, at: Instant, timeline: Timeline, audience: Labels
) -> tuple[VersionId, dict[str, Any]]:
    """The revision whose title the policy has, and its list entry without that title."""
    said = policy.in_force(at, timeline.recorded_at)
    version = VersionId(policy.policy_id, said.revision) if said and said.revision else None
    if version is not None and not is_readable(timeline, version, audience):
        said = version = None
    upcoming = policy.next_change(at, timeline.recorded_at)
    while version is None and upcoming is not None and upcoming < FOREVER:
        after = policy.in_force(upcoming, timeline.recorded_at)
        if after is not None and (
            after.revision is None or is_readable(timeline, VersionId(policy.policy_id, after.revision), audience)
        ):
            break  # for this reader, a hidden revision neither begins nor ends
        upcoming = policy.next_change(upcoming, timeline.recorded_at)
    newest = VersionId(policy.policy_id, max(readable_numbers(policy, audience)))
    return version or newest, {
        "policy_id": policy.policy_id,
        "title": None,
        "state": "in_force" if version else "withdrawn" if said else "none",
        "version": None if version is None else str(version),
        "valid_from": None if said is None else format_instant(said.valid.start),
        "valid_to": None if said is None else format_end(said.valid.end),
        "next_change": None if upcoming is None or upcoming >= FOREVER else format_instant(upcoming),
    }


def event_content(event: Event) -> dict[str, Any]:
    """An event as JSON values, for its author."""
    version = None if event.revision is None else f"{event.policy_id}@{event.revision}"
    return {
        "tx": event.tx,
        "kind": event.kind,
        "policy_id": event.policy_id,
        "revision": event.revision,
        "version": version,
        **({"undoes": list(event.undoes)} if event.undoes else {}),
        **({"settings": dict(event.settings)} if event.settings else {}),
        **({"corrects": f"{event.policy_id}@{event.corrects}"} if event.corrects else {}),
        "periods": painted_periods(event),
    }


def painted_periods(event: Event) -> list[dict[str, Any]]:
    """The periods that an event painted, as JSON values; one that shows nothing any more says so."""
    periods: list[dict[str, Any]] = []
    for paint in event.painted:
        period = {
            "revision": paint.revision or None,
            "valid_from": format_instant(paint.period.start),
            "valid_to": format_end(paint.period.end),
        }
        periods.append({**period, "nothing": True} if paint.revision == NOTHING else period)
    return periods
