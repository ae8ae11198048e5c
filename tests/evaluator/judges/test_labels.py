from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.judges.labels import JudgeLabel, read_judge_labels

Written = Callable[..., Path]


def test_a_line_has_what_it_names(written: Written) -> None:
    line = {
        "id": 7,
        "human": "A",
        "judge": "B",
        "score": 0.25,
        "swapped": "A",
        "repeat": "B",
        "length_a": 10,
        "length_b": 20,
    }
    assert read_judge_labels(written("l.jsonl", line, {"id": "8", "judge": True})) == [
        JudgeLabel("7", "A", "B", 0.25, "A", "B", (10, 20)),
        JudgeLabel("8", None, "true"),
    ]


def test_what_a_review_exports_is_read(written: Written) -> None:
    exported = {"id": "c1", "human": "PASS", "scorer": "FAIL", "score": 0.4, "reviewer": "ann", "reason": "it says so"}
    picked = {**exported, "asked": ["unsure"]}
    audit = {**exported, "scorer": None, "score": None, "asked": ["audit", "unsure"]}
    assert read_judge_labels(written("l.jsonl", exported, picked, audit)) == [
        JudgeLabel("c1", "PASS", "FAIL", 0.4),
        JudgeLabel("c1", "PASS", "FAIL", 0.4, random=False),
        JudgeLabel("c1", "PASS", None),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": None}, "id is missing"),
        ({"human": ["A"]}, r"human is \['A'\]; write text"),
        ({"score": 1.5}, "score is 1.5; give the chance"),
        ({"length_a": 5}, "length_b is missing"),
        ({"length_a": 5, "length_b": -1}, "length_b is -1; give a length"),
        ({"asked": "audit"}, "asked is 'audit'; give a list"),
    ],
)
def test_a_bad_line_is_named(written: Written, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine, match=f"l.jsonl, line 1: {problem}"):
        read_judge_labels(written("l.jsonl", {"id": "1", "human": "A", "judge": "A", **fields}))


def test_a_file_without_labels_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match="holds no labels"):
        read_judge_labels(written("l.jsonl"))
