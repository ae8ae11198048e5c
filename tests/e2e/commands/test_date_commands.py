"""Dates by the time zone of a file or a home: read, recorded as instants, and printed for people in both."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run

NEW_YORK = "America/New_York"


@pytest.fixture
def home(run: Run, tmp_path: Path) -> tuple[str, Path]:
    """A home in New York with P-7, of that zone, and P-8, of a zone of its own."""
    made = ("--home", tmp_path / "home")
    run("settings", "timezone", NEW_YORK, *made)
    seven = authored(tmp_path, "P-7", "effective: 2025-03-09", "through: 2025-11-02")
    eight = authored(tmp_path, "P-8", "timezone: Asia/Kathmandu", "effective: 2025-03-01")
    printed = run("publish", seven, eight, *made).stdout
    assert printed.splitlines() == [
        f"publish   P-7@1  from 2025-03-09 through 2025-11-02 {NEW_YORK} = 2025-03-09T05:00:00Z "
        "until 2025-11-03T05:00:00Z",
        "publish   P-8@1  from 2025-03-01 on Asia/Kathmandu = 2025-02-28T18:15:00Z on",
        "Recorded as transactions 2 to 3.",
    ]
    return made


def authored(folder: Path, policy: str, *lines: str) -> Path:
    path = folder / f"{policy}.md"
    path.write_text("\n".join(["---", f"policy: {policy}", f"title: {policy}", *lines, "---", "Items are eligible.\n"]))
    return path


def parsed(run: Run, *arguments: Any) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_bare_dates_of_commands_are_those_of_the_home_and_json_is_in_utc(run: Run, home: tuple[str, Path]) -> None:
    shown = parsed(run, "policies", "--as-of", "2025-03-09", *home)
    assert shown["as_of"] == "2025-03-09T05:00:00Z"
    assert shown["policies"][0]["valid_to"] == "2025-11-03T05:00:00Z"
    answer = parsed(run, "retrieve", "items", "--policy", "P-7", "--as-of", "2025-11-02", *home)
    assert answer["receipt"]["request"]["as_of"] == "2025-11-02T04:00:00Z"
    assert [item["citation"] for item in answer["evidence"]] == ["P-7@1#1"]
    assert not parsed(run, "retrieve", "items", "--policy", "P-7", "--as-of", "2025-11-03", *home)["evidence"]
    run("cite", "P-7@1#1", "--as-of", "2025-03-09", *home)
    run("cite", "P-7@1#1", "--as-of", "2025-03-08", *home, exits=1)
    run("describe", "P-7", "--review-by", "2025-06-01", *home)
    assert parsed(run, "show", "P-7@1", *home)["review_by"] == "2025-06-01T04:00:00Z"


def test_questions_of_a_file_are_asked_by_the_days_of_the_home(
    run: Run, home: tuple[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"query": "items", "as_of": "2025-03-09"}\n')
    answer = parsed(run, "retrieve", "--from-file", file, *home)
    assert answer["receipt"]["request"]["as_of"] == "2025-03-09T05:00:00Z"


def test_what_is_read_prints_days_of_the_zone_and_instants_in_utc(run: Run, home: tuple[str, Path]) -> None:
    whole = f"from 2025-03-09 through 2025-11-02 {NEW_YORK} = 2025-03-09T05:00:00Z until 2025-11-03T05:00:00Z"
    assert f"in force {whole}" in run("show", "P-7@1", "--as-of", "2025-04-01", *home).stdout
    assert f"in force {whole}" in run("retrieve", "items", "--policy", "P-7", "--as-of", "2025-04-01", *home).stdout
    [change] = parsed(run, "scheduled", "P-7", "--as-of", "2025-04-01", *home)["changes"]
    assert (change["change"], change["at"]) == ("ends", "2025-11-03T05:00:00Z")
    table = run("policies", "--as-of", "2025-04-01", *home).stdout
    assert f"when ({NEW_YORK})" in table
    assert "= 2025-03-09T05:00:00Z" in table
    nothing = run("retrieve", "items", "--policy", "P-7", "--as-of", "2025-03-08", *home).stdout
    assert f"The next rule starts on 2025-03-09 00:00 {NEW_YORK} = 2025-03-09T05:00:00Z." in nothing


def test_withdrawal_through_a_day_ends_with_it(run: Run, home: tuple[str, Path]) -> None:
    options = ("withdraw", "P-7", "--from", "2025-05-01", "--through", "2025-05-31", *home)
    [event] = parsed(run, *options)["events"]
    [period] = event["periods"]
    assert (period["valid_from"], period["valid_to"]) == ("2025-05-01T04:00:00Z", "2025-06-01T04:00:00Z")
    both = run(
        "withdraw", "P-7", "--from", "2025-05-01", "--until", "2025-06-01", "--through", "2025-05-31", *home, exits=2
    )
    assert "--through: was given together with --until" in both.stderr
    instant = run("withdraw", "P-7", "--from", "2025-05-01", "--through", "2025-05-31T12:00:00Z", *home, exits=2)
    assert "is no day such as 2025-12-31" in instant.stderr


def test_same_file_after_another_zone_is_unchanged_and_says_how_to_move_it(
    run: Run, home: tuple[str, Path], tmp_path: Path
) -> None:
    run("settings", "timezone", "UTC", *home)
    file = tmp_path / "P-7.md"
    printed = run("publish", file, *home).stdout
    assert printed.splitlines()[:2] == [
        "unchanged P-7@1  is already recorded",
        "    P-7@1 holds from 2025-03-09 05:00 until 2025-11-03 05:00, by the time zone that was this home's when it "
        "was recorded.",
    ]
    assert "write `timezone: UTC` into the file" in printed
    assert "P-7@1 holds from 2025-03-09 05:00" in run("plan", file, *home).stdout
    assert parsed(run, "publish", file, *home)["events"] == []


def test_correction_of_another_zone_names_both_dates(run: Run, home: tuple[str, Path], tmp_path: Path) -> None:
    file = authored(tmp_path, "P-7", "timezone: UTC", "effective: 2025-03-09")
    refused = run("correct", "P-7@1", file, *home, exits=1)
    assert "begins 2025-03-09, and P-7@1 2025-03-09 05:00." in refused.stderr
