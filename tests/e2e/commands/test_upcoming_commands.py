"""scheduled, due and log: what an author sees of a shop with something of everything, and what an empty home says."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run

HELD = {
    "a": ("P-7", "2024-01-01", "Seven days. See P-6.", "owner: returns-team\nreview_by: 2025-12-10\nnote: first\n"),
    "b": ("P-7", "2027-03-01", "Nine days.", "until: 2027-04-01\n"),
    "c": ("P-6", "2024-01-01", "Gifts are final.", "owner: shop\n"),
}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upcoming")
    for name, (policy, effective, words, more) in HELD.items():
        (folder / f"{name}.md").write_text(
            f"---\npolicy: {policy}\ntitle: Title of {policy}\neffective: {effective}\n{more}---\n{words}\n"
        )
    made = folder / "home"
    run("publish", *(folder / f"{name}.md" for name in HELD), "--author", "ada", "--home", made)
    run("withdraw", "P-6", "--from", "2025-05-01", "--note", "merged into P-9", "--author", "bob", "--home", made)
    run("restrict", "P-7@2", "--audience", "public", "--audience", "legal", "--note", "wider", "--home", made)
    return made


def rows(printed: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in printed.splitlines() if line.strip()]
    at = next(number for number, line in enumerate(lines) if "───" in line)
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines[at + 1 :]]


def test_scheduled_prints_what_comes_soonest_first(run: Run, home: Path) -> None:
    printed = run("scheduled", "--as-of", "2026-01-01", "--home", home).stdout
    assert rows(printed) == [
        ["2027-03-01", "P-7@2 begins", "through 2027-03-31", "P-7@1", "Title of P-7"],
        ["2027-04-01", "P-7@1 returns", "no end set", "P-7@2", "returns-team", "Title of P-7"],
    ]
    [first] = parsed(run, "scheduled", "--as-of", "2026-01-01", "--until", "2027-03-02", "--json", "--home", home)[
        "changes"
    ]
    assert (first["version"], first["author"]) == ("P-7@2", "ada")


def test_due_prints_what_is_the_matter_and_what_to_do(run: Run, home: Path) -> None:
    printed = run("due", "--as-of", "2025-12-01", "--home", home).stdout
    assert rows(printed)[0][:3] == ["2025-05-01", "withdrawn but referenced", "P-6@1"]
    assert rows(printed)[-1][:4] == ["2025-12-10", "review soon", "P-7@1", "returns-team"]
    found = parsed(run, "due", "P-7", "--as-of", "2025-12-11", "--json", "--home", home)
    assert [item["kind"] for item in found["due"]] == ["review_overdue"]


def test_log_prints_who_when_what_and_why_and_says_what_nobody_recorded(run: Run, home: Path) -> None:
    printed = rows(run("log", "--home", home).stdout)
    assert [(row[0], *row[2:]) for row in printed] == [
        ("5", "not recorded", "restrict P-7@2, to legal, public", "wider"),
        ("4", "bob", "withdraw P-6, from 2025-05-01 on", "merged into P-9"),
        ("3 with 1", "ada", "publish P-6@1, from 2024-01-01 on"),
        ("2 with 1", "ada", "publish P-7@2, from 2027-03-01 through 2027-03-31"),
        ("1", "ada", "publish P-7@1, from 2024-01-01 on", "first"),
    ]
    short = run("log", "P-7", "--limit", "1", "--home", home).stdout
    assert short.splitlines()[-1] == "There are older events; a higher --limit shows them."
    assert "restrict P-7@2, to legal, public" in run("history", "P-7", "--home", home).stdout


def test_where_there_is_nothing_it_is_said_what_to_do(run: Run, home: Path) -> None:
    assert run("scheduled", "P-6", "--as-of", "2030-01-01", "--within", "30", "--home", home).stdout == (
        "Nothing of P-6 is scheduled after 2030-01-01 and before 2030-01-31. "
        "`asof publish FILE` schedules a revision whose `effective` lies ahead.\n"
    )
    assert run("due", "--as-of", "2023-01-01", "--within", "1", "--home", home).stdout == (
        "Nothing is due at 2023-01-01 or within 1 days. "
        "`review_by: DATE` in a policy's front matter sets when it is to be read again.\n"
    )
    assert run("log", "--until", "2020-01-01", "--home", home).stdout == (
        "Nothing was recorded then. Leave out --since and --until to see every event.\n"
    )


def test_what_cannot_be_asked_is_refused_by_name(run: Run, home: Path, tmp_path: Path) -> None:
    for command in ("scheduled", "due", "log"):
        assert "There is no policy P-404" in run(command, "P-404", "--home", home, exits=1).stderr
        assert "There is no ledger in" in run(command, "--home", tmp_path / "none", exits=1).stderr
    both = run("scheduled", "--until", "2030-01-01", "--within", "3", "--home", home, exits=2).stderr
    assert "until: was given together with within; give one of them" in both


def parsed(run: Run, *given: object) -> Any:
    return json.loads(run(*given).stdout)
