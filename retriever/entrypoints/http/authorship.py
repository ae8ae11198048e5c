"""What a caller may write: the drafts that are theirs to change or to decide on, and the commits they may take back."""

from dataclasses import replace
from typing import TYPE_CHECKING

from policies.approving.authority import NOBODY, Authority
from policies.approving.drafts import check_removable, unknown
from policies.approving.kept_draft import KeptDraft
from policies.change import Approve, Release, SignOff, Undo
from policies.errors import ChangeRefused
from policies.named_write import NamedWrite
from policies.revision import Draft, VersionId
from retriever.access.authority import authority_of, writer
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Caller, check_still
from retriever.inspecting.approving.awaiting import Viewer, may_write_over, seen_draft, viewer_of, writer_of
from retriever.inspecting.inspection import check_author, known_version
from retriever.inspecting.log import is_commit_of, newest_commit_of
from retriever.inspecting.readable import is_visible, is_wholly_readable

if TYPE_CHECKING:
    from indexer.writer import Written


class Author:
    """A caller as one who writes. A draft that they may not see is answered as one that is not there."""

    def __init__(self, asof: Asof, caller: Caller) -> None:
        self._asof, self._caller = asof, caller

    @property
    def authority(self) -> Authority:
        """Whose word counts where an approval is required, for as long as their key is valid."""
        return authority_of(self._caller.key, check=lambda: check_still(self._asof.key_ring, self._caller))

    def viewer(self, audience: list[str] | None) -> Viewer:
        """What the caller may see of drafts."""
        return viewer_of(self._caller.key, self._caller.labels(audience or []))

    def read(self, draft_id: str, audience: list[str] | None) -> KeptDraft:
        """The draft that a caller reads, under labels that they ask for."""
        return seen_draft(self._asof.ledger, draft_id, self.viewer(audience))

    def seen(self, draft_id: str) -> KeptDraft:
        """The draft that a caller changes. Without a key they have the ledger's file, and so may change all."""
        return seen_draft(self._asof.ledger, draft_id, Viewer() if self._caller.key is None else self.viewer(None))

    def keep(self, draft: Draft, given: str | None, *, replace_scheduled: bool) -> KeptDraft:
        """A new draft. `given` says who writes it, where no key does."""
        person = writer_of(self._asof.ledger, self._caller.key, [draft], given)
        return self._asof.drafts().keep(draft, person, replace_scheduled=replace_scheduled)

    def edit(
        self, draft_id: str, draft: Draft, given: str | None, *, replace_scheduled: bool, expected: str | None = None
    ) -> KeptDraft:
        """The draft with other words, on what holds now; a refusal where it is no longer the one `expected`."""
        self.seen(draft_id)
        person = writer_of(self._asof.ledger, self._caller.key, [draft], given)
        return self._asof.drafts().edit(draft_id, draft, person, replace_scheduled=replace_scheduled, expected=expected)

    def may_delete(self, kept: KeptDraft) -> bool:
        """Whether a draft that the caller sees is theirs to remove: who wrote it may, and an admin."""
        key = self._caller.key
        return key is None or authority_of(key).decides or (key.person is not None and kept.written_by(key.person))

    def delete(self, draft_id: str, audience: list[str] | None) -> KeptDraft:
        """The draft as it was before it was removed for good."""
        key, labels = self._caller.key, self._caller.labels(audience or [])
        kept = self.seen(draft_id)
        timeline = self._asof.ledger.timeline()
        if key is not None and not may_write_over(timeline, kept.policy_id, kept.draft.audience, labels):
            raise unknown(draft_id)
        self._asof.drafts().delete(draft_id, self._removes_as())
        return kept

    def check_removable(self, kept: KeptDraft) -> None:
        """A refusal where the draft that the caller sees is not theirs to remove, or nobody's any more."""
        check_removable(kept, self._removes_as())

    def _removes_as(self) -> str | None:
        """The person as whom the caller removes drafts; None where they may remove everybody's."""
        key = self._caller.key
        return None if key is None or authority_of(key).decides else key.person or ""

    def submit(self, draft_id: str, given: str | None) -> KeptDraft:
        """The draft, handed in for another person to approve."""
        kept = self.seen(draft_id)
        return self._asof.drafts().submit(draft_id, writer(self._caller.key, given or kept.writers[-1].person))

    def approve_for_later(self, draft_id: str, digest: str, note: str | None) -> KeptDraft:
        """The draft, approved and not yet in force."""
        self.seen(draft_id)
        return self._asof.drafts().approve_for_later(draft_id, authority_of(self._caller.key), digest, note)

    def reject(self, draft_id: str, reason: str) -> KeptDraft:
        """The draft, given back to its writer."""
        self.seen(draft_id)
        return self._asof.drafts().reject(draft_id, authority_of(self._caller.key), reason)

    def approve(self, draft_id: str, digest: str, note: str | None, named: NamedWrite | None) -> "Written":
        """What was recorded of a draft that the caller approves; the same again for the same write."""
        authority = self.authority
        return self._put_in_force(Approve(draft_id, authority, digest, note), named, authority)

    def publish(self, draft_id: str, digest: str | None, named: NamedWrite | None) -> "Written":
        """What was recorded of a draft that was approved for later; with `digest`, only of what was read."""
        return self._put_in_force(Approve(draft_id, digest=digest), named, NOBODY)

    def publish_unapproved(self, draft_id: str, digest: str, named: NamedWrite | None) -> "Written":
        """What was recorded of a draft whose policy needs no approval. The draft is gone then.

        Where one is needed, ApprovalRequired, as for every other publish.
        """
        return self._put_in_force(Release(draft_id, digest), named, self.authority)

    def sign_off(
        self, version: VersionId, labels: tuple[str, ...], note: str | None, named: NamedWrite | None
    ) -> "Written":
        """What was recorded of a caller who has read what was published without its approval."""
        authority = self.authority
        known = known_version(self._asof.ledger.timeline(), version, labels)
        return self._asof.write([SignOff(known, authority, note)], named=named, authority=authority)

    def undoable(self, change: Undo, labels: tuple[str, ...]) -> Undo:
        """The undo with its transaction, so that it stays that one.

        A commit of which the caller may not know all does not exist.
        """
        ledger, timeline = self._asof.ledger, self._asof.ledger.timeline()

        def theirs(policy_id: str) -> bool:
            known = policy_id in timeline.policies and is_visible(timeline, policy_id, labels)
            return known and is_wholly_readable(timeline, policy_id, self._caller.writes_as)

        tx = newest_commit_of(ledger, theirs) if change.tx is None else change.tx
        if tx is None or not is_commit_of(ledger, tx, theirs):
            which = "no transaction" if tx is None else f"no transaction {tx}"
            raise ChangeRefused(f"There is {which} that you may undo; `asof log` lists what you may know of")
        return replace(change, tx=tx)

    def _put_in_force(self, change: Approve | Release, named: NamedWrite | None, authority: Authority) -> "Written":
        if named is None or self._asof.ledger.recorded_write(named) is None:
            kept = self.seen(change.draft_id)
            if isinstance(change, Release):
                check_author(self._asof.ledger.timeline(), kept.policy_id, self._caller.writes_as)
        return self._asof.write([change], named=named, authority=authority)
