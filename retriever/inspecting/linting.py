"""What the lint finds in drafts, beside what is recorded as their author may know it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from policies.change import Change, Publish
from policies.errors import LintRefused
from policies.instant import FOREVER, Instant
from policies.ledger import Ledger
from policies.lint.finding import Finding
from policies.lint.page import Page
from policies.lint.rules import lint
from policies.period import Period
from policies.revision import Draft, Span
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

    A policy that is published by the same changes counts as in force over its draft's period. Without labels
    (`audience` None) the author may know of every policy. `advance` is called with 1 after each draft.
    """
    drafts = [change.draft for change in changes if isinstance(change, Publish)]
    known: dict[Instant, dict[str, bool]] = {}

    def in_force(at: Instant) -> Mapping[str, bool]:
        if at not in known:
            beside = {draft.policy_id: at in _period(draft, now) for draft in drafts}
            recorded = readable_policies(ledger.timeline(), at, audience)
            known[at] = {name: beside.get(name, False) or recorded.get(name, False) for name in {**recorded, **beside}}
        return known[at]

    found: list[Finding] = []
    for draft in drafts:
        start = _period(draft, now).start
        found += lint(Page(draft, start, split(draft.text), partial(in_force, start)))
        advance(1)
    return found


def lint_content(found: Sequence[Finding]) -> dict[str, Any]:
    """What was found as JSON values: `lint`, beside what a plan or a write says."""
    return {"lint": [finding.content() for finding in found]}


def refuse(found: Sequence[Finding], *, planned: bool = False) -> None:
    """LintRefused if anything was found; `planned` where nothing was going to be published."""
    if found:
        raise LintRefused([(finding.place, finding.words) for finding in found], planned=planned)


def _period(draft: Draft, now: Instant) -> Period:
    start = now if draft.valid_from is None else draft.valid_from
    return Period(start, FOREVER if draft.valid_to is None else draft.valid_to)
