import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.change import Publish
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft
from retriever.bootstrap import Asof

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]
Finished = subprocess.CompletedProcess[str]

ASOF_EVAL = "from evaluator.cli import main; main()"
ASOF = "from retriever.entrypoints.cli import main; main()"


def run(*arguments: str | Path, program: str = ASOF_EVAL) -> Finished:
    return subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True)


def test_retrieval_measures_given_answers_without_a_home(written: Written, question: Made, item: Made) -> None:
    questions = written("q.jsonl", question(id="q1"), question(id="q2"))
    answers = written("r.jsonl", {"id": "q2", "evidence": [item()]})
    finished = run("retrieval", questions, answers, "-k", "3", "--json")
    assert finished.returncode == 0
    content = json.loads(finished.stdout)
    assert (content["k"], content["questions"], content["missing"]) == (3, 2, 1)
    assert content["measures"]["success@3"]["value"] == 0.5
    assert [score["success@1"] for score in content["per_question"]] == [False, True]


def test_retrieval_prints_each_measure_with_its_interval_and_n(written: Written, question: Made, item: Made) -> None:
    finished = run("retrieval", written("q.jsonl", question()), written("r.jsonl", {"evidence": [item()]}))
    assert finished.returncode == 0
    assert "questions 1, answered 1, missing 0" in finished.stdout
    (row,) = [line.split() for line in finished.stdout.splitlines() if "success@5" in line]
    assert row == ["success@5", "1.0000", "0.2065", "to", "1.0000", "1"]


def test_retrieval_asks_the_home_at_each_questions_instant(tmp_path: Path, written: Written, question: Made) -> None:
    home = tmp_path / "home"
    seven, thirty = "Damaged items are accepted within 7 days.", "Damaged items are accepted within 30 days."
    Asof.at(home).write(
        [
            Publish(Draft("P-7", "Damaged items", seven, "here", parse_instant("2025-01-01"))),
            Publish(Draft("P-7", "Damaged items", thirty, "here", parse_instant("2025-03-01"))),
            Publish(Draft("G-1", "Gift cards", "Gift cards are never refunded.", "here", parse_instant("2025-01-01"))),
        ]
    )
    questions = written(
        "q.jsonl",
        question(id="before", as_of="2025-02-28T23:59:59Z", revision=1, gold_text=seven),
        question(id="after", as_of="2025-03-01", revision=2, gold_text=thirty),
        question(id="too early", as_of="2024-01-01"),
    )
    content = json.loads(run("retrieval", questions, "--home", home, "--json").stdout)
    assert [score["success@1"] for score in content["per_question"]] == [True, True, False]
    assert (content["passages"], content["stale_passages"], content["abstained"]) == (4, 0, 1)
    answers = tmp_path / "r.jsonl"
    answers.write_text(run("retrieve", "--from-file", questions, "--json", "--home", home, program=ASOF).stdout)
    assert json.loads(run("retrieval", questions, answers, "--json").stdout) == content


def test_citations_are_measured_by_the_homes_ledger(tmp_path: Path, written: Written, ledger: Ledger) -> None:
    traces = written("t.jsonl", {"id": "t1", "as_of": "2025-04-01", "answer": "[P-7@2#1] [P-7@1#1] [P-9@1#1]"})
    finished = run("--home", tmp_path / "home", "citations", traces, "--json")
    assert finished.returncode == 0
    content = json.loads(finished.stdout)
    assert (content["answers"], content["citations"], content["uncited_answers"]) == (1, 3, 0)
    assert content["measures"]["existence"]["value"] == pytest.approx(2 / 3)
    assert content["measures"]["version_accuracy"]["value"] == pytest.approx(1 / 3)
    assert [record["reason"] for record in content["records"]] == ["supported", "not_in_force", "unknown_version"]


def test_no_citations_print_as_none_and_never_as_a_score(tmp_path: Path, written: Written, ledger: Ledger) -> None:
    finished = run("citations", written("t.jsonl", {"id": "t1", "answer": "Yes."}), "--home", tmp_path / "home")
    assert "uncited answers 1, uncited claims 1, citations 0" in finished.stdout
    (row,) = [line.split() for line in finished.stdout.splitlines() if "version_accuracy" in line]
    assert row == ["version_accuracy", "none", "0"]


@pytest.mark.parametrize(
    ("command", "line", "problem"),
    [
        ("retrieval", {"id": "q1", "query": "?"}, "in.jsonl, line 1: gold_text is missing"),
        ("retrieval", "{", "in.jsonl, line 1: is not JSON"),
        ("citations", {"id": "t1"}, "in.jsonl, line 1: answer is missing"),
    ],
)
def test_bad_input_exits_1_and_names_file_line_and_field(
    tmp_path: Path, ledger: Ledger, written: Written, command: str, line: dict[str, Any] | str, problem: str
) -> None:
    finished = run(command, written("in.jsonl", line), "--home", tmp_path / "home")
    assert finished.returncode == 1
    assert problem in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_home_without_a_ledger_exits_1(tmp_path: Path, written: Written) -> None:
    finished = run("citations", written("t.jsonl", {"id": "t1", "answer": ""}), "--home", tmp_path / "none")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "There is no ledger in" in finished.stderr


@pytest.mark.parametrize("arguments", [["retrieval"], ["retrieval", "q.jsonl", "-k", "0"], ["nonsense"]])
def test_misuse_exits_2(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


@pytest.mark.parametrize("command", ["retrieval", "citations"])
def test_help_shows_an_example(command: str) -> None:
    finished = run(command, "--help")
    assert finished.returncode == 0
    assert f"Example: asof-eval {command}" in finished.stdout


def test_the_same_commands_stand_under_asof_eval_and_take_its_home(
    tmp_path: Path, written: Written, ledger: Ledger
) -> None:
    traces = written("t.jsonl", {"id": "t1", "as_of": "2025-04-01", "answer": "[P-7@2#1]"})
    finished = run("--home", tmp_path / "home", "eval", "citations", traces, "--json", program=ASOF)
    assert json.loads(finished.stdout)["measures"]["supported"]["value"] == 1.0


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from evaluator.cli import app; "
        "sys.exit(bool({'numpy', 'torch', 'faiss', 'onnxruntime'} & set(sys.modules)))"
    )
    assert run(program=program).returncode == 0
