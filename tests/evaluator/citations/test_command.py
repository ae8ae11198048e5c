import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policies.ledger import Ledger
from tests.evaluator.in_process import Run

Written = Callable[..., Path]


def test_citations_are_measured_by_the_homes_ledger(
    tmp_path: Path, written: Written, ledger: Ledger, asof_eval: Run
) -> None:
    traces = written("t.jsonl", {"id": "t1", "as_of": "2025-04-01", "answer": "[P-7@2#1] [P-7@1#1] [P-9@1#1]"})
    finished = asof_eval("--home", tmp_path / "home", "citations", traces, "--json")
    assert finished.returncode == 0
    content = json.loads(finished.stdout)
    assert (content["answers"], content["citations"], content["uncited_answers"]) == (1, 3, 0)
    assert content["measures"]["existence"]["value"] == pytest.approx(2 / 3)
    assert content["measures"]["version_accuracy"]["value"] == pytest.approx(1 / 3)
    assert [record["reason"] for record in content["records"]] == ["supported", "not_in_force", "unknown_version"]


def test_no_citations_print_as_none_and_never_as_a_score(
    tmp_path: Path, written: Written, ledger: Ledger, asof_eval: Run
) -> None:
    finished = asof_eval("citations", written("t.jsonl", {"id": "t1", "answer": "Yes."}), "--home", tmp_path / "home")
    assert "uncited answers 1, uncited claims 1, citations 0" in finished.stdout
    (row,) = [line.split() for line in finished.stdout.splitlines() if "version_accuracy" in line]
    assert row == ["version_accuracy", "none", "0"]


def test_a_home_without_a_ledger_exits_1(tmp_path: Path, written: Written, asof_eval: Run) -> None:
    finished = asof_eval("citations", written("t.jsonl", {"id": "t1", "answer": ""}), "--home", tmp_path / "none")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "There is no ledger in" in finished.stderr
