"""Drafts and approvals against a naive model, in a real ledger beside the naive painter of timelines.

The model knows who wrote what, what was handed in, and what an approver read. It says of each step whether it may be
taken. Whatever is taken, each day answers as the painter says, no word is in force that nobody may have let in, and no
event changes by a byte.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from policies.approving.authority import Authority
from policies.change import (
    Approve,
    Erase,
    Publish,
)
from policies.errors import ChangeRefused
from tests.properties.approvals_machine import ApprovalsMachine, approvers, mostly, people, picks, rarely
from tests.properties.naive_drafts import APPROVERS, Waiting, authority
from tests.properties.test_timeline_model import (
    DAYS,
    Op,
    lengths,
    policy_ids,
    starts,
)


class DraftsMachine(ApprovalsMachine):
    """Drafts on the way, and erasures that reach them."""

    @rule(
        policy_id=policy_ids,
        start=starts,
        length=st.none() | lengths,
        common=st.integers(0, 3),
        person=people,
        hand_in=mostly,
    )
    def draft(self, policy_id: str, start: int, length: int | None, common: int, person: str, hand_in: bool) -> None:
        op = Op("publish", policy_id, start, None if length is None else min(start + length, DAYS))
        words = self.words(common)
        if not self.paints(op):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.keep(self.made(op, words, common), person)
            return
        kept = self.ledger.drafts.keep(self.made(op, words, common), person)
        self.model.waiting[kept.id] = it = Waiting(op, words, common, {person}, self.newest_paint(policy_id))
        if hand_in:
            self.ledger.drafts.submit(kept.id, person)
            it.state, it.read = "submitted", kept.digest()
        self.check()

    def picked(self, pick: int, *states: str) -> tuple[str, Waiting] | None:
        """One of the drafts; mostly one of the two newest in these states, so that many go the whole way."""
        ids = list(reversed(self.model.waiting))
        likely = [it for it in ids if self.model.waiting[it].state in states and self.is_current(it)][:2]
        among = likely if likely and pick <= 15 else ids
        return (among[pick % len(among)], self.model.waiting[among[pick % len(among)]]) if among else None

    def is_current(self, draft_id: str) -> bool:
        it = self.model.waiting[draft_id]
        return it.base == self.newest_paint(it.op.policy_id)

    @rule(pick=picks, person=people, common=st.integers(0, 3))
    def edit(self, pick: int, person: str, common: int) -> None:
        if (found := self.picked(pick, "draft", "submitted", "approved", "rejected")) is None:
            return
        draft_id, it = found
        words = self.words(common)
        if it.state in ("published", "erased") or not self.paints(it.op):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.edit(draft_id, self.made(it.op, words, common), person)
            return
        edited = self.ledger.drafts.edit(draft_id, self.made(it.op, words, common), person)
        assert (edited.void is not None) == (it.state in ("submitted", "approved"))
        it.words, it.common, it.base, it.state = words, common, self.newest_paint(it.op.policy_id), "draft"
        it.writers.add(person)

    @rule(pick=picks)
    def read(self, pick: int) -> None:
        if (found := self.picked(pick, "draft", "submitted")) is not None and found[1].state not in (
            "published",
            "erased",
        ):
            found[1].read = self.ledger.drafts.find(found[0]).digest()

    @rule(pick=picks, person=people)
    def submit(self, pick: int, person: str) -> None:
        if (found := self.picked(pick, "draft", "rejected")) is None:
            return
        draft_id, it = found
        current = it.base == self.newest_paint(it.op.policy_id)
        if it.state in ("published", "erased", "approved") or not current:
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.submit(draft_id, person)
            return
        self.ledger.drafts.submit(draft_id, person)
        it.state = "submitted"

    def decidable(self, it: Waiting, person: str) -> bool:
        current = it.base == self.newest_paint(it.op.policy_id)
        return it.state == "submitted" and current and person in APPROVERS

    @rule(pick=picks, person=approvers, beneath=rarely)
    def approve(self, pick: int, person: str, beneath: bool) -> None:
        """By the digest that was read, which an edit since made another one; or after something else was recorded."""
        if (found := self.picked(pick, "submitted")) is None:
            return
        draft_id, it = found
        if beneath:
            self.withdraw(it.op.policy_id, DAYS - 1)
        change = Approve(draft_id, authority(person), it.read)
        same = it.state not in ("published", "erased") and it.read == self.ledger.drafts.find(draft_id).digest()
        own = person in it.writers
        released = it.state == "approved" and it.base == self.newest_paint(it.op.policy_id)
        if not same or not (released or (self.decidable(it, person) and not own)):
            self.refused(change, authority(person))
            return
        self.release_as(draft_id, it, change, authority(person))

    @rule(pick=picks, person=approvers)
    def approve_for_later(self, pick: int, person: str) -> None:
        if (found := self.picked(pick, "submitted")) is None:
            return
        draft_id, it = found
        same = it.state not in ("published", "erased") and it.read == self.ledger.drafts.find(draft_id).digest()
        if same and it.state == "approved" and person == it.approver and it.base == self.newest_paint(it.op.policy_id):
            before = self.ledger.drafts.find(draft_id)  # the same decision sent again changes nothing
            assert self.ledger.drafts.approve_for_later(draft_id, authority(person), it.read) == before
            return
        if not (same and self.decidable(it, person) and person not in it.writers):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.approve_for_later(draft_id, authority(person), it.read)
            return
        self.ledger.drafts.approve_for_later(draft_id, authority(person), it.read)
        it.state, it.approver = "approved", person

    @rule(pick=picks)
    def release(self, pick: int) -> None:
        if (found := self.picked(pick, "approved")) is None:
            return
        draft_id, it = found
        if it.state != "approved" or it.base != self.newest_paint(it.op.policy_id):
            self.refused(Approve(draft_id), Authority())
            return
        self.release_as(draft_id, it, Approve(draft_id), Authority())

    def release_as(self, draft_id: str, it: Waiting, change: Approve, who: Authority) -> None:
        """It was checked when it was written, and nothing has painted its policy since."""
        twin = Publish(self.made(it.op, it.words, it.common))
        events = self.record(change, [it.op], twin, who)
        assert events[0].approval is not None
        assert events[0].approval.person == (it.approver if it.state == "approved" else who.person)
        it.state = "published"
        self.brought(events, it.words, it.common)

    @rule(pick=picks, person=approvers)
    def reject(self, pick: int, person: str) -> None:
        if (found := self.picked(pick, "submitted", "approved")) is None:
            return
        draft_id, it = found
        current = it.base == self.newest_paint(it.op.policy_id)
        if person in APPROVERS and it.state in ("submitted", "approved") and current:
            self.ledger.drafts.reject(draft_id, authority(person), "a reason")
            it.state = "rejected"
        elif it.state != "rejected":
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.reject(draft_id, authority(person), "a reason")

    @rule(
        policy_id=policy_ids,
        start=starts,
        length=st.none() | lengths,
        common=st.integers(0, 3),
        person=people,
        approver=approvers,
        later=st.booleans(),
        between=st.sampled_from(("nothing", "nothing", "nothing", "edit", "withdraw")),
    )
    def whole_way(
        self,
        policy_id: str,
        start: int,
        length: int | None,
        common: int,
        person: str,
        approver: str,
        later: bool,
        between: str,
    ) -> None:
        """A draft is handed in, read and approved at once, or to be released later; or something comes between."""
        self.draft(policy_id, start, length, common, person, hand_in=True)
        if between == "edit":
            self.edit(0, person, common)
            self.submit(0, person)
        if later:
            self.approve_for_later(0, approver)
        if between == "withdraw":
            self.withdraw(policy_id, DAYS - 2)
        if later:
            self.release(0)
        else:
            self.approve(0, approver, beneath=False)

    @precondition(lambda self: len(self.book.commits) >= 8)
    @rule(pick=picks, holding=st.booleans())
    def erase(self, pick: int, holding: bool) -> None:
        """One of the revisions, mostly where a draft holds some of its words."""
        if not self.model.common:
            return
        version = sorted(self.model.common)[pick % len(self.model.common)]
        policy_id, number = version.policy_id, version.number
        if holding:
            self.draft(policy_id, DAYS - 1, 1, self.model.common[version], "Bo Chen", hand_in=True)
        common = self.model.common.pop(version)
        change = Erase(version, "a reason")
        self.record(change, [Op("erase", policy_id, 0, number=number)], change, Authority())
        self.model.erased.add(version)
        if common not in self.model.common.values():
            for it in self.model.waiting.values():
                if it.common == common and it.state != "published":
                    it.state = "erased"
        self.check()


class TestDraftsAgainstTheModel(DraftsMachine.TestCase):
    settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(0)
class TestDraftsAgainstTheModelForLong(DraftsMachine.TestCase):
    settings = settings(
        max_examples=1_500, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )
