"""The timeline against a naive model that paints one day at a time.

The model holds, for each policy, the colour of every day, and repaints it from scratch for each known_at
from the operations recorded by then. It leaves out those that were undone: that is all it knows of an undo. It knows
nothing of cells or periods: only the rules that ARCHITECTURE.md states.
Day 40 stands for every day from then on.
"""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from policies.change import Change, Correct, Describe, Erase, Load, Publish, Restore, Undo, Unschedule, Withdraw
from policies.errors import ChangeRefused, UnknownPolicy, UnknownRevision
from policies.event import Event
from policies.instant import FOREVER, Instant, parse_instant
from policies.ledger import Ledger
from policies.proposal import propose
from policies.revision import Draft, VersionId
from policies.storage.ledger_store import LedgerStore
from policies.timeline import Timeline

DAYS = 40
DAY = 86_400_000_000
FIRST_DAY = parse_instant("2025-01-01")
FIRST_COMMIT = parse_instant("2025-01-20")  # in the middle of the days: some rules are scheduled, some backdated
POLICIES = ("P-1", "P-2")
REVISIONS = ("publish", "load", "correct")
"""What brings a revision."""
PAINTLESS = ("erase", "describe", "sign_off", "settings")
"""What changes no day, and is undone by its opposite or never."""

Answer: TypeAlias = int | str | None
"""A revision's number, "withdrawn", or None where nothing was ever said."""


def instant(day: int) -> Instant:
    return FOREVER if day > DAYS else FIRST_DAY + day * DAY


# The model


@dataclass(frozen=True)
class Colour:
    """What one day shows, and the rule that it belongs to: where it starts, and whether it has an end."""

    revision: int | None
    origin: int
    open_ended: bool


@dataclass(frozen=True)
class Op:
    """One thing done to a policy; `end` is None where it has no end. A load knows its successor's start.

    `number` is the revision, where there is one, and `corrects` the one whose days it takes. `commit` is the number of
    the commit, and `targets` are those that an undo or an unscheduling takes back.
    """

    kind: str
    policy_id: str
    start: int
    end: int | None = None
    replace_scheduled: bool = False
    number: int = 0
    withdrawn: bool = False
    successor: int | None = None
    commit: int = -1
    targets: tuple[int, ...] = ()
    corrects: int = 0


@dataclass
class Picture:
    """One policy, day by day: what shows, and what would show had nothing ever been withdrawn."""

    shown: dict[int, Colour] = field(default_factory=dict)
    beneath: dict[int, Colour] = field(default_factory=dict)
    revisions: int = 0

    def paint(self, op: Op) -> bool:
        """Paints the days that `op` paints; whether there were any, or another revision."""
        if op.kind == "publish":
            return self._publish(op)
        if op.kind == "load":
            return self._load(op)
        if op.kind == "correct":
            days = [day for day, colour in self.shown.items() if colour.revision == op.corrects]
            for day in days:
                self._colour([day], replace(self.shown[day], revision=op.number))
            return bool(days)
        if op.kind in PAINTLESS:
            return False
        if op.kind == "withdraw":
            days = _span(op.start, op.end)
            nothing_new = all(day in self.shown and self.shown[day].revision is None for day in days)
            # Its author said from when on: also where the days are withdrawn without it, once another commit is undone.
            self._colour(days, Colour(None, op.start, op.end is None))
            return not nothing_new
        return self._restore(op.start)

    def can_withdraw(self, op: Op) -> bool:
        """There is something in the period to withdraw, or all of it is withdrawn already."""
        colours = [self.shown.get(day) for day in _span(op.start, op.end)]
        some = any(colour is not None and colour.revision is not None for colour in colours)
        return some or all(colour is not None for colour in colours)

    def _publish(self, op: Op) -> bool:
        days = _span(op.start, op.end)
        if op.end is None:
            stops = [c.origin for c in self.shown.values() if c.open_ended and c.origin > op.start]
            stop = DAYS + 1 if op.replace_scheduled or not stops else min(stops)
            days = [day for day in days if day < stop and not self._stays_on_top(day, op.start)]
        if not days:
            return False
        self._colour(days, Colour(op.number, op.start, op.end is None))
        return True

    def _stays_on_top(self, day: int, start: int) -> bool:
        colour = self.shown.get(day)
        return colour is not None and not colour.open_ended and colour.origin >= start

    def _load(self, op: Op) -> bool:
        new = op.number > self.revisions
        if new:
            self.revisions = op.number
            open_ended = op.end is None or op.withdrawn or op.end == op.successor
            self._colour(_span(op.start, op.end), Colour(op.number, op.start, open_ended))
        if not op.withdrawn or op.end is None or op.end == op.successor:
            return new
        said = self.shown.get(op.end)
        if said is not None and (said.revision is None or said.revision > op.number):
            return new
        until = op.successor if op.successor is not None and op.successor > op.end else None
        self._colour(_span(op.end, until), Colour(None, op.end, True))
        return True

    def _restore(self, start: int) -> bool:
        back = {}
        base: Colour | None = None
        for day in range(DAYS + 1):
            over, under = self.shown.get(day), self.beneath.get(day, base)
            if under is not None and under.open_ended:
                older = base is not None and (under.origin, under.revision or 0) < (base.origin, base.revision or 0)
                base = under = base if older else under
            if day < start or over is None or over.revision is not None or under is None:
                continue
            anew = over.open_ended and start > over.origin
            back[day] = Colour(under.revision, max(under.origin, start) if anew else under.origin, under.open_ended)
        self.shown |= back
        self.beneath |= back
        return bool(back)

    def _colour(self, days: Sequence[int], colour: Colour) -> None:
        for day in days:
            self.shown[day] = colour
            if colour.revision is not None:
                self.beneath[day] = colour

    def answers(self) -> list[Answer]:
        """What each day says, from the day before the first to the last."""
        colours = [self.shown.get(day) for day in range(-1, DAYS + 1)]
        return [None if colour is None else colour.revision or "withdrawn" for colour in colours]


