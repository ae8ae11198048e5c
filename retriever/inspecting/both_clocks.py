"""What as-of and known-at say of a policy before and after a change of its periods."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.proposal import Proposal
from policies.timeline import PolicyTimeline
from retriever.inspecting.inspection import Labels, event_content, written_content

if TYPE_CHECKING:
    from indexer.writer import Written


def told(before: PolicyTimeline, after: PolicyTimeline) -> list[dict[str, Any]]:
    """The periods in which another answer is given from now on: what it was, and what it becomes.

    An answer is a version id, "withdrawn", or "nothing" where nothing is said of the period. With a `known_at` before
    the change, what it was is still answered.
    """
    bounds = sorted({bound for cell in (*before.top, *after.top) for bound in (cell.valid.start, cell.valid.end)})
    found: list[tuple[Period, str, str]] = []
    for start, end in pairwise(bounds):
        was, becomes = _answer(before, start), _answer(after, start)
        if was == becomes:
            continue
        if found and found[-1][0].end == start and found[-1][1:] == (was, becomes):
            start = found.pop()[0].start
        found.append((Period(start, end), was, becomes))
    return [
        {
            "policy_id": before.policy_id,
            "valid_from": format_instant(period.start),
            "valid_to": format_end(period.end),
            "was": was,
            "becomes": becomes,
        }
        for period, was, becomes in found
    ]


def recorded_and_told(ledger: Ledger, written: "Written", audience: Labels = None) -> dict[str, Any]:
    """The result of a write, as JSON values, with what is said otherwise since."""
    changes = []
    if written.events:
        first, last = written.events[0].tx, written.events[-1].tx
        for policy_id in dict.fromkeys(event.policy_id for event in written.events):
            events = ledger.policy_events(policy_id)
            before = PolicyTimeline(policy_id).painted(event for event in events if event.tx < first)
            changes += told(before, before.painted(event for event in events if first <= event.tx <= last))
    return {**written_content(written, audience), "changes": changes, "dry_run": False}


def proposed_and_told(proposal: Proposal) -> dict[str, Any]:
    """What recording a proposal would come to, as JSON values like those of a write; nothing is recorded."""
    changes = []
    for policy_id in dict.fromkeys(step.event.policy_id for step in proposal.steps):
        nothing = PolicyTimeline(policy_id)
        changes += told(proposal.before.policies.get(policy_id, nothing), proposal.after.policies[policy_id])
    return {
        "events": [event_content(step.event) for step in proposal.steps],
        "unchanged": [str(version) for version in proposal.unchanged],
        "recorded_at": None,
        "generation": proposal.tx,
        "changes": changes,
        "dry_run": True,
    }


def _answer(policy: PolicyTimeline, as_of: Instant) -> str:
    said = policy.in_force(as_of, policy.newest)
    if said is None:
        return "nothing"
    return "withdrawn" if said.revision is None else f"{policy.policy_id}@{said.revision}"
