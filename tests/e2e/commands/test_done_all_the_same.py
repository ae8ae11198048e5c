"""What a command did is told where it fails afterwards: output without room or reader, Ctrl-C, what cannot be shown."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.command import COMMAND, Run
from tests.root import ROOT

INTERRUPTED = """
import sys
from indexer.writer import IndexWriter
from retriever.entrypoints import cli

caught_up = IndexWriter._catch_up
def interrupted(self, **options):
    if self.recorded is not None:
        raise KeyboardInterrupt
    return caught_up(self, **options)
IndexWriter._catch_up = interrupted
cli.main()
"""
AFTER_COMMIT = """
from policies.storage.kept_file import KeptFile
from retriever.entrypoints import cli

check = KeptFile.check_holds
def interrupted(self, *, written):
    check(self, written=written)
    if written:
        raise KeyboardInterrupt
KeptFile.check_holds = interrupted
cli.main()
"""

CLOSED = "asof: Standard output is closed, so nobody can read the output. Give it a place, such as `> FILE`"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "tea.md").write_text(
        "---\npolicy: T-1\ntitle: Tea\neffective: 2024-01-01\n---\n# Té\n\nTea at four – or five.\n"
    )
    return tmp_path / "tea.md"


@pytest.fixture
def into(environment: dict[str, str], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """How a command ends, and what it says on standard error, where its output goes into something."""

    def ended(output: int, *arguments: object, stdin: int | None = None, key: str | None = None) -> tuple[int, str]:
        line = [*COMMAND, *map(str, arguments), "--home", str(tmp_path / "home")]
        env = environment if key is None else {**environment, "ASOF_KEY": key}
        done = subprocess.run(
            line, stdout=output, stderr=subprocess.PIPE, stdin=stdin, env=env, cwd=ROOT, text=True, timeout=120
        )
        return done.returncode, done.stderr

    return ended


@pytest.fixture
def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def newest(run: Run, tmp_path: Path) -> int:
    return int(json.loads(run("log", "--json", "--home", tmp_path / "home").stdout)["events"][0]["tx"])


def test_what_is_recorded_is_told_where_the_output_has_no_room(
    run: Run, into: Callable[..., tuple[int, str]], full: int, file: Path, tmp_path: Path
) -> None:
    for number, arguments in enumerate((("publish", file), ("withdraw", "T-1", "--from", "2030-01-01"), ("undo",)), 1):
        code, said = into(full, *arguments)
        assert code == 1
        assert "No space left on device" in said
        assert f"Transaction {number} is recorded all the same: do not send it again" in said
    assert newest(run, tmp_path) == 3


def test_it_is_told_where_nobody_reads_the_output(into: Callable[..., tuple[int, str]], file: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    code, said = into(write, "publish", file)
    os.close(write)
    assert code == 1
    assert "Transaction 1 is recorded all the same" in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_a_key_is_named_where_its_text_is_lost(into: Callable[..., tuple[int, str]], full: int, file: Path) -> None:
    into(subprocess.DEVNULL, "publish", file)
    code, said = into(full, "key", "create", "--role", "admin")
    assert code == 1
    assert "was made. If its text did not reach you, `asof key revoke " in said


def test_a_read_that_finds_no_room_is_only_an_error(
    into: Callable[..., tuple[int, str]], full: int, file: Path
) -> None:
    into(subprocess.DEVNULL, "publish", file)
    code, said = into(full, "show", "T-1")
    assert (code, "recorded" in said) == (1, False)


@pytest.fixture
def shell(environment: dict[str, str], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """How a command ends, and what it says on standard error, where a shell redirects its streams."""

    def ended(streams: str, *arguments: object) -> tuple[int, str]:
        line = shlex.join([*COMMAND, *map(str, arguments), "--home", str(tmp_path / "home")])
        done = subprocess.run(
            f"{line} {streams}", shell=True, stderr=subprocess.PIPE, env=environment, cwd=ROOT, text=True, timeout=120
        )
        return done.returncode, done.stderr

    return ended


def test_a_closed_output_is_one_that_nobody_can_read(
    run: Run, shell: Callable[..., tuple[int, str]], file: Path, tmp_path: Path
) -> None:
    for number, arguments in enumerate((("publish", file), ("undo",)), 1):
        code, said = shell(">&-", *arguments)
        assert (code, said.splitlines()[0]) == (1, CLOSED)
        assert f"Transaction {number} is recorded all the same: do not send it again" in said
        assert len(said.splitlines()) == 2
    assert shell(">&-", "policies", "--json") == (1, f"{CLOSED}\n")
    assert newest(run, tmp_path) == 2


def test_where_every_stream_is_closed_a_command_still_ends_by_its_code(
    run: Run, shell: Callable[..., tuple[int, str]], file: Path, tmp_path: Path
) -> None:
    assert shell("2>&- >/dev/null", "publish", file) == (0, "")
    assert shell("2>&-", "undo", "99") == (1, "")
    assert shell("<&- >&- 2>&-", "undo") == (1, "")
    assert shell("2>/dev/full", "undo", "99") == (1, "")
    assert newest(run, tmp_path) == 2
    run("verify", "--home", tmp_path / "home")


def test_ctrl_c_after_the_commit_says_what_is_recorded(
    run: Run, environment: dict[str, str], file: Path, tmp_path: Path
) -> None:
    home = ["--home", str(tmp_path / "home")]
    line = [sys.executable, "-c", INTERRUPTED, "publish", str(file), *home]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120)
    assert done.returncode == 1
    assert "T-1@1 (transaction 1) is recorded and cannot be searched yet: it was interrupted" in done.stderr
    run("index", *home)
    assert newest(run, tmp_path) == 1


@pytest.fixture
def interrupted(environment: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """What a command says on standard error, where Ctrl-C comes directly after its commit."""

    def ended(*arguments: object, key: str | None = None) -> str:
        line = [sys.executable, "-c", AFTER_COMMIT, *map(str, arguments), "--home", str(tmp_path / "home")]
        env = environment if key is None else {**environment, "ASOF_KEY": key}
        done = subprocess.run(line, capture_output=True, text=True, env=env, cwd=ROOT, timeout=120)
        assert done.returncode == 130
        return done.stderr

    return ended


def the_draft(run: Run, tmp_path: Path) -> dict[str, str]:
    [found] = json.loads(run("drafts", "--json", "--home", tmp_path / "home").stdout)["drafts"]
    return {"id": found["id"], "state": found["state"]}


@pytest.mark.parametrize("how", ["no room", "Ctrl-C"])
def test_what_became_of_a_draft_is_told(
    how: str,
    run: Run,
    into: Callable[..., tuple[int, str]],
    interrupted: Callable[..., str],
    full: int,
    file: Path,
    tmp_path: Path,
) -> None:
    ann = run("key", "create", "--role", "approver", "--person", "Ann", "--home", tmp_path / "home").stdout.split()[0]

    def said(*arguments: object, key: str | None = None) -> str:
        return interrupted(*arguments, key=key) if how == "Ctrl-C" else into(full, *arguments, key=key)[1]

    told = said("draft", file, "--author", "Bo")
    draft = the_draft(run, tmp_path)["id"]
    assert f"Draft {draft} was kept all the same: do not send it again. `asof drafts {draft}` shows it" in told
    for arguments, key, became, state in (
        (("submit", draft), None, "was handed in", "submitted"),
        (("approve", draft, "--later"), ann, "was approved for later", "approved"),
        (("reject", draft, "--reason", "shorter"), ann, "was rejected", "rejected"),
    ):
        assert f"Draft {draft} {became} all the same: do not send it again" in said(*arguments, key=key)
        assert the_draft(run, tmp_path)["state"] == state
    assert f"Draft {draft} was deleted all the same" in said("drafts", "--delete", draft)
    assert "There are no drafts" in run("drafts", "--home", tmp_path / "home").stdout


def test_a_draft_that_was_refused_is_told_as_nothing_else(
    run: Run, into: Callable[..., tuple[int, str]], full: int, file: Path, tmp_path: Path
) -> None:
    run("draft", file, "--author", "Bo", "--home", tmp_path / "home")
    draft = the_draft(run, tmp_path)["id"]
    assert "all the same" not in into(full, "drafts", draft)[1]
    assert "all the same" not in into(full, "approve", draft, "--later")[1]


def test_ctrl_c_after_the_commit_of_an_import_says_what_is_recorded(
    run: Run, interrupted: Callable[..., str], tmp_path: Path
) -> None:
    row = {"policy_id": "T-1", "revision": 1, "effective_from": "2024-01-01", "title": "Tea", "text": "At four."}
    row |= {"effective_to": None, "withdrawn": False, "recorded_at": "2024-01-01T00:00:00Z"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    told = interrupted("import", tmp_path / "rows.jsonl", "--recorded-from-source")
    assert "Transaction 1 is recorded all the same: do not send it again" in told
    assert newest(run, tmp_path) == 1


def test_what_a_terminal_cannot_show_is_no_failure(run_process: Run, run: Run, file: Path, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    run("publish", file, *home)
    plain = {"PYTHONIOENCODING": "ascii"}
    assert "Tea at four \\u2013 or five." in run_process("show", "T-1", *home, env=plain).stdout
    assert "Tea at four" in run_process("retrieve", "When is tea?", *home, env=plain).stdout


def test_without_standard_input_nothing_is_erased(
    environment: dict[str, str], run: Run, file: Path, tmp_path: Path
) -> None:
    run("publish", file, "--home", tmp_path / "home")
    line = " ".join([*COMMAND, "erase", "T-1@1", "--reason", "x", "--home", str(tmp_path / "home"), "<&-"])
    done = subprocess.run(line, shell=True, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120)
    assert done.returncode == 2
    assert "T-1@1 was not erased: there is no terminal to ask at" in done.stderr
