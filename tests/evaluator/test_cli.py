import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.ledger import Ledger
from retriever.entrypoints.cli import main as asof
from tests.evaluator.in_process import Run
from tests.root import ROOT

Written = Callable[..., Path]


@pytest.mark.parametrize(
    ("command", "line", "problem"),
    [
        ("retrieval", {"id": "q1", "query": "?"}, "in.jsonl, line 1: gold_text is missing"),
        ("retrieval", "{", "in.jsonl, line 1: is not JSON"),
        ("citations", {"id": "t1"}, "in.jsonl, line 1: answer is missing"),
    ],
)
def test_bad_input_exits_1_and_names_file_line_and_field(
    tmp_path: Path,
    ledger: Ledger,
    written: Written,
    command: str,
    line: dict[str, Any] | str,
    problem: str,
    asof_eval: Run,
) -> None:
    finished = asof_eval(command, written("in.jsonl", line), "--home", tmp_path / "home")
    assert finished.returncode == 1
    assert problem in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("arguments", [["retrieval"], ["retrieval", "q.jsonl", "-k", "0"], ["nonsense"]])
def test_misuse_exits_2(arguments: list[str], asof_eval: Run) -> None:
    assert asof_eval(*arguments).returncode == 2


@pytest.mark.parametrize("command", ["retrieval", "citations"])
def test_help_shows_an_example(command: str, asof_eval: Run) -> None:
    finished = asof_eval(command, "--help")
    assert finished.returncode == 0
    assert f"Example: asof-eval {command}" in finished.stdout


def test_the_same_commands_stand_under_asof_eval_and_take_its_home(
    tmp_path: Path, written: Written, ledger: Ledger, asof_eval: Run
) -> None:
    traces = written("t.jsonl", {"id": "t1", "as_of": "2025-04-01", "answer": "[P-7@2#1]"})
    finished = asof_eval("--home", tmp_path / "home", "eval", "citations", traces, "--json", main=asof)
    assert json.loads(finished.stdout)["measures"]["supported"]["value"] == 1.0


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from evaluator.cli import app; "
        "sys.exit(bool({'numpy', 'torch', 'faiss', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_in_a_folder_of_its_own_the_command_finds_the_rules_that_it_ships(tmp_path: Path) -> None:
    def python(*arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *arguments]
        finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    assert "footprint" in python("-m", "evaluator.cli", "--help")
    assert "asof-eval gate --candidate runs/new" in python("-m", "evaluator.cli", "gate", "--help")
    for room in ("gate", "routing"):
        assert python("-c", f"from evaluator.{room}.rules import read_rules; print(bool(read_rules()))") == "True\n"


def test_every_file_that_the_packages_read_is_shipped_with_them() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    folders = {package.replace(".", "/"): patterns for package, patterns in data.items()}
    shipped = {
        path for folder, patterns in folders.items() for name in patterns for path in ROOT.glob(f"{folder}/{name}")
    }
    for package in ("policies", "indexer", "retriever", "evaluator"):
        beside = {path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
        assert beside <= shipped
