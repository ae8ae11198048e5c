"""What publishing would change, before it is done: the timeline and the passages, with warnings."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from indexer.snapshot import Snapshot
from indexer.text.passage import Passage, passages_of
from indexer.text.split import Splitter
from policies.calendar import Calendar
from policies.change import Change
from policies.comparing.difference import KINDS, Contextual, difference
from policies.errors import RevisionErased
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.period import Period
from policies.proposal import Proposal, Step
from policies.revision import Draft, VersionId
from policies.timeline import Cell, PolicyTimeline, Timeline
from retriever.inspecting.comparison import contextual, in_context, split_anew


@dataclass(frozen=True, slots=True)
class Plan:
    """A proposal with its consequences."""

    proposal: Proposal
    policies: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    approval_required: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of a plan."""
        return {
            "policies": list(self.policies),
            "unchanged": [str(version) for version in self.proposal.unchanged],
            "warnings": list(self.warnings),
            "approval_required": list(self.approval_required),
        }


def plan(
    ledger: Ledger,
    changes: Sequence[Change],
    splitter: Splitter,
    snapshot: Snapshot,
    now: Instant,
    audience: Sequence[str] | None = None,
) -> Plan:
    """What the changes would do if they were published now; nothing is recorded.

    Passages in `snapshot` count as embedded if an author with the labels `audience` may read them. None stands for an
    author who may read everything.
    """
    proposal = ledger.propose(changes)
    return _planned(ledger, proposal, now, _Drafts(ledger, proposal.before, splitter, snapshot, audience))


def planned_timelines(ledger: Ledger, changes: Sequence[Change], now: Instant) -> Plan:
    """The same without the passages: what would become of the timelines, and the warnings."""
    return _planned(ledger, ledger.propose(changes), now, None)


def _planned(ledger: Ledger, proposal: Proposal, now: Instant, drafts: "_Drafts | None") -> Plan:
    before, after = proposal.before, proposal.after
    warnings: list[str] = []
    policies = []
    for policy_id in dict.fromkeys(step.event.policy_id for step in proposal.steps):
        was = became = before.policies.get(policy_id, PolicyTimeline(policy_id))
        steps = [step for step in proposal.steps if step.event.policy_id == policy_id]
        calendar = next((step.draft.calendar for step in steps if step.draft is not None), ledger.calendar)
        revisions = []
        for step in steps:
            if step.draft is not None and drafts is not None:
                revisions.append(drafts.planned(step, step.draft, became))
            became, earlier = became.painted([step.event]), became
            warnings += _hidden(earlier, became, step, now, calendar)
        warnings += _opened(was, became, calendar)
        policies.append(
            {
                "policy_id": policy_id,
                "before": [_period(cell) for cell in was.top],
                "after": [_period(cell) for cell in became.top],
                "in_force_now": _named(became, now, after),
                "superseded": _superseded(was, became),
                "gaps": [_span(gap) for gap in _gaps(became)],
                "overlays": [_period(cell) for cell in became.top if not cell.paint.open_ended],
                "revisions": revisions,
            }
        )
    return Plan(proposal, tuple(policies), tuple(warnings), tuple(ledger.lacking_approval(proposal)))


class _Drafts:
    """The drafts of a plan, one after the other. A draft may replace an earlier one, and share its passages."""

    def __init__(
        self,
        ledger: Ledger,
        before: Timeline,
        splitter: Splitter,
        snapshot: Snapshot,
        audience: Sequence[str] | None,
    ) -> None:
        self._ledger, self._before, self._splitter = ledger, before, splitter
        self._snapshot, self._audience = snapshot, audience
        self._planned: set[bytes] = set()
        self._embedded: set[str] = set()
        self._drafts: dict[VersionId, Contextual] = {}

    def planned(self, step: Step, draft: Draft, policy: PolicyTimeline) -> dict[str, Any]:
        """A draft's passages compared with those of the revision that it replaces."""
        assert step.event.revision is not None
        version = VersionId(draft.policy_id, step.event.revision)
        spans = self._splitter.split(draft.text)
        self._drafts[version] = contextual(draft.title, draft.text, spans)
        base = _predecessor(policy, step)
        old = None if base is None else self._words(base)
        found = difference(old or Contextual([]), self._drafts[version])
        counts = found.counts()
        passages = passages_of(draft.title, draft.text, spans)
        return {
            "version": str(version),
            "where": draft.where,
            "compared_with": None if old is None else str(base),
            "passages": len(passages),
            "reused": counts["unchanged"] + counts["regoverned"] + counts["moved"],
            **{kind: counts[kind] for kind in KINDS},
            "to_embed": self._to_embed(passages),
            "governing": [change.content() for change in found.governing] if old is not None else [],
            "changes": [change.content() for change in found.passages if change.kind not in ("unchanged", "moved")],
        }

    def _words(self, version: VersionId) -> Contextual | None:
        """The passages of a revision, recorded or planned; None if its words were erased."""
        if version in self._drafts:
            return self._drafts[version]
        try:
            revision = self._ledger.revision(version, self._before)
        except RevisionErased:
            return None
        same = revision.splitter == self._splitter.version
        return in_context(revision) if same else split_anew(revision, self._splitter.split)

    def _to_embed(self, passages: Sequence[Passage]) -> int:
        """How many texts these passages add to those that the plan must embed."""
        keys = [passage.key() for passage in passages]
        held = zip(passages, keys, self._held(keys), strict=True)
        texts = {passage.encoded() for passage, key, known in held if not known and key not in self._planned}
        texts -= self._embedded
        self._planned.update(keys)
        self._embedded |= texts
        return len(texts)

    def _held(self, keys: Sequence[bytes]) -> list[bool]:
        """Whether the index has each passage, in a revision that the author may read."""
        numbers = self._snapshot.find(keys)
        if self._audience is None:
            return [number >= 0 for number in numbers]
        table = self._ledger.timeline().table
        theirs = table.txs[table.readable(tuple(self._audience))]
        found = np.array([number for number in numbers if number >= 0], dtype=np.int64)
        readable = set(self._snapshot.standing_in(found, theirs).tolist())
        return [number in readable for number in numbers]


