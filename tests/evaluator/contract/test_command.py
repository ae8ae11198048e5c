import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.evaluator.in_process import Run
from tests.root import ROOT

Written = Callable[..., Path]
ROWS = ROOT / "evals" / "contract_rows.jsonl"
GOOD, BAD = (ROWS.with_name(f"contract_answers_{name}.jsonl") for name in ("good", "bad"))


@pytest.fixture
def contract(asof_eval: Run) -> Run:
    return partial(asof_eval, "contract")


def test_measuring_succeeds_whatever_the_answers_and_require_makes_a_failure_of_them(contract: Run) -> None:
    assert contract(ROWS, GOOD, "--require").returncode == 0
    assert contract(ROWS, BAD).returncode == 0
    assert contract(ROWS, BAD, "--require").returncode == 1


def test_rates_are_printed_with_their_intervals_and_what_failed_with_its_reason(contract: Run) -> None:
    finished = contract(ROWS, BAD)
    assert "rows 43: PASS 0, FAIL 42, UNKNOWN 1, ERROR 0" in finished.stdout
    (row,) = [line.split() for line in finished.stdout.splitlines() if "groups, every wording" in line]
    assert row[3:] == ["0.0000", "0.0000", "to", "0.2153", "14"]
    assert "FAIL incident-summary-1 keeps negation_lost:" in finished.stdout
    assert "more; --json lists all" in finished.stdout


def test_another_process_prints_the_same_bytes(contract: Run) -> None:
    command = [sys.executable, "-c", "from evaluator.cli import main; main()", "contract", ROWS, BAD, "--json"]
    printed = subprocess.run(command, capture_output=True, text=True).stdout
    assert contract(ROWS, BAD, "--json").stdout == printed
    assert len(json.loads(printed)["groups"]["each"]) == 14


def test_an_answer_cannot_move_the_terminal(written: Written, contract: Run) -> None:
    row = {"id": "a\x1b[2J", "group": "g", "task": "t", "instruction": "x", "checks": [{"check": "words", "max": 1}]}
    finished = contract(written("rows.jsonl", {**row, "answer": "two words"}))
    assert "\\x1b[2J" in finished.stdout
    assert "\x1b" not in finished.stdout


def test_a_bad_line_exits_1_and_misuse_2(written: Written, contract: Run) -> None:
    finished = contract(written("rows.jsonl", {"id": "a", "group": "g"}))
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "rows.jsonl, line 1: instruction is missing" in finished.stderr
    assert contract().returncode == 2
