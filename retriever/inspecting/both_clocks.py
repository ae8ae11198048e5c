"""What as-of and known-at say of a policy before and after a change of its periods."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from policies.amending.description import FIELDS, as_described
from policies.amending.taking_back import named_together
from policies.errors import ChangeRefused, RevisionBegan
from policies.event import Event
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.proposal import Proposal
from policies.revision import VersionId
from policies.timeline import PolicyTimeline
from retriever.inspecting.inspection import Labels, event_content, written_content
from retriever.inspecting.readable import is_wholly_readable

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
    changes, described = [], []
    if written.events:
        first, last = written.events[0].tx, written.events[-1].tx
        for policy_id in dict.fromkeys(event.policy_id for event in written.events):
            events = ledger.policy_events(policy_id)
            before = PolicyTimeline(policy_id).painted(event for event in events if event.tx < first)
            changes += told(before, before.painted(event for event in events if first <= event.tx <= last))
            described += _described(ledger, policy_id, events, written.events)
    content = written_content(written, audience)
    return {**content, "changes": changes, "described": described, "dry_run": False}


def proposed_and_told(proposal: Proposal, ledger: Ledger) -> dict[str, Any]:
    """What recording a proposal would come to, as JSON values like those of a write; nothing is recorded."""
    changes, described = [], []
    proposed = [step.event for step in proposal.steps]
    for policy_id in dict.fromkeys(event.policy_id for event in proposed):
        nothing = PolicyTimeline(policy_id)
        changes += told(proposal.before.policies.get(policy_id, nothing), proposal.after.policies[policy_id])
        events = [*ledger.policy_events(policy_id), *(event for event in proposed if event.policy_id == policy_id)]
        described += _described(ledger, policy_id, events, proposed)
    return {
        "events": [event_content(step.event) for step in proposal.steps],
        "unchanged": [str(version) for version in proposal.unchanged],
        "recorded_at": None,
        "generation": proposal.tx,
        "changes": changes,
        "described": described,
        "dry_run": True,
    }


def labels_before(ledger: Ledger, version: VersionId, events: Sequence[Event]) -> tuple[str, ...]:
    """Who could read a revision before these events, or who can read it now where there are none."""
    end = events[0].tx if events else ledger.newest_tx() + 1
    earlier = (event for event in ledger.policy_events(version.policy_id) if event.tx < end)
    return PolicyTimeline(version.policy_id).painted(earlier).audiences[version.number]


def with_its_commit(error: RevisionBegan, ledger: Ledger, audience: Labels = None) -> ChangeRefused:
    """The refusal, with what else an undo of that commit would take back.

    A caller who may not know all of that commit is told of no undo: it would be refused to them.
    """
    others = [event for event in ledger.commit(error.tx) if event.tx != error.tx]
    timeline, said = ledger.timeline(), str(error)
    if audience is not None and any(not is_wholly_readable(timeline, each.policy_id, audience) for each in others):
        return ChangeRefused(said.split(", and `asof undo")[0])
    return ChangeRefused(f"{said}, together with {named_together(others)}" if others else said)


def _described(
    ledger: Ledger, policy_id: str, events: Sequence[Event], recorded: Sequence[Event]
) -> list[dict[str, Any]]:
    """What descriptions among the recorded events say otherwise of each revision in force then, or scheduled."""
    describing = [event for event in recorded if event.kind == "describe" and event.policy_id == policy_id]
    if not describing:
        return []
    first = describing[0]
    policy = PolicyTimeline(policy_id).painted(events)
    shown = {cell.revision for cell in policy.over(Period(first.recorded_at)) if cell.revision is not None}
    publishes = {event.revision or 0: event for event in events if event.kind == "publish"}
    versions = {VersionId(policy_id, number): number for number in publishes}
    notes: dict[int, str | None] = {versions[version]: note for version, note in ledger.notes_of(versions).items()}
    earlier = [event for event in events if event.tx < first.tx]
    found = []
    for number in sorted(shown or {max(publishes)}):
        before, after = (as_described(publishes[number], known, notes) for known in (earlier, events))
        for name in FIELDS:
            was, becomes = getattr(before, name), getattr(after, name)
            if was != becomes:
                values = {"was": _value(was), "becomes": _value(becomes)}
                found.append({"version": f"{policy_id}@{number}", "field": name, **values})
    return found


def _value(value: str | Instant | None) -> str | None:
    return format_instant(value) if isinstance(value, int) else value


def _answer(policy: PolicyTimeline, as_of: Instant) -> str:
    said = policy.in_force(as_of, policy.newest)
    if said is None:
        return "nothing"
    return "withdrawn" if said.revision is None else f"{policy.policy_id}@{said.revision}"
