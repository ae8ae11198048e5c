"""The ledger on real SQLite: what is recorded, what verify finds, what an erasure leaves."""

import hashlib
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from policies.amending.description import Description
from policies.change import Change, Describe, Erase, Load, Publish, Restore, Restrict, Withdraw
from policies.errors import (
    ChangeRefused,
    ClockBehind,
    LedgerBusy,
    LedgerDamaged,
    LedgerLost,
    RevisionErased,
    UnknownPolicy,
    UnknownRevision,
)
from policies.event import GENESIS, Event
from policies.instant import FOREVER, format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId
from policies.storage.ledger_store import LedgerStore
from policies.timeline import Timeline

MakeDraft = Callable[..., Draft]
Record = Callable[..., list[Event]]
P7_1, P7_2 = VersionId("P-7", 1), VersionId("P-7", 2)


@contextmanager
def tampering(home: Path) -> Iterator[sqlite3.Connection]:
    """Someone else's hands on the database file."""
    with closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        yield connection


@pytest.fixture
def three(ledger: Ledger, draft: MakeDraft, record: Record) -> Ledger:
    """A ledger with three events: two revisions of P-7, and a withdrawal."""
    record(ledger, Publish(draft("Seven days.", "2024-01-01")))
    record(ledger, Publish(draft("Thirty days.", "2025-03-01")))
    record(ledger, Withdraw("P-7", parse_instant("2025-05-01")))
    return ledger


# Open


def test_new_ledger_is_empty_and_whole(ledger: Ledger) -> None:
    assert ledger.head() == (0, 0, GENESIS)
    assert list(ledger.events()) == []
    assert ledger.counts() == (0, 0)
    assert ledger.verify() == GENESIS
    assert ledger.verify(expected_head=GENESIS) == GENESIS


def test_ledger_reopened_holds_what_was_recorded(three: Ledger, home: Path, clock: Any) -> None:
    with closing(Ledger(LedgerStore.open(home), clock)) as again:
        assert again.head() == three.head()
        assert again.timeline() == three.timeline()
        assert list(again.events()) == list(three.events())


# Read


def test_descriptions_of_many_revisions_are_read_together_as_known_at_an_instant(
    three: Ledger, draft: MakeDraft, record: Record
) -> None:
    other = VersionId("P-8", 1)
    record(three, Publish(draft("Gifts.", "2024-01-01", policy_id="P-8", owner="gifts", note="Ask Bo")))
    before = three.timeline().recorded_at
    record(three, Describe("P-7", owner="returns", note="Ask Ada"))
    record(three, Describe("P-8", owner="presents"))
    record(three, Erase(other, "court order"))
    now = three.timeline()
    assert three.descriptions([P7_1, P7_2, other], now) == {
        P7_1: Description("returns", "Ask Ada"),
        P7_2: Description("returns", "Ask Ada"),
        other: Description("presents"),
    }
    assert three.descriptions([P7_1, other], now, before) == {P7_1: Description(), other: Description("gifts")}
    assert three.descriptions([], now) == {}


def test_texts_are_those_of_the_named_revisions_that_hold_a_word_and_were_not_erased(
    three: Ledger, draft: MakeDraft, record: Record
) -> None:
    record(three, Publish(draft("Thirty gifts.", "2024-01-01", policy_id="P-8")))
    assert three.texts_with(["Thirty", "%"], [P7_1, P7_2]) == {P7_2: "Thirty days."}
    assert three.texts_with(["thirty"], [P7_2]) == {}
    record(three, Erase(P7_2, "court order"))
    assert three.texts_with(["Thirty"], [P7_2, VersionId("P-8", 1)]) == {VersionId("P-8", 1): "Thirty gifts."}


# Record


def test_events_are_numbered_without_gaps_and_chained(three: Ledger) -> None:
    events = list(three.events())
    assert [event.tx for event in events] == [1, 2, 3]
    assert events[0].previous == GENESIS
    for before, after in itertools.pairwise(events):
        assert after.previous == hashlib.sha256(before.canonical()).hexdigest()
    assert three.head()[2] == hashlib.sha256(events[-1].canonical()).hexdigest()


def test_events_are_read_after_one_and_until_another(three: Ledger) -> None:
    assert [event.tx for event in three.events(after=1)] == [2, 3]
    assert [event.tx for event in three.events(until=2)] == [1, 2]
    assert [event.tx for event in three.events(after=1, until=2)] == [2]
    assert three.timeline(until=2).tx == 2


