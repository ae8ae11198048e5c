"""The files of SQLite: whose they are, that no lock on them is lost, and how they are read where nothing is written."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from policies.storage.database_file import DatabaseFile, read_only
from tests.unwritable import HELD_TO_MODES, needs_modes, unwritable_folder

WRITES_AND_DIES = """
import os, sys
from pathlib import Path
from policies.storage.database_file import DatabaseFile
db = DatabaseFile(Path(sys.argv[1])).db
db.execute("create table if not exists t (a)")
for number in sys.argv[2:]:
    db.execute("insert into t values (?)", [number])
os._exit(0)
"""

CONNECTS_AND_CLOSES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("select count(*) from sqlite_master").fetchone()
connection.close()
"""


def elsewhere(program: str, *arguments: object) -> None:
    """Runs a program as another process, which ends."""
    subprocess.run([sys.executable, "-c", program, *map(str, arguments)], check=True, timeout=60)


READS = """
import sys
from pathlib import Path
from policies.storage.database_file import DatabaseFile
file = DatabaseFile(Path(sys.argv[1]))
while True:
    found = file.read(lambda db: list(db.query("select a from t order by a")) if db.table_names() else [])
    print(file.writable, *(row["a"] for row in found), flush=True)
    if not sys.stdin.readline():
        break
"""


def read_where_nothing_can_be_written(path: Path) -> str:
    """What a process reads that can write nothing: whether it could, and the rows; or the error."""
    command = [*HELD_TO_MODES, sys.executable, "-c", READS, str(path)]
    with unwritable_folder(path.parent):
        done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60)
    return (done.stdout or done.stderr).strip()


def test_a_new_file_and_what_lies_beside_it_are_its_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        file = DatabaseFile(tmp_path / "x.db")
    finally:
        os.umask(umask)
    file.db.execute("create table t (a)")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("x.db", "x.db-wal", "x.db-shm"), 0o600)
    file.close()


def test_every_file_is_opened_alike(tmp_path: Path) -> None:
    with closing(DatabaseFile(tmp_path / "x.db")) as file:
        found = [file.db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert [*found, file.db.execute("pragma secure_delete").fetchone()[0]] == ["wal", 2, 1]


def test_opening_a_file_again_drops_no_lock_so_a_close_elsewhere_takes_no_log_away(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    first = DatabaseFile(path)
    first.db.execute("create table t (a)")
    barrier, others = threading.Barrier(8), []

    def opened() -> None:
        barrier.wait()
        others.append(DatabaseFile(path))

    threads = [threading.Thread(target=opened) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elsewhere(CONNECTS_AND_CLOSES, path)
    first.db.execute("insert into t values ('kept')")
    assert first.lost() is None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        assert reader.execute("select a from t").fetchall() == [("kept",)]
    for file in (first, *others):
        file.close()


@pytest.mark.parametrize("name", ["x.db", "x.db-wal", "x.db-shm"])
def test_a_file_that_is_taken_away_is_named(tmp_path: Path, name: str) -> None:
    with closing(DatabaseFile(tmp_path / "x.db")) as file:
        assert file.lost() is None
        (tmp_path / name).unlink()
        assert file.lost() == name


@needs_modes
def test_a_file_without_a_log_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    elsewhere(WRITES_AND_DIES, tmp_path / "x.db", "one")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("select * from t").fetchall()  # the last to close empties the log
    assert read_where_nothing_can_be_written(tmp_path / "x.db") == "False one"
    assert [item.name for item in tmp_path.iterdir()] == ["x.db"]


@needs_modes
def test_the_newest_commits_are_read_from_the_log_of_a_killed_process(tmp_path: Path) -> None:
    elsewhere(WRITES_AND_DIES, tmp_path / "x.db", "one", "two")
    assert (tmp_path / "x.db-wal").stat().st_size
    assert read_where_nothing_can_be_written(tmp_path / "x.db") == "False one two"


@needs_modes
def test_a_log_that_cannot_be_read_is_an_error_and_never_left_out(tmp_path: Path) -> None:
    elsewhere(WRITES_AND_DIES, tmp_path / "x.db", "one")
    (tmp_path / "x.db-shm").unlink()
    assert "its newest commits lie in the log beside it" in read_where_nothing_can_be_written(tmp_path / "x.db")


@needs_modes
@pytest.mark.parametrize("ends", [True, False], ids=["and closes", "and stays"])
def test_what_someone_else_writes_meanwhile_is_read(tmp_path: Path, ends: bool) -> None:
    elsewhere(WRITES_AND_DIES, tmp_path / "x.db", "one")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("select * from t").fetchall()
    command = [*HELD_TO_MODES, sys.executable, "-c", READS, str(tmp_path / "x.db")]
    with (
        unwritable_folder(tmp_path),
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader,
    ):
        assert reader.stdin is not None
        assert reader.stdout is not None
        said = [reader.stdout.readline()]
        with closing(sqlite3.connect(tmp_path / "x.db")) as writer:
            for number in ("three", "two"):
                with writer:
                    writer.execute("insert into t values (?)", [number])
                if ends:
                    writer.close()
                    writer = sqlite3.connect(tmp_path / "x.db")
                reader.stdin.write("\n")
                reader.stdin.flush()
                said.append(reader.stdout.readline())
        reader.stdin.close()
    assert said == ["False one\n", "False one three\n", "False one three two\n"]


@needs_modes
def test_where_there_is_no_file_and_none_can_be_made_it_is_empty(tmp_path: Path) -> None:
    assert read_where_nothing_can_be_written(tmp_path / "x.db") == "False"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_a_writable_file_takes_nothing_for_settled(tmp_path: Path) -> None:
    with closing(DatabaseFile(tmp_path / "x.db")) as file:
        file.db.execute("create table t (a)")
        with closing(read_only(tmp_path / "x.db")) as reader:
            file.db.execute("insert into t values ('one')")
            assert reader.execute("select a from t").fetchall() == [("one",)]


def test_a_folder_in_the_place_of_a_database_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()

    with pytest.raises(IsADirectoryError, match="A folder lies where a database should be"):
        DatabaseFile(tmp_path / "ledger.db")
