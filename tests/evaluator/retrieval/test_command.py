import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from policies.change import Publish
from policies.instant import parse_instant
from policies.revision import Draft
from retriever.bootstrap import Asof
from retriever.entrypoints.cli import main as asof
from tests.evaluator.in_process import Run

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]


@pytest.fixture
def run(asof_eval: Run) -> Run:
    return partial(asof_eval, "retrieval")


def test_retrieval_measures_given_answers_without_a_home(
    written: Written, question: Made, item: Made, run: Run
) -> None:
    questions = written("q.jsonl", question(id="q1"), question(id="q2"))
    answers = written("r.jsonl", {"id": "q2", "evidence": [item()]})
    finished = run(questions, answers, "-k", "3", "--json")
    assert finished.returncode == 0
    content = json.loads(finished.stdout)
    assert (content["k"], content["questions"], content["missing"]) == (3, 2, 1)
    assert content["measures"]["success@3"]["value"] == 0.5
    assert [score["success@1"] for score in content["per_question"]] == [False, True]


def test_retrieval_prints_each_measure_with_its_interval_and_n(
    written: Written, question: Made, item: Made, run: Run
) -> None:
    finished = run(written("q.jsonl", question()), written("r.jsonl", {"evidence": [item()]}))
    assert finished.returncode == 0
    assert "questions 1, answered 1, missing 0" in finished.stdout
    (row,) = [line.split() for line in finished.stdout.splitlines() if "success@5" in line]
    assert row == ["success@5", "1.0000", "0.2065", "to", "1.0000", "1"]


def test_retrieval_asks_the_home_at_each_questions_instant(
    tmp_path: Path, written: Written, question: Made, run: Run, asof_eval: Run
) -> None:
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
    content = json.loads(run(questions, "--home", home, "--json").stdout)
    assert [score["success@1"] for score in content["per_question"]] == [True, True, False]
    assert (content["passages"], content["stale_passages"], content["abstained"]) == (4, 0, 1)
    answers = tmp_path / "r.jsonl"
    answers.write_text(asof_eval("retrieve", "--from-file", questions, "--json", "--home", home, main=asof).stdout)
    assert json.loads(run(questions, answers, "--json").stdout) == content
