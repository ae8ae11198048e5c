import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from tests.evaluator.in_process import Run

Written = Callable[..., Path]
FullDisk = Callable[[], AbstractContextManager[None]]
LINES = [{"id": at, "human": "PASS" if at % 2 else "FAIL", "judge": "PASS" if at % 3 else "FAIL"} for at in range(12)]


@pytest.fixture
def given(written: Written) -> list[str]:
    labels, prompt = written("labels.jsonl", *LINES), written("prompt.txt", "Is it so?")
    return ["judge", str(labels), "--model", "m-1", "--prompt", str(prompt)]


def test_a_record_is_kept_and_is_the_same_each_time(tmp_path: Path, given: list[str]) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path in (one, other):
        CliRunner().invoke(app, [*given, "--record", str(path)], catch_exceptions=False)
    assert one.read_bytes() == other.read_bytes()
    content = json.loads(one.read_text())
    assert content["judge"]["model"] == "m-1"
    assert content["calibration"]["labelled"] == 12
    printed = json.loads(CliRunner().invoke(app, [*given, "--json"]).stdout)
    assert printed == content["calibration"]


def test_a_full_disk_leaves_the_record_of_before(tmp_path: Path, given: list[str], full_disk: FullDisk) -> None:
    record = tmp_path / "record.json"
    record.write_text("before")
    with full_disk():
        assert CliRunner().invoke(app, [*given, "--record", str(record)]).exit_code == 1
    assert record.read_text() == "before"


def test_the_tables_show_the_confusion_and_each_measure(given: list[str]) -> None:
    printed = CliRunner().invoke(app, given, env={"COLUMNS": "120"}, catch_exceptions=False).stdout
    assert "labelled 12" in printed
    assert [line.split()[1:] for line in printed.splitlines() if line.split()[:1] == ["PASS"]] == [["2", "4"]]
    (row,) = [line.split() for line in printed.splitlines() if "cohens kappa" in line]
    assert row[2] == "0.0000"


@pytest.mark.parametrize(("model", "code"), [("m-1", 0), ("m-2", 1)])
def test_a_record_is_checked_by_its_exit_code(
    tmp_path: Path, given: list[str], model: str, code: int, asof_eval: Run
) -> None:
    path = tmp_path / "record.json"
    CliRunner().invoke(app, [*given, "--record", str(path)], catch_exceptions=False)
    finished = asof_eval("judge", "--check", path, "--model", model, "--prompt", given[-1])
    assert finished.returncode == code
    assert ("applies" in finished.stdout) == (code == 0)
    assert ("no longer applies" in finished.stderr) == (code == 1)


@pytest.mark.parametrize(
    "arguments", [[], ["--check", "r.json"], ["l.jsonl", "--check", "r.json"], ["l.jsonl", "--record", "r"]]
)
def test_misuse_exits_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["judge", *arguments]).exit_code == 2