def test_all_events_of_one_commit_are_recorded_at_one_instant(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    events = record(ledger, Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-02-01", policy_id="P-8")))
    assert len({event.recorded_at for event in events}) == 1
    assert list(ledger.events()) == events


@pytest.mark.parametrize("kept", [False, True], ids=["read", "kept in memory"])
def test_events_of_a_policy_are_all_of_them_in_order(
    ledger: Ledger, draft: MakeDraft, record: Record, *, kept: bool
) -> None:
    misleading = 'It says "kind":"publish" and "kind":"erase".'
    record(ledger, Publish(draft("Seven days.", "2024-01-01", note=misleading)))
    record(ledger, Withdraw("P-7", parse_instant("2025-05-01"), note=misleading))
    if kept:
        ledger.timeline()
    record(ledger, Publish(draft("Of another.", "2024-01-01", policy_id="P-8")))
    record(ledger, Publish(draft("Thirty days.", "2025-03-01")))
    record(ledger, Erase(P7_1, "on request"))
    found = ledger.policy_events("P-7")
    assert found == [event for event in ledger.events() if event.policy_id == "P-7"]
    assert [event.kind for event in found] == ["publish", "withdraw", "publish", "erase"]


def test_commit_of_a_transaction_is_all_that_was_recorded_with_it(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    record(ledger, Publish(draft("Seven days.", "2024-01-01")))
    record(ledger, *(Publish(draft("Of another.", "2024-01-01", policy_id=f"P-{number}")) for number in (1, 2, 3)))
    record(ledger, Publish(draft("Thirty days.", "2025-03-01")))
    commits = {1: [1], 2: [2, 3, 4], 3: [2, 3, 4], 4: [2, 3, 4], 5: [5], 6: []}
    assert {tx: [event.tx for event in ledger.commit(tx)] for tx in commits} == commits
    assert [event.tx for event in ledger.commit()] == [5]
    assert ledger.commits_begin([1, 3, 4, 5, 6]) == {1: 1, 3: 2, 4: 2, 5: 5}


def test_timeline_is_the_one_that_is_kept_unless_that_ends_later(
    three: Ledger, draft: MakeDraft, record: Record
) -> None:
    first = three.timeline_from(Timeline(), 2)
    assert (first.tx, first) == (2, three.timeline(until=2))
    newest = three.timeline()
    assert three.timeline_from(first, 3) is newest
    assert three.timeline_from(first, 2) == first
    record(three, Publish(draft("Forty days.", "2026-03-01")))
    assert three.timeline_from(newest, 4) is three.timeline()
    assert three.timeline().publishes.keys() == {VersionId("P-7", number) for number in (1, 2, 3)}


def test_recorded_at_is_the_clock(ledger: Ledger, draft: MakeDraft, record: Record, clock: Any) -> None:
    clock.at, clock.step = parse_instant("2030-01-01"), 0
    [event] = record(ledger, Publish(draft("One.", "2025-01-01")))
    assert event.recorded_at == parse_instant("2030-01-01")


@pytest.mark.parametrize("step", [0, -1, -3_600_000_000], ids=["stands still", "goes back", "goes back by hours"])
def test_recorded_at_rises_whatever_the_clock_does(
    ledger: Ledger, draft: MakeDraft, record: Record, clock: Any, step: int
) -> None:
    clock.step = step
    first = clock.at
    for number in range(4):
        record(ledger, Publish(draft(f"Version {number}.", "2025-01-01")))
    recorded = [event.recorded_at for event in ledger.events()]
    assert recorded[0] <= first
    assert recorded == [recorded[0] + number for number in range(4)]


def test_nothing_is_recorded_under_a_clock_that_is_years_behind_the_newest_event(
    home: Path, ledger: Ledger, draft: MakeDraft, record: Record, clock: Any
) -> None:
    clock.step, now = 0, clock.at
    clock.at = parse_instant("2045-01-01")
    record(ledger, Publish(draft("One.", "2025-01-01")))
    clock.at = now
    assert ledger.ahead() == parse_instant("2045-01-01") - now
    with pytest.raises(ClockBehind, match=r"recorded at 2045-01-01T00:00:00Z, and.*ASOF_CLOCK_AHEAD_SECONDS"):
        record(ledger, Publish(draft("Two.", "2025-02-01")))
    with closing(Ledger(LedgerStore.open(home), clock, most_ahead=FOREVER)) as told:
        [event] = record(told, Publish(draft("Two.", None)))
    assert event.recorded_at == parse_instant("2045-01-01") + 1
    assert event.painted[0].period.start == now  # and not in 2045


def test_a_publish_for_now_is_refused_where_a_clock_set_back_would_let_the_words_before_return(
    ledger: Ledger, draft: MakeDraft, record: Record, clock: Any
) -> None:
    clock.step = 0
    record(ledger, Publish(draft("Seven days.", None)))
    later = clock.at
    clock.at -= 300_000_000
    with pytest.raises(ClockBehind, match=r"another revision of P-7 began at .* already"):
        record(ledger, Publish(draft("Thirty days.", None)))
    [event] = record(ledger, Publish(draft("Thirty days.", None), replace_scheduled=True))
    assert event.painted[0].period.end == FOREVER
    clock.at = later + 1_000_000
    [event] = record(ledger, Publish(draft("Forty days.", None)))
    assert event.painted[0].period.end == FOREVER


def test_what_is_scheduled_after_now_still_ends_a_publish_for_now(
    ledger: Ledger, draft: MakeDraft, record: Record, clock: Any
) -> None:
    clock.step = 0
    later = clock.at + 86_400_000_000
    record(ledger, Publish(draft("Seven days.", format_instant(later))))
    clock.at -= 5_000_000
    [event] = record(ledger, Publish(draft("Thirty days.", None)))
    assert event.painted[0].period.end == later


@pytest.fixture
def written(home: Path, ledger: Ledger, draft: MakeDraft, record: Record) -> Iterator[sqlite3.Connection]:
    """A ledger of three events, as somebody who has its file may write it."""
    for number in range(1, 4):
        record(ledger, Publish(draft(f"{number} days.", f"2025-0{number}-01")))
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        yield db


@pytest.fixture
def opened(home: Path, written: sqlite3.Connection, clock: Any) -> Iterator[Ledger]:
    with closing(Ledger(LedgerStore.open(home), clock)) as ledger:
        yield ledger


def test_events_that_were_altered_in_the_file_are_read_by_nobody(written: sqlite3.Connection, opened: Ledger) -> None:
    with written:
        written.execute("update events set content = replace(content, '\"public\"', '\"legal\"') where tx = 1")
    for read in (opened.timeline, lambda: opened.policy_events("P-7"), lambda: opened.newest_events()):
        with pytest.raises(LedgerDamaged, match="Event 1 is not the one that was recorded"):
            read()


def test_an_event_that_was_hashed_anew_does_not_fit_the_one_behind_it(
    written: sqlite3.Connection, opened: Ledger
) -> None:
    with written:
        content = written.execute("select content from events where tx = 1").fetchone()[0].replace("public", "legal")
        hashed = hashlib.sha256(content.encode()).hexdigest()
        written.execute("update events set content = ?, hash = ? where tx = 1", (content, hashed))
    with pytest.raises(LedgerDamaged, match="Event 2 does not follow"):
        opened.timeline()


@pytest.mark.parametrize("known", [0, 1, 2])
def test_an_event_that_was_removed_is_missed_wherever_reading_goes_on(
    written: sqlite3.Connection, opened: Ledger, known: int
) -> None:
    before = opened.timeline(until=known)
    with written:
        written.execute("delete from events where tx = ?", (max(1, known),))
    missed = "does not hold what was recorded" if known else "does not follow the one before it"
    with pytest.raises(LedgerLost if known else LedgerDamaged, match=missed):
        opened.timeline_from(before, 3)


@pytest.mark.parametrize("others", [1, 2, 3])
def test_a_ledger_that_was_put_back_in_place_is_no_longer_the_one_that_was_read(
    ledger: Ledger, draft: MakeDraft, record: Record, home: Path, clock: Any, others: int
) -> None:
    """As a backup that is restored into the file: other events take the numbers of those that are gone."""
    record(ledger, Publish(draft("One.", "2025-01-01")))
    with closing(Ledger(LedgerStore.open(home), clock)) as reader:
        record(ledger, Publish(draft("Two.", "2025-02-01")))
        record(ledger, Publish(draft("Three.", "2025-03-01")))
        kept = reader.timeline()
        with tampering(home) as stranger:
            stranger.execute("delete from events where tx > 1")
            stranger.execute("delete from words where revision > 1")
        with closing(Ledger(LedgerStore.open(home), clock)) as restored:
            for number in range(others):
                record(restored, Publish(draft(f"Other {number}.", f"2025-0{number + 4}-01")))
        with pytest.raises(LedgerLost, match="does not hold what was recorded as transaction 3"):
            reader.timeline()
        if others > 1:
            with pytest.raises(LedgerLost, match="transaction 3"):
                reader.timeline_from(kept, 1 + others)


def test_words_that_are_missing_were_not_erased(three: Ledger, home: Path) -> None:
    timeline = three.timeline()
    with tampering(home) as stranger:
        stranger.execute("delete from words where revision = 2")
    with pytest.raises(LedgerDamaged, match="missing from the ledger, and nobody erased them"):
        three.revision(VersionId("P-7", 2), timeline)


def test_an_erasure_is_done_where_there_is_no_room_to_rewrite_the_file(
    ledger: Ledger, draft: MakeDraft, record: Record, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, Publish(draft("Secret words.", "2025-01-01")))
    record(ledger, Erase(VersionId("P-7", 1), "order"))

    def full(_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("sqlite_utils.db.Database.vacuum", full)
    ledger.vacuum()
    assert all(b"Secret" not in path.read_bytes() for path in home.iterdir() if path.is_file())


def test_clock_is_looked_at_when_a_change_is_proposed_and_again_when_it_is_recorded(
    ledger: Ledger, draft: MakeDraft, record: Record, clock: Any
) -> None:
    clock.step, clock.at = 0, parse_instant("2045-01-01")
    record(ledger, Publish(draft("One.", "2025-01-01")))
    change = Publish(draft("Two.", "2025-02-01"))
    proposal = ledger.propose([change])
    clock.at = parse_instant("2025-01-01")
    with pytest.raises(ClockBehind):  # nor is a plan made with a date that is wrong
        ledger.propose([change])
    with pytest.raises(ClockBehind):
        ledger.record(proposal, [[]], "none")
    assert ledger.head()[0] == 1


def test_caller_may_bring_the_instant_of_recording_if_it_is_past_the_newest(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    first = record(ledger, Publish(draft("One.", "2025-01-01")))[0].recorded_at
    proposal = ledger.propose([Publish(draft("Two.", "2025-02-01"))])
    with pytest.raises(ChangeRefused, match="recorded_at must be after"):
        ledger.record(proposal, [[]], "none", at=first)
    [event] = ledger.record(proposal, [[]], "none", at=first + 1)
    assert event.recorded_at == first + 1


def test_proposal_is_refused_when_something_was_recorded_in_between(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    proposal = ledger.propose([Publish(draft("One.", "2025-01-01"))])
    record(ledger, Publish(draft("Other.", "2025-01-01", policy_id="P-8")))
    with pytest.raises(ChangeRefused, match="in the meantime; try again"):
        ledger.record(proposal, [[]], "none")
    assert ledger.head()[0] == 1
    assert ledger.titles().keys() == {VersionId("P-8", 1)}


def test_proposal_recorded_twice_is_refused(ledger: Ledger, draft: MakeDraft) -> None:
    proposal = ledger.propose([Publish(draft("One.", "2025-01-01"))])
    ledger.record(proposal, [[]], "none")
    with pytest.raises(ChangeRefused):
        ledger.record(proposal, [[]], "none")


def test_proposal_is_refused_when_another_process_recorded_in_between(
    ledger: Ledger, home: Path, draft: MakeDraft, record: Record, clock: Any
) -> None:
    proposal = ledger.propose([Publish(draft("One.", "2025-01-01"))])
    with closing(Ledger(LedgerStore.open(home), clock)) as other:
        record(other, Publish(draft("Other.", "2025-01-01")))
    with pytest.raises(ChangeRefused):
        ledger.record(proposal, [[]], "none")
    assert ledger.revision(P7_1, ledger.timeline()).text == "Other."


def test_commit_that_fails_half_way_leaves_nothing(
    ledger: Ledger, home: Path, draft: MakeDraft, record: Record
) -> None:
    record(ledger, Publish(draft("One.", "2025-01-01")))
    head = ledger.head()
    proposal = ledger.propose([Publish(draft("Two.", "2025-02-01")), Publish(draft("Three.", "2025-03-01"))])
    with tampering(home) as connection:  # something stands where the words of P-7@3 belong
        connection.execute("insert into words values ('P-7', 3, '', x'00', '', '', null, '', '[]')")
    with pytest.raises(LedgerDamaged):
        ledger.record(proposal, [[], []], "none")
    assert ledger.head() == head
    assert ledger.titles().keys() == {P7_1, VersionId("P-7", 3)}


def test_reader_sees_the_last_commit_while_another_process_is_writing(
    three: Ledger, home: Path, clock: Any, draft: MakeDraft
) -> None:
    with tampering(home) as writing:
        writing.execute("begin immediate")
        writing.execute("delete from events where tx = 3")
        with closing(Ledger(LedgerStore.open(home), clock)) as reader:
            assert reader.head()[0] == 3
        writing.rollback()


def test_writer_that_finds_the_database_locked_says_so(
    ledger: Ledger, home: Path, draft: MakeDraft, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr("policies.storage.database_file.BUSY_SECONDS", 0.05)
    with closing(Ledger(LedgerStore.open(home), clock)) as impatient, tampering(home) as writing:
        proposal = impatient.propose([Publish(draft("One.", "2025-01-01"))])
        writing.execute("begin immediate")
        with pytest.raises(LedgerBusy, match="another process; try again"):
            impatient.record(proposal, [[]], "none")
        writing.rollback()
    assert ledger.head()[0] == 0


@pytest.mark.parametrize("what", ["commit", "vacuum"])
def test_others_read_while_a_writer_waits_for_the_lock_of_a_stranger(
    three: Ledger, home: Path, record: Record, draft: MakeDraft, what: str
) -> None:
    """Such as a shell in which somebody forgot a transaction."""
    change = {"commit": lambda: record(three, Publish(draft("Four.", "2027-01-01"))), "vacuum": three.vacuum}[what]
    with tampering(home) as stranger, ThreadPoolExecutor() as pool:
        stranger.execute("begin immediate")
        waiting = pool.submit(change)
        time.sleep(0.2)  # until it waits
        began = time.monotonic()
        assert pool.submit(three.head).result(5)[0] == 3
        assert time.monotonic() - began < 2
        assert not waiting.done()
        stranger.rollback()
        waiting.result(10)
    assert three.head()[0] == (4 if what == "commit" else 3)


def test_threads_that_publish_at_once_each_record_or_are_told_to_try_again(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    refused: list[ChangeRefused] = []

    def publish(policy_id: str) -> None:
        while True:
            try:
                record(ledger, Publish(draft("Words.", "2025-01-01", policy_id=policy_id)))
            except ChangeRefused as error:
                refused.append(error)
            else:
                return

    threads = [threading.Thread(target=publish, args=(f"P-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.tx for event in ledger.events()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert ledger.counts() == (8, 8)
    ledger.verify()


# Revisions


def test_revision_holds_the_words_and_what_was_recorded_about_them(ledger: Ledger, draft: MakeDraft) -> None:
    words = draft(
        "---\nx: y\n---\n# Größe 📦\r\nThirty days.\u2028",
        "2025-01-01",
        owner="returns-team",
        note="agreed",
        author="ada",
        applies_to={"region": ("CA", "US")},
        audience=("staff",),
    )
    spans = [Span(23, 35, ((15, 22),), ((1, 2), (3, 4))), Span(0, 1)]
    [event] = ledger.record(ledger.propose([Publish(words)]), [spans], "splitter 1")
    revision = ledger.revision(P7_1, ledger.timeline())
    assert revision.text == words.text
    assert (revision.version, revision.tx, revision.recorded_at) == (P7_1, 1, event.recorded_at)
    assert (revision.title, revision.owner, revision.note, revision.author) == (
        "Damaged items",
        "returns-team",
        "agreed",
        "ada",
    )
    assert (revision.applies_to, revision.audience) == ({"region": ("CA", "US")}, ("staff",))
    assert (revision.splitter, revision.spans) == ("splitter 1", tuple(spans))


def test_unknown_revision_is_named(three: Ledger) -> None:
    with pytest.raises(UnknownRevision, match="no revision P-7@3"):
        three.revision(VersionId("P-7", 3), three.timeline())


def test_counts_are_of_policies_and_revisions_not_of_events(three: Ledger, draft: MakeDraft, record: Record) -> None:
    record(three, Publish(draft("Words.", "2025-01-01", policy_id="P-8")), Restrict(P7_1, ("legal",)))
    assert three.counts() == (2, 3)
    assert three.titles() == dict.fromkeys([P7_1, P7_2, VersionId("P-8", 1)], "Damaged items")


def test_restriction_reaches_back_over_earlier_revisions_of_the_timeline(three: Ledger, record: Record) -> None:
    record(three, Restrict(P7_1, ("legal",)))
    assert three.revision(P7_1, three.timeline()).audience == ("legal",)
    assert three.revision(P7_2, three.timeline()).audience == ("public",)


# The same again


def test_publishing_twice_records_once(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    words = draft("One.", "2025-01-01")
    assert len(record(ledger, Publish(words))) == 1
    assert record(ledger, Publish(words)) == []
    assert ledger.propose([Publish(words)]).unchanged == (P7_1,)
    assert ledger.head()[0] == 1


def test_same_text_coming_back_later_is_a_new_revision(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    record(ledger, Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-02-01")))
    record(ledger, Publish(draft("One.", "2025-03-01")))
    timeline = ledger.timeline()
    assert [len(timeline.revisions("P-7")), ledger.revision(VersionId("P-7", 3), timeline).text] == [3, "One."]


def loads(draft: MakeDraft, *rows: tuple[str, str, str | None]) -> list[Change]:
    starts = [parse_instant(row[1]) for row in rows]
    return [
        Load(draft(*row), number, False, starts[number] if number < len(starts) else None)
        for number, row in enumerate(rows, start=1)
    ]


def test_importing_twice_records_once(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    rows = loads(draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2021-01-01", None))
    assert len(record(ledger, *rows)) == 2
    assert record(ledger, *rows) == []
    assert ledger.propose(rows).unchanged == (P7_1, P7_2)


def test_import_whose_last_open_row_has_since_been_ended_by_a_following_row_is_accepted(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    record(ledger, *loads(draft, ("One.", "2020-01-01", None)))
    before = ledger.head()[1]
    record(ledger, *loads(draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2021-01-01", None)))
    timeline = ledger.timeline()
    asked = parse_instant("2021-06-01")
    assert timeline.in_force(asked, before).tolist() == [1]
    assert timeline.in_force(asked, ledger.head()[1]).tolist() == [2]


def test_import_with_one_row_that_contradicts_records_none_of_its_rows(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    record(ledger, *loads(draft, ("One.", "2020-01-01", "2021-01-01")))
    rows = loads(draft, ("Changed.", "2020-01-01", "2021-01-01"), ("Two.", "2021-01-01", None))
    with pytest.raises(ChangeRefused):
        record(ledger, *rows)
    assert ledger.counts() == (1, 1)


def test_restore_is_worked_out_from_the_recorded_events(three: Ledger, record: Record) -> None:
    record(three, Restore("P-7", parse_instant("2025-05-01")))
    assert three.timeline().in_force(parse_instant("2025-06-01"), three.head()[1]).tolist() == [2]


# Verify


def test_whole_ledger_verifies_against_any_head_it_ever_had(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    heads = [ledger.head()[2]]
    for number in range(3):
        record(ledger, Publish(draft(f"Version {number}.", "2025-01-01")))
        heads.append(ledger.head()[2])
    for head in heads:
        assert ledger.verify(expected_head=head) == heads[-1]


def edited(column: str, value: object, tx: int = 2) -> Callable[[sqlite3.Connection], None]:
    def edit(connection: sqlite3.Connection) -> None:
        connection.execute(f"update events set {column} = ? where tx = ?", (value, tx))

    return edit


def swapped(connection: sqlite3.Connection) -> None:
    connection.execute("update events set tx = -1 where tx = 1")
    connection.execute("update events set tx = 1 where tx = 2")
    connection.execute("update events set tx = 2 where tx = -1")


def rewritten(connection: sqlite3.Connection) -> None:
    """Edits event 2 and gives it the hash that fits: only event 3 still knows the old one."""
    [content] = connection.execute("select content from events where tx = 2").fetchone()
    content = content.replace('"author":null', '"author":"mallory"')
    hashed = hashlib.sha256(content.encode()).hexdigest()
    connection.execute("update events set content = ?, hash = ? where tx = 2", (content, hashed))


def emptied(connection: sqlite3.Connection) -> None:
    """Event 2 is JSON of nothing, with the hash that fits."""
    connection.execute("update events set content = '{}', hash = ? where tx = 2", (hashlib.sha256(b"{}").hexdigest(),))


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        (edited("content", "{}"), "Event 2 was edited: it does not fit its hash"),
        (edited("hash", "0" * 64), "Event 2 was edited: it does not fit its hash"),
        (edited("recorded_at", 5), "Event 2 was edited: its columns do not fit its content"),
        (edited("policy_id", "P-8"), "Event 2 was edited: its columns do not fit its content"),
        (edited("revision", 9), "Event 2 was edited: its columns do not fit its content"),
        (edited("tx", 9, tx=3), "Event 3 is missing: after event 2 comes event 9"),
        (swapped, "Event 1 was edited: its columns do not fit its content"),
        (rewritten, "Event 3 does not follow event 2"),
        (emptied, "Event 2 was edited: its content is not that of an event"),
        (lambda db: db.execute("delete from events where tx = 1"), "Event 1 is missing: after event 0 comes event 2"),
        (lambda db: db.execute("delete from events where tx = 2"), "Event 2 is missing: after event 1 comes event 3"),
        (lambda db: db.execute("update words set text = text || '!' where revision = 2"), "The words of P-7@2 are not"),
        (lambda db: db.execute("update words set title = 'x' where revision = 1"), "The words of P-7@1 are not"),
        (lambda db: db.execute("update words set note = 'x' where revision = 1"), "The words of P-7@1 are not"),
        (lambda db: db.execute("update words set spans = '[[0,1,[],[]]]' where revision = 1"), "The words of P-7@1"),
        (lambda db: db.execute("update words set splitter = 'x' where revision = 1"), "The words of P-7@1 are not"),
        (lambda db: db.execute("update words set salt = x'00' where revision = 1"), "The words of P-7@1 are not"),
        (
            lambda db: db.execute("delete from words where revision = 1"),
            "The words of P-7@1, published by event 1, are",
        ),
        (lambda db: db.execute("update words set revision = 7 where revision = 2"), "There are words of P-7@7, but no"),
    ],
)
def test_verify_names_the_first_misfit(
    three: Ledger, home: Path, tamper: Callable[[sqlite3.Connection], object], finding: str
) -> None:
    with tampering(home) as connection:
        tamper(connection)
    with pytest.raises(LedgerDamaged) as caught:
        three.verify()
    assert str(caught.value).startswith(finding)


def test_swapped_pair_is_found_even_when_its_columns_were_made_to_fit(three: Ledger, home: Path) -> None:
    with tampering(home) as connection:
        swapped(connection)
        for tx in (1, 2):
            [content] = connection.execute("select content from events where tx = ?", (tx,)).fetchone()
            content = json.dumps(json.loads(content) | {"tx": tx}, separators=(",", ":"), sort_keys=True)
            connection.execute(
                "update events set content = ?, hash = ? where tx = ?",
                (content, hashlib.sha256(content.encode()).hexdigest(), tx),
            )
    with pytest.raises(LedgerDamaged, match="Event 1 does not follow event 0"):
        three.verify()


def test_truncated_tail_is_found_with_the_head_given(three: Ledger, home: Path) -> None:
    head = three.head()[2]
    with tampering(home) as connection:
        connection.execute("delete from events where tx = 3")
    shorter = three.verify()
    assert shorter == three.head()[2] != head
    with pytest.raises(LedgerDamaged, match=f"does not hold the head {head}.*ends at event 2, hash {shorter}"):
        three.verify(expected_head=head)


def test_truncated_publish_leaves_words_that_give_it_away(three: Ledger, home: Path) -> None:
    with tampering(home) as connection:
        connection.execute("delete from events where tx > 1")
    with pytest.raises(LedgerDamaged, match="words of P-7@2, but no event published it"):
        three.verify()


def test_words_put_back_after_an_erasure_are_found(three: Ledger, home: Path, record: Record) -> None:
    with tampering(home) as connection:
        [row] = connection.execute("select * from words where revision = 1").fetchall()
    record(three, Erase(P7_1, "court order"))
    with tampering(home) as connection:
        connection.execute(f"insert into words values ({', '.join('?' * len(row))})", row)
    with pytest.raises(LedgerDamaged, match="P-7@1 was erased, but its words are still there"):
        three.verify()


def test_same_words_in_two_revisions_have_two_commitments(ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    record(ledger, Publish(draft("One.", "2025-01-01")), Publish(draft("One.", "2025-02-01")))
    one, other = ledger.events()
    assert one.words != other.words


# Erase


def test_erasure_leaves_the_chain_whole_and_the_colour_on_the_timeline(three: Ledger, record: Record) -> None:
    before = three.head()[2]
    record(three, Erase(P7_1, "court order", author="ada"))
    timeline = three.timeline()
    assert three.verify(expected_head=before) == three.head()[2]
    assert timeline.in_force(parse_instant("2024-06-01"), timeline.recorded_at).tolist() == [1]
    assert timeline.erased == {P7_1}
    assert three.titles().keys() == {P7_2}
    with pytest.raises(RevisionErased, match="P-7@1 were erased"):
        three.revision(P7_1, timeline)


def test_erased_words_are_on_no_page_of_any_file(ledger: Ledger, home: Path, draft: MakeDraft, record: Record) -> None:
    secret = "The customer Ottoline Quickswood may return it."
    record(
        ledger, Publish(draft(secret, "2025-01-01", note="Quickswood asked")), Publish(draft("Other.", "2025-02-01"))
    )
    assert any(b"Quickswood" in path.read_bytes() for path in home.iterdir())
    record(ledger, Erase(P7_1, "court order"))
    ledger.vacuum()
    assert [path.name for path in home.iterdir() if b"Quickswood" in path.read_bytes()] == []
    ledger.verify()


def test_erased_revision_keeps_its_number(three: Ledger, draft: MakeDraft, record: Record) -> None:
    record(three, Erase(P7_2, "court order"))
    [event] = record(three, Publish(draft("Thirty days.", "2025-03-01")))
    assert event.revision == 3
    three.verify()


# Load


def whole(text: str) -> list[Span]:
    """The text as one passage."""
    return [Span(0, len(text))]


def said(ledger: Ledger, as_of: str, known_at: int) -> list[str]:
    """The words in force at an instant, as known at another."""
    timeline = ledger.timeline()
    found = timeline.in_force(parse_instant(as_of), known_at).tolist()
    return sorted(ledger.revision(v, timeline).text for v, event in timeline.publishes.items() if event.tx in found)


def test_each_batch_of_a_load_is_one_commit_at_its_own_instant(ledger: Ledger, draft: MakeDraft) -> None:
    first, second = parse_instant("2020-01-10"), parse_instant("2021-01-15")
    batches: list[tuple[int, list[Change]]] = [
        (first, [Publish(draft("One.", "2020-01-01")), Publish(draft("Other.", "2020-01-01", policy_id="P-8"))]),
        (second, [Publish(draft("Two.", "2021-01-01")), Withdraw("P-8", parse_instant("2021-01-01"))]),
    ]
    events, last = ledger.load(batches, whole, "splitter 1")
    assert [(event.tx, event.kind, event.policy_id, event.recorded_at) for event in events] == [
        (1, "publish", "P-7", first),
        (2, "publish", "P-8", first),
        (3, "publish", "P-7", second),
        (4, "withdraw", "P-8", second),
    ]
    assert list(ledger.events()) == events
    assert [step.event.tx for step in last.steps] == [3, 4]
    assert ledger.revision(P7_2, ledger.timeline()).spans == (Span(0, 4),)
    assert ledger.verify() == ledger.head()[2]
    assert [said(ledger, "2021-06-01", at) for at in (first - 1, first, second - 1, second)] == [
        [],
        ["One.", "Other."],
        ["One.", "Other."],
        ["Two."],
    ]


def test_load_whose_later_batch_is_refused_leaves_nothing(ledger: Ledger, draft: MakeDraft) -> None:
    batches: list[tuple[int, list[Change]]] = [
        (parse_instant("2020-01-10"), [Publish(draft("One.", "2020-01-01"))]),
        (parse_instant("2021-01-10"), [Withdraw("P-404", parse_instant("2021-01-01"))]),
    ]
    with pytest.raises(UnknownPolicy, match="P-404"):
        ledger.load(batches, whole, "none")
    assert ledger.head() == (0, 0, GENESIS)
    assert ledger.titles() == {}


def test_load_into_a_ledger_that_has_events_is_refused(three: Ledger, draft: MakeDraft) -> None:
    before = three.head()
    with pytest.raises(ChangeRefused, match="Only an initial load into an empty ledger may bring its own recorded_at"):
        three.load([(parse_instant("2026-01-01"), [Publish(draft("One.", "2020-01-01"))])], whole, "none")
    assert three.head() == before


def test_load_of_what_was_recorded_in_the_future_or_in_disorder_or_of_nothing_is_refused(
    ledger: Ledger, draft: MakeDraft
) -> None:
    one, two = Publish(draft("One.", "2020-01-01")), Publish(draft("Two.", "2021-01-01"))
    early, late, future = (parse_instant(day) for day in ("2020-01-01", "2021-01-01", "2026-01-01"))
    with pytest.raises(ChangeRefused, match="2026-01-01T00:00:00Z lies in the future"):
        ledger.load([(early, [one]), (future, [two])], whole, "none")
    with pytest.raises(ChangeRefused, match="recorded_at must be after"):
        ledger.load([(late, [one]), (early, [two])], whole, "none")
    with pytest.raises(ChangeRefused, match="recorded_at must be after"):
        ledger.load([(early, [one]), (early, [two])], whole, "none")
    with pytest.raises(ChangeRefused, match="nothing to load"):
        ledger.load([], whole, "none")
    assert ledger.head() == (0, 0, GENESIS)


def test_what_follows_a_load_is_recorded_by_the_ledgers_own_clock(
    ledger: Ledger, draft: MakeDraft, record: Record
) -> None:
    ledger.load([(parse_instant("2020-01-10"), [Publish(draft("One.", "2020-01-01"))])], whole, "none")
    [event] = record(ledger, Publish(draft("Two.", "2021-01-01")))
    assert (event.tx, event.revision) == (2, 2)
    assert event.recorded_at >= parse_instant("2025-06-01")
    ledger.verify()


def test_import_of_many_revisions_is_visible_whole_or_not_at_all(
    ledger: Ledger, draft: MakeDraft, record: Record, clock: Any
) -> None:
    clock.at = parse_instant("2025-06-01")
    rows = [
        Load(draft(f"{policy_id} {number}.", f"202{number}-01-01", policy_id=policy_id), number, False, None)
        for policy_id in ("P-1", "P-2", "P-3")
        for number in (1, 2)
    ]
    before = record(ledger, Publish(draft("P-7 stays.", "2020-01-01")))[0].recorded_at
    [instant] = {event.recorded_at for event in record(ledger, *rows)}
    after = record(ledger, Withdraw("P-7", parse_instant("2024-01-01")))[0].recorded_at
    assert before < instant < after
    new = ["P-1 2.", "P-2 2.", "P-3 2."]
    assert [said(ledger, "2025-01-01", at) for at in (before - 1, before, instant - 1, instant, after - 1, after)] == [
        [],
        ["P-7 stays."],
        ["P-7 stays."],
        [*new, "P-7 stays."],
        [*new, "P-7 stays."],
        new,
    ]


# First use
