import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from evaluator.cli import app

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]
FullDisk = Callable[[], AbstractContextManager[None]]


def test_what_is_exported_is_measured(tmp_path: Path, written: Written, question: Made, item: Made) -> None:
    questions = written("q.jsonl", question(id="q1"), question(id="q2"))
    answers = written("r.jsonl", {"id": "q2", "evidence": [item()]})
    qrels, run = str(tmp_path / "qrels.txt"), str(tmp_path / "run.txt")
    exported = CliRunner().invoke(
        app, ["trec-export", str(questions), str(answers), "--qrels", qrels, "--run", run], catch_exceptions=False
    )
    assert exported.exit_code == 0
    content = json.loads(CliRunner().invoke(app, ["trec", qrels, run, "-k", "3", "--json"]).stdout)
    assert (content["k"], content["questions"], content["missing"]) == (3, 2, 1)
    assert content["measures"]["ndcg@3"]["value"] == 0.5
    assert [score["success@1"] for score in content["per_question"]] == [0.0, 1.0]


def test_a_full_disk_leaves_the_files_of_before(
    tmp_path: Path, written: Written, question: Made, item: Made, full_disk: FullDisk
) -> None:
    questions, answers = written("q.jsonl", question()), written("r.jsonl", {"id": "q1", "evidence": [item()]})
    qrels = written("qrels.txt", "before")
    options = ["--qrels", str(qrels), "--run", str(tmp_path / "run.txt")]
    with full_disk():
        assert CliRunner().invoke(app, ["trec-export", str(questions), str(answers), *options]).exit_code == 1
    assert qrels.read_text() == "before\n"


def test_measures_print_with_their_intervals(written: Written) -> None:
    qrels, run = written("qrels.txt", "q1 0 a 1"), written("run.txt", "q1 Q0 a 1 1.0 t")
    printed = CliRunner().invoke(app, ["trec", str(qrels), str(run)]).stdout
    assert "questions 1, missing 0, unjudged 0" in printed
    (row,) = [line.split() for line in printed.splitlines() if "ndcg@10" in line]
    assert row == ["ndcg@10", "1.0000", "none", "1"]
    (row,) = [line.split() for line in printed.splitlines() if "success@10" in line]
    assert row == ["success@10", "1.0000", "0.2065", "to", "1.0000", "1"]