def _span(start: int, end: int | None) -> list[int]:
    return list(range(start, DAYS + 1 if end is None else end))


def taken_back(ops: Sequence[Op]) -> set[tuple[int, str]]:
    """The commits, each with a policy, that an undo that counts itself took back."""
    gone: set[tuple[int, str]] = set()
    for op in reversed(ops):
        if (op.commit, op.policy_id) not in gone:
            gone |= {(target, op.policy_id) for target in op.targets}
    return gone


def repainted(ops: Sequence[Op]) -> dict[str, Picture]:
    """The pictures after these operations, from scratch."""
    pictures = {policy_id: Picture() for policy_id in POLICIES}
    gone = taken_back(ops)
    for op in ops:
        if not op.targets and (op.commit, op.policy_id) not in gone and op.kind not in PAINTLESS:
            pictures[op.policy_id].paint(op)
    return pictures


# The real thing


def draft_of(op: Op, words: object) -> Draft:
    """A draft for the period of `op`; `words` make its text."""
    end = None if op.end is None else instant(op.end)
    return Draft(op.policy_id, "Title", f"Words {words}.", "model", instant(op.start), end)


def change_of(op: Op, words: object) -> Change:
    """The change that `op` stands for."""
    end = None if op.end is None else instant(op.end)
    if op.kind == "publish":
        return Publish(draft_of(op, words), op.replace_scheduled)
    if op.kind == "load":
        successor = None if op.successor is None else instant(op.successor)
        return Load(draft_of(op, words), op.number, op.withdrawn, successor)
    if op.kind == "withdraw":
        return Withdraw(op.policy_id, instant(op.start), end)
    if op.kind == "correct":
        words_only = replace(draft_of(op, words), valid_from=None, valid_to=None)
        return Correct(VersionId(op.policy_id, op.corrects), words_only)
    if op.kind == "describe":
        return Describe(op.policy_id, owner=str(words))
    if op.kind == "erase":
        return Erase(VersionId(op.policy_id, op.number), "a reason")
    if op.kind == "unschedule":
        return Unschedule(VersionId(op.policy_id, op.number))
    return Restore(op.policy_id, instant(op.start))


