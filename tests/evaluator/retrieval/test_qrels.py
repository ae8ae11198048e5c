from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.retrieval.qrels import AsOfQuestion, read_as_of_questions
from policies.instant import parse_instant

Written = Callable[..., Path]
Question = Callable[..., dict[str, Any]]


def test_a_question_is_read_with_its_instant_and_its_right_revision(written: Written, question: Question) -> None:
    path = written("q.jsonl", question(kind="before", path="returns.md"))
    assert read_as_of_questions(path) == [
        AsOfQuestion(
            id="q1",
            query="Are damaged items accepted?",
            as_of=parse_instant("2025-04-01T00:00:00Z"),
            policy_id="P-7",
            revision=2,
            gold_text="Damaged items are accepted within 30 days.",
            other_text="Damaged items are accepted within 7 days.",
        )
    ]


def test_the_other_wording_may_be_left_out(written: Written, question: Question) -> None:
    assert read_as_of_questions(written("q.jsonl", question(other_text=None)))[0].other_text is None


@pytest.mark.parametrize("field", ["id", "query", "as_of", "policy_id", "revision", "gold_text"])
def test_a_missing_field_is_named_with_its_line(written: Written, question: Question, field: str) -> None:
    path = written("q.jsonl", question(id="q0"), question(**{field: None}))
    with pytest.raises(BadLine, match=f"q.jsonl, line 2: {field} is missing"):
        read_as_of_questions(path)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("as_of", "2025-02-30", "as_of: '2025-02-30' is not a day"),
        ("revision", "2", "revision is '2'; give a whole number"),
        ("gold_text", "***", r"gold_text is '\*\*\*', which holds no words"),
        ("query", "x" * 20_001, "query: has 20,001 characters"),
        ("other_text", 5, "other_text is 5; write text"),
    ],
)
def test_a_bad_field_is_named_with_its_line(
    written: Written, question: Question, field: str, value: Any, problem: str
) -> None:
    with pytest.raises(BadLine, match=f"q.jsonl, line 1: {problem}"):
        read_as_of_questions(written("q.jsonl", question(**{field: value})))


def test_two_questions_cannot_share_an_id(written: Written, question: Question) -> None:
    with pytest.raises(BadLine, match="line 2: id is '1', which an earlier line has"):
        read_as_of_questions(written("q.jsonl", question(id=1), question(id="1")))


def test_a_file_without_questions_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match="holds no questions"):
        read_as_of_questions(written("q.jsonl", ""))