def _predecessor(policy: PolicyTimeline, step: Step) -> VersionId | None:
    """The revision in force where the step's first period begins, else the last one in force before it."""
    start = step.event.painted[0].period.start
    shown = [cell.revision for cell in policy.top if cell.revision is not None and cell.valid.start <= start]
    return VersionId(policy.policy_id, shown[-1]) if shown else None


def _superseded(was: PolicyTimeline, became: PolicyTimeline) -> list[dict[str, Any]]:
    """The periods in which the revision in force now would be replaced by another, or by none."""
    lost = []
    for cell in was.top:
        kept = [now.valid for now in became.over(cell.valid) if now.revision == cell.revision]
        lost += [_period(cell) | _span(period) for period in cell.valid.without(kept)]
    return lost


def _hidden(was: PolicyTimeline, became: PolicyTimeline, step: Step, now: Instant, calendar: Calendar) -> list[str]:
    """Rules that a step keeps from starting, and overlays that it cuts short.

    A rule counts as scheduled if it starts after the step's own start, or after now. There is no warning if a rule ends
    where its successor starts, or if it is corrected from its start on.
    """
    if not step.event.painted:
        return []
    start = step.event.painted[0].origin
    touched = {_rule(cell) for paint in step.event.painted for cell in was.over(paint.period)}
    rules: dict[tuple[int | None, Instant], list[Cell]] = defaultdict(list)
    for cell in was.top:
        if _rule(cell) in touched:
            rules[_rule(cell)].append(cell)
    warnings = []
    for (revision, _), cells in rules.items():
        kept = [[now.valid for now in became.over(cell.valid) if now.revision == revision] for cell in cells]
        lost = [period for cell, left in zip(cells, kept, strict=True) for period in cell.valid.without(left)]
        if not lost:
            continue
        begins = cells[0].valid.start
        name = f"The withdrawal of {was.policy_id}" if revision is None else f"{was.policy_id}@{revision}"
        scheduled = begins > start or (revision is not None and begins > now)
        overlay = revision is not None and not cells[0].paint.open_ended
        if not overlay and not (scheduled and lost[0].start == begins):
            continue
        if not any(kept):
            warnings.append(f"{name}, from {calendar.instant(begins)}, would never be in force any more")
        elif overlay:
            warnings += [
                f"{name} would be cut short: no longer in force {calendar.period(period.start, period.end)}"
                for period in lost
            ]
        else:
            hidden = calendar.period(lost[0].start, lost[0].end)
            warnings.append(f"{name}, from {calendar.instant(begins)}, would be hidden {hidden}")
    return warnings


def _opened(was: PolicyTimeline, became: PolicyTimeline, calendar: Calendar) -> list[str]:
    """Warnings for gaps that are new or larger than before."""
    old = set(_gaps(was))
    return [
        f"{was.policy_id}: nothing is in force {calendar.period(gap.start, gap.end)}"
        for gap in _gaps(became)
        if gap not in old
    ]


def _gaps(policy: PolicyTimeline) -> list[Period]:
    """The periods between the first start and the last end for which nothing is recorded."""
    return [Period(a.valid.end, b.valid.start) for a, b in pairwise(policy.top) if a.valid.end < b.valid.start]


def _rule(cell: Cell) -> tuple[int | None, Instant]:
    """What the cells of one rule have in common: the revision, and where the rule starts."""
    return cell.revision, cell.paint.origin


def _period(cell: Cell) -> dict[str, Any]:
    return {"revision": cell.revision, **_span(cell.valid)}


def _span(period: Period) -> dict[str, Any]:
    return {"valid_from": format_instant(period.start), "valid_to": format_end(period.end)}


def _named(policy: PolicyTimeline, at: Instant, timeline: Timeline) -> str | None:
    said = policy.in_force(at, timeline.recorded_at)
    return None if said is None or said.revision is None else f"{policy.policy_id}@{said.revision}"
