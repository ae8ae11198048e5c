"""docs/authoring.md: one policy's life prints what it shows, and each row of the table answers as it says."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from string import Template

import pytest

from tests.e2e.command import Run, called
from tests.root import ROOT

PAGE = (ROOT / "docs" / "authoring.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(sh|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DRAFT = re.compile(r"\bd-[a-z0-9]{8}\b")
TIME = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?\b")
"""An instant as people read it; a whole minute is told without its seconds."""


ASOF = re.compile(r"(?:export (?P<name>\w+)=\$\()?(?P<given>(?:\w+=\S+ )*)asof (?P<asked>[^|>&;()]+?)\)?")
"""A line that calls `asof` and nothing else: with variables before it, or into one."""


def ran(line: str, folder: Path, environment: dict[str, str]) -> str:
    """What a line prints; what it exports is in `environment` from then on. `asof` is called in this process."""
    if (calls := ASOF.fullmatch(line)) is not None:
        given = dict(item.split("=", 1) for item in Template(calls["given"]).substitute(environment).split())
        done = called(shlex.split(calls["asked"]), {**environment, **given}, folder)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if calls["name"]:
            environment[calls["name"]] = done.stdout.strip()
        return done.stdout + done.stderr
    if line.startswith("export "):
        name, _, value = line.removeprefix("export ").partition("=")
        environment[name] = Template(value).substitute(environment)
    else:
        subprocess.run(["bash", "-euo", "pipefail", "-c", line], cwd=folder, env=environment, check=True)
    return ""


def lines(text: str) -> list[str]:
    """The lines that say something, without the times, and without what a table puts between its columns."""
    return [" ".join(TIME.sub("TIME", line).split()) for line in text.splitlines() if line.strip()]


def test_one_policys_life_prints_what_the_page_shows(tmp_path: Path, environment: dict[str, str]) -> None:
    own = {name: value for name, value in environment.items() if name != "ASOF_HOME"}
    folder, ids, printed, made = tmp_path / "empty", dict[str, str](), "", ""
    folder.mkdir()
    for kind, block in BLOCKS:
        if kind == "text":
            shown = DRAFT.sub(lambda found: ids[found[0]], block)
            assert [line for line in lines(shown) if line not in lines(printed)] == [], printed
            continue
        printed = ""
        for command in block.splitlines():
            for written in DRAFT.findall(command):
                ids.setdefault(written, made)
            said = ran(DRAFT.sub(lambda found: ids[found[0]], command), folder, own)
            made = "".join(DRAFT.findall(said)[:1])
            printed += said


ROWS = re.findall(r"^\| (.+) \| (`asof .+`) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
SAYS = re.compile(r"`(\S+)` \((\d{4}-\d\d-\d\d)\)")
FILES = {"p7.md": "2025-03-01", "next.md": "2040-01-01", "sooner.md": "2030-01-01", "right.md": None}


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """A folder with the files that the table names, and a home in which P-7@1 is in force."""
    for number, (name, effective) in enumerate({"first.md": "2024-01-01", **FILES}.items()):
        dates = "" if effective is None else f"effective: {effective}\n"
        words = f"Items may go back within {number + 7} days."
        (tmp_path / name).write_text(f"---\npolicy: P-7\ntitle: Damaged items\n{dates}---\n{words}\n")
    run("publish", "first.md", "--home", "home", cwd=tmp_path)
    return tmp_path


def test_each_row_of_the_table_answers_as_it_says(folder: Path, run: Run) -> None:
    people = {"bo": ("author", "Bo Chen"), "ann": ("approver", "Ann Lee")}
    keys = {
        name: run("key", "create", "--role", role, "--person", person, "--home", "home", cwd=folder).stdout.split()[0]
        for name, (role, person) in people.items()
    }

    def answer(as_of: str, known_at: str | None) -> str:
        known = () if known_at is None else ("--known-at", known_at)
        asked = ("retrieve", "How long?", "--policy", "P-7", "--as-of", as_of, *known, "--json", "--home", "home")
        said = json.loads(run(*asked, cwd=folder).stdout)
        return str(said["abstained"]["reason"] if said["abstained"] else said["evidence"][0]["citation"].split("#")[0])

    def known_now() -> str:
        return str(json.loads(run("status", "--json", "--home", "home", cwd=folder).stdout)["recorded_at"])

    assert len(ROWS) == 13
    for wanted, commands, as_of_says, known_at_says in ROWS:
        before, draft = known_now(), ""
        for command in re.findall(r"`asof (.+?)`", commands):
            given = [draft if word == "D" else word for word in shlex.split(command)]
            who = "ann" if given[0] == "approve" else "bo"
            said = run(*given, "--home", "home", env={"ASOF_KEY": keys[who]}, cwd=folder).stdout
            draft = next(iter(DRAFT.findall(said)), "")
        assert SAYS.findall(as_of_says), wanted
        assert SAYS.findall(known_at_says), wanted
        told: list[tuple[str, str, str | None]] = [(version, day, None) for version, day in SAYS.findall(as_of_says)]
        told += [(version, day, before) for version, day in SAYS.findall(known_at_says)]
        assert [(answer(day, known_at), day, known_at) for _, day, known_at in told] == told, wanted
        if "describe" in commands:
            ask = ("show", "P-7", "--as-of", "2025-06-01", "--home", "home")
            shown = [run(*ask, *known, cwd=folder).stdout for known in ((), ("--known-at", before))]
            assert ["owner: X" in it for it in shown] == [True, False]
