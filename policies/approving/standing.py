"""Whether what was said of a draft still counts: a change of the policy beneath it ends that, and so does an edit."""

from collections.abc import Iterable
from dataclasses import dataclass

from policies.approving.kept_draft import KeptDraft, State
from policies.event import Base, Event
from policies.instant import Instant, format_instant
from policies.timeline import undone_by


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a draft has come, as of now. `void` says what does not count any more, and why."""

    state: State
    void: str | None = None
    behind: bool = False


def base_of(events: Iterable[Event]) -> Base:
    """What a draft is based on that is written after these events of its policy: not on a revision taken back."""
    events = list(events)
    undone = undone_by([(event.tx, event.undoes) for event in events if event.undoes])
    revision, tx = None, 0
    for event in events:
        revision = event.revision if event.kind == "publish" and event.tx not in undone else revision
        tx = event.tx if event.painted else tx
    return Base(revision, tx)


def standing(kept: KeptDraft, events: Iterable[Event]) -> Standing:
    """How far a draft has come, where its policy has these events."""
    events = list(events)
    if kept.state in ("published", "erased"):
        return Standing(kept.state)
    beneath = [event for event in events if event.painted and event.tx > kept.base.tx]
    if not beneath:
        return Standing(kept.state, kept.void)
    what = kept.void
    if kept.state in ("submitted", "approved"):
        what = f"{_said(kept)} is void: {_changed(kept, beneath[-1])}. Edit the draft, and submit it again"
    return Standing("draft" if kept.state in ("submitted", "approved") else kept.state, what, behind=True)


def behind(kept: KeptDraft, events: Iterable[Event]) -> str:
    """What changed a policy beneath a draft, and what to do."""
    last = [event for event in events if event.painted and event.tx > kept.base.tx][-1]
    return (
        f"{_changed(kept, last)} since {kept.id} was written. Look at what changed, then give the draft again: "
        f"`asof draft FILE --id {kept.id}`"
    )


def ended_by_edit(kept: KeptDraft, at: Instant) -> str | None:
    """What an edit ends; None where nothing was said of the draft yet."""
    if kept.state not in ("submitted", "approved"):
        return None
    return f"{_said(kept)} is void: the draft was edited at {format_instant(at)}. Submit it again"


def _said(kept: KeptDraft) -> str:
    """What was said of a draft, with who and when: the beginning of a sentence."""
    what = "the approval" if kept.state == "approved" else "the submission"
    if kept.decided is None:
        return what
    return f"{what} of {kept.decided.person} of {format_instant(kept.decided.at)}"


def _changed(kept: KeptDraft, event: Event) -> str:
    name = kept.policy_id if event.revision is None else f"{kept.policy_id}@{event.revision}"
    return f"transaction {event.tx} ({event.kind} {name}) changed {kept.policy_id}"
