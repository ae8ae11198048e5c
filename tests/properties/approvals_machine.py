"""What is recorded without a draft, in a real ledger beside the naive painter and the naive model.

Whatever is taken, each day answers as the painter says, no word is in force that nobody may have let in, each field is
said as the model says, and no event changes by a byte.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from policies.amending.description import FIELDS, Description
from policies.approving.authority import Authority
from policies.change import (
    Change,
    Configure,
    Correct,
    Describe,
    Publish,
    Restore,
    SignOff,
    Undo,
    Withdraw,
)
from policies.errors import ChangeRefused, DraftError, UnknownPolicy, UnknownRevision
from policies.event import Event
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId
from policies.storage.ledger_store import LedgerStore
from tests.properties.naive_drafts import ADMIN, APPROVERS, AUTHORS, Model, Said, authority, fields
from tests.properties.test_timeline_model import (
    DAY,
    DAYS,
    PAINTLESS,
    POLICIES,
    REVISIONS,
    Answer,
    Book,
    Op,
    asked,
    change_of,
    check_answers,
    draft_of,
    instant,
    policy_ids,
    repainted,
    starts,
    taken_back,
)

people = st.sampled_from((*AUTHORS, *APPROVERS))
approvers = st.sampled_from((*APPROVERS, *APPROVERS, *AUTHORS))
picks = st.integers(0, 20)
rarely = st.integers(0, 5).map(lambda number: number == 5)
mostly = rarely.map(lambda it: not it)


class ApprovalsMachine(RuleBasedStateMachine):
    """People of each role at one ledger; an admin says whether P-1 needs an approval. P-2 never does."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.model = Book(), Model()
        self.ledger = Ledger(LedgerStore.in_memory(), lambda: self.book.at + DAY + 12_345)
        self.rows: list[bytes] = []
        self.txs: list[int] = []
        self.answered: dict[tuple[str, int], list[Answer]] = {}
        self.written = 0

    @initialize(required=mostly)
    def begin(self, required: bool) -> None:
        """Both policies are there, and mostly P-1 needs approvals from then on."""
        self.publish("P-1", 0, AUTHORS[0], 0, wrong=False)
        self.publish("P-2", 0, AUTHORS[0], 1, wrong=False)
        self.require(on=required, admin=True)

    # Words

    def words(self, common: int) -> str:
        self.written += 1
        return f"Common rule of kind {common}. Its own {self.written}."

    def made(self, op: Op, words: str, common: int) -> Draft:
        """A draft that says an owner, a note, a review date or nothing, by what its words have in common."""
        said = fields(common, 0)
        own = {"owner": said.owner, "note": said.note, "review_by": said.review_by}
        return replace(draft_of(op, ""), text=words, **own)

    def spans(self, draft: Draft) -> list[Span]:
        end = draft.text.index(".") + 1
        return [Span(0, end), Span(end + 1, len(draft.text))]

    # What is recorded

    def record(self, change: Change, ops: list[Op], twin: Change | None, who: Authority) -> list[Event]:
        """Records a change in the ledger, and its twin, which knows of no draft, beside the painter."""
        proposal = self.ledger.propose([change])
        events = self.ledger.record(proposal, [self.spans(it) for it in proposal.drafts], "two", authority=who)
        if events and twin is not None:
            assert self.book.record(ops, [twin])
        elif events:
            self.settle(ops, events)
        if events:
            self.txs.append(events[-1].tx)
        return events

    def settle(self, ops: list[Op], events: list[Event]) -> None:
        """A setting or a sign-off, which the book cannot propose: it takes a transaction and paints nothing."""
        self.book.at += DAY + 12_345
        self.book.timeline = replace(self.book.timeline, tx=events[-1].tx, recorded_at=self.book.at)
        self.book.commits.append((self.book.at, self.book.numbered(ops)))

    def refused(self, change: Change, who: Authority) -> None:
        with pytest.raises((ChangeRefused, UnknownPolicy, UnknownRevision, DraftError)):
            self.record(change, [], None, who)

    def newest_paint(self, policy_id: str) -> int:
        return max((event.tx for event in self.book.events[policy_id] if event.painted), default=0)

    def brought(self, events: list[Event], words: str, common: int) -> None:
        [event] = events
        self.model.let_in.add(words)
        version = VersionId(event.policy_id, event.revision or 0)
        self.model.common[version] = common
        self.say(version.policy_id, version.number, fields(common, 0))
        self.check()

    def say(self, policy_id: str, number: int, values: Description, clears: tuple[str, ...] = ()) -> None:
        self.model.said.append(Said(self.book.at, len(self.book.commits) - 1, policy_id, number, values, clears))

    def paints(self, op: Op) -> bool:
        return repainted(self.book.ops(self.book.at))[op.policy_id].paint(op)

    # What needs no draft

    @rule(on=mostly, admin=mostly)
    def require(self, on: bool, admin: bool) -> None:
        change = Configure(approval="required" if on else "optional", policies="P-1")
        who = ADMIN if admin else Authority("Bo Chen")
        if on == self.model.required and (on or self.ledger.settings().approval):
            return
        if self.model.required and not admin:
            self.refused(change, who)
            return
        if self.record(change, [Op("settings", "", 0)], None, who):
            self.model.required = on
        self.check()

    @rule(policy_id=policy_ids, start=starts, person=people, common=st.integers(0, 3), wrong=rarely)
    def publish(self, policy_id: str, start: int, person: str, common: int, wrong: bool) -> None:
        """Forced where an approval is needed; the wrong way round it is refused."""
        op, words = Op("publish", policy_id, start), self.words(common)
        force = self.model.needs_approval(policy_id) is not wrong
        who = replace(ADMIN, force="a recall") if force else authority(person)
        change = Publish(self.made(op, words, common))
        if not self.paints(op) or force != self.model.needs_approval(policy_id):
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
                self.record(off, [Op("sign_off", policy_id, 0)], None, authority(person))
                self.check()

    @rule(policy_id=policy_ids, person=people, back=st.integers(0, 2), common=st.integers(0, 3))
    def correct(self, policy_id: str, person: str, back: int, common: int) -> None:
        number = len(self.book.timeline.revisions(policy_id)) - back
        if number < 1:
            return
        op = self.book.numbered([Op("correct", policy_id, 0, corrects=number)])[0]
        words = self.words(common)
        bare = replace(self.made(op, words, common), valid_from=None, valid_to=None)
        change = Correct(VersionId(policy_id, number), bare)
        if not self.paints(op) or self.model.needs_approval(policy_id):
            self.refused(change, authority(person))
            return
        self.brought(self.record(change, [op], change, authority(person)), words, common)

    @rule(policy_id=policy_ids, start=starts)
    def withdraw(self, policy_id: str, start: int) -> None:
        change = Withdraw(policy_id, instant(start))
        with suppress(ChangeRefused, UnknownPolicy):
            self.record(change, [Op("withdraw", policy_id, start)], change, Authority())
        self.check()

    @precondition(lambda self: any(self.withdrawn(policy_id) for policy_id in POLICIES))
    @rule(policy_id=policy_ids, pick=starts, person=approvers)
    def restore(self, policy_id: str, pick: int, person: str) -> None:
        """From a withdrawn day where there is one; by an approver, where the words need an approval."""
        withdrawn = self.withdrawn(policy_id)
        op = Op("restore", policy_id, withdrawn[pick % len(withdrawn)] if withdrawn else pick)
        change = Restore(policy_id, instant(op.start))
        locked = self.model.needs_approval(policy_id) and person not in APPROVERS
        if locked or not self.paints(op):
            self.refused(change, authority(person))
            return
        self.record(change, [op], change, authority(person))
        self.check()

    def withdrawn(self, policy_id: str) -> list[int]:
        shown = repainted(self.book.ops(self.book.at))[policy_id].shown
        return sorted(day for day, colour in shown.items() if colour.revision is None and day < DAYS)

    def count(self, policy_id: str) -> int:
        return sum(op.policy_id == policy_id and op.kind in REVISIONS for op in self.book.ops(self.book.at))

    def coming(self, policy_id: str) -> list[int]:
        numbers = range(1, self.count(policy_id) + 1)
        return [number for number in numbers if self.book.unscheduling(policy_id, number)[1]]

    @precondition(lambda self: any(self.coming(policy_id) for policy_id in POLICIES))
    @rule(policy_id=policy_ids, pick=picks, person=approvers)
    def unschedule(self, policy_id: str, pick: int, person: str) -> None:
        """One that has not begun, where there is one."""
        coming, count = self.coming(policy_id), self.count(policy_id)
        number = coming[pick % len(coming)] if coming else pick % count + 1
        op, possible = self.book.unscheduling(policy_id, number)
        change = change_of(op, "")
        if not possible or (self.model.needs_approval(policy_id) and person not in APPROVERS):
            self.refused(change, authority(person))
            return
        self.record(change, [op], change, authority(person))
        self.check()

    @rule(back=st.integers(0, 6).map(lambda it: max(it - 2, 0)), person=approvers)
    def undo(self, back: int, person: str) -> None:
        """Of the newest commit: each day then answers as it did before that commit. Or of one of those before it."""
        target = len(self.book.commits) - 1 - back
        if target < 0:
            return
        ops, before = self.book.undoing(target), self.book.ops(self.book.at)
        change = Undo(self.txs[target])
        again = all((target, op.policy_id) in taken_back(before) for op in ops)
        erased = any(op.kind == "erase" and op.commit >= target and op.policy_id == ops[0].policy_id for op in before)
        paintless = any(op.kind in PAINTLESS for op in self.book.commits[target][1])
        locked = person not in APPROVERS and any(self.model.needs_approval(op.policy_id) for op in ops)
        if again or erased or paintless or locked:
            self.refused(change, authority(person))
            return
        self.record(change, ops, change, authority(person))
        self.check()
        if back == 0:
            earlier = self.book.commits[target - 1][0] if target else 0
            now, then = ([self.answers(at, offset) for offset in (-1, 0, 1)] for at in (self.book.at, earlier))
            assert now == then

    def answers(self, known_at: int, offset: int) -> list[list[Answer]]:
        return [asked(self.ledger.timeline(), policy_id, known_at, offset) for policy_id in POLICIES]

    @rule(policy_id=policy_ids, kind=st.integers(1, 3), value=st.integers(1, 2), clear=st.booleans())
    def describe(self, policy_id: str, kind: int, value: int, clear: bool) -> None:
        """One field is said, or cleared; said again of all that shows or is coming, it is no change."""
        said = fields(0 if clear else kind, value)
        clears = (FIELDS[kind - 1],) if clear else ()
        change = Describe(policy_id, said.owner, said.note, said.review_by, clears=clears)
        op = Op("describe", policy_id, 0)
        if policy_id not in self.book.timeline.policies:
            self.refused(change, Authority())
        elif self.record(change, [op], change, Authority()):
            self.say(policy_id, 0, said, clears)
        self.check()

    # What must be so

    def check(self) -> None:
        before, self.rows = self.rows, [event.canonical() for event in self.ledger.events()]
        assert self.rows[: len(before)] == before
        timeline, now = self.ledger.timeline(), self.book.at
        check_answers(timeline, repainted(self.book.ops(now)), now)
        self.answered |= {(policy_id, now): asked(timeline, policy_id, now, 0) for policy_id in POLICIES}
        self.check_descriptions(now)
        for version in timeline.publishes.keys() - timeline.erased:
            assert self.ledger.revision(version, timeline).text in self.model.let_in
        for draft_id, it in self.model.waiting.items():
            kept: Any = self.ledger.drafts.find(draft_id)
            assert (kept.state, {deed.person for deed in kept.writers}) == (it.state, it.writers)
            assert kept.draft.text == ("" if it.state in ("published", "erased") else it.words)

    def check_descriptions(self, known_at: int) -> None:
        timeline, undone = self.ledger.timeline(), taken_back(self.book.ops(known_at))
        there = [version for version, event in timeline.publishes.items() if event.recorded_at <= known_at]
        expected = {version: self.model.description(version, known_at, undone) for version in there}
        assert self.ledger.descriptions(there, timeline, known_at) == expected

    def teardown(self) -> None:
        """No answer that was ever given has changed, and an auditor finds every approval that was needed."""
        self.ledger.verify()
        timeline = self.ledger.timeline()
        for (policy_id, known_at), answers in self.answered.items():
            assert asked(timeline, policy_id, known_at, 0) == answers
        for recorded_at, _ in self.book.commits:
            self.check_descriptions(recorded_at)
        needed = False
        for event in self.ledger.events():
            if event.kind == "publish" and needed and event.policy_id == "P-1":
                self.audit(event)
            if "approval" in event.settings:
                needed = event.settings["approval"] == "required"
        self.ledger.close()

    def audit(self, event: Event) -> None:
        if event.forced is not None:
            assert event.forced.person == ADMIN.person
            return
        assert event.approval is not None
        assert event.approval.person in APPROVERS
        assert event.approval.person not in self.model.waiting[str(event.approval.draft)].writers