class Book:
    """Proposals recorded in memory, a day and a bit apart, beside the operations that they came from."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.digests: dict[VersionId, str] = {}
        self.at = FIRST_COMMIT
        self.commits: list[tuple[Instant, list[Op]]] = []

    def record(self, ops: Sequence[Op], changes: Sequence[Change]) -> bool:
        """Records the changes in one commit; whether they came to anything."""
        self.at += DAY + 12_345
        proposal = propose(self.timeline, changes, self.digests, self.events, self.at)
        if not proposal.steps:
            return False
        for step in proposal.steps:
            self.events[step.event.policy_id].append(step.event)
            if step.draft is not None and step.event.revision is not None:
                self.digests[VersionId(step.event.policy_id, step.event.revision)] = step.draft.digest()
        self.timeline = proposal.after
        self.commits.append((self.at, self.numbered(ops)))
        return True

    def numbered(self, ops: Sequence[Op]) -> list[Op]:
        """The operations with the number of their commit, and each publish with that of its revision."""
        found: list[Op] = []
        for op in ops:
            earlier = [it for it in (*self.ops(self.at), *found) if it.kind in REVISIONS]
            count = max((it.number for it in earlier if it.policy_id == op.policy_id), default=0)
            found.append(
                replace(
                    op, commit=len(self.commits), number=count + 1 if op.kind in ("publish", "correct") else op.number
                )
            )
        return found

    def undoing(self, target: int) -> list[Op]:
        """What undoing a commit does to each of its policies."""
        ops = self.commits[target][1] if 0 <= target < len(self.commits) else []
        return [Op("undo", policy_id, 0, targets=(target,)) for policy_id in dict.fromkeys(op.policy_id for op in ops)]

    def unscheduling(self, policy_id: str, number: int) -> tuple[Op, bool]:
        """What cancelling a revision does, and whether it can be: its days have not begun, and it shows on one."""
        mine = [op for op in self.ops(self.at) if op.policy_id == policy_id]
        published = [op for op in mine if op.kind in REVISIONS]
        chain = [published[number - 1]]
        while chain[0].corrects:
            chain.insert(0, published[chain[0].corrects - 1])
        target = chain[-1].commit
        first = repainted([op for op in self.ops(self.at) if op.commit <= target])[policy_id].shown
        now = repainted(self.ops(self.at))[policy_id].shown
        days = [day for day, colour in (*first.items(), *now.items()) if colour.revision == number]
        began = instant(min(days)) <= self.at + DAY + 12_345
        erased = any(op.kind == "erase" and op.commit > chain[0].commit for op in mine)
        gone = (target, policy_id) in taken_back(self.ops(self.at))
        unseen = all(colour.revision != number for colour in now.values())
        op = Op("unschedule", policy_id, 0, number=number, targets=tuple(it.commit for it in chain))
        return op, not (began or erased or gone or unseen)

    def meant(self, op: Op) -> tuple[list[Op], Change]:
        """An operation of a generated sequence with what it concerns, and the change that it stands for."""
        if op.kind == "undo":
            target = max(len(self.commits) - 1 - op.number, 0)
            return self.undoing(target), Undo(self.last_tx(target) if self.commits else 1)
        if op.kind == "correct":
            op = replace(op, number=0, corrects=op.number + 1)
        return [op], change_of(op, len(self.commits))

    def last_tx(self, target: int) -> int:
        """The tx of the last event of a commit."""
        at = self.commits[target][0]
        return max(event.tx for events in self.events.values() for event in events if event.recorded_at == at)

    def ops(self, known_at: Instant) -> list[Op]:
        return [op for at, ops in self.commits if at <= known_at for op in ops]


def asked(timeline: Timeline, policy_id: str, known_at: Instant, offset: int) -> list[Answer]:
    """What the policy says at every day's first instant, moved by `offset` microseconds."""
    policy = timeline.policies.get(policy_id)
    if policy is None:
        return [None] * (DAYS + 2)
    found = [policy.in_force(FIRST_DAY + day * DAY + offset, known_at) for day in range(-1, DAYS + 1)]
    return [None if said is None else said.revision or "withdrawn" for said in found]


def check_answers(timeline: Timeline, pictures: dict[str, Picture], known_at: Instant) -> None:
    """Every day's boundary, one microsecond before it and one after, for every policy."""
    for policy_id, picture in pictures.items():
        expected = picture.answers()
        assert asked(timeline, policy_id, known_at, 0) == expected
        assert asked(timeline, policy_id, known_at, 1) == expected
        assert asked(timeline, policy_id, known_at, -1) == [None, *expected[:-1]]


def check_columns(timeline: Timeline, pictures: dict[str, Picture], known_at: Instant) -> None:
    """The answer over all policies at once is the same, and holds no withdrawn one."""
    answers = {policy_id: picture.answers() for policy_id, picture in pictures.items()}
    for index, day in enumerate(range(-1, DAYS + 1)):
        rows = timeline.table.at(timeline.in_force(FIRST_DAY + day * DAY, known_at)).tolist()
        found = {timeline.table.version(row) for row in rows}
        assert found == {
            VersionId(policy_id, said)
            for policy_id, all_of in answers.items()
            if isinstance(said := all_of[index], int)
        }


