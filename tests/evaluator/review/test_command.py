import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.ledger import Ledger
from tests.evaluator.in_process import Run

Written = Callable[..., Path]
COMMAND = [sys.executable, "-c", "from evaluator.cli import main; main()", "review"]


@pytest.fixture
def review(asof_eval: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: asof_eval("review", *arguments, "--labels", tmp_path / "labels.jsonl", "--audit", 0)


def pair(id: str, score: float, verdict: str = "PASS") -> dict[str, Any]:
    claim = f"Within 30 days, says {id}."
    return {"id": id, "claim": claim, "evidence": ["Within 7 days."], "score": score, "verdict": verdict}


def test_the_next_case_is_labelled_counted_and_exported(review: Run, written: Written, tmp_path: Path) -> None:
    queue = written("q.jsonl", pair("near", 0.52), pair("sure", 0.9), pair("open", 0.4, "UNKNOWN"))
    shown = review(queue, "--next")
    assert shown.returncode == 0
    assert shown.stdout.startswith("open  (support)\n0 of 2 judged\n\nDoes the evidence say what the claim says?\n")
    assert "UNKNOWN;" not in shown.stdout
    labels = tmp_path / "labels.jsonl"
    command = f"asof-eval review {queue} --labels {labels} --label open --verdict PASS|FAIL|UNKNOWN"
    assert command in shown.stdout
    labelled = [queue, "--label", "open", "--reason", "7 is not 30", "--reviewer", "mia", "--verdict"]
    assert review(*labelled, "PASS").stdout.startswith(
        "open: PASS recorded\nIt was asked because the verdict is UNKNOWN;"
    )
    assert review(*labelled, "FAIL").stdout.startswith("open: FAIL recorded, in place of PASS; both are kept\n")
    assert json.loads(review(queue, "--next", "--json").stdout)["id"] == "near"
    status = json.loads(review(queue, "--status", "--json").stdout)
    assert (status["asked"], status["left"], status["corrected"], status["reviewers"]) == (2, 1, 1, {"mia": 1})
    assert "1 of 2 judged, left 1" in review(queue, "--status").stdout
    assert "they stand for 2 of 3 cases" in review(queue, "--status").stdout
    exported = review(queue, "--export", tmp_path / "out.jsonl")
    assert exported.stdout.endswith(", in 3 rows\n")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row["human"]) for row in rows] == [("near", None), ("sure", None), ("open", "FAIL")]
    assert rows[2:] == [
        {
            "id": "open",
            "human": "FAIL",
            "scorer": "UNKNOWN",
            "score": 0.4,
            "reviewer": "mia",
            "reason": "7 is not 30",
            "asked": ["unknown", "near"],
        }
    ]
    assert len((tmp_path / "labels.jsonl").read_text().splitlines()) == 2


def test_a_label_holds_for_the_words_that_were_judged(review: Run, written: Written) -> None:
    queue = written("q.jsonl", pair("near", 0.52))
    review(queue, "--label", "near", "--verdict", "PASS", "--reason", "so", "--reviewer", "mia")
    assert review(queue, "--next").stdout == "Nothing is left to judge.\n"
    written("q.jsonl", {**pair("near", 0.52), "claim": "Within 60 days."})
    assert json.loads(review(queue, "--status", "--json").stdout)["outdated"] == 1
    assert review(queue, "--next").stdout.startswith("near  (support)\n")


def test_the_words_of_a_citation_come_from_the_home(
    review: Run, written: Written, ledger: Ledger, tmp_path: Path
) -> None:
    support = {"score": 0.4, "verdict": "UNKNOWN"}
    record = {"id": "t1", "citation": "P-7@1#1", "claim": "Seven.", "outcome": "UNKNOWN", "why": "support"}
    queue = written("c.json", {"records": [{**record, "support": support}]})
    assert "  Damaged items are accepted within 7 days." in review(queue, "--next", "--home", tmp_path / "home").stdout
    assert "holds no ledger; give --home" in review(queue, "--next", "--home", tmp_path / "none").stdout
    for citation, problem in (("P-7@9#1", "There is no revision P-7@9"), ("P-7@1#9", "P-7@1 has no passage 9")):
        written("c.json", {"records": [{**record, "citation": citation, "support": support}]})
        assert problem in review(queue, "--next", "--home", tmp_path / "home").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ([], 2, "give --next, --label, --undo, --status or --export"),
        (["--next", "--status"], 2, "give one of --next and --status"),
        (["--label", "near", "--verdict", "PASS", "--reviewer", "mia"], 2, "needs --verdict, --reason and"),
        (
            ["--label", "near", "--verdict", "PASS", "--reviewer", " ", "--reason", "x"],
            2,
            "needs --verdict, --reason and",
        ),
        (["--label", "near", "--verdict", "GOOD"], 2, "GOOD"),
        (["--label", "x", "--verdict", "PASS", "--reviewer", "mia", "--reason", "x"], 1, "The queue has no case 'x'"),
        (["--undo"], 2, "say whose last label is undone with --reviewer NAME"),
        (["--next", "--schema", "none.json"], 1, "none.json cannot be read"),
        (["--export", "q.jsonl"], 1, "q.jsonl is an input of the review"),
        (["--export", "labels.jsonl"], 1, "labels.jsonl is an input of the review"),
        (["--export", "none/out.jsonl"], 1, "none"),
    ],
)
def test_misuse_is_refused_and_nothing_is_written(
    review: Run, written: Written, tmp_path: Path, arguments: list[str], code: int, problem: str
) -> None:
    queue = written("q.jsonl", pair("near", 0.52))
    before = queue.read_bytes()
    finished = review(queue, *arguments)
    assert finished.returncode == code
    assert problem in " ".join(finished.stderr.replace("│", " ").split())
    assert (queue.read_bytes(), sorted(path.name for path in tmp_path.iterdir())) == (before, ["q.jsonl"])


def test_bad_labels_are_named_and_nothing_is_added(review: Run, written: Written, tmp_path: Path) -> None:
    written("labels.jsonl", {"id": "near"})
    queue = written("q.jsonl", pair("near", 0.52))
    finished = review(queue, "--label", "near", "--verdict", "PASS", "--reason", "so", "--reviewer", "mia")
    assert finished.returncode == 1
    assert "labels.jsonl, line 1: verdict is missing" in finished.stderr
    assert len((tmp_path / "labels.jsonl").read_text().splitlines()) == 1


def test_on_a_terminal_one_case_is_asked_after_the_other(written: Written, tmp_path: Path) -> None:
    queue = written("q.jsonl", pair("near", 0.52), pair("open", 0.4, "UNKNOWN"))
    outside, inside = pty.openpty()
    labels = tmp_path / "labels.jsonl"
    command = [*COMMAND, str(queue), "--reviewer", "mia", "--labels", str(labels), "--audit", "0"]
    asked = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, close_fds=True)
    os.close(inside)
    os.write(outside, b"p\noops\nz\nf\nsays 7\np\nfine\n")
    assert asked.wait(60) == 0
    seen = os.read(outside, 65536).decode()
    os.close(outside)
    assert "2 labels recorded." in seen
    assert "1 of 2 judged" in seen
    assert "open: PASS withdrawn" in seen
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    assert [(row["id"], row.get("verdict"), row.get("reason"), row["reviewer"]) for row in rows] == [
        ("open", "PASS", "oops", "mia"),
        ("open", None, None, "mia"),
        ("open", "FAIL", "says 7", "mia"),
        ("near", "PASS", "fine", "mia"),
    ]
