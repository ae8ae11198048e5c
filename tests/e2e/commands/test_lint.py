"""What `plan` and `publish` tell of bad evidence, where they tell it, and what `--strict` refuses."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Run

FRONT = "---\npolicy: {}\ntitle: Items\neffective: 2025-03-01\n---\n"
GOOD = FRONT.format("P-8") + "Gifts may be returned.\n"
BAD = FRONT.format("P-7") + "Damaged items within {--30--}{++45++} days are eligible.\n"
TOLD = [(6, "tracked-change"), (6, "tracked-change")]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    good, bad = tmp_path / "p8.md", tmp_path / "p7.md"
    good.write_text(GOOD)
    bad.write_text(BAD)
    return good, bad


def told(output: str) -> list[tuple[int, str]]:
    return [(finding["line"], finding["rule"]) for finding in json.loads(output)["lint"]]


def test_publish_warns_on_standard_error_and_publishes(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("publish", *files, "--home", tmp_path / "home")
    assert done.stdout.count("publish ") == 2
    assert done.stderr.count("LINT: ") == 2
    assert f'LINT: {files[1]}, line 6: tracked-change: "{{--30--}}" is a change' in done.stderr


def test_with_strict_nothing_of_any_file_is_published_and_no_home_is_made(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    done = run("publish", *files, "--strict", "--home", tmp_path / "home", exits=1)
    assert done.stdout == ""
    assert "Nothing was published: 2 findings of the lint refuse it" in done.stderr
    assert not (tmp_path / "home").exists()
    run("publish", files[0], "--strict", "--home", tmp_path / "home")


def test_json_has_the_findings_under_lint_also_where_they_refuse(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    refused = run("publish", *files, "--strict", "--json", "--home", home, exits=1)
    assert told(refused.stdout) == TOLD
    written = run("publish", *files, "--json", "--home", home)
    assert told(written.stdout) == TOLD
    assert "LINT" not in written.stderr
    assert told(run("publish", files[0], "--json", "--home", home).stdout) == []


def test_correct_tells_what_publish_tells_and_strict_refuses_it(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    home, right = tmp_path / "home", tmp_path / "right.md"
    run("publish", files[1], "--home", home)
    right.write_text(BAD.replace("45", "60"))
    command = ("correct", "P-7@1", right, "--home", home)
    refused = run(*command, "--strict", "--json", exits=1)
    assert told(refused.stdout) == TOLD
    assert "2 findings of the lint refuse it" in refused.stderr
    assert told(run(*command, "--dry-run", "--json").stdout) == TOLD
    done = run(*command)
    assert done.stderr.count("LINT: ") == 2
    assert "corrects P-7@1" in done.stdout
    right.write_text(BAD.replace("{--30--}{++45++}", "60"))
    assert told(run("correct", "P-7@2", right, "--strict", "--json", "--home", home).stdout) == []


def test_plan_tells_the_same_and_only_strict_changes_how_it_exits(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    done = run("plan", *files, "--home", home)
    assert done.stderr.count("LINT: ") == 2
    assert told(run("plan", *files, "--json", "--strict", "--home", home, exits=1).stdout) == TOLD
    run("plan", files[0], "--strict", "--home", home)
    assert not home.exists()
