"""Traces kept in SQLite: once each, in order, for those who may see them, and without erased words."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from policies.change import Erase, Restrict
from policies.errors import LedgerBusy
from policies.revision import VersionId
from retriever.errors import StoreUnusable, TraceExists
from retriever.traces.store import FILE, TraceStore
from retriever.traces.trace import Trace
from tests.retriever.homes import Clock, Home


def trace(id: str = "t1", answer: str = "Yes.", **fields: Any) -> Trace:
    return Trace.model_validate({"id": id, "answer": answer, **fields})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    made = TraceStore(tmp_path, Clock("2025-03-01"))
    yield made
    made.close()


def test_a_trace_is_kept_once(store: TraceStore) -> None:
    kept, new = store.add(trace(), ["public"])
    assert (kept.content(), new) == ({"id": "t1", "answer": "Yes.", "recorded_at": "2025-03-01T00:00:00Z"}, True)
    assert store.add(trace(), ["public"]) == (kept, False)
    assert store.find("t1") == kept
    with pytest.raises(TraceExists, match="another trace t1"):
        store.add(trace(answer="No."), ["public"])
    assert store.find("t2") is None


def test_traces_come_in_their_order_behind_a_place(store: TraceStore) -> None:
    for name in "cab":
        store.add(trace(name), ["public"])
    assert [row.trace["id"] for row in store.after(0)] == ["c", "a", "b"]
    second = store.find("a")
    assert second is not None
    assert [row.trace["id"] for row in store.after(second.place)] == ["b"]


def test_only_traces_within_some_labels_are_looked_at(store: TraceStore) -> None:
    store.add(trace("open"), ["public"])
    store.add(trace("theirs"), ["public", "legal"])
    assert [row.trace["id"] for row in store.after(0, ["public", "staff"])] == ["open"]
    assert [row.trace["id"] for row in store.after(0, ["public", "legal"])] == ["open", "theirs"]


def test_a_number_that_a_process_does_not_read_costs_no_other_trace(store: TraceStore) -> None:
    store.add(trace("t1", others=int("9" * 1000)), ["public"])
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        (found,) = store.after(0)
    finally:
        sys.set_int_max_str_digits(before)
    assert found.trace["others"] == "9" * 1000


def test_the_file_is_its_owners_alone(store: TraceStore, tmp_path: Path) -> None:
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a database at all, " * 50)
    with pytest.raises(StoreUnusable, match=FILE):
        TraceStore(tmp_path, Clock("2025-03-01"))


def test_only_who_holds_all_labels_and_may_read_the_evidence_sees_a_trace(home: Home) -> None:
    home.publish("P-7", "Damaged items.", "2024-01-01")
    home.publish("S-1", "Secret.", "2024-01-01", audience="[legal]")
    store = home.asof.traces
    rows = {
        name: store.add(trace(name, evidence=[citation]), audience)[0]
        for name, citation, audience in (
            ("open", "P-7@1#1", ["public"]),
            ("asked under more", "P-7@1#1", ["public", "legal"]),
            ("secret evidence", "S-1@1#1", ["public"]),
            ("never published", "X-9@1#1", ["public"]),
        )
    }
    timeline = home.asof.ledger.timeline()
    assert [name for name, row in rows.items() if row.readable(timeline, ["public"])] == ["open", "never published"]
    assert all(row.readable(timeline, ["public", "legal"]) for row in rows.values())
    home.write(Restrict(VersionId("P-7", 1), ("legal",)))
    assert not rows["open"].readable(home.asof.ledger.timeline(), ["public"])


def test_an_erasure_reaches_the_answers_that_rest_on_it(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    store = home.asof.traces
    fields = {"checkpoint": "m1", "timings": {"total_ms": 5}, "prompt": "Zanzibar parcels"}
    store.add(trace("t1", "Zanzibar parcels, yes.", evidence=["P-7@1#1"], **fields), ["public"])
    store.add(trace("t2", "Gifts.", evidence=["P-8@1#1"]), ["public"])
    home.write(Erase(VersionId("P-7", 1), "court order"))
    found = store.find("t1")
    assert found is not None
    assert found.trace == {
        "id": "t1",
        "answer": None,
        "erased": True,
        "checkpoint": "m1",
        "timings": {"total_ms": 5},
        "evidence": ["P-7@1#1"],
    }
    assert store.find("t2") is not None
    assert b"anzibar" not in b"".join(path.read_bytes() for path in home.path.glob("traces.db*"))


def test_an_erasure_that_was_cut_short_is_finished_when_the_traces_are_opened(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.asof.traces.add(trace("t1", "Zanzibar.", evidence=["P-7@1#1"]), ["public"])
    home.asof.writer().write([Erase(VersionId("P-7", 1), "court order")])
    found = home.open().traces.find("t1")
    assert found is not None
    assert found.trace["answer"] is None


def test_two_processes_may_keep_traces_at_once(store: TraceStore, tmp_path: Path) -> None:
    other = TraceStore(tmp_path, Clock("2025-03-01"))
    store.add(trace("a"), ["public"])
    other.add(trace("b"), ["public"])
    assert [row.trace["id"] for row in store.after(0)] == ["a", "b"]
    other.close()


def test_nothing_is_kept_of_a_trace_that_could_not_be_written_whole(store: TraceStore, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as blocker:
        blocker.executescript("drop table evidence; create table evidence (other text)")
    with pytest.raises(StoreUnusable):
        store.add(trace("a", evidence=["P-7@1#1"]), ["public"])
    assert store.find("a") is None


def test_a_trace_whose_evidence_is_not_known_rests_on_all_that_could_answer(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    store, version = home.asof.traces, VersionId("P-7", 1)
    kept, _ = store.add(trace("t1", "Zanzibar."), ["public"], rests_on=[version, VersionId("P-8", 1)])
    home.write(Restrict(version, ("legal",)))
    assert not kept.readable(home.asof.ledger.timeline(), ["public"])
    home.write(Erase(version, "court order"))
    found = store.find("t1")
    assert found is not None
    assert found.trace["answer"] is None


def test_of_numbers_beside_which_a_caller_put_words_the_numbers_outlive_an_erasure(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    fields = {"timings": {"total_ms": 5, "note": "Zanzibar"}, "tokens": {"prompt": 7, "said": "Zanzibar"}}
    home.asof.traces.add(trace("t1", evidence=["P-7@1#1"], **fields), ["public"])
    home.write(Erase(VersionId("P-7", 1), "court order"))
    found = home.asof.traces.find("t1")
    assert found is not None
    assert (found.trace["timings"], found.trace["tokens"]) == ({"total_ms": 5}, {"prompt": 7})


def test_an_emptied_trace_that_is_sent_again_is_no_other_one(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    sent = trace("t1", "Zanzibar.", evidence=["P-7@1#1"])
    home.asof.traces.add(sent, ["public"])
    home.write(Erase(VersionId("P-7", 1), "court order"))
    again = home.asof.traces.earlier(sent)
    assert again is not None
    assert again.trace["erased"]


def test_a_forgetting_that_a_reader_held_up_is_done_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.storage.database_file.BUSY_SECONDS", 0.05)
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    store, version = home.asof.traces, VersionId("P-7", 1)
    store.add(trace("t1", "Zanzibar.", evidence=["P-7@1#1"]), ["public"])
    with sqlite3.connect(home.path / FILE, isolation_level=None) as reader:
        reader.execute("begin")
        reader.execute("select * from traces").fetchall()
        with pytest.raises(StoreUnusable, match="try again"):
            store.forget([version])
        reader.execute("rollback")
    assert store.forget([version]) == 1
    assert store.forget([version]) == 0
    assert b"anzibar" not in b"".join(path.read_bytes() for path in home.path.glob("traces.db*"))


def test_answers_go_though_a_reader_keeps_erased_words_in_the_ledgers_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.storage.database_file.BUSY_SECONDS", 0.05)
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.asof.traces.add(trace("t1", "Zanzibar.", evidence=["P-7@1#1"]), ["public"])
    with sqlite3.connect(home.path / "ledger.db", isolation_level=None) as reader:
        reader.execute("begin")
        reader.execute("select * from events").fetchall()
        with pytest.raises(LedgerBusy):
            home.write(Erase(VersionId("P-7", 1), "court order"))
        reader.execute("rollback")
    found = home.asof.traces.find("t1")
    assert found is not None
    assert found.trace["answer"] is None


def test_an_erasure_makes_no_store_where_there_is_none(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.write(Erase(VersionId("P-7", 1), "court order"))
    assert not TraceStore.exists(home.path)


def test_an_answer_of_unknown_evidence_goes_with_the_next_erasure(home: Home) -> None:
    for policy, words in (("P-7", "Zanzibar parcels are eligible."), ("P-8", "Gifts."), ("P-9", "Cups.")):
        home.publish(policy, words, "2024-01-01")
    store = home.asof.traces
    store.add(trace("before", "Zanzibar parcels, yes."), ["public"])
    store.add(trace("known", "Gifts.", evidence=["P-8@1#1"]), ["public"])
    store.add(trace("nothing", "I cannot tell.", evidence=[]), ["public"])
    home.write(Erase(VersionId("P-7", 1), "court order"))
    store.add(trace("after", "Cups."), ["public"], erased_before=home.asof.ledger.timeline().erased)
    answers = {row.trace["id"]: row.trace["answer"] for row in store.after(0)}
    assert answers == {"before": None, "known": "Gifts.", "nothing": "I cannot tell.", "after": "Cups."}
    assert b"anzibar" not in b"".join(path.read_bytes() for path in home.path.glob("traces.db*"))
    assert home.open().traces.find("after") == store.find("after")
    home.write(Erase(VersionId("P-9", 1), "court order"))
    assert [row.trace["answer"] for row in store.after(0)] == [None, "Gifts.", "I cannot tell.", None]


def test_a_trace_handed_in_while_words_are_erased_is_known_to_quote_them(tmp_path: Path) -> None:
    first, then = VersionId("P-1", 1), VersionId("P-7", 1)
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        kept, _ = store.add(trace("t1", "Zanzibar."), ["public"], erased_before={first})
        assert not kept.quotes({first})
        assert kept.quotes({first, then})
        late, _ = store.add(trace("t2", "Zanzibar."), ["public"])
        assert late.quotes({first, then})


def test_after_a_ledger_was_put_back_an_erasure_of_other_words_reaches_answers_of_unknown_evidence(
    tmp_path: Path,
) -> None:
    lost, again = {VersionId("P-1", 1)}, {VersionId("P-7", 1)}
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        store.add(trace("t1", "Zanzibar parcels, yes."), ["public"], erased_before=lost)
        assert store.forget(lost) == 0
        assert store.forget(set()) == 0  # the ledger was put back to before the erasure
        assert store.forget(again) == 1
        assert [row.trace["answer"] for row in store.after(0)] == [None]


def test_a_file_that_only_counted_the_erased_names_them_at_the_next_look(tmp_path: Path) -> None:
    first, then = VersionId("P-1", 1), VersionId("P-7", 1)
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        for name in ("t1", "t2"):
            store.add(trace(name, "Zanzibar parcels, yes."), ["public"])
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.executescript(
            """update evidence set version = '*' || (2 - place); drop table erased_sets;
            update traces set rests_on = '["*' || (2 - place) || '"]'"""
        )
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        assert store.forget({first}) == 1
        assert [row.trace["answer"] for row in store.after(0)] == ["Zanzibar parcels, yes.", None]
        assert store.forget({first}) == 0
        assert store.forget({then}) == 1


def test_in_a_file_of_before_answers_of_unknown_evidence_go_too(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    with closing(TraceStore(home.path, home.clock)) as before:
        before.add(trace("t1", "Zanzibar parcels, yes."), ["public"])
    with closing(sqlite3.connect(home.path / FILE)) as file, file:
        file.executescript("delete from evidence; update traces set rests_on = '[]'; pragma user_version = 0")
    home.write(Erase(VersionId("P-7", 1), "court order"))
    found = home.asof.traces.find("t1")
    assert found is not None
    assert found.trace["answer"] is None


def test_two_processes_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    stores = [TraceStore(tmp_path, Clock("2025-03-01")) for _ in range(4)]

    def add(number: int) -> None:
        stores[number % 4].add(trace(f"t{number}"), ["public"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(80)))
    assert len(list(stores[0].after(0))) == 80
    for store in stores:
        store.close()


OUT_OF_DESCRIPTORS = """
import os, resource, sys
from contextlib import suppress
from pathlib import Path
from retriever.errors import StoreUnusable
from retriever.traces.store import TraceStore
home = Path(sys.argv[1])
TraceStore(home, int).find("a")  # all that is imported for it is
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with suppress(OSError):
    while True:
        os.open("/dev/null", os.O_RDONLY)
try:
    TraceStore(home, int).find("a")
except StoreUnusable as error:
    print(error)
"""


def test_where_too_many_files_are_open_nobody_is_told_to_delete_traces(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", OUT_OF_DESCRIPTORS, tmp_path], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert "ulimit -n" in said
    assert "deleted" not in said
