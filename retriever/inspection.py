"""What is recorded, for people and tools to look at: a revision's words, a policy's history, the list of policies."""

from typing import Any

from policies.difference import difference
from policies.errors import UnknownPolicy, UnknownRevision
from policies.instant import FOREVER, Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.query import known_by, query_instant


def shown_revision(ledger: Ledger, name: str, as_of: str | None, known_at: str | None, now: Instant) -> dict[str, Any]:
    """A revision named `P-7@3`, or the one of `P-7` in force at `as_of`, with its words and passages."""
    timeline = ledger.timeline()
    given = query_instant(as_of, "as_of")
    at, known = now if given is None else given, known_by(timeline, query_instant(known_at, "known_at"))
    if "@" in name:
        version = VersionId.parse(name)
    else:
        said = known_policy(timeline, name).in_force(at, known)
        if said is None or said.revision is None:
            what = "withdrawn" if said else "not in force"
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


def policy_history(ledger: Ledger, policy_id: str) -> dict[str, Any]:
    """Every period of a policy on both clocks, by when it was recorded."""
    timeline, titles = ledger.timeline(), ledger.titles()
    periods = []
    for cell in known_policy(timeline, policy_id).history():
        version = None if cell.revision is None else VersionId(policy_id, cell.revision)
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
    return {"policy_id": policy_id, "revisions": len(timeline.revisions(policy_id)), "periods": periods}


def listed_policies(ledger: Ledger, as_of: str | None, now: Instant) -> dict[str, Any]:
    """Each policy with what is in force of it at an instant."""
    timeline, titles = ledger.timeline(), ledger.titles()
    given = query_instant(as_of, "as_of")
    at = now if given is None else given
    return {
        "as_of": format_instant(at),
        "policies": [
            _listed(timeline.policies[policy_id], at, timeline, titles) for policy_id in sorted(timeline.policies)
        ],
    }


def compared_revisions(ledger: Ledger, before: str, after: str) -> dict[str, Any]:
    """Two revisions named `P-7@2` and what became of each passage."""
    timeline = ledger.timeline()
    was, now = (ledger.revision(VersionId.parse(name), timeline) for name in (before, after))
    changes = difference(
        [was.text[span.start : span.end] for span in was.spans], [now.text[span.start : span.end] for span in now.spans]
    )
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
    revision = ledger.revision(version, timeline)
    texts = list(dict.fromkeys(revision.text[span.start : span.end] for span in revision.spans))
    holders: dict[str, list[str]] = {text: [] for text in texts}
    for other in sorted(timeline.publishes):
        if other == version or other in timeline.erased:
            continue
        words = ledger.revision(other, timeline).text
        for text in texts:
            if text in words:
                holders[text].append(str(other))
    return [{"text": text, "versions": versions} for text, versions in holders.items() if versions]


def known_policy(timeline: Timeline, policy_id: str) -> PolicyTimeline:
    """A policy's timeline; UnknownPolicy where there is none."""
    if policy_id not in timeline.policies:
        raise UnknownPolicy(f"There is no policy {policy_id}; `asof policies` lists them")
    return timeline.policies[policy_id]


def _listed(policy: PolicyTimeline, at: Instant, timeline: Timeline, titles: dict[VersionId, str]) -> dict[str, Any]:
    said = policy.in_force(at, timeline.recorded_at)
    version = VersionId(policy.policy_id, said.revision) if said and said.revision else None
    newest = VersionId(policy.policy_id, len(timeline.revisions(policy.policy_id)))
    upcoming = policy.next_change(at, timeline.recorded_at)
    return {
        "policy_id": policy.policy_id,
        "title": titles.get(version or newest),
        "state": "in_force" if version else "withdrawn" if said else "none",
        "version": None if version is None else str(version),
        "valid_from": None if said is None else format_instant(said.valid.start),
        "valid_to": None if said is None else format_end(said.valid.end),
        "next_change": None if upcoming is None or upcoming >= FOREVER else format_instant(upcoming),
    }
