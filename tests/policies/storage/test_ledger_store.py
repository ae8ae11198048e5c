"""The ledger's rows on real SQLite: how they are opened, the lock of who writes, and the head without the rest."""

import errno
import fcntl
import re
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from policies.change import Publish
from policies.errors import (
    ChangeRefused,
    LedgerBusy,
    LedgerDamaged,
    LedgerFull,
    LedgerLost,
    LedgerMissing,
    LedgerTooNew,
)
from policies.event import GENESIS, Event
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId
from policies.storage.ledger_store import LedgerStore, ledger_head
from policies.storage.ledger_tables import KNOWN, Database, migrations
from policies.storage.writer_lock import writer_lock

MakeDraft = Callable[..., Draft]
Record = Callable[..., list[Event]]
P7_1 = VersionId("P-7", 1)


@contextmanager
def connected(home: Path) -> Iterator[sqlite3.Connection]:
    """The database file, opened by someone else."""
    with closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        yield connection


# Open


def test_home_without_a_ledger_is_missing_and_stays_untouched(home: Path) -> None:
    with pytest.raises(LedgerMissing, match="asof publish FILE"):
        LedgerStore.open(home)
    assert not home.exists()


def test_ledger_is_in_wal_mode(ledger: Ledger, home: Path) -> None:
    with connected(home) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_ledger_of_a_later_version_is_refused(ledger: Ledger, home: Path) -> None:
    with connected(home) as connection:
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) "
            "values ('asof.ledger', 'm999_later', '2099-01-01')"
        )
    with pytest.raises(LedgerTooNew, match="upgrade Asof"):
        LedgerStore.open(home)


def test_file_that_is_no_database_is_refused_by_name(home: Path) -> None:
    home.mkdir()
    (home / "ledger.db").write_bytes(b"not a database, " * 100)
    with pytest.raises(LedgerDamaged, match=r"ledger\.db is not a ledger"):
        LedgerStore.open(home)


def test_every_migration_is_known_by_name() -> None:
    assert {migration.name for migration in migrations.pending(Database(memory=True))} == KNOWN


