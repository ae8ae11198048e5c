"""The last label of a reviewer is withdrawn; the file only grows, and what held before holds again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.review.judgement import Judgement
from evaluator.review.labels import Label, Withdrawal, append, read_labels
from evaluator.review.queue import Asked
from evaluator.review.review_case import ReviewCase
from evaluator.review.session import run
from tests.evaluator.in_process import Run

Written = Callable[..., Path]


def label(id: str, verdict: str, reviewer: str = "ana", digest: str = "0f") -> Label:
    return Label(id, digest, Judgement(verdict), "so", reviewer, "2025-06-01T00:00:00Z")


def withdrawal(id: str, reviewer: str = "ana", digest: str = "0f") -> Withdrawal:
    return Withdrawal(id, digest, reviewer, "2025-06-02T00:00:00Z")


def read_back(path: Path, *entries: Label | Withdrawal) -> list[tuple[str, str, str]]:
    for entry in entries:
        append(path, entry)
    return [(it.id, it.verdict.value, it.reviewer) for it in read_labels(path)]


def test_a_withdrawal_takes_back_the_last_label_of_that_reviewer_for_these_words(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    entries = [label("a", "PASS"), label("a", "FAIL"), label("a", "FAIL", "bo"), label("b", "PASS")]
    assert read_back(path, *entries, withdrawal("a")) == [
        ("a", "PASS", "ana"),
        ("a", "FAIL", "bo"),
        ("b", "PASS", "ana"),
    ]
    assert read_back(path, withdrawal("a")) == [("a", "FAIL", "bo"), ("b", "PASS", "ana")]
    assert read_back(path, withdrawal("a"), withdrawal("b", digest="other")) == [
        ("a", "FAIL", "bo"),
        ("b", "PASS", "ana"),
    ]
    assert len(path.read_text().splitlines()) == 8


def test_labels_of_a_file_without_withdrawals_are_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    line = '{"id": "a", "digest": "0f", "verdict": "PASS", "reason": "so", "reviewer": "ana"'
    path.write_text(line + ', "at": "2025-06-01T00:00:00Z"}\n')
    assert read_labels(path) == [label("a", "PASS")]


@pytest.fixture
def review(asof_eval: Run, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    lines = [
        {"id": id, "claim": f"Claim {id}.", "evidence": ["E."], "score": score, "verdict": "PASS"}
        for id, score in (("one", 0.5), ("two", 0.55))
    ]
    queue = written("q.jsonl", *lines)
    return lambda *arguments: asof_eval("review", queue, *arguments, "--audit", 0)


def give(review: Run, id: str, reviewer: str = "ana", verdict: str = "PASS") -> None:
    review("--label", id, "--verdict", verdict, "--reason", "so", "--reviewer", reviewer)


def next_id(review: Run, *arguments: str) -> Any:
    found = json.loads(review("--next", "--json", *arguments).stdout)
    return None if found is None else found["id"]


def test_undo_withdraws_the_reviewers_own_last_label_and_its_case_is_asked_again(review: Run, tmp_path: Path) -> None:
    give(review, "one", "bo")
    give(review, "two", "ana", "FAIL")
    give(review, "two", "bo")
    assert next_id(review) is None
    undone = review("--undo", "--reviewer", "ana")
    assert undone.stdout == "two: FAIL withdrawn; the line is kept, and the case is asked again\n"
    assert next_id(review, "--reviewer", "ana", "--per-case", "2") == "one"
    assert next_id(review) is None  # the label of the other reviewer holds
    review("--undo", "--reviewer", "bo")
    assert next_id(review) == "two"
    review("--undo", "--reviewer", "bo")
    assert next_id(review) == "one"
    assert len((tmp_path / "review-labels.jsonl").read_text().splitlines()) == 6


def test_undo_after_a_correction_brings_the_earlier_label_back(review: Run) -> None:
    give(review, "one", verdict="PASS")
    give(review, "one", verdict="FAIL")
    review("--undo", "--reviewer", "ana")
    status = json.loads(review("--status", "--json").stdout)
    assert (status["judged"], status["corrected"], status["reviewers"]) == (1, 0, {"ana": 1})


def test_where_there_is_no_label_nothing_is_written(review: Run, tmp_path: Path) -> None:
    shown = review("--undo", "--reviewer", "ana")
    assert (shown.returncode, shown.stdout) == (0, "review-labels.jsonl holds no label of ana to undo.\n")
    assert not (tmp_path / "review-labels.jsonl").exists()


@pytest.mark.parametrize("key", ["z", "b"])
def test_in_a_session_a_key_undoes_and_the_case_comes_again(key: str) -> None:
    cases = [Asked(ReviewCase(id, "?", id), ()) for id in ("a", "b")]
    labels: list[tuple[str, Judgement]] = []
    keys = iter(["p", "so", key, "f", "no", "q"])
    shown: list[str] = []

    def following(skipped: set[str]) -> Asked | None:
        return next((it for it in cases if it.case.id not in [id for id, _ in labels]), None)

    def undo() -> bool:
        labels.pop()
        return True

    count = run(
        following,
        lambda asked: shown.append(asked.case.id),
        lambda asked, verdict, reason: labels.append((asked.case.id, verdict)),
        undo,
        lambda prompt: next(keys),
    )
    assert (count, shown, labels) == (1, ["a", "b", "a", "b"], [("a", Judgement.FAIL)])
