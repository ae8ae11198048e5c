"""The drafts of a home: written, edited, handed in, decided on, removed. Publishing one is a write of the ledger."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from policies.approving.authority import Authority, same_person
from policies.approving.deciding import approver, check_agreed, check_same, check_submitted, check_unedited
from policies.approving.draft_rows import DraftRows
from policies.approving.kept_draft import Deed, KeptDraft, check_there
from policies.approving.standing import Standing, base_of, behind, ended_by_edit, standing
from policies.errors import ChangeRefused, LedgerDamaged, UnknownDraft
from policies.event import Base, Event
from policies.instant import Instant
from policies.revision import Draft, VersionId

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of which ids are made: none that a reader takes for another one."""

ID_LENGTH = 8


class Drafts:
    """What waits for an approval. Each change is whole, or not there, and waits for who writes to the ledger.

    `exclusive` holds the writer lock and a transaction, `events_of` gives the events of a policy, and `already` the
    revision that says the same as a draft over the same period.
    """

    def __init__(
        self,
        rows: DraftRows,
        exclusive: Callable[[], AbstractContextManager[None]],
        events_of: Callable[[str], list[Event]],
        already: Callable[[Draft, bool], VersionId | None],
        clock: Callable[[], Instant],
    ) -> None:
        self._rows, self._exclusive, self._events_of = rows, exclusive, events_of
        self._already, self._clock = already, clock
        self._tried: dict[str, KeptDraft | None] = {}

    def changed(self) -> dict[str, KeptDraft | None]:
        """The drafts that the last change left as they are now, also where what came after it failed; None is gone."""
        return {draft_id: kept for draft_id, kept in self._tried.items() if self._rows.find(draft_id) == kept}

    def all(self) -> list[KeptDraft]:
        """Every draft, the published ones too, by id."""
        return self._rows.all()

    def open(self) -> list[KeptDraft]:
        """Every draft that still has words of its own, by id: neither a published one nor an erased one."""
        return self._rows.open()

    def open_in_turn(self, after: str = "") -> Iterator[KeptDraft]:
        """The same with an id past `after`, read as they are asked for."""
        return self._rows.open_in_turn(after)

    def find(self, draft_id: str) -> KeptDraft:
        """The draft of an id; UnknownDraft where there is none."""
        kept = self._rows.find(draft_id)
        if kept is None:
            raise unknown(draft_id)
        return kept

    def standing(self, kept: KeptDraft) -> Standing:
        """How far a draft has come, as of now."""
        return standing(kept, self._events_of(kept.policy_id))

    def keep(self, draft: Draft, person: str, *, replace_scheduled: bool = False) -> KeptDraft:
        """A new draft, kept under an id of its own; ChangeRefused where its words are in force already."""
        return self.keep_all([draft], person, replace_scheduled=replace_scheduled)[0]

    def keep_all(self, drafts: Sequence[Draft], person: str, *, replace_scheduled: bool = False) -> list[KeptDraft]:
        """New drafts, each under an id of its own: all of them, or none.

        A draft that the same person keeps already, of the same words on the same base, is that one.
        """
        found = []
        with self._changing():
            for draft in drafts:
                self._check_new(draft, replace_scheduled)
                base, deed = self._base(draft.policy_id), Deed(person, self._clock())
                kept = KeptDraft(self._free_id(), draft, base, (deed,), replace_scheduled=replace_scheduled)
                if (same := self._kept_already(kept)) is None:
                    self._write(kept)
                found.append(same or kept)
        return found

    def edit(
        self,
        draft_id: str,
        draft: Draft,
        person: str,
        *,
        replace_scheduled: bool = False,
        expected: str | None = None,
    ) -> KeptDraft:
        """The draft with these words, on what holds now. What was said of its earlier words is void.

        `expected` is the digest of what the person edits: ChangeRefused where somebody else edited it first.
        """
        with self._changing():
            kept = self.find(draft_id)
            check_there(kept)
            if expected is not None:
                check_unedited(kept, expected)
            if draft.policy_id != kept.policy_id:
                raise ChangeRefused(
                    f"{draft.where} is of policy {draft.policy_id}, and {draft_id} is of {kept.policy_id}. Keep it as "
                    "a draft of its own: leave out the id"
                )
            self._check_new(draft, replace_scheduled)
            deed = Deed(person, self._clock())
            void = ended_by_edit(kept, deed.at)
            edited = kept.edited(
                draft, self._base(draft.policy_id), deed, replace_scheduled=replace_scheduled, void=void
            )
            self._write(edited)
        return edited

    def submit(self, draft_id: str, person: str) -> KeptDraft:
        """The draft, handed in for another person's approval."""
        with self._changing():
            kept = self.find(draft_id)
            check_there(kept)
            events = self._events_of(kept.policy_id)
            found = standing(kept, events)
            if found.behind:
                raise ChangeRefused(behind(kept, events))
            if found.state == "approved":
                raise ChangeRefused(f"{draft_id} is approved already; `asof approve {draft_id}` publishes it")
            if found.state == "submitted":
                return kept
            handed_in = kept.submitted(Deed(person, self._clock()))
            self._write(handed_in)
        return handed_in

    def approve_for_later(self, draft_id: str, authority: Authority, digest: str, note: str | None = None) -> KeptDraft:
        """The draft, approved and not yet in force; as it is, where the same person approved it with the same note."""
        with self._changing():
            kept = self.find(draft_id)
            check_submitted(kept, self._events_of(kept.policy_id), "approve")
            person = approver(kept, authority, "approve")
            check_agreed(kept)
            check_same(kept, digest)
            if kept.state == "approved" and _said_before(kept, person, note):
                return kept
            if kept.state == "approved":
                raise ChangeRefused(f"{draft_id} is approved already; `asof approve {draft_id}` publishes it")
            approved = kept.approved(Deed(person, self._clock(), note))
            self._write(approved)
        return approved

    def reject(self, draft_id: str, authority: Authority, reason: str) -> KeptDraft:
        """The draft, given back to its writer with a reason."""
        with self._changing():
            kept = self.find(draft_id)
            person = approver(kept, authority, "reject")
            if kept.state == "rejected" and _said_before(kept, person, reason):
                return kept
            check_submitted(kept, self._events_of(kept.policy_id), "reject")
            rejected = kept.rejected(Deed(person, self._clock(), reason))
            self._write(rejected)
        return rejected

    def delete(self, draft_id: str, person: str | None = None) -> KeptDraft:
        """The draft that was removed for good. With `person`, only one of its writers may.

        A published one stays: it has no words any more, and answers whoever sends its approval again.
        """
        with self._changing():
            kept = self.find(draft_id)
            check_removable(kept, person)
            self._tried[draft_id] = None
            self._rows.delete(draft_id)
        return kept

    def delete_unreadable(self, draft_id: str) -> bool:
        """Whether a draft was removed for good whose row was altered, so that nobody can read it."""
        try:
            self._rows.find(draft_id)
        except LedgerDamaged:
            with self._changing():
                self._tried[draft_id] = None
                self._rows.delete(draft_id)
            return True
        return False

    def released(self, kept: KeptDraft) -> Draft:
        """The words of a draft as they are published: an approved one without a start begins when it was approved."""
        writers = ", ".join(dict.fromkeys(deed.person for deed in kept.writers))
        draft = replace(kept.draft, author=writers)
        if kept.state == "approved" and kept.decided is not None and draft.valid_from is None:
            return replace(draft, valid_from=kept.decided.at if self._still_begins(kept.decided.at, kept) else None)
        return draft

    def _still_begins(self, at: Instant, kept: KeptDraft) -> bool:
        """Whether words may begin at the instant of their approval, and not now.

        They may not under a clock that was ahead then, or set back to before what is recorded. Nor where another rule
        of the policy has begun since: they would change what was in force before it, and never be in force themselves.
        """
        now = self._clock()
        return at <= now and not any(
            event.recorded_at > at or any(at < paint.period.start <= now for paint in event.painted)
            for event in self._events_of(kept.policy_id)
            if event.painted
        )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._exclusive():
            self._tried = {}
            yield

    def _write(self, kept: KeptDraft) -> None:
        self._tried[kept.id] = kept
        self._rows.write(kept)

    def _base(self, policy_id: str) -> Base:
        return base_of(self._events_of(policy_id))

    def _check_new(self, draft: Draft, replace_scheduled: bool) -> None:
        if (same := self._already(draft, replace_scheduled)) is not None:
            raise ChangeRefused(
                f"{draft.where}: {same} says these words over this period already, so there is nothing to approve"
            )

    def _kept_already(self, kept: KeptDraft) -> KeptDraft | None:
        """An open draft that says the same, of the same person."""
        return next(
            (
                it
                for it in self._rows.open(kept.policy_id)
                if it.state == "draft"
                and it.base == kept.base
                and it.digest() == kept.digest()
                and it.written_by(kept.writers[0].person)
            ),
            None,
        )

    def _free_id(self) -> str:
        while True:
            found = "d-" + "".join(secrets.choice(LETTERS) for _ in range(ID_LENGTH))
            if self._rows.find(found) is None:
                return found


def _said_before(kept: KeptDraft, person: str, words: str | None) -> bool:
    """Whether the same person decided on a draft with the same words before."""
    said = kept.decided
    return said is not None and same_person(said.person, person) and said.words == words


def check_removable(kept: KeptDraft, person: str | None) -> None:
    """ChangeRefused where a draft is not to be deleted, by whomever, or not by this person; None stands for anyone."""
    if person is not None and not kept.written_by(person):
        raise ChangeRefused(f"{person} did not write {kept.id}; who wrote a draft may delete it")
    if kept.state == "published":
        raise ChangeRefused(
            f"{kept.id} is published: it is {kept.policy_id}@{kept.revision}, by transaction {kept.published}, and no "
            f"words are kept in it, so there is nothing to delete. `asof undo {kept.published}` takes its revision back"
        )


def unknown(draft_id: str) -> UnknownDraft:
    """What is said of a draft that is not there, or not for the caller to know of."""
    return UnknownDraft(f"There is no draft {draft_id[:40]!r}; `asof drafts` lists those that you may see")
