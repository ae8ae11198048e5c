"""One publish that was forced, with what it took the place of and who signed it off, as a caller may know of it."""

from typing import Any

from policies.event import Event
from policies.instant import format_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.inspecting.approving.signatures import approvals_of, signed_off, unexplained
from retriever.inspecting.readable import Labels, is_readable, is_wholly_readable, readable_numbers, stretches


def forced_publish(ledger: Ledger, tx: int, labels: Labels = None) -> dict[str, Any] | None:
    """What was published without the approval it needed by this transaction, as JSON values; None where nothing was.

    `before` is the number of the revision that it took the place of, None where the caller may read none. `signed_off`
    says by whom, when and why it was since. To one who may not read the revision nothing was published.
    """
    timeline = ledger.timeline()
    event = next((it for it in timeline.publishes.values() if it.tx == tx and it.forced is not None), None)
    if event is None:
        return None
    version = VersionId(event.policy_id, event.revision or 0)
    if not is_readable(timeline, version, labels):
        return None
    off = dict(signed_off(ledger, {event.policy_id})).get(version)
    if not is_wholly_readable(timeline, event.policy_id, labels):
        event, off = unexplained(event), None if off is None else unexplained(off)
    said = approvals_of(ledger, [event] if off is None else [event, off])
    return {
        "version": str(version),
        "policy_id": version.policy_id,
        "number": version.number,
        "title": ledger.titles_of([version]).get(version),
        "tx": tx,
        "recorded_at": format_instant(event.recorded_at),
        **(said[tx]["forced"] or {}),
        "before": _before(timeline, event, labels),
        "signed_off": None if off is None else {"tx": off.tx, **(said[off.tx]["approval"] or {})},
    }


def _before(timeline: Timeline, event: Event, labels: Labels) -> int | None:
    """What was in force where the publish begins, as known before it; else the newest earlier revision."""
    policy = timeline.policies[event.policy_id]
    start = min((paint.period.start for paint in event.painted), default=event.recorded_at)
    found = [it for it in stretches(policy, labels, event.recorded_at - 1) if it.revision and it.period.start <= start]
    earlier = [number for number in readable_numbers(policy, labels) if number < (event.revision or 0)]
    return found[-1].revision if found else max(earlier, default=None)
