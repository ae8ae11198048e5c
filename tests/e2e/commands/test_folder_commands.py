"""A folder of files planned and published at once: what became of each, and all or nothing."""

import json
import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import COMMAND, Run
from tests.root import ROOT


def put(file: Path, policy: str, words: str, effective: str = "2024-01-01") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\npolicy: {policy}\ntitle: A title\neffective: {effective}\n---\n{words}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """P-1, and P-2 in a folder below; a README, and a draft in a hidden folder."""
    made = tmp_path / "policies"
    put(made / "one.md", "P-1", "Seven days.")
    put(made / "below" / "two.md", "P-2", "Gifts are final.")
    (made / "README.md").write_text("# Our policies")
    put(made / ".drafts" / "three.md", "P-3", "Not yet.")
    return made


def policies(run: Run, home: Path) -> Any:
    return json.loads(run("policies", "--as-of", "2025-01-01", "--json", "--home", home).stdout)["policies"]


def test_a_folder_is_published_in_one_commit_with_a_line_for_each_file(run: Run, folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("publish", folder, "--home", home).stdout.splitlines() == [
        f"new        P-2@1  {folder}/below/two.md",
        f"new        P-1@1  {folder}/one.md",
        f"skipped    {folder}/README.md: it is about the folder, and has no front matter",
        "3 files: 2 new, 0 changed, 0 unchanged, 1 skipped.",
        "Recorded as transactions 1 to 2.",
    ]
    put(folder / "one.md", "P-1", "Nine days.", "2024-06-01")
    again = json.loads(run("publish", folder, "--json", "--home", home).stdout)
    assert [(Path(each["file"]).name, each["outcome"], each["version"]) for each in again["files"]] == [
        ("two.md", "unchanged", "P-2@1"),
        ("one.md", "changed", "P-1@2"),
        ("README.md", "skipped", None),
    ]
    assert [each["version"] for each in policies(run, home)] == ["P-1@2", "P-2@1"]


def test_where_one_file_is_wrong_every_wrong_one_is_named_and_nothing_is_published(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (folder / "forgotten.md").write_text("No front matter.")
    put(folder / "below" / "soon.md", "P-4", "Words.", "soon")
    for command in ("publish", "plan"):
        refused = run(command, folder, "--home", home, exits=1)
        assert refused.stdout == ""
        assert "asof: 2 of 4 files are refused, so nothing of the folder is taken." in refused.stderr
        assert f"{folder}/forgotten.md: has no front matter" in refused.stderr
        assert f"{folder}/below/soon.md: effective: 'soon'" in refused.stderr
    assert not home.exists()


def test_files_that_cannot_come_into_force_are_named_too(run: Run, folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("one", "two"):
        text = f"---\npolicy: Q-{name}\ntitle: T\nuntil: 2020-01-01\n---\nWords.\n"
        (folder / f"{name}-ended.md").write_text(text)
    refused = run("publish", folder, "--home", home, exits=1).stderr
    assert "2 of 4 files are refused" in refused
    for name in ("one", "two"):
        assert f"{folder}/{name}-ended.md: would hold through 2019-12-31, which is not after its start" in refused
    assert not home.exists()


def test_a_plan_of_a_folder_says_what_each_file_would_become(run: Run, folder: Path, tmp_path: Path) -> None:
    printed = run("plan", folder, "--home", tmp_path / "home").stdout.splitlines()
    assert printed[-1] == "3 files: 2 new, 0 changed, 0 unchanged, 1 skipped; nothing was recorded."
    assert f"new        P-1@1  {folder}/one.md" in printed
    assert not (tmp_path / "home").exists()
    run("publish", folder / "one.md", "--home", tmp_path / "home")
    again = run("plan", folder, "--home", tmp_path / "home").stdout
    assert again.count("P-1@1") == 1
    assert f"unchanged  P-1@1  {folder}/one.md" in again


def test_a_folder_without_policies_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    refused = run("publish", tmp_path / "none", "--home", tmp_path / "home", exits=1).stderr
    assert f"{tmp_path}/none: holds no Markdown file" in refused


def test_a_strict_plan_says_why_it_exits_1_and_publishes_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    put(folder / "one.md", "P-1", "Within {--30--} days.")
    refused = run("plan", folder, "--strict", "--home", tmp_path / "home", exits=1).stderr
    assert "asof: With strict these files would not be published: a finding of the lint would refuse it" in refused
    assert f"{folder}/one.md, line 6" in refused


def test_many_files_show_a_bar_on_a_terminal_and_none_in_a_pipe(
    run_process: Run, folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    for number in range(25):
        put(folder / f"{number}.md", f"P-{number + 10}", "The same words.")
    ours, theirs = pty.openpty()
    command = [*COMMAND, "plan", str(folder), "--home", str(tmp_path / "home")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment, cwd=ROOT) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the end of a terminal
            while part := os.read(ours, 65_536):
                shown += part
    os.close(ours)
    assert process.returncode == 0, shown
    assert b"Reading" in shown
    assert b"28/28" in shown
    assert "Reading" not in run_process("plan", folder, "--home", tmp_path / "home").stderr
