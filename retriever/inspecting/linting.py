"""What the lint finds in drafts, beside what is recorded as their author may know it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from policies.change import Change, Correct, Publish
from policies.errors import LintRefused
from policies.instant import FOREVER, Instant
from policies.ledger import Ledger
from policies.lint.finding import Finding
from policies.lint.page import Page
from policies.lint.rules import lint
from policies.period import Period
from policies.revision import Draft, Span
from policies.timeline import PolicyTimeline, Timeline
from retriever.inspecting.inspection import readable_policies


def linted(
    ledger: Ledger,
    changes: Sequence[Change],
    split: Callable[[str], Sequence[Span]],
    now: Instant,
    audience: tuple[str, ...] | None = None,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Finding]:
    """What the lint finds in the drafts that the changes would publish, in the order of the changes.

    A policy that is published by the same changes counts as in force over its draft's period. A correction begins where
    the revision does that it corrects. Without labels (`audience` None) the author may know of every policy. `advance`
    is called with 1 after each draft.
    """
    timeline = ledger.timeline()
    drafts = [
        (change.draft, _period(change.draft, now) if isinstance(change, Publish) else _corrected(change, timeline, now))
        for change in changes
        if isinstance(change, Publish | Correct)
    ]
    known: dict[Instant, dict[str, bool]] = {}

    def in_force(at: Instant) -> Mapping[str, bool]:
        if at not in known:
            beside = {draft.policy_id: at in period for draft, period in drafts}
            recorded = readable_policies(timeline, at, audience)
            known[at] = {name: beside.get(name, False) or recorded.get(name, False) for name in {**recorded, **beside}}
        return known[at]

    found: list[Finding] = []
    for draft, period in drafts:
        found += lint(Page(draft, period.start, split(draft.text), partial(in_force, period.start)))
        advance(1)
    return found


def lint_content(found: Sequence[Finding]) -> dict[str, Any]:
    """What was found as JSON values: `lint`, beside what a plan or a write says."""
    return {"lint": [finding.content() for finding in found]}


def refuse(found: Sequence[Finding], *, planned: bool = False) -> None:
    """LintRefused if anything was found; `planned` where nothing was going to be published."""
    if found:
        raise LintRefused([(finding.place, finding.words) for finding in found], planned=planned)


def _corrected(change: Correct, timeline: Timeline, now: Instant) -> Period:
    """The first period in which the corrected revision is in force; its draft's period if there is none."""
    policy = timeline.policies.get(change.version.policy_id, PolicyTimeline(change.version.policy_id))
    shown = (cell.valid for cell in policy.top if cell.revision == change.version.number)
    return next(shown, _period(change.draft, now))


def _period(draft: Draft, now: Instant) -> Period:
    start = now if draft.valid_from is None else draft.valid_from
    return Period(start, FOREVER if draft.valid_to is None else draft.valid_to)
