"""Drafts and approvals against a naive model, in a real ledger beside the naive painter of timelines.

The model knows who wrote what, what was handed in, and what an approver read. It says of each step whether it may be
taken. Whatever is taken, each day answers as the painter says, no word is in force that nobody may have let in, and no
event changes by a byte.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from policies.approving.authority import Authority
from policies.change import Approve, Change, Configure, Correct, Describe, Erase, Publish, SignOff, Undo, Withdraw
from policies.errors import ChangeRefused, DraftError, UnknownPolicy, UnknownRevision
from policies.event import Event
from policies.ledger import Ledger
from policies.ledger_store import LedgerStore
from policies.revision import Draft, Span, VersionId
from tests.properties.test_timeline_model import (
    DAY,
    DAYS,
    Book,
    Op,
    asked,
    check_answers,
    draft_of,
    instant,
    lengths,
    policy_ids,
    repainted,
    starts,
    taken_back,
)

AUTHORS, APPROVERS = ("Bo Chen", "Cy Doe"), ("Ann Lee", "Eve Ito")
people = st.sampled_from((*AUTHORS, *APPROVERS))
approvers = st.sampled_from((*APPROVERS, *APPROVERS, *AUTHORS))
picks = st.integers(0, 20)
TAKEN_BACK = ("undo", "unschedule", "restore")


@dataclass
class Waiting:
    """What the model knows of a draft."""

    op: Op
    words: str
    common: int
    writers: set[str]
    base: int
    state: str = "draft"
    approver: str | None = None
    read: str = ""
    """The digest that was read last."""


@dataclass
class Model:
    """Which policies need an approval, what waits, and which words somebody may have let in."""

    required: bool = False
    waiting: dict[str, Waiting] = field(default_factory=dict)
    let_in: set[str] = field(default_factory=set)
    common: dict[VersionId, int] = field(default_factory=dict)


def authority(person: str) -> Authority:
    return Authority(person, approves=person in APPROVERS)


class DraftsMachine(RuleBasedStateMachine):
    """Authors and approvers at one ledger; an admin says whether P-1 needs an approval. P-2 never does."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.model = Book(), Model()
        self.ledger = Ledger(LedgerStore.in_memory(), lambda: self.book.at + DAY + 12_345)
        self.rows: list[bytes] = []
        self.shift = 0
        self.written = 0

    # Words

    def words(self, common: int) -> str:
        self.written += 1
        return f"Common rule of kind {common}. Its own {self.written}."

    def made(self, op: Op, words: str) -> Draft:
        return replace(draft_of(op, ""), text=words)

    def spans(self, draft: Draft) -> list[Span]:
        end = draft.text.index(".") + 1
        return [Span(0, end), Span(end + 1, len(draft.text))]

    # What is recorded

    def record(self, change: Change, ops: list[Op], twin: Change | None, who: Authority) -> list[Event]:
        """Records a change in the ledger, and its twin, which knows of no draft, beside the painter."""
        proposal = self.ledger.propose([change])
        events = self.ledger.record(proposal, [self.spans(it) for it in proposal.drafts], "two", authority=who)
        if twin is not None and events:
            assert self.book.record(ops, [twin])
        elif events:
            self.settle(events)
        return events

    def settle(self, events: list[Event]) -> None:
        """An event that the painter knows nothing of takes a transaction all the same."""
        self.book.at += DAY + 12_345
        self.book.timeline = replace(self.book.timeline, tx=events[-1].tx, recorded_at=self.book.at)
        self.book.commits.append((self.book.at, []))

    def refused(self, change: Change, who: Authority) -> None:
        with pytest.raises((ChangeRefused, UnknownPolicy, UnknownRevision, DraftError)):
            self.record(change, [], None, who)

    def newest_paint(self, policy_id: str) -> int:
        return max((event.tx for event in self.book.events[policy_id] if event.painted), default=0)

    def needs_approval(self, policy_id: str) -> bool:
        return self.model.required and policy_id == "P-1"

    def brought(self, events: list[Event], words: str, common: int) -> None:
        [event] = events
        self.model.let_in.add(words)
        self.model.common[VersionId(event.policy_id, event.revision or 0)] = common
        self.check()

    def paints(self, op: Op) -> bool:
        return repainted(self.book.ops(self.book.at))[op.policy_id].paint(op)

    # Drafts

    @rule(
        policy_id=policy_ids,
        start=starts,
        length=st.none() | lengths,
        common=st.integers(0, 3),
        person=people,
        hand_in=st.booleans(),
    )
    def draft(self, policy_id: str, start: int, length: int | None, common: int, person: str, hand_in: bool) -> None:
        op = Op("publish", policy_id, start, None if length is None else min(start + length, DAYS))
        words = self.words(common)
        if not self.paints(op):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.keep(self.made(op, words), person)
            return
        kept = self.ledger.drafts.keep(self.made(op, words), person)
        self.model.waiting[kept.id] = it = Waiting(op, words, common, {person}, self.newest_paint(policy_id))
        if hand_in:
            self.ledger.drafts.submit(kept.id, person)
            it.state, it.read = "submitted", kept.digest()
        self.check()

    def picked(self, pick: int) -> tuple[str, Waiting] | None:
        """One of the drafts; mostly one of the newest, so that many go the whole way."""
        ids = list(reversed(self.model.waiting))
        found = ids[pick % len(ids) if pick > 15 else pick % min(len(ids), 2)] if ids else None
        return None if found is None else (found, self.model.waiting[found])

    @rule(pick=picks, person=people, common=st.integers(0, 3))
    def edit(self, pick: int, person: str, common: int) -> None:
        if (found := self.picked(pick)) is None:
            return
        draft_id, it = found
        words = self.words(common)
        if it.state in ("published", "erased") or not self.paints(it.op):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.edit(draft_id, self.made(it.op, words), person)
            return
        edited = self.ledger.drafts.edit(draft_id, self.made(it.op, words), person)
        assert (edited.void is not None) == (it.state in ("submitted", "approved"))
        it.words, it.common, it.base, it.state = words, common, self.newest_paint(it.op.policy_id), "draft"
        it.writers.add(person)

    @rule(pick=picks)
    def read(self, pick: int) -> None:
        if (found := self.picked(pick)) is not None and found[1].state not in ("published", "erased"):
            found[1].read = self.ledger.drafts.find(found[0]).digest()

    @rule(pick=picks, person=people)
    def submit(self, pick: int, person: str) -> None:
        if (found := self.picked(pick)) is None:
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

    @rule(pick=picks, person=approvers, beneath=st.booleans())
    def approve(self, pick: int, person: str, beneath: bool) -> None:
        """By the digest that was read, which an edit since made another one; or after something else was recorded."""
        if (found := self.picked(pick)) is None:
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
        if (found := self.picked(pick)) is None:
            return
        draft_id, it = found
        same = it.state not in ("published", "erased") and it.read == self.ledger.drafts.find(draft_id).digest()
        if not (same and self.decidable(it, person) and person not in it.writers):
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.approve_for_later(draft_id, authority(person), it.read)
            return
        self.ledger.drafts.approve_for_later(draft_id, authority(person), it.read)
        it.state, it.approver = "approved", person

    @rule(pick=picks)
    def release(self, pick: int) -> None:
        if (found := self.picked(pick)) is None:
            return
        draft_id, it = found
        if it.state != "approved" or it.base != self.newest_paint(it.op.policy_id):
            self.refused(Approve(draft_id), Authority())
            return
        self.release_as(draft_id, it, Approve(draft_id), Authority())

    def release_as(self, draft_id: str, it: Waiting, change: Approve, who: Authority) -> None:
        """It was checked when it was written, and nothing has painted its policy since."""
        twin = Publish(self.made(it.op, it.words))
        events = self.record(change, [it.op], twin, who)
        assert events[0].approval is not None
        assert events[0].approval.person == (it.approver if it.state == "approved" else who.person)
        it.state = "published"
        self.brought(events, it.words, it.common)

    @rule(pick=picks, person=approvers)
    def reject(self, pick: int, person: str) -> None:
        if (found := self.picked(pick)) is None:
            return
        draft_id, it = found
        current = it.base == self.newest_paint(it.op.policy_id)
        if person in APPROVERS and it.state in ("submitted", "approved") and current:
            self.ledger.drafts.reject(draft_id, authority(person), "a reason")
            it.state = "rejected"
        elif it.state != "rejected":
            with pytest.raises(ChangeRefused):
                self.ledger.drafts.reject(draft_id, authority(person), "a reason")

    # What needs no draft

    @rule(on=st.booleans(), admin=st.booleans())
    def require(self, on: bool, admin: bool) -> None:
        change = Configure(approval="required" if on else "optional", policies="P-1")
        who = Authority("Ada Min", approves=True, decides=True) if admin else Authority("Bo Chen")
        if on == self.model.required and (on or self.ledger.settings().approval):
            return
        if self.model.required and not admin:
            self.refused(change, who)
            return
        if self.record(change, [], None, who):
            self.model.required = on
        self.check()

    @rule(policy_id=policy_ids, start=starts, person=people, common=st.integers(0, 3), force=st.booleans())
    def publish(self, policy_id: str, start: int, person: str, common: int, force: bool) -> None:
        op, words = Op("publish", policy_id, start), self.words(common)
        who = Authority("Ada Min", approves=True, decides=True, force="a recall") if force else authority(person)
        change = Publish(self.made(op, words))
        if not self.paints(op) or force != self.needs_approval(policy_id):
            self.refused(change, who)
            return
        events = self.record(change, [op], change, who)
        assert (events[0].forced is not None) == force
        self.brought(events, words, common)
        if force:
            off = SignOff(VersionId(policy_id, events[0].revision or 0), authority(person))
            if person not in APPROVERS:
                self.refused(off, authority(person))
            else:
                self.record(off, [], None, authority(person))

    @rule(policy_id=policy_ids, person=people, back=st.integers(0, 2), common=st.integers(0, 3))
    def correct(self, policy_id: str, person: str, back: int, common: int) -> None:
        number = len(self.book.timeline.revisions(policy_id)) - back
        if number < 1:
            return
        op = self.book.numbered([Op("correct", policy_id, 0, corrects=number)])[0]
        words = self.words(common)
        bare = replace(self.made(op, words), valid_from=None, valid_to=None)
        change = Correct(VersionId(policy_id, number), bare)
        if not self.paints(op) or self.needs_approval(policy_id):
            self.refused(change, authority(person))
            return
        self.brought(self.record(change, [op], change, authority(person)), words, common)

    @rule(policy_id=policy_ids, start=starts)
    def withdraw(self, policy_id: str, start: int) -> None:
        change = Withdraw(policy_id, instant(start))
        with suppress(ChangeRefused, UnknownPolicy):
            self.record(change, [Op("withdraw", policy_id, start)], change, Authority())
        self.check()

    @rule(back=st.integers(0, 4), person=people)
    def undo(self, back: int, person: str) -> None:
        target = len(self.book.commits) - 1 - back
        if target < 0 or not self.book.commits[target][1]:
            return
        ops = self.book.undoing(target)
        change = Undo(self.book.last_tx(target))
        before = self.book.ops(self.book.at)
        again = all((target, op.policy_id) in taken_back(before) for op in ops)
        erased = any(op.kind == "erase" and op.commit >= target and op.policy_id == ops[0].policy_id for op in before)
        described = any(op.kind in ("describe", "erase") for op in self.book.commits[target][1])
        locked = person not in APPROVERS and any(self.needs_approval(op.policy_id) for op in ops)
        if again or erased or described or locked:
            self.refused(change, authority(person))
            return
        earlier = {op.policy_id: asked(self.book.timeline, op.policy_id, self.book.at, 0) for op in ops}
        self.record(change, ops, change, authority(person))
        assert set(earlier) == {op.policy_id for op in ops}
        self.check()

    @rule(policy_id=policy_ids)
    def describe(self, policy_id: str) -> None:
        change = Describe(policy_id, owner=f"owner {len(self.book.commits)}")
        with suppress(UnknownPolicy):
            self.record(change, [Op("describe", policy_id, 0)], change, Authority())
        self.check()

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
        if common not in self.model.common.values():
            for it in self.model.waiting.values():
                if it.common == common and it.state != "published":
                    it.state = "erased"
        self.check()

    # What must be so

    def check(self) -> None:
        before, self.rows = self.rows, [event.canonical() for event in self.ledger.events()]
        assert self.rows[: len(before)] == before
        timeline, now = self.ledger.timeline(), self.book.at
        check_answers(timeline, repainted(self.book.ops(now)), now)
        for version in timeline.publishes.keys() - timeline.erased:
            assert self.ledger.revision(version, timeline).text in self.model.let_in
        for draft_id, it in self.model.waiting.items():
            kept: Any = self.ledger.drafts.find(draft_id)
            assert (kept.state, {deed.person for deed in kept.writers}) == (it.state, it.writers)
            assert kept.draft.text == ("" if it.state in ("published", "erased") else it.words)

    def teardown(self) -> None:
        self.ledger.verify()
        needed = False
        for event in self.ledger.events():
            if event.kind == "publish" and needed and event.policy_id == "P-1":
                assert event.approval is not None or event.forced is not None
            if "approval" in event.settings:
                needed = event.settings["approval"] == "required"
        self.ledger.close()


class TestDraftsAgainstTheModel(DraftsMachine.TestCase):
    settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(0)
class TestDraftsAgainstTheModelForLong(DraftsMachine.TestCase):
    settings = settings(
        max_examples=1_500, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
    )
