"""The settings of a home, by the command: printed, changed, refused, and kept in the log."""

import json
from pathlib import Path

from tests.e2e.command import Run


def test_settings_are_made_in_an_empty_folder_and_told_with_who_and_why(run: Run, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    set_first = run("settings", "approval", "required", "--policies", "HR-*", *home).stdout
    assert set_first.splitlines()[0] == "settings  approval required for HR-*"
    assert "words of policies HR-* come into force when another person approves them" in set_first
    run("settings", "timezone", "Asia/Kathmandu", "--author", "ada", "--note", "our office", *home)
    assert run("settings", *home).stdout == "timezone  Asia/Kathmandu\napproval  required for HR-*\n"
    held = json.loads(run("settings", "--json", *home).stdout)
    assert held == {"timezone": "Asia/Kathmandu", "approval": [{"policies": "HR-*", "approval": "required"}]}
    newest = json.loads(run("log", "--json", *home).stdout)["events"][0]
    assert (newest["author"], newest["note"], newest["policy_id"]) == ("ada", "our office", None)
    assert newest["settings"] == {"timezone": "Asia/Kathmandu"}
    run("verify", *home)


def test_what_is_no_setting_is_refused_and_makes_no_home(run: Run, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    assert "there is no setting 'tax'" in run("settings", "tax", "7", *home, exits=2).stderr
    assert "asof settings approval required" in run("settings", "approval", *home, exits=2).stderr
    assert "belongs to approval" in run("settings", "timezone", "UTC", "--policies", "P-*", *home, exits=2).stderr
    assert "no time zone" in run("settings", "timezone", "Mars/Olympus", *home, exits=1).stderr
    assert not (tmp_path / "home").exists()
