"""An erasure says what survives and asks; a restriction says what it set. At a terminal, and without one."""

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import COMMAND, Run
from tests.root import ROOT

SECRET = "The customer Zyx Omma may return the blue vase."


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """P-6@1 with a sentence that P-8@1 holds too, and that a note of the log repeats."""
    for policy, words in (("P-6", f"{SECRET}\n\nGifts are final."), ("P-8", "Gifts are final.")):
        file = tmp_path / f"{policy}.md"
        file.write_text(f"---\npolicy: {policy}\ntitle: T\neffective: 2024-01-01\n---\n{words}\n")
        run("publish", file, "--home", tmp_path / "home")
    run("withdraw", "P-6", "--from", "2026-01-01", "--note", "Zyx Omma may return it", "--home", tmp_path / "home")
    return tmp_path / "home"


def erased(run: Run, home: Path) -> bool:
    [period, *_] = json.loads(run("history", "P-6", "--json", "--home", home).stdout)["periods"]
    return bool(period["erased"])


def answered(home: Path, answer: bytes, environment: dict[str, str]) -> tuple[int, str]:
    """How an erasure ends, and what it prints, where a person at a terminal answers so."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, "erase", "P-6@1", "--reason", "court order", "--home", str(home)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
    ) as process:
        os.write(ours, answer)
        printed, _ = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    return process.returncode, printed.decode()


def test_without_a_terminal_nothing_is_erased_and_it_exits_2(run: Run, home: Path) -> None:
    refused = run("erase", "P-6@1", "--reason", "court order", "--home", home, exits=2)
    assert "P-6@1 was not erased: there is no terminal to ask at. Give --yes if it is meant" in refused.stderr
    assert not erased(run, home)


def test_what_survives_is_said_before_it_is_asked(run: Run, home: Path) -> None:
    printed = run("erase", "P-6@1", "--reason", "court order", "--yes", "--home", home).stderr.splitlines()
    assert printed[:3] == [
        "Erasing P-6@1 removes its words from this home. They survive in:",
        "    P-8@1, which holds them too, so erase that as well: Gifts are final.",
        "    the note of transaction 3 (withdraw P-6), which stays in the log: Zyx Omma may return it",
    ]
    assert any("backups" in line for line in printed)
    assert any("what clients keep of earlier answers" in line for line in printed)
    assert erased(run, home)


def test_in_json_what_survives_is_told_and_nothing_but_json_is_printed(run: Run, home: Path) -> None:
    done = run("erase", "P-6@1", "--reason", "court order", "--yes", "--json", "--home", home)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["survive_in"] == [{"text": "Gifts are final.", "versions": ["P-8@1"]}]
    assert [note["tx"] for note in told["notes"]] == [3]
    assert "They survive in:" in done.stderr


def test_a_person_who_says_no_or_nothing_keeps_the_words_and_one_who_says_yes_loses_them(
    run: Run, home: Path, environment: dict[str, str]
) -> None:
    for answer in (b"n\n", b"\n"):
        code, printed = answered(home, answer, environment)
        assert (code, "P-6@1 was not erased." in printed, erased(run, home)) == (1, True, False)
    code, printed = answered(home, b"y\n", environment)
    assert (code, erased(run, home)) == (0, True), printed
    assert printed.index("They survive in:") < printed.index("Erase the words of P-6@1, for good?")


def test_a_restriction_says_which_labels_it_set_and_which_were_set_before(run: Run, home: Path) -> None:
    first = run("restrict", "P-8@1", "--audience", "legal", "--audience", "hr", "--home", home).stdout
    assert "Readable with the labels hr or legal, for every date; before with the label public." in first
    told = json.loads(run("restrict", "P-8@1", "--audience", "public", "--json", "--home", home).stdout)
    assert (told["audience"], told["before"]) == (["public"], ["hr", "legal"])
    assert (
        "It was readable with the label public already."
        in run("restrict", "P-8@1", "--audience", "public", "--home", home).stdout
    )