def check_periods(timeline: Timeline, pictures: dict[str, Picture], known_at: Instant) -> None:
    """The period of an answer reaches as far as the answer stays the same, and the next change is where it ends."""
    for policy_id, picture in pictures.items():
        policy, days = timeline.policies.get(policy_id), picture.answers()[1:]
        if policy is None:
            continue
        for day, answer in enumerate(days):
            changes = [later for later in range(day + 1, DAYS + 1) if days[later] != answer]
            end = instant(changes[0]) if changes else FOREVER
            assert policy.next_change(instant(day), known_at) == (None if end == FOREVER else end)
            starts = [n for n in range(day + 1, DAYS + 1) if isinstance(days[n], int) and days[n] != days[n - 1]]
            coming = policy.next_revision(instant(day), known_at)
            assert (coming.valid.start if coming else None) == (instant(starts[0]) if starts else None)
            said = policy.in_force(instant(day), known_at)
            if said is not None:
                before = [earlier for earlier in range(day) if days[earlier] != answer]
                assert (said.valid.start, said.valid.end) == (instant(before[-1] + 1 if before else 0), end)


def check_cells(timeline: Timeline) -> None:
    """Cells never overlap on both clocks, and none is empty."""
    for policy in timeline.policies.values():
        cells = policy.history()
        for index, cell in enumerate(cells):
            assert cell.valid
            assert cell.known
            for other in cells[index + 1 :]:
                assert not (cell.valid.overlap(other.valid) and cell.known.overlap(other.known))


# Generated sequences of operations

policy_ids = st.sampled_from(("P-1", "P-1", "P-1", "P-2"))
starts = st.integers(0, DAYS - 1)
lengths = st.integers(1, 15)


