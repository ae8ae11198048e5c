"""A ledger that was lost, emptied or put back, beside the index of the one before: no other one takes its place."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.command import Run

SAID = "the ledger was lost, emptied or put back to an earlier state. Nothing was recorded."


def draft(folder: Path, policy: str) -> Path:
    (folder / f"{policy}.md").write_text(f"---\npolicy: {policy}\ntitle: T\neffective: 2024-01-01\n---\nTea at four.\n")
    return folder / f"{policy}.md"


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    for number in range(3):
        run("publish", draft(tmp_path, f"T-{number}"), "--home", tmp_path / "home")
    return tmp_path / "home"


def backed_up(home: Path, to: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        ledger.execute("vacuum into ?", [str(to)])


def removed(home: Path) -> None:
    for file in home.glob("ledger.db*"):
        file.unlink()


def emptied(home: Path) -> None:
    removed(home)
    (home / "ledger.db").touch()


def put_back(home: Path) -> None:
    removed(home)
    shutil.copy(home.parent / "earlier.db", home / "ledger.db")


LOSSES = pytest.mark.parametrize("lose", [removed, emptied])


@LOSSES
def test_nothing_is_recorded_and_the_proof_stays(
    run: Run, home: Path, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    lose(home)
    manifest = (home / "index" / "manifest.json").read_bytes()
    there = ("--home", home)
    for arguments in (
        ("publish", draft(tmp_path, "T-9")),
        ("draft", draft(tmp_path, "T-9"), "--author", "Bo Chen"),
        ("settings", "timezone", "Europe/Berlin"),
        ("index", "--rebuild"),
        ("index",),
        ("retrieve", "When is tea?"),
    ):
        assert SAID in run(*arguments, *there, exits=1).stderr, arguments
    assert (home / "index" / "manifest.json").read_bytes() == manifest
    assert (home / "ledger.db").exists() is (lose is emptied)


@LOSSES
def test_a_backup_mends_it(run: Run, home: Path, tmp_path: Path, lose: Callable[[Path], None]) -> None:
    backed_up(home, tmp_path / "backup.db")
    lose(home)
    run("retrieve", "When is tea?", "--home", home, exits=1)
    removed(home)
    shutil.copy(tmp_path / "backup.db", home / "ledger.db")
    assert "T-0@1" in run("retrieve", "When is tea?", "--home", home).stdout
    run("verify", "--home", home)


@LOSSES
def test_who_goes_on_without_them_moves_the_index_away(
    run: Run, home: Path, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    lose(home)
    (home / "index").rename(tmp_path / "index-before")
    run("publish", draft(tmp_path, "T-9"), "--home", home)
    run("verify", "--home", home)


def test_an_earlier_ledger_is_not_written_upon(run: Run, home: Path, tmp_path: Path) -> None:
    backed_up(home, tmp_path / "earlier.db")
    run("publish", draft(tmp_path, "T-3"), "--home", home)
    put_back(home)
    for arguments in (("publish", draft(tmp_path, "T-9")), ("index", "--rebuild"), ("retrieve", "When is tea?")):
        said = run(*arguments, "--home", home, exits=1).stderr
        assert "covers transaction 4, the ledger ends at 3" in said, arguments
    (home / "index").rename(tmp_path / "index-before")
    run("index", "--home", home)
    assert "T-0@1" in run("retrieve", "When is tea?", "--home", home).stdout


def test_a_rebuild_does_not_overwrite_the_index_of_another_ledger(run: Run, home: Path, tmp_path: Path) -> None:
    for number in range(3):
        run("publish", draft(tmp_path, f"U-{number}"), "--home", tmp_path / "other")
    removed(home)
    backed_up(tmp_path / "other", home / "ledger.db")
    manifest = (home / "index" / "manifest.json").read_bytes()
    refused = run("index", "--rebuild", "--home", home, exits=1)
    assert "they do not belong together" in refused.stderr
    assert (home / "index" / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize("index", ["idx_events_policy_id_tx", "idx_events_recorded_at"])
def test_a_damaged_index_of_the_ledger_is_found_by_verify_and_by_status(run: Run, home: Path, index: str) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        ledger.execute("pragma wal_checkpoint(truncate)")
        [size] = ledger.execute("pragma page_size").fetchone()
        [page] = ledger.execute("select rootpage from sqlite_master where name = ?", [index]).fetchone()
    with (home / "ledger.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))
    assert "restore a backup" in run("verify", "--home", home, exits=1).stderr
    assert "The ledger's file is damaged" in run("status", "--home", home).stdout


def test_verify_and_status_name_a_file_of_keys_that_cannot_be_read(run: Run, home: Path) -> None:
    run("key", "create", "--role", "reader", "--home", home)
    (home / "keys.json").write_text("")
    for command in ("verify", "status"):
        assert "keys.json is not JSON" in run(command, "--home", home).stdout
