"""Receipts kept for a time, written in batches."""

import json
import resource
import sqlite3
import time
import tracemalloc
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from policies.revision import VersionId
from retriever.errors import StoreUnusable, UnknownReceipt
from retriever.traces.lasting_clock import LASTS
from retriever.traces.receipt_store import EVERY, FILE, MOST_WAITING_BYTES, ReceiptStore, Room, known_receipt
from tests.retriever.homes import Clock

ROOM = Room(in_all=10**9, of_key=10**9)
P7, P8 = VersionId("P-7", 1), VersionId("P-8", 1)


class Steady:
    """Seconds that pass as they are added."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def large(id: str, size: int = 1000) -> dict[str, Any]:
    """A receipt with a question of so many characters."""
    return {"id": id, "generation": 3, "request": {"query": "?" * size, "audience": ["public"]}}


def receipt(id: str = "r1", audience: tuple[str, ...] = ("public",)) -> dict[str, Any]:
    return {"id": id, "generation": 3, "request": {"query": "?", "audience": list(audience)}}


def test_a_receipt_can_be_asked_for_before_and_after_it_is_written(tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    store.keep(receipt())
    assert store.find("r1") == receipt()
    store.write()
    assert store.find("r1") == receipt()
    assert ReceiptStore(tmp_path, Clock("2025-03-30"), days=30, room=ROOM).find("r1") == receipt()


def test_it_is_gone_after_its_time_and_kept_anew_when_given_out_again(tmp_path: Path) -> None:
    clock, steady = Clock("2025-03-01"), Steady()
    store = ReceiptStore(tmp_path, clock, days=30, room=ROOM, steady=steady)
    store.keep(receipt("old"))
    store.keep(receipt("again"))
    store.write()
    clock.set("2025-03-30")
    store.keep(receipt("again"))
    store.write()
    clock.set("2025-03-31")
    assert (store.find("old"), store.find("again")) == (None, receipt("again"))
    for _ in range(2):
        steady.now += LASTS
        store.write()
    assert (stored(tmp_path, "old"), stored(tmp_path, "again")) == (False, True)


@pytest.mark.parametrize("minutes", [0, 9])
def test_a_clock_that_is_ahead_for_less_than_ten_minutes_removes_no_receipt(tmp_path: Path, minutes: int) -> None:
    clock, steady = Clock("2025-03-01"), Steady()
    store = ReceiptStore(tmp_path, clock, days=30, room=ROOM, steady=steady)
    store.keep(receipt())
    for _ in range(35):
        store.write()
        steady.now += 60
    clock.set("2025-04-15")
    for _ in range(minutes + 1):
        store.write()
        steady.now += 60
    assert store.find("r1") is None
    clock.set("2025-03-01")
    for _ in range(35):
        store.write()
        steady.now += 60
    assert store.find("r1") == receipt()


def test_a_process_that_starts_under_a_clock_that_is_ahead_removes_no_receipt_at_once(tmp_path: Path) -> None:
    with closing(ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)) as before:
        before.keep(receipt())
        before.write()
    steady = Steady()
    with closing(ReceiptStore(tmp_path, Clock("2025-04-15"), days=30, room=ROOM, steady=steady)) as store:
        store.write()
        assert stored(tmp_path, "r1")
        steady.now += LASTS
        store.write()
        assert not stored(tmp_path, "r1")


def test_entered_it_writes_by_itself_and_the_rest_when_left(tmp_path: Path) -> None:
    other = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    with ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM) as store:
        store.keep(receipt("first"))
        deadline = time.monotonic() + 10
        while other.find("first") is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert other.find("first") == receipt("first")
        store.keep(receipt("last"))
    assert other.find("last") == receipt("last")


def test_a_receipt_is_given_to_those_who_hold_all_its_labels(tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    store.keep(receipt("r1", ("legal", "public")))
    assert known_receipt(store, "r1", ["legal", "public", "staff"])["id"] == "r1"
    with pytest.raises(UnknownReceipt) as hidden:
        known_receipt(store, "r1", ["public"])
    with pytest.raises(UnknownReceipt) as missing:
        known_receipt(store, "r2", ["public"])
    assert str(hidden.value) == str(missing.value)
    with pytest.raises(UnknownReceipt, match="not kept here"):
        known_receipt(None, "r1", ["public"])


def test_where_too_many_wait_further_ones_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.traces.receipt_store.MOST_WAITING", 1)
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    assert store.keep(receipt("r1"))
    assert not store.keep(receipt("r2"))
    assert store.find("r2") is None
    assert store.keep(receipt("r1"))


def test_what_waits_is_bounded_in_bytes_and_there_is_room_again_once_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(json.dumps(receipt("r1")))
    monkeypatch.setattr("retriever.traces.receipt_store.MOST_WAITING_BYTES", 2 * size)
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    assert [store.keep(receipt(id)) for id in ("r1", "r2", "r1", "r3")] == [True, True, True, False]
    store.write()
    assert [store.keep(receipt(id)) for id in ("r3", "r4", "r5")] == [True, True, False]


def test_a_disk_without_room_costs_receipts_and_never_memory(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = len(json.dumps(large("r1000", 10_000)))
    with ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # no file gets longer, as on a full disk
        tracemalloc.start()
        try:
            kept = Counter(store.keep(large(f"r{number}", 10_000)) for number in range(1000, 4000))
            waiting, _ = tracemalloc.get_traced_memory()
            with pytest.raises(StoreUnusable):
                store.write()
        finally:
            tracemalloc.stop()
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert kept[True] == pytest.approx(MOST_WAITING_BYTES // size, rel=0.05)
        assert waiting < 2 * MOST_WAITING_BYTES
        store.write()
        assert store.find("r1000") == large("r1000", 10_000)
        assert store.keep(receipt("r1"))


def test_the_file_grows_no_further_than_all_may_take_and_the_oldest_go_first(tmp_path: Path) -> None:
    clock = Clock("2025-03-01")
    store = ReceiptStore(tmp_path, clock, days=30, room=Room(in_all=2_000_000, of_key=10**9))
    sizes = []
    for batch in range(40):
        for number in range(100):
            clock.now += 1
            store.keep(large(f"r{batch}-{number}", 1000 + 10 * number), key=f"key-{number % 7}")
        store.write()
        sizes.append((tmp_path / FILE).stat().st_size)
    assert max(sizes) < 2_000_000 + 500_000
    assert sizes[-1] == sizes[-10]
    found = [store.find(f"r{batch}-{number}") is not None for batch in range(40) for number in range(100)]
    assert found == sorted(found)
    assert sum(found) > 800


def test_a_key_that_asks_much_pushes_out_its_own_receipts_alone(tmp_path: Path) -> None:
    clock = Clock("2025-03-01")
    store = ReceiptStore(tmp_path, clock, days=30, room=Room(in_all=10**9, of_key=20_000))
    other = ReceiptStore(tmp_path, clock, days=30, room=Room(in_all=10**9, of_key=20_000))
    store.keep(large("quiet"), key="quiet")
    store.write()
    for number in range(60):
        clock.now += 1
        busy = (store, other)[number % 2]
        busy.keep(large(f"busy-{number:02}"), key="busy")
        busy.write()
    kept = [f"busy-{number:02}" for number in range(60) if store.find(f"busy-{number:02}")]
    assert kept == [f"busy-{number:02}" for number in range(60 - len(kept), 60)]
    assert len(kept) == 20_000 // len(json.dumps(large("busy-00")))
    assert store.find("quiet") == large("quiet")


def test_a_receipt_that_is_given_out_again_counts_once_and_for_the_key_that_has_it_last(tmp_path: Path) -> None:
    clock = Clock("2025-03-01")
    store = ReceiptStore(tmp_path, clock, days=30, room=Room(in_all=10**9, of_key=2_500))
    for key in ("one", "one", "other"):
        for id in ("r1", "r2"):
            store.keep(large(id), key=key)
            store.write()
    store.keep(large("r3"), key="one")
    store.keep(large("r4"), key="one")
    store.write()
    assert all(store.find(id) for id in ("r1", "r2", "r3", "r4"))


def test_receipts_of_a_file_of_before_are_found_and_make_room(tmp_path: Path) -> None:
    clock = Clock("2025-03-01")
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        file.execute("create table receipts (id text primary key, kept_until integer, receipt text) strict")
        rows = [
            (f"old-{number}", clock.now + 10**12 + number, json.dumps(large(f"old-{number}"))) for number in range(9)
        ]
        file.executemany("insert into receipts values (?, ?, ?)", rows)
        file.commit()
    store = ReceiptStore(tmp_path, clock, days=30, room=Room(in_all=10**9, of_key=5_500))
    assert store.find("old-0") == large("old-0")
    store.keep(large("new-0"))
    store.write()
    assert [store.find(f"old-{number}") is not None for number in range(9)] == [False] * 5 + [True] * 4
    assert store.find("new-0") == large("new-0")


def test_of_evidence_whose_words_are_erased_no_receipt_stays(tmp_path: Path) -> None:
    erased: set[VersionId] = set()
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: erased)
    for id, versions in (("gone", [P7]), ("both", [P8, P7]), ("other", [P8]), ("none", []), ("unknown", None)):
        store.keep(receipt(id), rests_on=versions)
    store.write()
    erased.add(P7)
    store.keep(receipt("late"), rests_on=[P7])  # answered before the erasure, and written after it
    store.write()
    found = {id for id in ("gone", "both", "other", "none", "unknown", "late") if store.find(id)}
    assert found == {"other", "none"}
    content = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))
    assert not any(name in content for name in (b'"gone"', b'"both"', b'"unknown"', b'"late"'))


def test_a_process_that_only_erases_reaches_what_another_kept(tmp_path: Path) -> None:
    service = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    service.keep(receipt(), rests_on=[P7])
    service.write()
    with closing(ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: {P7})) as erasing:
        erasing.write()
    assert service.find("r1") is None


def test_after_a_ledger_was_put_back_the_erasure_of_other_words_reaches_receipts(tmp_path: Path) -> None:
    erased = {P7}
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: erased)
    store.keep(receipt("other"), rests_on=[P8])
    store.write()
    erased.clear()  # the ledger is put back to a state before the erasure; nobody looks at the receipts meanwhile
    erased.add(P8)
    store.write()
    assert store.find("other") is None


def test_words_that_a_put_back_ledger_has_again_may_be_erased_again(tmp_path: Path) -> None:
    erased = {P7}
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: erased)
    store.write()
    erased.clear()
    store.keep(receipt("again"), rests_on=[P7])
    store.keep(receipt("unknown"), rests_on=None)
    store.write()
    assert store.find("again") is not None
    assert store.find("unknown") is not None
    erased.add(P7)
    store.write()
    assert (store.find("again"), store.find("unknown")) == (None, None)


def test_a_file_that_only_counted_the_erased_is_gone_through_once(tmp_path: Path) -> None:
    with closing(ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)) as store:
        store.keep(receipt(), rests_on=[P8])
        store.write()
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.executescript("drop table gone_through; pragma user_version = 1")
    with closing(ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: {P8})) as store:
        store.write()
        assert store.find("r1") is None


def test_a_removal_that_a_reader_held_up_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.storage.database_file.BUSY_SECONDS", 0.05)
    erased: set[VersionId] = set()
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: erased)
    store.keep(receipt("gone"), rests_on=[P7])
    store.write()
    erased.add(P7)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select * from receipts").fetchall()
        with pytest.raises(StoreUnusable, match="try again"):
            store.write()
        reader.execute("rollback")
    store.write()
    assert b'"gone"' not in b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))


def test_a_file_of_before_loses_all_its_receipts_at_the_first_erasure(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute("create table receipts (id text primary key, kept_until integer, receipt text) strict")
        file.execute("insert into receipts values ('r1', ?, ?)", [2**60, json.dumps(receipt())])
    erased: set[VersionId] = set()
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM, erased=lambda: erased)
    store.write()
    assert store.find("r1") == receipt()
    erased.add(P7)
    store.write()
    assert store.find("r1") is None


def test_a_file_that_cannot_be_opened_is_said_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text("not a database at all, " * 50)
    with ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM) as store:
        assert store.keep(receipt())
        time.sleep(4 * EVERY)
        assert [record.message.partition(":")[0] for record in caplog.records] == ["No receipts are kept for now"]
        with pytest.raises(StoreUnusable):
            store.find("another")
        (tmp_path / FILE).unlink()
        deadline = time.monotonic() + 10
        while not stored(tmp_path, "r1") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert stored(tmp_path, "r1")


def test_a_file_that_is_removed_while_it_is_used_is_made_again(tmp_path: Path) -> None:
    with closing(ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)) as store:
        store.keep(receipt("r1"))
        store.write()
        for path in tmp_path.glob(f"{FILE}*"):
            path.unlink()
        store.keep(receipt("r2"))
        store.write()
        assert (store.find("r1"), store.find("r2")) == (None, receipt("r2"))
        assert stored(tmp_path, "r2")


def stored(home: Path, id: str) -> bool:
    """Whether another process finds a receipt in the file."""
    if not (home / FILE).exists():
        return False
    with closing(sqlite3.connect(f"file:{home / FILE}?mode=ro", uri=True)) as file:
        try:
            return bool(file.execute("select 1 from receipts where id = ?", [id]).fetchall())
        except sqlite3.Error:
            return False


def test_where_nothing_can_be_written_and_nothing_was_there_is_no_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.storage.database_file.unwritable", lambda path: True)
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    assert store.find("a") is None
    assert list(tmp_path.iterdir()) == []
    store.close()


def test_a_file_of_receipts_that_is_deleted_is_made_again(tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30, room=ROOM)
    store.keep({"id": "a"})
    store.write()
    assert store.find("a") == {"id": "a"}
    for path in tmp_path.glob("receipts.db*"):
        path.unlink()
    assert store.find("a") is None
    store.close()
