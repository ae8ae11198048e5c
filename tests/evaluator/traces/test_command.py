"""`asof-eval traces`: a file checked, taken in, given out again."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.evaluator.in_process import Run

Written = Callable[..., Path]


@pytest.fixture
def run(asof_eval: Run) -> Run:
    return partial(asof_eval, "traces")


def test_a_file_is_checked_by_line_and_field(written: Written, run: Run) -> None:
    good = written("t.jsonl", {"id": "t1", "answer": "Yes."}, {"id": "t2", "answer": {"eligible": True}})
    assert run(good).stdout == "2 traces, each as it should be\n"
    bad = run(written("t.jsonl", {"id": "t1", "answer": "Yes."}, {"id": "t2", "answer": "", "tokens": {"prompt": -1}}))
    assert bad.returncode == 1
    assert "t.jsonl, line 2: tokens.prompt: Input should be greater than or equal to 0" in bad.stderr


@pytest.mark.usefixtures("ledger")
def test_traces_are_kept_once_and_given_out_as_lines(tmp_path: Path, written: Written, run: Run) -> None:
    home = tmp_path / "home"
    lines = [
        {"id": "t1", "answer": "Yes.", "as_of": "2025-04-01"},
        {"id": "t2", "answer": "No.", "audience": ["legal"]},
    ]
    file = written("t.jsonl", *lines)
    assert run(file, "--keep", "--home", home).stdout == "2 traces kept, 0 were there already\n"
    assert run(file, "--keep", "--home", home).stdout == "0 traces kept, 2 were there already\n"
    found = [json.loads(line) for line in run("--home", home).stdout.splitlines()]
    assert [trace["id"] for trace in found] == ["t1", "t2"]
    assert found[0]["answer"] == "Yes."
    again = tmp_path / "again.jsonl"
    again.write_text(run("--home", home).stdout)
    assert run(again).stdout.startswith("2 traces")


@pytest.mark.usefixtures("ledger")
def test_a_bad_line_keeps_nothing_of_a_file(tmp_path: Path, written: Written, run: Run) -> None:
    home = tmp_path / "home"
    assert (
        run(written("t.jsonl", {"id": "t1", "answer": "Yes."}, {"id": "t2"}), "--keep", "--home", home).returncode == 1
    )
    assert run("--home", home).stdout == ""
