"""What was done: every event with who, when, what and why, as the caller may know of it.

A setting of the home names policies by patterns, so it shows to those alone who operate the service, and to whoever has
the ledger's file. An event of one revision shows to those who may read that revision now. An event of a whole policy (a
withdrawal, say) shows to those who may know of the policy. Who did it and why show only to those who may read all of
the policy, since the reason may speak of the rest.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from policies.event import Event
from policies.home_settings import HOME
from policies.instant import Instant, format_instant
from policies.ledger import Ledger
from policies.revision import Titled, VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.query import query_instant
from retriever.errors import BadQuery, Behind
from retriever.inspecting.approving.signatures import approvals_of, unexplained
from retriever.inspecting.inspection import painted_periods, policy_history
from retriever.inspecting.readable import Labels, known_policy, readable_numbers

PAGE = 500
"""How many events are read from the ledger at once."""

_OF_A_PERIOD = ("withdraw", "restore")


def log_page(
    ledger: Ledger,
    policy: str | None = None,
    audience: Labels = None,
    *,
    since: str | None = None,
    until: str | None = None,
    before: int | None = None,
    limit: int | None = None,
    operates: bool = False,
) -> dict[str, Any]:
    """At most `limit` events, the newest first, of one policy or of all; `next` is the `before` of the next page.

    With `since` and `until`, only events that were recorded in that period, closed-open. One who `operates` the service
    is told of settings too.
    """
    timeline = ledger.timeline()
    if policy is not None:
        known_policy(timeline, policy, audience)
    zone = ledger.calendar.zone
    first, end = query_instant(since, "since", zone), query_instant(until, "until", zone)
    if first is not None and end is not None and end <= first:
        raise BadQuery("until", f"{format_instant(end)} is not after since, {format_instant(first)}; give a later one")
    start = timeline.tx + 1 if before is None else min(before, timeline.tx + 1)
    found = shown_events(_newest_first(ledger, policy, start, first, end), timeline, audience, operates)
    shown = list(found if limit is None else islice(found, limit + 1))
    page = shown[:limit]
    told = logged(ledger, timeline, page, audience, operates)
    return {"events": told, "next": page[-1].tx if len(shown) > len(page) else None}


def changes_page(ledger: Ledger, audience: Labels, after: int, limit: int, until: int) -> dict[str, Any]:
    """At most `limit` events with `after < tx <= until`, in order; `next` is the `after` of the next page.

    Behind where `after` lies past what is recorded: the ledger is another one than before, or an older copy of it.
    """
    timeline = ledger.timeline()
    if after > timeline.tx:
        raise Behind(
            f"The ledger ends at transaction {timeline.tx}, and changes after {after} are asked for: it was replaced "
            "or restored. Begin again with after=0"
        )
    until = min(until, timeline.tx)
    found = shown_events(_in_order(ledger, after, until), timeline, audience)
    page = list(islice(found, limit))
    at = page[-1].tx if len(page) == limit else max(after, until)
    return {"events": logged(ledger, timeline, page, audience), "next": at}


def history_with_events(
    ledger: Ledger, policy_id: str, audience: Labels = None, after: int = 0, limit: int | None = None
) -> dict[str, Any]:
    """Every period of a policy on both clocks, and every event that the caller may know of; in order of recording.

    A page has at most `limit` events past the transaction `after`, with the periods of which they said what holds;
    `next` is the `after` of the next page.
    """
    timeline = ledger.timeline()
    events = (event for event in ledger.policy_events(policy_id) if after < event.tx <= timeline.tx)
    found = shown_events(events, timeline, audience)
    shown = list(found if limit is None else islice(found, limit + 1))
    page = shown[:limit]
    until = page[-1].tx if len(shown) > len(page) else None
    titled = ledger.policy_labels(policy_id)
    history = policy_history(ledger, policy_id, audience, after, timeline.tx if until is None else until, titled)
    of_events = {event.tx: titled[event.revision] for event in page if event.revision in titled}
    return {**history, "events": logged(ledger, timeline, page, audience, titled=of_events), "next": until}


def commit_page(ledger: Ledger, tx: int, audience: Labels, limit: int, operates: bool = False) -> dict[str, Any]:
    """The first `limit` events that were recorded together with a transaction, of which the caller may know; in order.

    `more` says how many follow. No events where the caller may not know of that transaction itself.
    """
    timeline = ledger.timeline()
    shown = list(shown_events(ledger.commit(tx), timeline, audience, operates))
    if all(event.tx != tx for event in shown):
        return {"events": [], "more": 0}
    told = logged(ledger, timeline, shown[:limit], audience, operates)
    return {"events": told, "more": max(0, len(shown) - limit)}


def is_commit_of(ledger: Ledger, tx: int, theirs: Callable[[str], bool]) -> bool:
    """Whether there is a commit with this transaction, and each of its policies is one of `theirs`."""
    events = ledger.commit(tx)
    return bool(events) and all(theirs(policy_id) for policy_id in {event.policy_id for event in events})


def newest_commit_of(ledger: Ledger, theirs: Callable[[str], bool]) -> int | None:
    """A transaction of the newest commit of which each policy is one of `theirs`; None where there is none."""
    timeline = ledger.timeline()
    whole = {policy_id for policy_id in timeline.policies if theirs(policy_id)}
    before, checked = timeline.tx + 1, -1
    while whole and (events := ledger.newest_events(before, PAGE)):
        for event in events:
            if event.policy_id in whole and event.recorded_at != checked:
                checked = event.recorded_at
                if is_commit_of(ledger, event.tx, whole.__contains__):
                    return event.tx
        before = events[-1].tx
    return None


def publish_logged(ledger: Ledger, version: VersionId, audience: Labels) -> dict[str, Any]:
    """How a revision that the caller may read was published; `why` is what a correction says of itself."""
    timeline = ledger.timeline()
    event = next(shown_events([timeline.publishes[version]], timeline, audience))
    return {"tx": event.tx, "kind": event.kind, "why": event.note, **approvals_of(ledger, [event])[event.tx]}


def shown_events(
    events: Iterable[Event],
    timeline: Timeline,
    audience: Labels,
    operates: bool = False,
    known: dict[str, frozenset[int]] | None = None,
) -> Iterator[Event]:
    """What the caller may know of these events.

    `known` keeps from one call to the next which revisions of a policy they may read: it may have thousands.
    """
    readable = {} if known is None else known
    for event in events:
        if audience is None or (operates and event.policy_id == HOME):
            yield event
        elif event.policy_id in timeline.policies:
            policy = timeline.policies[event.policy_id]
            if event.policy_id not in readable:
                readable[event.policy_id] = frozenset(readable_numbers(policy, audience))
            if (shown := _shown(event, policy, readable[event.policy_id])) is not None:
                yield shown


def set_values(settings: Mapping[str, str]) -> str:
    """What an event of the home set, in a line."""
    if "approval" in settings:
        return f"approval {settings['approval']} for {settings['policies']}"
    return " ".join(f"{name} {value}" for name, value in settings.items())


def logged(
    ledger: Ledger,
    timeline: Timeline,
    events: list[Event],
    audience: Labels,
    operates: bool = False,
    titled: Mapping[int, Titled] | None = None,
) -> list[dict[str, Any]]:
    """Events as JSON values; those of one `commit` were recorded together.

    `titled` has the title and the note of the revision of each event, by tx, where the caller has read them already.

    The note of a publish lies beside its words: an erasure takes it too. The note of a correction says why it was made,
    and is the event's own.
    """
    titled = _titled(ledger, events) if titled is None else titled
    approvals = approvals_of(ledger, events)
    commits = _commits(ledger, timeline, events, audience, operates)
    told = []
    for event in events:
        content = _content(event, titled.get(event.tx, (None, None)), timeline)
        content.update(approvals[event.tx], commit=commits[event.recorded_at])
        told.append(content)
    return told


def _titled(ledger: Ledger, events: list[Event]) -> dict[int, Titled]:
    versions = {event.tx: VersionId(event.policy_id, event.revision) for event in events if event.revision is not None}
    labels = ledger.labels_of(set(versions.values()))
    return {tx: labels[version] for tx, version in versions.items() if version in labels}


def _commits(
    ledger: Ledger, timeline: Timeline, events: list[Event], audience: Labels, operates: bool
) -> dict[Instant, int]:
    """The number of each commit: the transaction of the first of its events that the caller may know of."""
    found: dict[Instant, int] = {}
    for event in events:
        found[event.recorded_at] = min(event.tx, found.get(event.recorded_at, event.tx))
    begins = ledger.commits_begin(found.values())
    known: dict[str, frozenset[int]] = {}
    for recorded_at, tx in found.items():
        if begins[tx] < tx:
            before = ledger.events(begins[tx] - 1, tx - 1)
            found[recorded_at] = next(
                (first.tx for first in shown_events(before, timeline, audience, operates, known)), tx
            )
    return found


def _content(
    event: Event,
    titled: Titled | tuple[None, None],
    timeline: Timeline,
) -> dict[str, Any]:
    title, note = titled
    policy_id, number = event.policy_id, event.revision
    content = {
        "tx": event.tx,
        "recorded_at": format_instant(event.recorded_at),
        "kind": event.kind,
        "policy_id": policy_id or None,
        "revision": number,
        "version": None if number is None else f"{policy_id}@{number}",
        "title": title,
        "erased": bool(timeline.erased) and number is not None and VersionId(policy_id, number) in timeline.erased,
        "author": event.author,
        "note": note if event.note is None and event.kind == "publish" else event.note,
        "owner": event.owner,
        "review_by": None if event.review_by is None else format_instant(event.review_by),
        "clears": list(event.clears),
        "audience": list(event.audience),
        "corrects": None if event.corrects is None else f"{event.policy_id}@{event.corrects}",
        "undoes": list(event.undoes),
        "periods": painted_periods(event),
    }
    if event.settings:
        content["settings"] = dict(event.settings)
    return content


def _shown(event: Event, policy: PolicyTimeline, numbers: Collection[int]) -> Event | None:
    """The event as someone may know of it who may read these revisions of its policy; None where they may not."""
    if not numbers:
        return None
    if event.revision is not None:
        if event.revision not in numbers:
            return None
        if len(numbers) == len(policy.audiences):
            return event
        theirs = {policy.publishes[number].tx for number in numbers}
        corrects = event.corrects if event.corrects in numbers else None
        undoes = tuple(tx for tx in event.undoes if tx in theirs)
        return unexplained(replace(event, corrects=corrects, undoes=undoes))
    if len(numbers) == len(policy.audiences):
        return event
    painted = tuple(paint for paint in event.painted if paint.revision is None or paint.revision in numbers)
    if event.kind not in _OF_A_PERIOD or not painted:
        return None
    return replace(event, painted=painted, author=None, note=None, owner=None, review_by=None)


def _newest_first(
    ledger: Ledger, policy: str | None, before: int, since: Instant | None, until: Instant | None
) -> Iterator[Event]:
    for event in _before(ledger, policy, before):
        if since is not None and event.recorded_at < since:
            return  # what is older was recorded earlier
        if until is None or event.recorded_at < until:
            yield event


def _in_order(ledger: Ledger, after: int, until: int) -> Iterator[Event]:
    while after < until:
        yield from ledger.events(after, min(after + PAGE, until))
        after += PAGE


def _before(ledger: Ledger, policy: str | None, before: int) -> Iterator[Event]:
    if policy is not None:
        yield from (event for event in reversed(ledger.policy_events(policy)) if event.tx < before)
        return
    while events := ledger.newest_events(before, PAGE):
        yield from events
        before = events[-1].tx
