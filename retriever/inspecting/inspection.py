"""What is recorded, for people and tools to look at: a revision's words, a policy's history, the list of policies.

`audience` holds the labels of whoever asks: what they may not read does not exist for them, in no list, count or date.
None is whoever holds the ledger's file, and so may read it all.
"""

from typing import TYPE_CHECKING, Any

from policies.difference import difference
from policies.errors import ChangeRefused, UnknownPolicy, UnknownRevision
from policies.event import Event
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.eligible import may_read
from retriever.asking.query import known_by, query_instant

if TYPE_CHECKING:
    from indexer.writer import Written

Labels = tuple[str, ...] | None


def shown_revision(
    ledger: Ledger, name: str, as_of: str | None, known_at: str | None, now: Instant, audience: Labels = None
) -> dict[str, Any]:
    """A revision named `P-7@3`, or the one of `P-7` in force at `as_of`, with its words and passages."""
    timeline = ledger.timeline()
    given = query_instant(as_of, "as_of")
    at, known = now if given is None else given, known_by(timeline, query_instant(known_at, "known_at"))
    if "@" in name:
        version = known_version(timeline, VersionId.parse(name), audience)
    else:
        said = known_policy(timeline, name, audience).in_force(at, known)
        if said is None or said.revision is None or not _readable(timeline, VersionId(name, said.revision), audience):
            what = "withdrawn" if said and said.revision is None else "not in force"
            raise UnknownRevision(f"{name} is {what} at {format_instant(at)}; `asof history {name}` shows its periods")
        version = VersionId(name, said.revision)
    revision = ledger.revision(version, timeline)
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
        "owner": revision.owner,
        "author": revision.author,
        "note": revision.note,
        "applies_to": {facet: list(values) for facet, values in revision.applies_to.items()},
        "audience": list(revision.audience),
        "text": revision.text,
        "passages": [
            {
                "citation": f"{version}#{ordinal}",
                "section": [" ".join(revision.text[a:b].split()) for a, b in span.headings],
                "text": revision.text[span.start : span.end],
                "char_start": span.start,
                "char_end": span.end,
            }
            for ordinal, span in enumerate(revision.spans, start=1)
        ],
    }


def policy_history(ledger: Ledger, policy_id: str, audience: Labels = None) -> dict[str, Any]:
    """Every period of a policy on both clocks, by when it was recorded."""
    timeline, titles = ledger.timeline(), ledger.titles(policy_id)
    periods = []
    for cell in known_policy(timeline, policy_id, audience).history():
        version = None if cell.revision is None else VersionId(policy_id, cell.revision)
        if version is not None and not _readable(timeline, version, audience):
            continue
        periods.append(
            {
                "revision": cell.revision,
                "title": None if version is None else titles.get(version),
                "erased": version in timeline.erased,
                "valid_from": format_instant(cell.valid.start),
                "valid_to": format_end(cell.valid.end),
                "recorded_from": format_instant(cell.known.start),
                "recorded_to": format_end(cell.known.end),
                "tx": cell.tx,
            }
        )
    numbers = range(1, len(timeline.revisions(policy_id)) + 1)
    count = sum(_readable(timeline, VersionId(policy_id, number), audience) for number in numbers)
    return {"policy_id": policy_id, "revisions": count, "periods": periods}


def listed_policies(ledger: Ledger, as_of: str | None, now: Instant, audience: Labels = None) -> dict[str, Any]:
    """Each policy with what is in force of it at an instant."""
    timeline, titles = ledger.timeline(), ledger.titles()
    given = query_instant(as_of, "as_of")
    at = now if given is None else given
    return {
        "as_of": format_instant(at),
        "policies": [
            _listed(timeline.policies[policy_id], at, timeline, titles, audience)
            for policy_id in sorted(timeline.policies)
            if _visible(timeline, policy_id, audience)
        ],
    }


def compared_revisions(ledger: Ledger, before: str, after: str, audience: Labels = None) -> dict[str, Any]:
    """Two revisions named `P-7@2` and what became of each passage."""
    timeline = ledger.timeline()
    versions = [known_version(timeline, VersionId.parse(name), audience) for name in (before, after)]
    was, now = (ledger.revision(version, timeline) for version in versions)
    changes = difference(was.passages, now.passages)
    return {
        "before": str(was.version),
        "after": str(now.version),
        "passages": [change.content() for change in changes],
    }


