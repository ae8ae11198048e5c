"""What publishing would change, before it is done: the timeline, the passages, and what deserves a warning."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indexer.passage import passages_of
from indexer.split import Splitter
from policies.change import Change
from policies.difference import PassageChange, difference
from policies.errors import RevisionErased
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.proposal import Proposal, Step
from policies.revision import VersionId
from policies.timeline import Cell, PolicyTimeline, Timeline


@dataclass(frozen=True, slots=True)
class Plan:
    """A proposal with its consequences. `known` holds the content keys of passages already embedded."""

    proposal: Proposal
    policies: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """The JSON values of a plan."""
        return {
            "policies": list(self.policies),
            "unchanged": [str(version) for version in self.proposal.unchanged],
            "warnings": list(self.warnings),
        }


def plan(ledger: Ledger, changes: Sequence[Change], splitter: Splitter, known: frozenset[bytes], now: Instant) -> Plan:
    """What the changes would do if they were published now; nothing is recorded."""
    proposal = ledger.propose(changes)
    before, after = proposal.before, proposal.after
    touched = list(dict.fromkeys(step.event.policy_id for step in proposal.steps))
    warnings: list[str] = []
    policies = []
    for policy_id in touched:
        was = before.policies.get(policy_id, PolicyTimeline(policy_id))
        became = after.policies[policy_id]
        steps = [step for step in proposal.steps if step.event.policy_id == policy_id]
        warnings += _warnings(was, became)
        policies.append(
            {
                "policy_id": policy_id,
                "before": [_period(cell) for cell in was.top],
                "after": [_period(cell) for cell in became.top],
                "in_force_now": _named(became, now, after),
                "superseded": _superseded(was, became),
                "gaps": [_span(gap) for gap in _gaps(became)],
                "overlays": [_period(cell) for cell in became.top if not cell.paint.open_ended],
                "revisions": [_revision(ledger, before, step, splitter, known) for step in steps if step.draft],
            }
        )
    return Plan(proposal, tuple(policies), tuple(warnings))


def _revision(
    ledger: Ledger, before: Timeline, step: Step, splitter: Splitter, known: frozenset[bytes]
) -> dict[str, Any]:
    """A draft's passages against those of the revision that it takes over from."""
    draft = step.draft
    assert draft is not None
    spans = splitter.split(draft.text)
    passages = passages_of(draft.title, draft.text, spans)
    base = _predecessor(before, step)
    old: list[str] = []
    if base is not None:
        try:
            revision = ledger.revision(base, before)
            old = [revision.text[span.start : span.end] for span in revision.spans]
        except RevisionErased:
            base = None
    changed: list[PassageChange] = difference(old, [passage.text for passage in passages])
    counts = Counter(change.kind for change in changed)
    fresh = {passage.key() for passage in passages} - known
    return {
        "version": f"{draft.policy_id}@{step.event.revision}",
        "where": draft.where,
        "compared_with": None if base is None else str(base),
        "passages": len(passages),
        "reused": counts["unchanged"] + counts["moved"],
        "reworded": counts["reworded"],
        "added": counts["added"],
        "removed": counts["removed"],
        "to_embed": len(fresh),
        "changes": [change.content() for change in changed if change.kind not in ("unchanged", "moved")],
    }


def _predecessor(before: Timeline, step: Step) -> VersionId | None:
    """The revision in force where the step's first period begins, else the one in force last before it."""
    policy = before.policies.get(step.event.policy_id)
    if policy is None or not step.event.painted:
        return None
    start = step.event.painted[0].period.start
    shown = [cell for cell in policy.top if cell.revision is not None and cell.valid.start <= start]
    if not shown:
        return None
    revision = shown[-1].revision
    assert revision is not None
    return VersionId(policy.policy_id, revision)


def _superseded(was: PolicyTimeline, became: PolicyTimeline) -> list[dict[str, Any]]:
    """The periods in which another revision, or none, would be in force than now is."""
    lost = []
    for cell in was.top:
        kept = [now.valid for now in became.top if now.revision == cell.revision]
        lost += [_period(cell) | _span(period) for period in cell.valid.without(kept)]
    return lost


def _warnings(was: PolicyTimeline, became: PolicyTimeline) -> list[str]:
    """What an author may not have meant: a scheduled revision hidden, an overlay cut short, a gap left open."""
    warnings = []
    name = was.policy_id
    shown_before = {cell.revision for cell in was.top if cell.revision is not None}
    shown_after = {cell.revision for cell in became.top if cell.revision is not None}
    for revision in sorted(shown_before - shown_after):
        starts = min(cell.valid.start for cell in was.top if cell.revision == revision)
        warnings.append(f"{name}@{revision}, from {format_instant(starts)}, would never be in force any more")
    for cell in was.top:
        if cell.paint.open_ended or cell.revision not in shown_after:
            continue
        kept = [now.valid for now in became.top if now.revision == cell.revision]
        for lost in cell.valid.without(kept):
            warnings.append(
                f"{name}@{cell.revision} would be cut short: no longer in force from {format_instant(lost.start)} "
                f"to {format_end(lost.end)}"
            )
    old_gaps = set(_gaps(was))
    for gap in _gaps(became):
        if gap not in old_gaps:
            warnings.append(f"{name}: nothing is in force from {format_instant(gap.start)} to {format_end(gap.end)}")
    return warnings


def _gaps(policy: PolicyTimeline) -> list[Period]:
    """The periods between the first start and the last end of which nothing was ever said."""
    if not policy.top:
        return []
    whole = Period(policy.top[0].valid.start, policy.top[-1].valid.end)
    return whole.without([cell.valid for cell in policy.top])


def _period(cell: Cell) -> dict[str, Any]:
    return {"revision": cell.revision, **_span(cell.valid)}


def _span(period: Period) -> dict[str, Any]:
    return {"valid_from": format_instant(period.start), "valid_to": format_end(period.end)}


def _named(policy: PolicyTimeline, at: Instant, timeline: Timeline) -> str | None:
    said = policy.in_force(at, timeline.recorded_at)
    return None if said is None or said.revision is None else f"{policy.policy_id}@{said.revision}"
