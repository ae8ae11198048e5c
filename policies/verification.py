"""Whether the chain of events and the words are what was recorded: every hash worked out again, from the rows alone."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import rfc8785

from policies.approving.checking import check_approvals
from policies.errors import LedgerDamaged
from policies.event import GENESIS, Event, event_hash
from policies.revision import VersionId

Row = Mapping[str, Any]


def verified_head(
    events: Iterable[Row], words: Iterable[Row], expected: str | None = None, approvals: Iterable[Row] = ()
) -> str:
    """The hash of the last event; LedgerDamaged names the first event, words or approval that do not fit.

    `events` are in the order of their tx. `expected` is a head noted earlier, which the chain has to hold. `approvals`
    hold what the signatures of events commit to.
    """
    previous, last, seen = GENESIS, 0, expected in (None, GENESIS)
    erased: dict[VersionId, int] = {}
    published: dict[VersionId, tuple[int, str]] = {}
    signed: dict[int, Event] = {}
    without_reason: set[int] = set()
    for row in events:
        if row["tx"] != last + 1:
            raise LedgerDamaged(f"Event {last + 1} is missing: after event {last} comes event {row['tx']}")
        event = _checked_event(row, previous)
        if event.revision is not None:
            version = VersionId(event.policy_id, event.revision)
            if event.kind == "publish" and event.words is not None:
                published[version] = (event.tx, event.words)
            elif event.kind == "erase":
                erased[version] = event.tx
        if event.approval is not None or event.forced is not None:
            signed[event.tx] = event
        without_reason.update(event.reasons)
        previous, last = row["hash"], event.tx
        seen = seen or previous == expected
    if not seen:
        raise LedgerDamaged(
            f"The chain does not hold the head {expected}: events after it, or the event itself, "
            f"were removed or replaced. The ledger now ends at event {last}, hash {previous}"
        )
    words = list(words)
    _check_words(words, published, erased)
    digests = {VersionId(row["policy_id"], row["revision"]): row["digest"] for row in words}
    check_approvals(approvals, digests, signed, erased, without_reason)
    return previous


def commitment(words: Row) -> str:
    """SHA-256(salt, words) in hexadecimal, the words as canonical JSON with the spans and the draft's digest."""
    content = {key: words[key] for key in ("digest", "title", "text", "note", "splitter", "spans")}
    return hashlib.sha256(words["salt"] + rfc8785.dumps(content)).hexdigest()


def _check_words(
    words: Iterable[Row], published: Mapping[VersionId, tuple[int, str]], erased: Collection[VersionId]
) -> None:
    found = set()
    for row in words:
        version = VersionId(row["policy_id"], row["revision"])
        found.add(version)
        if version not in published:
            raise LedgerDamaged(f"There are words of {version}, but no event published it")
        tx, committed = published[version]
        if version in erased:
            raise LedgerDamaged(f"{version} was erased, but its words are still there")
        if commitment(row) != committed:
            raise LedgerDamaged(f"The words of {version} are not those that event {tx} committed to")
    for version, (tx, _) in published.items():
        if version not in found and version not in erased:
            raise LedgerDamaged(f"The words of {version}, published by event {tx}, are missing")


def _checked_event(row: Row, previous: str) -> Event:
    tx, content = row["tx"], row["content"]
    if event_hash(content.encode("utf-8", "surrogatepass")) != row["hash"]:
        raise LedgerDamaged(f"Event {tx} was edited: it does not fit its hash")
    try:
        event = Event.from_content(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerDamaged(f"Event {tx} was edited: its content is not that of an event") from error
    columns = (row["tx"], row["recorded_at"], row["policy_id"], row["revision"])
    if (event.tx, event.recorded_at, event.policy_id, event.revision) != columns:
        raise LedgerDamaged(f"Event {tx} was edited: its columns do not fit its content")
    if event.previous != previous:
        raise LedgerDamaged(f"Event {tx} does not follow event {tx - 1}: it names another hash before it")
    return event
