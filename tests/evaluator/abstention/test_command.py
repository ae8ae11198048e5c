import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.evaluator.homes import THIRTY, published
from tests.evaluator.in_process import Run

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]


@pytest.fixture
def run(asof_eval: Run, tmp_path: Path, written: Written, question: Made) -> Run:
    """The command over one question that is answered and one that is off the subject."""
    answerable = written("q.jsonl", question(revision=1, gold_text=THIRTY))
    unanswerable = written("n.jsonl", {"query": "Are lamps repaired?"})
    files = ["--answerable", answerable, "--unanswerable", unanswerable]
    return partial(asof_eval, "abstention", *files, "--home", published(tmp_path / "home"))


def test_json_has_the_choice_the_curve_and_what_was_held_out(run: Run) -> None:
    finished = run("--json")
    assert finished.returncode == 0, finished.stderr
    content = json.loads(finished.stdout)
    assert list(content) == ["chosen", "held_out", "curve"]
    assert (content["chosen"]["abstained"]["value"], content["chosen"]["hits_lost"]["value"]) == (1, 0)
    assert content["chosen"] in content["curve"]


def test_the_table_marks_the_choice_and_says_what_to_set(run: Run) -> None:
    printed = run(columns=120).stdout
    (row,) = [line.split() for line in printed.splitlines() if line.rstrip().endswith("chosen")]
    # Wilson's interval of 1 of 1 is 20.7% to 100%, and of 0 of 1 it is 0% to 79.3%.
    assert row[2:] == ["100.0%", "20.7%", "to", "100.0%", "0.0%", "0.0%", "to", "79.3%", "chosen"]
    assert f"export ASOF_MIN_DENSE={float(row[0])} ASOF_MIN_COVERAGE={float(row[1])}" in printed


def test_a_share_of_right_answers_beyond_1_is_misuse(run: Run) -> None:
    assert run("--lose", 2).returncode == 2
