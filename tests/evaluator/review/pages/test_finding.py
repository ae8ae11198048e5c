"""What the checkers found is shown once a label was recorded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.review.pages.finding import marked, merged
from tests.evaluator.in_process import Run

Written = Callable[..., Path]

REASONS = [
    {"kind": "quantity differs", "detail": "30, not 7", "claim": [7, 9], "evidence": [0, 9, 10]},
    {"kind": "aligned", "detail": "", "claim": [0, 15], "evidence": [0, 0, 16]},
]
PAIR = {
    "id": "a",
    "claim": "Within 30 days.",
    "evidence": ["They say 7 days."],
    "score": 0.52,
    "verdict": "PASS",
    "reasons": REASONS,
}
CHECK = {"id": "t1", "name": "decision", "kind": "decision", "verdict": "UNKNOWN", "reason": "r", "detail": "no field"}


@pytest.fixture
def review(asof_eval: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: asof_eval("review", *arguments, "--audit", 0)


def labelled(review: Run, queue: Path, id: str, *more: str) -> str:
    return review(queue, "--label", id, "--verdict", "FAIL", "--reason", "so", "--reviewer", "ana", *more).stdout


def test_the_reason_is_hidden_before_the_label_and_shown_after_it(review: Run, written: Written) -> None:
    queue = written("q.jsonl", PAIR, CHECK)
    for before in (review(queue, "--next").stdout, review(queue, "--next", "--json").stdout):
        assert "no field" not in before
    assert labelled(review, queue, "t1/decision") == (
        "t1/decision: FAIL recorded\n"
        "It was asked because the verdict is UNKNOWN.\n"
        "The checker decision said UNKNOWN: no field\n"
    )
    for before in (review(queue, "--next").stdout, review(queue, "--next", "--json").stdout):
        assert "30, not 7" not in before
    assert labelled(review, queue, "a") == (
        "a: FAIL recorded\n"
        "It was asked because a score is within 0.1 of the threshold.\n"
        "The checker support said PASS (score 0.52)\n"
        "What decided: Within ⟦30⟧ days.\n"
        "  30, not 7\n"
    )


def test_a_label_with_json_gives_the_same_with_marks_as_code_points(review: Run, written: Written) -> None:
    assert json.loads(labelled(review, written("q.jsonl", PAIR), "a", "--json")) == {
        "id": "a",
        "verdict": "FAIL",
        "holds_for": ["a"],
        "why": [{"code": "near", "detail": "a score is within 0.1 of the threshold"}],
        "checkers": [{"by": "support", "verdict": "PASS", "score": 0.52, "detail": None}],
        "found": [],
        "handed_over": None,
        "claim_marks": [[7, 9]],
        "marked": ["30, not 7"],
    }


def test_of_a_citation_the_outcome_is_shown_beside_the_score(review: Run, written: Written) -> None:
    support = {"support": {"score": 0.9, "verdict": "PASS"}}
    record = {"id": "t1", "citation": "L-3@1#1", "claim": "So.", "outcome": "FAIL", "why": "disagrees", "detail": "no"}
    shown = labelled(review, written("c.jsonl", {**record, **support}), "t1/1")
    assert shown == "t1/1: FAIL recorded\nThe checker support said PASS (score 0.9)\n" + (
        "The citation as a whole: FAIL (disagrees): no\n"
    )


def test_marks_that_overlap_are_one() -> None:
    assert merged([(5, 7), (0, 2), (6, 9), (2, 3), (4, 4)]) == [(0, 3), (5, 9)]
    assert marked("abcdef", [(1, 3), (5, 6)]) == "a⟦bc⟧de⟦f⟧"
