import json
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.evaluator.in_process import Run

Written = Callable[..., Path]

THIRTY = "Damaged items within 30 days are eligible."
PAIRS: tuple[dict[str, Any], ...] = (
    {"id": "same", "claim": THIRTY, "evidence": [THIRTY]},
    {"id": 2, "claim": "Damaged items within 60 days are eligible.", "evidence": ["Returns.", THIRTY]},
    {"id": "month", "claim": "Damaged items within one month are eligible.", "evidence": [THIRTY]},
    {"id": "none", "claim": "Gift cards never expire.", "evidence": []},
)


@pytest.fixture
def run(asof_eval: Run) -> Run:
    return partial(asof_eval, "support")


def test_each_pair_gets_a_line_in_order_with_score_verdict_and_reasons(written: Written, run: Run) -> None:
    finished = run(written("p.jsonl", *PAIRS), "--json")
    assert (finished.returncode, finished.stderr) == (0, "")
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["same", 2, "month", "none"]
    assert [line["verdict"] for line in lines] == ["PASS", "FAIL", "UNKNOWN", "UNKNOWN"]
    assert lines[0]["score"] == 1.0
    decisive = lines[1]["reasons"][0]
    assert (decisive["kind"], decisive["decides"], decisive["claim"]) == ("quantity differs", True, [14, 28])
    assert decisive["evidence"] == [1, 14, 28]


def test_a_pair_is_read_under_its_context(written: Written, run: Run) -> None:
    pair = {"evidence": ["a ladder", "any saw with a motor"], "context": ["Members must not lend:"]}
    claims = ("Members must not lend any saw with a motor", "Members may lend any saw with a motor")
    path = written("p.jsonl", *({"id": at, "claim": claim, **pair} for at, claim in enumerate(claims)))
    lines = [json.loads(line) for line in run(path, "--json").stdout.splitlines()]
    assert [line["verdict"] for line in lines] == ["PASS", "FAIL"]
    assert lines[1]["reasons"][0]["evidence"] is None


def test_another_process_prints_the_same_bytes(written: Written, run: Run) -> None:
    path = written("p.jsonl", *PAIRS)
    command = [sys.executable, "-c", "from evaluator.cli import main; main()", "support", path, "--json"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == run(path, "--json").stdout


def test_a_person_gets_counts_and_the_first_reason(written: Written, run: Run) -> None:
    finished = run(written("p.jsonl", *PAIRS))
    assert finished.returncode == 0
    assert finished.stdout.startswith("pairs 4, PASS 1, FAIL 1, UNKNOWN 2, ERROR 0\n")
    assert "within 60 days" in finished.stdout


def test_threshold_and_band_move_the_verdict_but_not_the_score(written: Written, run: Run) -> None:
    path = written("p.jsonl", {"id": 1, "claim": "Damaged hats within 30 days are free.", "evidence": [THIRTY]})
    verdicts, scores = [], set()
    for options in (("--threshold", "0.01"), ("--threshold", "1", "--band", "1"), ("--threshold", "1", "--band", "0")):
        line = json.loads(run(path, "--json", "--scorer", "lexical", *options).stdout)
        verdicts.append(line["verdict"])
        scores.add(line["score"])
    assert verdicts == ["PASS", "UNKNOWN", "FAIL"]
    assert len(scores) == 1


def test_a_judge_that_cannot_be_reached_exits_1_and_says_how_many(written: Written, run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        finished = run(
            written("p.jsonl", *PAIRS[:2]), "--json", "--scorer", "judge", "--endpoint", endpoint, "--model", "m"
        )
    assert finished.returncode == 1
    assert "2 of 2 pairs could not be scored" in finished.stderr
    assert [json.loads(line)["verdict"] for line in finished.stdout.splitlines()] == ["ERROR", "ERROR"]


def test_a_judge_is_used_with_a_calibration_of_its_model_and_prompt_alone(
    written: Written, tmp_path: Path, asof_eval: Run, run: Run
) -> None:
    pairs, record = written("p.jsonl", *PAIRS[:1]), tmp_path / "record.json"
    labels = written("l.jsonl", *({"id": at, "human": "PASS", "judge": "PASS"} for at in range(3)))
    judged = ["--scorer", "judge", "--endpoint", "http://127.0.0.1:1/v1", "--calibration", str(record), "--model"]

    def calibrate(*prompt: str | Path) -> None:
        assert asof_eval("judge", labels, "--model", "m-1", "--record", record, *prompt).returncode == 0

    calibrate()
    applies, other = run(pairs, *judged, "m-1"), run(pairs, *judged, "m-2")
    assert applies.stderr.startswith("asof: 1 of 1 pairs could not be scored")
    assert (other.returncode, other.stdout) == (1, "")
    assert "its model is m-1, this one m-2. Let the changed judge" in other.stderr
    calibrate("--prompt", written("prompt.txt", "Is it so?"))
    changed = run(pairs, *judged, "m-1")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert "its prompt is" in changed.stderr
    none = run(pairs, "--scorer", "judge", "--endpoint", "http://127.0.0.1:1/v1", "--model", "m-1")
    assert none.stderr.startswith("The judge is not calibrated")


@pytest.mark.parametrize(
    ("endpoint", "key", "said"),
    [
        ("localhost:8000/v1", "sk-1", "such as http://localhost:8000/v1"),
        ("http://127.0.0.1:9/v1", "schlüssel", "ASOF_JUDGE_KEY holds white space or letters beyond ASCII"),
    ],
)
def test_a_judge_that_could_not_be_asked_is_refused_at_the_start(
    written: Written, monkeypatch: pytest.MonkeyPatch, endpoint: str, key: str, said: str, run: Run
) -> None:
    monkeypatch.setenv("ASOF_JUDGE_KEY", key)
    finished = run(written("p.jsonl", *PAIRS), "--scorer", "judge", "--endpoint", endpoint, "--model", "m")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert said in finished.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--calibration", "r.json"),
        ("--scorer", "judge"),
        ("--scorer", "nli:"),
        ("--scorer", "magic"),
        ("--threshold", "2"),
    ],
)
def test_misuse_exits_2(written: Written, options: tuple[str, str], run: Run) -> None:
    assert run(written("p.jsonl", *PAIRS), *options).returncode == 2


def test_a_bad_line_exits_1_and_is_named_before_anything_is_scored(written: Written, run: Run) -> None:
    finished = run(written("p.jsonl", PAIRS[0], {"id": 3, "claim": "a", "evidence": "b"}), "--json")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "p.jsonl, line 2: evidence is not a list of texts" in finished.stderr


def test_help_has_an_example(run: Run) -> None:
    assert "Example: asof-eval support pairs.jsonl --json" in run("--help").stdout
