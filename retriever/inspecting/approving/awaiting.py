"""Drafts as their reader may know of them.

A draft whose words, or whose policy, are not all theirs to read does not exist for them. Writers see their own drafts,
and approvers those that were handed in. Whoever decided on a draft learns what became of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from indexer.text.split import Splitter
from policies.approving.authority import same_person
from policies.approving.drafts import unknown
from policies.approving.kept_draft import Deed, KeptDraft
from policies.approving.standing import Standing, standing
from policies.errors import ChangeRefused, RevisionErased
from policies.home_settings import HomeSettings
from policies.instant import Instant, format_end, format_instant
from policies.ledger import Ledger
from policies.revision import Draft, VersionId
from policies.timeline import Timeline
from retriever.access.authority import writer
from retriever.access.keys import Key
from retriever.access.permissions import Action, may
from retriever.inspecting.approving.signatures import base_content
from retriever.inspecting.inspection import check_author
from retriever.inspecting.readable import Labels, readable_numbers


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at drafts. Without labels they have the ledger's file, and so may see all.

    Someone on the machine of a service that needs no keys sees every draft that their labels allow (`all_states`).
    """

    labels: Labels = None
    person: str | None = None
    approves: bool = False
    all_states: bool = False


def viewer_of(key: Key | None, labels: Labels) -> Viewer:
    """The holder of a key, or whoever needs none, as one who looks at drafts under these labels."""
    if key is None:
        return Viewer(labels, all_states=True)
    return Viewer(labels, key.person, may(key.role, Action.APPROVE))


def writer_of(ledger: Ledger | None, key: Key | None, drafts: Iterable[Draft], given: str | None) -> str:
    """The person who writes these drafts, all of which are theirs to write; `given` says who, where no key does.

    A home that is to be made has no ledger yet.
    """
    person = writer(key, given)
    if key is not None and ledger is not None:
        timeline = ledger.timeline()
        for draft in drafts:
            check_writes(timeline, draft, key.audience)
    return person


def listed_drafts(ledger: Ledger, viewer: Viewer) -> dict[str, Any]:
    """The drafts that the viewer may see and that are still open, by policy and id."""
    found = sorted(_open_drafts(ledger, viewer), key=lambda kept: (kept.policy_id, kept.id))
    return {"drafts": _contents(ledger, found)}


def drafts_page(ledger: Ledger, viewer: Viewer, after: str | None, limit: int) -> dict[str, Any]:
    """The first `limit` of the drafts that the viewer may see, by id after `after`; `next` goes on from there."""
    timeline = ledger.timeline()
    seen = (kept for kept in ledger.drafts.open_in_turn(after or "") if is_seen(timeline, kept, viewer))
    shown = list(islice(seen, limit))
    more = next(seen, None) is not None
    return {"drafts": _contents(ledger, shown), "next": shown[-1].id if more else None}


def _open_drafts(ledger: Ledger, viewer: Viewer) -> list[KeptDraft]:
    """The open drafts that the viewer may see, by id."""
    timeline = ledger.timeline()
    return [kept for kept in ledger.drafts.open() if is_seen(timeline, kept, viewer)]


def seen_draft(ledger: Ledger, draft_id: str, viewer: Viewer) -> KeptDraft:
    """The draft of an id; UnknownDraft if there is none, or if the viewer may not know of it."""
    kept, timeline = ledger.drafts.find(draft_id), ledger.timeline()
    if not (is_seen(timeline, kept, viewer) or _has_decided(timeline, kept, viewer)):
        raise unknown(draft_id)
    return kept


def _has_decided(timeline: Timeline, kept: KeptDraft, viewer: Viewer) -> bool:
    """Whether the viewer approved or rejected what a draft still is; then they learn what became of it."""
    person = None
    if kept.state == "published" and kept.revision is not None:
        event = timeline.publishes.get(VersionId(kept.policy_id, kept.revision))
        person = event.approval.person if event is not None and event.approval is not None else None
    elif kept.state in ("approved", "rejected") and kept.decided is not None:
        person = kept.decided.person
    if person is None or viewer.person is None or not same_person(person, viewer.person):
        return False
    return may_write_over(timeline, kept.policy_id, kept.draft.audience, viewer.labels)


def is_seen(timeline: Timeline, kept: KeptDraft, viewer: Viewer) -> bool:
    """Whether the viewer may know of a draft, and finds it in the list."""
    if viewer.labels is None:
        return True
    if not may_write_over(timeline, kept.policy_id, kept.draft.audience, viewer.labels):
        return False
    if viewer.all_states:
        return True
    if viewer.person is not None and kept.written_by(viewer.person):
        return True
    return viewer.approves and kept.state in ("submitted", "approved")  # also what is void since, which says so


