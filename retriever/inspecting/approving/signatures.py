"""Who let what was published come into force, and what was forced, as a caller may know of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policies.approving.draft_rows import Opened
from policies.event import Base, Event, Signature
from policies.instant import format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from retriever.inspecting.readable import Labels, is_readable, is_wholly_readable


def unreviewed(ledger: Ledger, labels: Labels = None) -> list[Event]:
    """The publishes that were forced and that nobody else signed off yet, in order, of what the caller may read.

    The reason is not told to those who may read a part of the policy alone: it may speak of the rest.
    """
    timeline = ledger.timeline()
    forced = [event for event in timeline.publishes.values() if event.forced is not None]
    signed = {version for version, _ in signed_off(ledger, {event.policy_id for event in forced})}
    found = ((VersionId(event.policy_id, event.revision or 0), event) for event in forced)
    open_ones = [event for version, event in found if version not in signed and is_readable(timeline, version, labels)]
    told = [
        event if is_wholly_readable(timeline, event.policy_id, labels) else unexplained(event) for event in open_ones
    ]
    return sorted(told, key=lambda event: event.tx)


def signed_off(ledger: Ledger, policy_ids: set[str]) -> Iterator[tuple[VersionId, Event]]:
    """The revisions of policies that were signed off, each with the event that says so."""
    for policy_id in sorted(policy_ids):
        for event in ledger.policy_events(policy_id):
            if event.kind == "sign_off" and event.revision is not None:
                yield VersionId(policy_id, event.revision), event


def unreviewed_content(ledger: Ledger, labels: Labels = None) -> dict[str, Any]:
    """What was forced and not signed off yet, as JSON values."""
    events = unreviewed(ledger, labels)
    said = ledger.opened([event.tx for event in events])
    return {
        "unreviewed": [
            {
                "version": f"{event.policy_id}@{event.revision}",
                "policy_id": event.policy_id,
                "tx": event.tx,
                "recorded_at": format_instant(event.recorded_at),
                "person": event.forced.person,
                "reason": said[event.tx].reason if event.tx in said and event.forced.reason is not None else None,
            }
            for event in events
            if event.forced is not None
        ]
    }


def approvals_of(ledger: Ledger, events: list[Event]) -> dict[int, dict[str, Any]]:
    """By whose approval each of these events happened, or by whom it was forced, as JSON values; by tx."""
    forced = {event.policy_id for event in events if event.forced is not None}
    signed = dict(signed_off(ledger, forced)) if forced else {}
    txs = [event.tx for event in events if event.approval is not None or event.forced is not None]
    opened = ledger.opened(txs) if txs else {}
    found: dict[int, dict[str, Any]] = {}
    for event in events:
        if event.approval is None and event.forced is None:
            found[event.tx] = {"approval": None, "forced": None}
            continue
        said = opened.get(event.tx)
        off = signed.get(VersionId(event.policy_id, event.revision or 0))
        found[event.tx] = {
            "approval": None if event.approval is None else _signature(event, event.approval, said),
            "forced": None
            if event.forced is None
            else {
                "person": event.forced.person,
                "at": format_instant(event.forced.at),
                "reason": None if event.forced.reason is None or said is None else said.reason,
                "signed_off_by": None if off is None else off.author,
            },
        }
    return found


def unexplained(event: Event) -> Event:
    """The event as someone knows of it who may not read all of its policy: who approved it, and not why or on what."""
    approval, forced = event.approval, event.forced
    return replace(
        event,
        approval=None if approval is None else Signature(approval.person, approval.at),
        forced=None if forced is None else Signature(forced.person, forced.at),
    )


def _signature(event: Event, signature: Signature, said: Opened | None) -> dict[str, Any]:
    told = signature.digest is not None and said is not None and said.content is not None
    return {
        "person": signature.person,
        "at": format_instant(signature.at),
        "draft": signature.draft,
        "base": None if signature.base is None else base_content(event.policy_id, signature.base),
        "digest": hashlib.sha256((said.content or "").encode()).hexdigest() if told and said is not None else None,
        "reason": None if signature.reason is None or said is None else said.reason,
    }


def base_content(policy_id: str, base: Base) -> dict[str, Any] | None:
    """What a draft was written on, as JSON values; None where its policy was new."""
    if not base.tx:
        return None
    return {"version": None if base.revision is None else f"{policy_id}@{base.revision}", "tx": base.tx}