def test_ledger_that_many_make_at_once_is_made_once(home: Path, draft: MakeDraft, record: Record, clock: Any) -> None:
    barrier = threading.Barrier(6)
    opened: list[Ledger] = []

    def first_use() -> None:
        barrier.wait()
        opened.append(Ledger(LedgerStore.open(home, create=True), clock))

    threads = [threading.Thread(target=first_use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    record(opened[0], Publish(draft("One.", "2025-01-01")))
    assert {ledger.head()[0] for ledger in opened} == {1}
    for ledger in opened:
        ledger.close()


def test_rows_in_memory_are_none_at_first_and_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draft: MakeDraft, record: Record, clock: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Ledger(LedgerStore.in_memory(), clock)) as ledger:
        assert ledger.head() == (0, 0, GENESIS)
        record(ledger, Publish(draft("One.", "2025-01-01")))
        assert ledger.head()[0] == 1
    assert list(tmp_path.iterdir()) == []


def test_opening_a_ledger_does_not_import_pandas_and_leaves_it_importable(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    program = (
        "import sys; from pathlib import Path; from policies.storage.ledger_store import LedgerStore; "
        "import retriever.traces.store; LedgerStore.open(Path(sys.argv[1]), create=True).close(); "
        "assert 'sqlite_utils' in sys.modules and 'pandas' not in sys.modules; import pandas; assert pandas.DataFrame"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_who_wants_the_head_or_the_lock_alone_loads_neither_sqlite_utils_nor_numpy() -> None:
    program = (
        "import sys; from policies.storage.ledger_store import ledger_head; "
        "from policies.storage.writer_lock import writer_lock; "
        "assert not {'sqlite_utils', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Write


def test_a_commit_inside_a_commit_that_fails_goes_with_it(home: Path, draft: MakeDraft) -> None:
    def write(store: LedgerStore) -> None:
        with store.commit():
            with store.commit():
                store.insert_words(1, draft("Seven days."), [Span(0, 5)], "none")
            assert store.words(P7_1) is not None
            raise ChangeRefused("no")

    with closing(LedgerStore.open(home, create=True)) as store:
        with pytest.raises(ChangeRefused):
            write(store)
        assert store.words(P7_1) is None


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal"])
def test_a_commit_whose_file_is_taken_away_meanwhile_is_not_acknowledged(
    home: Path, draft: MakeDraft, record: Record, clock: Any, name: str
) -> None:
    with closing(LedgerStore.open(home, create=True)) as store:
        ledger = Ledger(store, clock)
        record(ledger, Publish(draft("Seven days.", "2024-01-01")))

        def write() -> None:
            with store.commit():
                record(ledger, Publish(draft("Thirty days.", "2025-01-01")))
                (home / name).unlink()

        with pytest.raises(LedgerLost, match="what was just written cannot be read there"):
            write()


def test_a_commit_is_acknowledged_where_only_another_connection_to_it_cannot_be_made(
    home: Path, draft: MakeDraft, record: Record, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(path: Path) -> sqlite3.Connection:
        raise OSError(errno.EMFILE, "Too many open files")

    with closing(LedgerStore.open(home, create=True)) as store:
        monkeypatch.setattr("policies.storage.ledger_store.read_only", none_left)
        ledger = Ledger(store, clock)
        record(ledger, Publish(draft("Seven days.", "2024-01-01")))
        (home / "ledger.db").rename(home / "elsewhere.db")
        with pytest.raises(LedgerLost):
            record(ledger, Publish(draft("Thirty days.", "2025-01-01")))


@pytest.mark.parametrize("garbled", [False, True])
def test_a_file_that_is_written_over_by_a_copy_is_used_no_more(
    home: Path, draft: MakeDraft, record: Record, clock: Any, garbled: bool
) -> None:
    with closing(LedgerStore.open(home, create=True)) as store:
        ledger = Ledger(store, clock)
        record(ledger, Publish(draft("Seven days.", "2024-01-01")))
        with closing(sqlite3.connect(home / "ledger.db")) as connection:
            connection.execute("vacuum into ?", (str(home / "copy.db"),))
        for number in range(3):
            record(ledger, Publish(draft(f"{number + 10} days.", f"202{number + 5}-01-01")))
        with closing(sqlite3.connect(home / "ledger.db")) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        whole = (home / "ledger.db").read_bytes()
        copy = (home / "copy.db").read_bytes()
        (home / "ledger.db").write_bytes(copy[:4096] + bytes(len(copy) - 4096) if garbled else copy)
        with pytest.raises(LedgerLost, match="its file was written over"), store.exclusive():
            pass  # what is only read may be told as damaged before
        for _ in range(3):
            with pytest.raises(LedgerLost, match="its file was written over"):
                record(ledger, Publish(draft("Sixty days.", "2029-01-01")))
        for use in (ledger.timeline, ledger.newest_tx, ledger.head):
            with pytest.raises(LedgerLost, match="start the process again"):
                use()
        (home / "ledger.db").write_bytes(whole)
    with closing(LedgerStore.open(home)) as store:
        assert store.head()[0] == 4  # nothing that was refused is there


def test_whoever_only_reads_notices_a_copy_too(home: Path, draft: MakeDraft, record: Record, clock: Any) -> None:
    with closing(LedgerStore.open(home, create=True)) as store, closing(LedgerStore.open(home)) as reading:
        ledger, reader = Ledger(store, clock), Ledger(reading, clock)
        record(ledger, Publish(draft("Seven days.", "2024-01-01")))
        with closing(sqlite3.connect(home / "ledger.db")) as connection:
            connection.execute("vacuum into ?", (str(home / "copy.db"),))
        for number in range(3):
            record(ledger, Publish(draft(f"{number + 10} days.", f"202{number + 5}-01-01")))
            assert reader.newest_tx() == reader.timeline().tx == number + 2
        with closing(sqlite3.connect(home / "ledger.db")) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        assert reader.newest_tx() == 4  # what others put from the log into the file is no copy
        (home / "ledger.db").write_bytes((home / "copy.db").read_bytes())
        for use in (reader.newest_tx, reader.timeline, reader.head):
            with pytest.raises(LedgerLost, match="its file was written over"):
                use()


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_ledger_on_a_full_disk_is_read_and_is_written_once_there_is_room(
    home: Path, draft: MakeDraft, record: Record, clock: Any
) -> None:
    with closing(LedgerStore.open(home, create=True)) as store:
        record(Ledger(store, clock), Publish(draft("Seven days.", "2024-01-01")))
    assert not (home / "ledger.db-shm").exists()  # nothing has it open, so opening it makes files
    with no_room():
        store = LedgerStore.open(home)
        ledger = Ledger(store, clock)
        assert (ledger.timeline().tx, ledger.newest_tx(), ledger.no_room) == (1, 1, True)
        for write in (lambda: record(ledger, Publish(draft("Nine days.", "2025-01-01"))), store.exclusive().__enter__):
            with pytest.raises(LedgerFull, match=r"nothing was recorded\. Make room"):
                write()
        assert ledger.timeline().tx == 1
    with closing(store):
        record(ledger, Publish(draft("Nine days.", "2025-01-01")))
        assert (ledger.timeline().tx, ledger.newest_tx(), ledger.no_room) == (2, 2, False)


# The head alone


def test_the_head_alone_is_the_ledgers_head(home: Path, ledger: Ledger, draft: MakeDraft, record: Record) -> None:
    assert ledger_head(home) == GENESIS == ledger.head()[2]
    record(ledger, Publish(draft("Seven days.", "2024-01-01")))
    assert ledger_head(home) == ledger.head()[2] != GENESIS


def test_there_is_no_head_where_no_ledger_can_be_read(tmp_path: Path) -> None:
    assert ledger_head(tmp_path) is None
    (tmp_path / "ledger.db").write_text("no database, " * 100)
    assert ledger_head(tmp_path) is None


# One writer at a time


HOLDER = """
import sys, time
from pathlib import Path
from policies.storage.writer_lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_process_holding(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input gets a line, or it is killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def test_lock_is_taken_and_released(home: Path) -> None:
    for _ in range(2):
        with writer_lock(home, wait=0):
            assert (home / "writer.lock").exists()


def test_second_writer_in_this_process_is_refused_after_its_wait(home: Path) -> None:
    with writer_lock(home):
        began = time.monotonic()
        with pytest.raises(LedgerBusy, match=r"within 0\.05 s; try again"), writer_lock(home, wait=0.05):
            pytest.fail("two writers at once")
        assert time.monotonic() - began >= 0.05


def test_lock_is_released_when_its_holder_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(home):
        _ = 1 / 0
    with writer_lock(home, wait=0):
        pass


def test_another_process_holding_the_lock_is_named_by_its_home_folder(home: Path) -> None:
    with other_process_holding(home), pytest.raises(LedgerBusy) as caught, writer_lock(home, wait=0):
        pytest.fail("two writers at once")
    assert str(home) in str(caught.value)


def test_writer_that_waited_in_vain_is_told_who_writes_and_since_when(home: Path) -> None:
    with other_process_holding(home) as holder, pytest.raises(LedgerBusy) as caught, writer_lock(home, wait=1.2):
        pytest.fail("two writers at once")
    said = re.fullmatch(
        r"Process (\d+) has been writing to (.+) for ([1-9]) s and has not finished within 1\.2 s; try again\. .*",
        str(caught.value),
    )
    assert said is not None, caught.value
    assert (int(said[1]), said[2]) == (holder.pid, str(home))


def test_lock_file_says_who_writes_without_growing(home: Path) -> None:
    sizes = []
    for tx in (1, 10**12):
        with writer_lock(home, wait=0) as lock:
            lock.build_on(tx)
            sizes.append((home / "writer.lock").stat().st_size)
    assert sizes == [60, 60]


def test_lock_of_an_earlier_version_is_held_by_another_process(home: Path) -> None:
    home.mkdir(exist_ok=True)
    with (home / "writer.lock").open("wb") as earlier:
        earlier.write(b" " * 20)
        earlier.flush()
        fcntl.flock(earlier, fcntl.LOCK_EX)
        with pytest.raises(LedgerBusy, match=r"^Another process is writing to .* try again"), writer_lock(home, 0):
            pytest.fail("two writers at once")


def test_lock_of_a_killed_process_is_free(home: Path) -> None:
    with other_process_holding(home) as holder:
        holder.kill()
        holder.wait()
        with writer_lock(home, wait=0):
            pass


def test_waiting_writer_goes_on_as_soon_as_the_other_is_done(home: Path) -> None:
    with other_process_holding(home) as holder:
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        with writer_lock(home, wait=20):
            pass


def test_locks_of_two_home_folders_are_two(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "a"), writer_lock(tmp_path / "b", wait=0):
        pass
