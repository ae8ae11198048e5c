"""Traces that were acknowledged are there after whatever happens to the processes that kept them."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policies.change import Erase
from policies.errors import UnknownRevision
from policies.revision import VersionId
from policies.storage import kept_file
from retriever.errors import StoreUnusable
from retriever.traces.store import FILE, TraceStore
from retriever.traces.trace import Trace
from tests.policies.storage.test_database_file import CONNECTS_AND_CLOSES, elsewhere
from tests.retriever.homes import Clock, Home

KEEPS = """
import os, sys, threading
from pathlib import Path
from policies import instant
from retriever.bootstrap import Asof
from retriever.traces.store import TraceStore
from retriever.traces.trace import Trace

home = Path(sys.argv[1])
asof, stores, barrier = Asof.at(home), [], threading.Barrier(8)

def keep(store, name):
    given = {"id": name, "answer": "Zanzibar parcels, yes.", "evidence": ["P-7@1#1"] if name < "m" else ["P-8@1#1"]}
    store.add(Trace.model_validate(given), ["public"])
    os.write(1, f"{name}\\n".encode())  # whole: threads that print may end two lines at once

def first(number):
    barrier.wait()
    store = asof.traces if number % 2 else TraceStore(home, instant.now)
    stores.append(store)
    keep(store, f"first-{number}")