def surviving_words(ledger: Ledger, version: VersionId) -> list[dict[str, Any]]:
    """The passages of a revision whose very words other revisions hold too, and which those are.

    Empty where the revision's words are gone already.
    """
    timeline = ledger.timeline()
    if version in timeline.erased:
        return []
    texts = list(dict.fromkeys(ledger.revision(version, timeline).passages))
    holders: dict[str, list[str]] = {text: [] for text in texts}
    for other in sorted(timeline.publishes):
        if other == version or other in timeline.erased:
            continue
        words = ledger.revision(other, timeline).text
        for text in texts:
            if text in words:
                holders[text].append(str(other))
    return [{"text": text, "versions": versions} for text, versions in holders.items() if versions]


def written_content(written: "Written") -> dict[str, Any]:
    """What a write came to, as JSON values."""
    recorded = written.events[0].recorded_at if written.events else None
    return {
        "events": [_event_content(event) for event in written.events],
        "unchanged": [str(version) for version in written.unchanged],
        "recorded_at": None if recorded is None else format_instant(recorded),
        "generation": written.indexed.generation,
        "embedded": written.indexed.embedded,
    }


def known_policy(timeline: Timeline, policy_id: str, audience: Labels = None) -> PolicyTimeline:
    """A policy's timeline; UnknownPolicy where there is none that the audience may know of."""
    if policy_id not in timeline.policies or not _visible(timeline, policy_id, audience):
        raise UnknownPolicy(f"There is no policy {policy_id}; `asof policies` lists them")
    return timeline.policies[policy_id]


def check_author(timeline: Timeline, policy_id: str, audience: Labels) -> None:
    """Whoever changes a policy must be able to read all of it: its dates and numbers show in what a change does.

    UnknownPolicy where they may not know of it, ChangeRefused where they may read some of its revisions only. A new
    policy is anybody's.
    """
    if policy_id not in timeline.policies:
        return
    known_policy(timeline, policy_id, audience)
    numbers = range(1, len(timeline.revisions(policy_id)) + 1)
    if not all(_readable(timeline, VersionId(policy_id, number), audience) for number in numbers):
        raise ChangeRefused(f"Some revisions of {policy_id} are not yours to read, so it is not yours to change")


def known_version(timeline: Timeline, version: VersionId, audience: Labels = None) -> VersionId:
    """The version id; UnknownPolicy or UnknownRevision where the audience may not know of it."""
    known_policy(timeline, version.policy_id, audience)
    if version not in timeline.publishes or not _readable(timeline, version, audience):
        raise UnknownRevision(f"There is no revision {version}; `asof history {version.policy_id}` lists them")
    return version


def _readable(timeline: Timeline, version: VersionId, audience: Labels) -> bool:
    return audience is None or may_read(timeline, version, audience)


def _visible(timeline: Timeline, policy_id: str, audience: Labels) -> bool:
    numbers = range(1, len(timeline.revisions(policy_id)) + 1)
    return audience is None or any(may_read(timeline, VersionId(policy_id, n), audience) for n in numbers)


def _listed(
    policy: PolicyTimeline, at: Instant, timeline: Timeline, titles: dict[VersionId, str], audience: Labels
) -> dict[str, Any]:
    numbers = range(1, len(timeline.revisions(policy.policy_id)) + 1)
    known = [v for n in numbers if _readable(timeline, v := VersionId(policy.policy_id, n), audience)]
    said = policy.in_force(at, timeline.recorded_at)
    version = VersionId(policy.policy_id, said.revision) if said and said.revision else None
    if version is not None and version not in known:
        said = version = None
    newest = known[-1]
    upcoming = policy.next_change(at, timeline.recorded_at)
    while version is None and upcoming is not None and upcoming < FOREVER:
        after = policy.in_force(upcoming, timeline.recorded_at)
        if after is not None and (after.revision is None or VersionId(policy.policy_id, after.revision) in known):
            break  # what is hidden neither begins nor ends for the reader
        upcoming = policy.next_change(upcoming, timeline.recorded_at)
    return {
        "policy_id": policy.policy_id,
        "title": titles.get(version or newest),
        "state": "in_force" if version else "withdrawn" if said else "none",
        "version": None if version is None else str(version),
        "valid_from": None if said is None else format_instant(said.valid.start),
        "valid_to": None if said is None else format_end(said.valid.end),
        "next_change": None if upcoming is None or upcoming >= FOREVER else format_instant(upcoming),
    }


def _event_content(event: Event) -> dict[str, Any]:
    version = None if event.revision is None else f"{event.policy_id}@{event.revision}"
    return {
        "tx": event.tx,
        "kind": event.kind,
        "policy_id": event.policy_id,
        "revision": event.revision,
        "version": version,
        "periods": [
            {
                "revision": paint.revision,
                "valid_from": format_instant(paint.period.start),
                "valid_to": format_end(paint.period.end),
            }
            for paint in event.painted
        ],
    }