class TimelineMachine(RuleBasedStateMachine):
    """Changes of every kind that paints, mostly one a commit; every answer is kept, and none may ever change."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.answered: dict[tuple[str, Instant], list[Answer]] = {}

    @rule(policy_id=policy_ids, start=starts, replace_scheduled=st.booleans())
    def publish_open_ended(self, policy_id: str, start: int, replace_scheduled: bool) -> None:
        self.do(Op("publish", policy_id, start, None, replace_scheduled))

    @rule(policy_id=policy_ids, start=starts, length=lengths)
    def publish_overlay(self, policy_id: str, start: int, length: int) -> None:
        self.do(Op("publish", policy_id, start, min(start + length, DAYS)))

    @rule(policy_id=policy_ids, start=starts)
    def withdraw_for_good(self, policy_id: str, start: int) -> None:
        self.do(Op("withdraw", policy_id, start))

    @rule(policy_id=policy_ids, start=starts, length=lengths)
    def withdraw_for_a_while(self, policy_id: str, start: int, length: int) -> None:
        self.do(Op("withdraw", policy_id, start, min(start + length, DAYS)))

    @rule(policy_id=policy_ids, pick=starts)
    def restore(self, policy_id: str, pick: int) -> None:
        """From a withdrawn day where there is one: elsewhere it is only ever refused."""
        shown = repainted(self.book.ops(self.book.at))[policy_id].shown
        withdrawn = sorted(day for day, colour in shown.items() if colour.revision is None and day < DAYS)
        self.do(Op("restore", policy_id, withdrawn[pick % len(withdrawn)] if withdrawn else pick))

    @rule(start=starts, other=starts, replace_scheduled=st.booleans())
    def publish_both(self, start: int, other: int, replace_scheduled: bool) -> None:
        """One commit of two policies, where both can be published."""
        pictures = repainted(self.book.ops(self.book.at))
        ops = self.book.numbered([Op("publish", "P-1", start), Op("publish", "P-2", other, None, replace_scheduled)])
        if all(pictures[op.policy_id].paint(op) for op in ops):
            changes = [change_of(op, (len(self.book.commits), op.policy_id)) for op in ops]
            assert self.book.record(ops, changes)
            self.check_newest()

    @rule(back=st.integers(0, 5), newest=st.booleans())
    def undo(self, back: int, newest: bool) -> None:
        """Of the newest commit, or of one of those before it; also of an undo."""
        book = self.book
        target = len(book.commits) - 1 - (0 if newest else back)
        if target < 0:
            return
        ops, change = book.undoing(target), Undo(None if newest else book.last_tx(target))
        before = book.ops(book.at)
        concerned = {op.policy_id for op in ops}
        erased = any(op.kind == "erase" and op.policy_id in concerned and op.commit >= target for op in before)
        again = all((target, op.policy_id) in taken_back(before) for op in ops)
        if erased or again or any(op.kind == "describe" for op in book.commits[target][1]):
            with pytest.raises(ChangeRefused):
                book.record(ops, [change])
            return
        assert book.record(ops, [change])
        self.check_newest()
        if target == len(book.commits) - 2:
            for op in ops:
                at = book.commits[target - 1][0] if target else FIRST_COMMIT
                for offset in (-1, 0, 1):
                    before_it = asked(book.timeline, op.policy_id, at, offset)
                    assert asked(book.timeline, op.policy_id, book.at, offset) == before_it

    @rule(policy_id=policy_ids, back=st.integers(0, 3))
    def correct(self, policy_id: str, back: int) -> None:
        """One of the newest revisions, where it shows on a day; elsewhere it is refused."""
        number = sum(op.policy_id == policy_id and op.kind in REVISIONS for op in self.book.ops(self.book.at)) - back
        if number >= 1:
            self.do(self.book.numbered([Op("correct", policy_id, 0, corrects=number)])[0])

    @rule(policy_id=policy_ids, back=st.integers(0, 3))
    def unschedule(self, policy_id: str, back: int) -> None:
        """One of the newest revisions, where it has not begun; elsewhere it is refused."""
        book = self.book
        number = sum(op.policy_id == policy_id and op.kind in REVISIONS for op in book.ops(book.at)) - back
        if number < 1:
            return
        op, possible = book.unscheduling(policy_id, number)
        if not possible:
            with pytest.raises(ChangeRefused):
                book.record([op], [change_of(op, "")])
            return
        assert book.record([op], [change_of(op, "")])
        self.check_newest()

    @rule(policy_id=policy_ids)
    def describe(self, policy_id: str) -> None:
        """It paints nothing, so no answer changes; to undo it is refused."""
        op = Op("describe", policy_id, 0)
        change = change_of(op, len(self.book.commits))
        if policy_id not in self.book.timeline.policies:
            with pytest.raises(UnknownPolicy):
                self.book.record([op], [change])
            return
        assert self.book.record([op], [change])
        self.check_newest()

    @precondition(lambda self: len(self.book.commits) >= 6)
    @rule(policy_id=policy_ids, pick=st.integers(1, 5))
    def erase(self, policy_id: str, pick: int) -> None:
        """Where there is such a revision; it paints nothing, and nothing before it can be undone from then on."""
        book = self.book
        mine = [op for op in book.ops(book.at) if op.policy_id == policy_id]
        op = Op("erase", policy_id, 0, number=pick)
        recorded = {it.number for it in mine if it.kind in REVISIONS}
        if pick not in recorded:
            with pytest.raises((UnknownPolicy, UnknownRevision)):
                book.record([op], [change_of(op, "")])
            return
        again = any(it.kind == "erase" and it.number == pick for it in mine)
        assert book.record([op], [change_of(op, "")]) is not again
        if not again:
            self.check_newest()

    def do(self, op: Op) -> None:
        """Records `op` where the model says that it can be; where it cannot, it must be refused."""
        book = self.book
        picture = repainted(book.ops(book.at))[op.policy_id]
        known = op.policy_id in book.timeline.policies
        possible = picture.can_withdraw(op) if op.kind == "withdraw" else None
        paints = picture.paint(op)
        change = change_of(op, len(book.commits))
        if op.kind != "publish" and not known:
            with pytest.raises(UnknownPolicy):
                book.record([op], [change])
            return
        if possible is False or (possible is None and not paints):
            with pytest.raises(ChangeRefused):
                book.record([op], [change])
            return
        assert book.record([op], [change]) is paints
        self.check_newest()

    def check_newest(self) -> None:
        book, now = self.book, self.book.at
        pictures = repainted(book.ops(now))
        check_answers(book.timeline, pictures, now)
        check_columns(book.timeline, pictures, now)  # which each later timeline takes over
        check_periods(book.timeline, pictures, now)
        for policy_id, picture in pictures.items():
            self.answered[policy_id, now] = picture.answers()
        for (policy_id, known_at), answers in self.answered.items():
            assert asked(book.timeline, policy_id, known_at, 0) == answers

    def teardown(self) -> None:
        """At the end, every known_at that was ever newest, and the instants on either side of it."""
        book = self.book
        for recorded_at, _ in book.commits:
            for known_at in (recorded_at - 1, recorded_at, recorded_at + 1):
                pictures = repainted(book.ops(known_at))
                check_answers(book.timeline, pictures, known_at)
                check_columns(book.timeline, pictures, known_at)
            check_periods(book.timeline, pictures, recorded_at)
        check_cells(book.timeline)


class TestTimelineAgainstTheModel(TimelineMachine.TestCase):
    settings = settings(max_examples=120, stateful_step_count=14, deadline=None)


@pytest.mark.soak
@pytest.mark.timeout(0)
class TestTimelineAgainstTheModelForLong(TimelineMachine.TestCase):
    settings = settings(
        max_examples=2_000, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )


# Sequences in a real ledger


@st.composite
def operations(draw: st.DrawFn, amending: tuple[str, ...] = ()) -> Op:
    kind = draw(st.sampled_from(("publish", "publish", "overlay", "withdraw", "pause", "restore", *amending)))
    if kind in amending:
        return Op(kind, draw(policy_ids), 0, number=draw(st.integers(0, 4)))
    start = draw(starts)
    end = min(start + draw(lengths), DAYS) if kind in ("overlay", "pause") else None
    named = {"overlay": "publish", "pause": "withdraw"}.get(kind, kind)
    return Op(named, draw(policy_ids), start, end, kind == "publish" and draw(st.booleans()))


@settings(max_examples=20, deadline=None)
@given(ops=st.lists(operations(("undo", "correct", "describe")), min_size=3, max_size=14))
def test_ledger_tells_the_same_as_the_model_when_opened_again(ops: list[Op]) -> None:
    """And whatever is recorded, no event before it changes by a byte. The number of an undo counts commits back."""
    book, rows = Book(), []
    with tempfile.TemporaryDirectory() as folder:
        with closing(Ledger(LedgerStore.open(Path(folder), create=True), lambda: book.at + DAY + 12_345)) as ledger:
            for op in ops:
                meant, change = book.meant(op)
                try:
                    proposal = ledger.propose([change])
                    ledger.record(proposal, [[] for _ in proposal.drafts], "none")
                    book.record(meant, [change])
                except (ChangeRefused, UnknownPolicy, UnknownRevision):
                    continue
                before, rows = rows, [event.canonical() for event in ledger.events()]
                assert rows[: len(before)] == before
            head = ledger.verify()
        with closing(Ledger(LedgerStore.open(Path(folder)), lambda: book.at)) as again:
            assert again.verify(expected_head=head) == head
            timeline = again.timeline()
    for recorded_at, _ in book.commits:
        check_answers(timeline, repainted(book.ops(recorded_at)), recorded_at)
        check_columns(timeline, repainted(book.ops(recorded_at)), recorded_at)


# Imports


@st.composite
def histories(draw: st.DrawFn, policy_id: str, in_order: bool) -> list[Op]:
    """The rows of one policy, oldest first; where not `in_order`, periods fall anywhere."""
    periods: list[tuple[int, int]] = []
    at = draw(st.integers(0, 5))
    for _ in range(draw(st.integers(1, 5))):
        start = at + draw(st.sampled_from((0, 0, 3))) if in_order else draw(starts)
        end = min(start + draw(st.integers(1, 7)), DAYS)
        if start >= end:
            break
        periods.append((start, end))
        at = end
    open_last = draw(st.booleans())
    rows = []
    for index, (start, end) in enumerate(periods):
        last = index + 1 == len(periods)
        ends = None if last and open_last else end
        successor = None if last else periods[index + 1][0]
        withdrawn = ends is not None and draw(st.booleans())
        rows.append(Op("load", policy_id, start, ends, False, index + 1, withdrawn, successor))
    return rows


def loads(rows: Sequence[Op]) -> list[Change]:
    """Each row with words of its own that stay the same from import to import."""
    return [change_of(row, f"{row.policy_id} {row.number}") for row in rows]


def as_then(rows: Sequence[Op], last_open: bool) -> list[Op]:
    """The rows as a file held them when there were no more: the last ones know no successor, and may be open."""
    rows = list(rows)
    for policy_id in POLICIES:
        mine = [index for index, row in enumerate(rows) if row.policy_id == policy_id]
        if mine and last_open:
            rows[mine[-1]] = replace(rows[mine[-1]], end=None, withdrawn=False, successor=None)
        elif mine:
            rows[mine[-1]] = replace(rows[mine[-1]], successor=None)
    return rows


def contradicts(then: Op, now: Op) -> bool:
    """An open row that has since been ended by nothing is not what was recorded."""
    ended_for_a_reason = now.end is None or now.withdrawn or now.end == now.successor
    return then.end is None and not ended_for_a_reason


def everything(timeline: Timeline, known_at: Instant) -> dict[str, list[Answer]]:
    return {policy_id: asked(timeline, policy_id, known_at, 0) for policy_id in POLICIES}


@st.composite
def imports(draw: st.DrawFn) -> list[Op]:
    """The histories of both policies, their rows shuffled into each other, each in its order."""
    in_order = draw(st.booleans())
    left = [draw(histories(policy_id, in_order)) for policy_id in POLICIES]
    rows: list[Op] = []
    while any(left):
        rows.append(draw(st.sampled_from([policy for policy in left if policy])).pop(0))
    return rows


@settings(max_examples=100, deadline=None)
@given(rows=imports())
def test_import_is_visible_whole_or_not_at_all(rows: list[Op]) -> None:
    book = Book()
    assert book.record(rows, loads(rows))
    [(recorded_at, _)] = book.commits
    nothing = {policy_id: [None] * (DAYS + 2) for policy_id in POLICIES}
    whole = {policy_id: picture.answers() for policy_id, picture in repainted(rows).items()}
    for known_at in (0, FIRST_COMMIT, recorded_at - 1):
        assert everything(book.timeline, known_at) == nothing
    for known_at in (recorded_at, recorded_at + 1, FOREVER - 1):
        assert everything(book.timeline, known_at) == whole
    check_answers(book.timeline, repainted(rows), recorded_at)
    check_periods(book.timeline, repainted(rows), recorded_at)
    check_cells(book.timeline)


@settings(max_examples=100, deadline=None)
@given(rows=imports())
def test_import_again_changes_nothing(rows: list[Op]) -> None:
    book = Book()
    book.record(rows, loads(rows))
    assert not book.record(rows, loads(rows))


@settings(max_examples=150, deadline=None)
@given(rows=imports(), between=st.lists(operations(), max_size=4), last_open=st.booleans(), data=st.data())
def test_import_that_has_grown_is_visible_whole_or_not_at_all(
    rows: list[Op], between: list[Op], last_open: bool, data: st.DataObject
) -> None:
    """A part is imported, authors withdraw and restore, and then all of it: one commit, before or after it."""
    book = Book()
    part = as_then(rows[: data.draw(st.integers(1, len(rows)))], last_open)
    book.record(part, loads(part))
    for op in between:
        if op.kind != "publish":
            try:
                book.record([op], [change_of(op, "")])
            except (ChangeRefused, UnknownPolicy):
                continue
    checkpoint = book.timeline.recorded_at
    before = everything(book.timeline, checkpoint)
    if any(contradicts(then, now) for then, now in zip(part, rows, strict=False)):
        with pytest.raises(ChangeRefused, match="already recorded with the period"):
            book.record(rows, loads(rows))
    elif book.record(rows, loads(rows)):
        assert everything(book.timeline, book.at - 1) == before
        check_answers(book.timeline, repainted(book.ops(book.at)), book.at)
    assert everything(book.timeline, checkpoint) == before
    check_cells(book.timeline)


@settings(max_examples=100, deadline=None)
@given(rows=imports(), data=st.data())
def test_import_with_one_row_that_contradicts_changes_nothing(rows: list[Op], data: st.DataObject) -> None:
    book = Book()
    part = rows[: data.draw(st.integers(1, len(rows)))]
    book.record(part, loads(part))
    before = book.timeline
    changes = loads(rows)
    bad = data.draw(st.integers(0, len(part) - 1))
    changes[bad] = change_of(rows[bad], "that are not those recorded")
    with pytest.raises(ChangeRefused, match="already recorded with other words"):
        book.record(rows, changes)
    assert book.timeline is before