threads = [threading.Thread(target=first, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
stores.append(TraceStore(home, instant.now))  # the last to open the file, when the others hold their locks already
print("eight", flush=True)
sys.stdin.readline()
for number in range(20):
    keep(asof.traces, f"then-{number}")
print("twenty", flush=True)
sys.stdin.readline()
os._exit(9)
"""


def said(process: "subprocess.Popen[str]", last: str) -> list[str]:
    """The lines that the process says before this one."""
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline().strip()) != last:
        assert line, "the process ended"
        lines.append(line)
    return lines


def test_nothing_acknowledged_is_lost_when_eight_come_first_and_words_are_erased_meanwhile(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    command = [sys.executable, "-c", KEEPS, str(home.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        kept = said(process, "eight")
        erasing = home.open()
        erasing.write([Erase(VersionId("P-7", 1), "court order")])
        erasing.traces.close()
        process.stdin.write("\n")
        process.stdin.flush()
        kept += said(process, "twenty")
        elsewhere(CONNECTS_AND_CLOSES, home.path / FILE)
        process.stdin.write("\n")
        process.stdin.flush()
    assert (process.returncode, len(kept)) == (9, 28)
    with closing(TraceStore(home.path, home.clock)) as store:
        found = {row.trace["id"]: row.trace["answer"] for row in store.after(0)}
    assert found.keys() == set(kept)
    assert [found[f"first-{number}"] for number in range(8)] == [None] * 8


@pytest.mark.parametrize("name", [FILE, f"{FILE}-wal", f"{FILE}-shm"])
def test_a_trace_for_a_file_that_was_taken_away_is_refused(tmp_path: Path, name: str) -> None:
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        store.add(Trace.model_validate({"id": "a", "answer": "Yes."}), ["public"])
        (tmp_path / name).unlink()
        with pytest.raises(StoreUnusable, match=f"{name} was removed"):
            store.add(Trace.model_validate({"id": "b", "answer": "Yes."}), ["public"])
        with pytest.raises(StoreUnusable, match="given out"):  # an erasure looks into the file that others see
            list(store.after(0))


def _kept_traces(store: TraceStore, first: int, last: int) -> None:
    for number in range(first, last):
        store.add(Trace.model_validate({"id": f"t-{number}", "answer": f"Within {number} days."}), ["public"])


@pytest.mark.parametrize("garbled", [False, True])
@pytest.mark.parametrize("whole_until", [None, 0])
def test_a_trace_for_a_file_that_was_written_over_by_a_copy_is_refused(
    tmp_path: Path, garbled: bool, whole_until: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if whole_until is not None:  # as if it were a large one, of which some rows are read
        monkeypatch.setattr(kept_file, "CHECKED_WHOLE", whole_until)
    path = tmp_path / FILE
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        _kept_traces(store, 0, 2)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("vacuum into ?", (str(tmp_path / "copy.db"),))
        _kept_traces(store, 2, 9)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        whole, copy = path.read_bytes(), (tmp_path / "copy.db").read_bytes()
        path.write_bytes(copy[:4096] + bytes(len(copy) - 4096) if garbled else copy)
        for _ in range(2):
            with pytest.raises(StoreUnusable, match="is no longer the file that this process opened"):
                _kept_traces(store, 9, 10)
        for use in (lambda: list(store.after(0)), lambda: store.earlier(Trace(id="t-1", answer="Within 1 days."))):
            with pytest.raises(StoreUnusable, match="Start the process again"):
                use()
        path.write_bytes(whole)
    with closing(TraceStore(tmp_path, Clock("2025-03-01"))) as store:
        assert [kept.trace["id"] for kept in store.after(0)] == [f"t-{number}" for number in range(9)]


@pytest.mark.parametrize("whole_until", [None, 0])
def test_what_others_keep_and_erase_beside_is_no_copy(
    home: Home, whole_until: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if whole_until is not None:
        monkeypatch.setattr(kept_file, "CHECKED_WHOLE", whole_until)
    home.write(_with_secret(home))
    with closing(TraceStore(home.path, home.clock)) as one, closing(TraceStore(home.path, home.clock)) as other:
        # An earlier version let such an id in.
        one.add(Trace(id="ab", answer="Yes.").model_copy(update={"id": "a\0b"}), ["public"])
        for begin in range(0, 60, 20):
            _kept_traces(one, begin, begin + 10)
            _kept_traces(other, begin + 10, begin + 20)
            one.forget([VersionId("P-7", 1), VersionId("P-8", begin + 1)])  # empties the log into the file
        assert len(list(one.after(0))) == len(list(other.after(0))) == 62


def _with_secret(home: Home) -> Erase:
    """A trace that quotes words, kept; and the erasure of those words."""
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    trace = {"id": "a", "answer": "Zanzibar parcels, yes.", "evidence": ["P-7@1#1"]}
    with closing(TraceStore(home.path, home.clock)) as store:
        store.add(Trace.model_validate(trace), ["public"])
    return Erase(VersionId("P-7", 1), "court order")


def _answers(home: Home) -> list[str | None]:
    with closing(TraceStore(home.path, home.clock)) as store:
        return [row.trace["answer"] for row in store.after(0)]


def test_whoever_looks_finishes_an_erasure_that_was_killed_before_the_traces(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase = _with_secret(home)
    with monkeypatch.context() as killed:
        killed.setattr(home.asof, "forget_erased", lambda: None)
        home.write(erase)
    assert any(b"Zanzibar" in file.read_bytes() for file in home.path.glob(f"{FILE}*"))
    looking = home.open()
    assert list(looking.problems()) == []
    looking.traces.close()
    assert _answers(home) == [None]


def test_an_erasure_that_cannot_reach_the_traces_says_that_it_is_recorded(home: Home) -> None:
    erase = _with_secret(home)
    for file in home.path.glob(f"{FILE}*"):
        file.unlink()
    (home.path / FILE).write_text("no database at all, and long enough to be read as one" * 9)
    with pytest.raises(UnknownRevision):  # what was not erased is not told as recorded
        home.open().write([Erase(VersionId("P-7", 9), "court order")])
    with pytest.raises(StoreUnusable, match=r"The erasure is recorded \(transaction 2\); .* Then run `asof index`"):
        home.open().write([erase])
    unusable, unreached = home.open().problems()
    assert "traces.db cannot be used" in unusable
    assert "may still hold erased words" in unreached
