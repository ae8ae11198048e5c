"""Traces that were acknowledged are there after whatever happens to the processes that kept them."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policies.change import Erase
from policies.errors import UnknownRevision
from policies.revision import VersionId
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
    [problem] = home.open().problems()
    assert "may still hold erased words" in problem
