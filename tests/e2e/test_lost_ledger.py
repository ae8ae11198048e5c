"""A ledger that was lost, emptied or put back, beside the index of the one before: no other one takes its place."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from indexer.encoding.embedding import Encoder
from policies.instant import now
from retriever.traces.store import TraceStore
from retriever.traces.trace import Trace
from tests.e2e.command import Run
from tests.e2e.serving import served
from tests.retriever.homes import Home

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


def test_verify_and_status_name_a_file_of_keys_that_is_missing(run: Run, home: Path) -> None:
    run("key", "create", "--role", "reader", "--home", home)
    (home / "key-uses").mkdir()  # as after any use of a key
    (home / "keys.json").unlink()
    for command in ("verify", "status"):
        assert "had keys, and its keys.json is missing" in run(command, "--home", home).stdout


def test_verify_and_status_name_a_file_of_traces_that_a_backup_lies_in_beside_a_log(
    run: Run, home: Path, tmp_path: Path
) -> None:
    with closing(TraceStore(tmp_path, now)) as store:
        for number in range(200):
            if number in (50, 100):
                with closing(sqlite3.connect(tmp_path / "traces.db")) as traces:
                    backup = ("vacuum into ?", [str(home / "traces.db")])
                    traces.execute(*backup) if number == 50 else traces.execute("pragma wal_checkpoint(truncate)")
            store.add(Trace(id=f"t-{number}", answer="At four. " * 99), ["public"])
        shutil.copy(tmp_path / "traces.db-wal", home)
    before = (home / "traces.db").read_bytes(), (home / "traces.db-wal").read_bytes()
    for command in ("verify", "status"):
        assert "Else remove it with traces.db-wal and traces.db-shm" in run(command, "--home", home).stdout
    assert before == ((home / "traces.db").read_bytes(), (home / "traces.db-wal").read_bytes())
    (home / "traces.db-wal").unlink()
    (home / "traces.db-shm").unlink(missing_ok=True)
    assert "cannot be used" not in run("verify", "--home", home).stdout
    with closing(TraceStore(home, now)) as store:
        assert len(list(store.after(0))) == 50


READING = (
    ("policies",),
    ("show", "T-0"),
    ("history", "T-0"),
    ("cite", "T-0@1#1"),
    ("log",),
    ("diff", "T-0@1", "T-0@1"),
    ("scheduled",),
    ("due",),
    ("status",),
    ("verify",),
    ("drafts",),
)


def test_nothing_is_read_from_an_earlier_ledger_as_if_it_were_in_force(run: Run, home: Path, tmp_path: Path) -> None:
    backed_up(home, tmp_path / "earlier.db")
    run("publish", draft(tmp_path, "T-3"), "--home", home)
    put_back(home)
    for arguments in (*READING, ("plan", draft(tmp_path, "T-9"))):
        assert "put a ledger.db back that holds transaction 4" in run(*arguments, "--home", home, exits=1).stderr


@pytest.fixture(params=[2, 60])
def crashed(request: pytest.FixtureRequest, tmp_path: Path, encoder: Encoder) -> Path:
    """A home as a kill leaves it, what was recorded last in the log alone; and `backup.db`, an earlier state of it."""
    home = Home(tmp_path / "live", encoder)
    home.publish("T-0", "Tea at three.", "2024-01-01")
    for number in range(request.param):
        home.publish(f"U-{number}", f"Coffee at {number}. " * 20, "2024-01-01")
    with closing(sqlite3.connect(home.path / "ledger.db")) as ledger:
        ledger.execute("pragma wal_checkpoint(truncate)")
        ledger.execute("vacuum into ?", [str(tmp_path / "backup.db")])
    home.publish("T-0", "Tea at four.", "2025-01-01")
    shutil.copytree(home.path, tmp_path / "home")
    home.close()
    return tmp_path / "home"


def state(home: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in home.glob("ledger.db*") if not file.name.endswith("-shm")}


def test_a_backup_beside_a_log_spoils_neither(run: Run, crashed: Path, tmp_path: Path) -> None:
    (crashed / "ledger.db").rename(tmp_path / "moved-away.db")
    shutil.copy(tmp_path / "backup.db", crashed / "ledger.db")
    before = state(crashed)
    assert before["ledger.db-wal"]
    for arguments in (*READING, ("publish", draft(tmp_path, "T-9")), ("index",), ("index", "--rebuild"), ("serve",)):
        run(*arguments, "--home", crashed, exits=1)
        assert state(crashed) == before, arguments
    (tmp_path / "moved-away.db").rename(crashed / "ledger.db")
    assert "Tea at four" in run("show", "T-0", "--home", crashed).stdout
    run("verify", "--home", crashed)


def test_a_backup_in_place_of_a_ledger_and_its_log_is_as_good_as_new(run: Run, crashed: Path, tmp_path: Path) -> None:
    removed(crashed)
    shutil.copy(tmp_path / "backup.db", crashed / "ledger.db")
    (crashed / "index").rename(tmp_path / "index-before")
    run("index", "--home", crashed)
    assert "Tea at three" in run("show", "T-0", "--home", crashed).stdout
    run("verify", "--home", crashed)


def test_what_a_kill_leaves_in_the_log_is_taken_in(run: Run, crashed: Path) -> None:
    assert "Tea at four" in run("show", "T-0", "--home", crashed).stdout
    run("verify", "--home", crashed)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_service_that_ended_leaves_all_it_acknowledged_in_the_files_alone(
    run: Run, home: Path, tmp_path: Path, environment: dict[str, str], workers: str
) -> None:
    home = shutil.copytree(home, tmp_path / "served")  # which this process has not open
    with served(home, environment, "--workers", workers) as service:
        body = {"file": draft(tmp_path, "T-9").read_text()}
        assert service.client.post("/v1/policies/T-9/revisions", json=body).status_code == 201
        assert service.client.post("/v1/traces", json={"id": "t", "answer": "At four."}).status_code == 201
    assert [file.name for file in home.iterdir() if file.name.endswith("-wal") and file.stat().st_size] == []
    (tmp_path / "copy").mkdir()
    shutil.copy(home / "ledger.db", tmp_path / "copy")
    run("index", "--home", tmp_path / "copy")
    assert "T-9@1" in run("show", "T-9", "--home", tmp_path / "copy").stdout


def test_an_index_of_which_a_file_is_missing_is_not_said_to_be_whole(run: Run, home: Path) -> None:
    segment = next((home / "index").glob("segment-*"))
    segment.unlink()
    assert f"{segment.name} is missing; run `asof index --rebuild`" in run("index", "--home", home, exits=1).stderr
    run("index", "--rebuild", "--home", home)
    assert " 0 passages embedded" in run("index", "--home", home).stdout
