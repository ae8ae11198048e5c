from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.errors import BadLine
from evaluator.review.material.task import read_tasks

Written = Callable[..., Path]

CASE = {
    "id": "ski-1",
    "group": "ski",
    "question": "May a child borrow skis?",
    "facts": {"age": "9"},
    "as_of": "2025-01-02",
    "expected": {
        "decision": "eligible",
        "policy_id": "S-2",
        "citations": ["S-2@1#1"],
        "words": {"S-2@1#1": "Skis are lent"},
    },
    "note": "The youngest age.",
}
ROW = {
    "id": "sum-1",
    "instruction": "Sum it up.",
    "input": "Long text.",
    "checks": [
        {"check": "words", "max": 9},
        {"check": "keeps", "facts": [{"quantity": "3 days"}, {"name": "Ana"}]},
    ],
}


def test_of_a_case_the_question_facts_and_instant_are_read_and_nothing_of_what_was_expected(written: Written) -> None:
    task = read_tasks([written("cases.jsonl", CASE)])["ski-1"]
    assert (task.question, task.facts, task.as_of) == ("May a child borrow skis?", {"age": "9"}, "2025-01-02T00:00:00Z")
    for hidden in ("eligible", "S-2", "Skis are lent", "youngest"):
        assert hidden not in repr(task)


def test_of_a_row_instruction_text_and_each_rule_are_read_and_a_rewording_takes_them_over(written: Written) -> None:
    again = {"id": "sum-2", "paraphrase_of": "sum-1", "instruction": "Make it short."}
    tasks = read_tasks([written("rows.jsonl", ROW, again), written("cases.jsonl", CASE)])
    assert list(tasks) == ["sum-1", "sum-2", "ski-1"]
    assert (tasks["sum-2"].question, tasks["sum-2"].text) == ("Make it short.", "Long text.")
    for number, fact in enumerate(({"quantity": "3 days"}, {"name": "Ana"}, {"name": "Ana"})):
        assert tasks["sum-2"].rule("keeps", number) == {"check": "keeps", "fact": fact}
    assert tasks["sum-1"].rule("words", 0) == {"check": "words", "max": 9}
    assert tasks["sum-1"].rule("bullets", 0) is None


def test_a_case_without_a_question_is_refused_with_its_place(written: Written) -> None:
    with pytest.raises(BadLine, match=r"cases\.jsonl, line 1: question is missing"):
        read_tasks([written("cases.jsonl", {**CASE, "question": None})])
