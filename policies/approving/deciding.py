"""Whether a person may approve, reject or publish a draft, as it stands now."""

from collections.abc import Sequence

from policies.approving.authority import Authority
from policies.approving.consent import Consent
from policies.approving.kept_draft import KeptDraft, check_there
from policies.approving.standing import behind, standing
from policies.errors import ApprovalRequired, ChangeRefused, LedgerDamaged
from policies.event import Event
from policies.instant import format_instant


def approver(kept: KeptDraft, authority: Authority, what: str) -> str:
    """The person who decides on a draft; ApprovalRequired where they may not."""
    if not authority.approves or authority.person is None:
        raise ApprovalRequired(
            f"To {what} {kept.id} takes a key of role approver or admin that names a person. Give it in ASOF_KEY; "
            '`asof key create --role approver --person "Ann Lee"` makes one'
        )
    if what == "approve" and kept.written_by(authority.person):
        raise ApprovalRequired(
            f"{authority.person} wrote {kept.id}, and nobody approves a draft of their own. Ask another approver"
        )
    return authority.person


def check_submitted(kept: KeptDraft, events: Sequence[Event], what: str) -> None:
    """ChangeRefused where a draft does not wait for a decision."""
    check_there(kept)
    found = standing(kept, events)
    if found.void is not None:
        raise ChangeRefused(f"{kept.id} cannot be decided on: {found.void}")
    if found.behind:
        raise ChangeRefused(behind(kept, events))
    if found.state not in ("submitted", "approved"):
        was = "was rejected" if found.state == "rejected" else "was not submitted"
        raise ChangeRefused(f"{kept.id} {was}, so there is nothing to {what}; `asof submit {kept.id}` hands it in")


def check_same(kept: KeptDraft, digest: str) -> None:
    """ChangeRefused where a draft is not the one that the approver names."""
    if digest != kept.digest():
        raise ChangeRefused(
            f"{kept.id} has other words than those you name, or another base: its digest is {kept.digest()}, not "
            f"{digest}. Read it again: `asof drafts {kept.id}`"
        )


def check_agreed(kept: KeptDraft) -> None:
    """LedgerDamaged where a draft that is approved for later is no longer what was approved."""
    if kept.state == "approved" and kept.agreed is not None and kept.agreed != kept.digest():
        by = "an approver" if kept.decided is None else kept.decided.person
        raise LedgerDamaged(
            f"{kept.id} is not what was approved: {by} approved digest {kept.agreed}, and it has {kept.digest()} now. "
            "It was altered in the ledger, and nothing was recorded. Give its words again, for another approval: `asof "
            f"draft FILE --id {kept.id}`"
        )


def check_unapproved(kept: KeptDraft, events: Sequence[Event], digest: str) -> None:
    """ChangeRefused where a draft cannot come into force without an approval, which its policy may not need."""
    check_there(kept)
    if standing(kept, events).behind:
        raise ChangeRefused(behind(kept, events))
    check_same(kept, digest)


def check_unedited(kept: KeptDraft, opened: str) -> None:
    """ChangeRefused where a draft was edited since somebody opened it, who has the digest of that time."""
    if opened != kept.digest():
        last = kept.writers[-1]
        raise ChangeRefused(
            f"{kept.id} was edited by {last.person} at {format_instant(last.at)}, after you had opened it. Read its "
            f"words of now, then give yours again: `asof drafts {kept.id}`"
        )


def consent(
    kept: KeptDraft,
    events: Sequence[Event],
    authority: Authority,
    digest: str | None,
    note: str | None,
) -> Consent:
    """By whose approval a draft comes into force; a refusal where there is none that counts.

    A draft that is approved already has its own. Of any other, `digest` is that of what the approver has read.
    """
    check_submitted(kept, events, "approve")
    check_agreed(kept)
    if digest is not None:
        check_same(kept, digest)
    if kept.state == "approved" and kept.decided is not None:
        given = kept.decided
        return Consent(given.person, given.at, given.words, kept.content(), kept.id, kept.base)
    person = approver(kept, authority, "approve")
    if digest is None:
        raise ChangeRefused(f"Name the digest of {kept.id} that you approve; `asof drafts {kept.id}` shows it")
    return Consent(person, None, note, kept.content(), kept.id, kept.base)