def may_write_over(timeline: Timeline, policy_id: str, audience: tuple[str, ...], labels: Labels) -> bool:
    """Whether someone with these labels may read the words of a draft and every revision of its policy."""
    if labels is None:
        return True
    policy = timeline.policies.get(policy_id)
    whole = policy is None or len(readable_numbers(policy, labels)) == len(policy.audiences)
    return whole and not set(audience).isdisjoint(labels)


def draft_content(ledger: Ledger, kept: KeptDraft) -> dict[str, Any]:
    """A draft as JSON values, without its words."""
    return _contents(ledger, [kept])[0]


def _contents(ledger: Ledger, drafts: Sequence[KeptDraft]) -> list[dict[str, Any]]:
    """Drafts as JSON values, without their words. The settings, and the events of each policy, are read once."""
    settings = ledger.settings() if drafts else HomeSettings()
    events = {policy_id: ledger.policy_events(policy_id) for policy_id in {kept.policy_id for kept in drafts}}
    return [_content(kept, standing(kept, events[kept.policy_id]), settings) for kept in drafts]


def _content(kept: KeptDraft, found: Standing, settings: HomeSettings) -> dict[str, Any]:
    draft = kept.draft
    counts = found.state in ("submitted", "approved", "rejected") and kept.decided is not None
    published = kept.published is not None
    return {
        "id": kept.id,
        "policy_id": kept.policy_id,
        "title": draft.title or None,
        "state": found.state,
        "void": found.void,
        "behind": found.behind,
        "digest": None if kept.state in ("published", "erased") else kept.digest(),
        "base": base_content(kept.policy_id, kept.base),
        "writers": [_deed(deed) for deed in kept.writers],
        "decided": _deed(kept.decided) if counts and kept.decided is not None else None,
        "valid_from": None if draft.valid_from is None else format_instant(draft.valid_from),
        "valid_to": None if draft.valid_to is None else format_end(draft.valid_to),
        "replace_scheduled": kept.replace_scheduled,
        "audience": list(draft.audience),
        "approval_required": settings.approval_required(kept.policy_id),
        "version": f"{kept.policy_id}@{kept.revision}" if published else None,
        "tx": kept.published,
    }


def shown_draft(ledger: Ledger, kept: KeptDraft, now: Instant, splitter: Callable[[], Splitter]) -> dict[str, Any]:
    """A draft as JSON values, with its words and what they change of the revision whose place it takes."""
    draft = kept.draft
    before = replaced_by(ledger, kept, now)
    return {
        **draft_content(ledger, kept),
        "owner": draft.owner,
        "note": draft.note,
        "review_by": None if draft.review_by is None else format_instant(draft.review_by),
        "applies_to": {facet: list(values) for facet, values in draft.applies_to.items()},
        "text": draft.text or None,
        "compared_with": None if before is None else str(before),
        "difference": _difference(ledger, before, draft, splitter) if before is not None and draft.text else None,
    }


def replaced_by(ledger: Ledger, kept: KeptDraft, now: Instant) -> VersionId | None:
    """The revision that holds where a draft begins, else the one before that; None where the policy is new.

    It may be another than the newest, on which the draft is based: a correction of the past is newer than what holds.
    """
    policy = ledger.timeline().policies.get(kept.policy_id)
    cells = [] if policy is None else [cell for cell in policy.top if cell.revision]
    start = now if kept.draft.valid_from is None else kept.draft.valid_from
    beneath = [cell for cell in cells if cell.valid.start <= start] or cells[:1]
    number = beneath[-1].revision if beneath else kept.base.revision
    return None if number is None else VersionId(kept.policy_id, number)


def _difference(
    ledger: Ledger, version: VersionId, draft: Draft, splitter: Callable[[], Splitter]
) -> dict[str, Any] | None:
    """What a draft changes of a revision; None where its words were erased."""
    from policies.comparing.difference import difference
    from retriever.inspecting.comparison import contextual, difference_content, in_context, split_anew

    try:
        before = ledger.revision(version, ledger.timeline())
    except RevisionErased:
        return None
    split = splitter()
    was = in_context(before) if before.splitter == split.version else split_anew(before, split.split)
    becomes = contextual(draft.title, draft.text, split.split(draft.text))
    return difference_content(difference(was, becomes))


def _deed(deed: Deed) -> dict[str, Any]:
    return {"person": deed.person, "at": format_instant(deed.at), "words": deed.words}


def check_writes(timeline: Timeline, draft: Draft, labels: Labels) -> None:
    """Refuses a draft that whoever writes it could not see afterwards, or whose policy is not theirs to change."""
    check_author(timeline, draft.policy_id, labels)
    if not may_write_over(timeline, draft.policy_id, draft.audience, labels):
        raise ChangeRefused(
            f"{draft.where}: its audience is {', '.join(draft.audience)}, and your key has none of these labels, so "
            "the draft would not be yours to see. Use a key that has one"
        )
