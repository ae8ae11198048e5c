from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.contract.rows import read_answers, read_rows
from evaluator.errors import BadFile, BadLine, UnmatchedAnswer

Written = Callable[..., Path]
ROW = {"id": "a", "group": "g", "task": "shorten", "instruction": "Shorten it.", "input": "Wait for 5 days."}
CHECKS = [{"check": "words", "max": 3}]


def row(**fields: Any) -> dict[str, Any]:
    return {**ROW, "checks": CHECKS, **fields}


def test_a_paraphrase_takes_what_it_does_not_say_from_the_row_it_rewords(written: Written) -> None:
    path = written("rows.jsonl", row(), {"id": "b", "paraphrase_of": "a", "instruction": "Make it short."})
    first, second = read_rows(path)
    assert (second.group, second.task, second.source.input) == ("g", "shorten", "Wait for 5 days.")
    assert second.source.instruction == "Make it short."
    assert [asked.name for asked in second.checks] == [asked.name for asked in first.checks] == ["words"]


def test_a_paraphrase_does_not_take_the_answer(written: Written) -> None:
    path = written(
        "rows.jsonl", row(answer="5 days"), {"id": "b", "paraphrase_of": "a", "instruction": "Make it short."}
    )
    assert [found.answer and found.answer.text for found in read_rows(path)] == ["5 days", None]


def test_an_answer_is_the_rows_own_or_the_files_of_the_same_id(written: Written) -> None:
    rows = read_rows(written("rows.jsonl", row(answer="5 days"), row(id="b"), row(id="c"), row(id="d")))
    answers = read_answers(written("a.jsonl", {"id": "d", "error": "timeout"}, {"id": "b", "answer": ""}), rows)
    assert [answer and (answer.text, answer.error) for answer in answers] == [
        ("5 days", None),
        ("", None),
        None,
        (None, "timeout"),
    ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"id": "z", "answer": "x"}, "a.jsonl, line 1: id 'z' belongs to no row"),
        ({"id": "a", "answer": "x"}, "a.jsonl, line 1: id 'a' is already answered at"),
    ],
)
def test_an_answer_to_nothing_or_to_what_is_answered_is_refused(
    written: Written, answer: dict[str, Any], problem: str
) -> None:
    rows = read_rows(written("rows.jsonl", row(answer="5 days")))
    with pytest.raises(UnmatchedAnswer) as caught:
        read_answers(written("a.jsonl", answer), rows)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({**ROW, "id": "b"}, "checks is missing"),
        (row(id="b", checks=[]), "checks is empty; ask something of the answer"),
        (row(), "id is 'a', which an earlier line has"),
        (row(id="b", instruction=" "), "instruction is ' '; write text"),
        (row(id="b", input=3), "input is 3; write text"),
        (row(id="b", answer={"a": 1}), "answer is {'a': 1}; write text, JSON too"),
        (row(id="b", answer="x", error="timeout"), "error is given beside an answer"),
        ({"id": "b", "paraphrase_of": "z", "instruction": "x"}, "paraphrase_of is 'z', which no earlier line has"),
        (
            {"id": "b", "paraphrase_of": "a", "group": "h", "instruction": "x"},
            "group is 'h', but 'a', which it rewords",
        ),
    ],
)
def test_a_row_that_cannot_be_accepted_is_named_by_line_and_field(
    written: Written, line: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadLine) as caught:
        read_rows(written("rows.jsonl", row(), line))
    assert f"rows.jsonl, line 2: {problem}" in str(caught.value)


def test_a_file_without_rows_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match=r"rows\.jsonl holds no rows"):
        read_rows(written("rows.jsonl"))


def test_what_is_no_character_breaks_no_check_and_moves_no_offset(written: Written) -> None:
    checks = [
        {"check": "language", "is": "en"},
        {"check": "sentences", "max": 1},
        {"check": "keeps", "facts": [{"warning": "do not restart workers"}]},
    ]
    given = "Do not restart workers \ud800."
    (found,) = read_rows(written("rows.jsonl", row(input=given, checks=checks, answer=f"\udfff {given}")))
    assert found.answer is not None
    assert found.answer.text == "\ufffd Do not restart workers \ufffd."
    (kept,) = found.checks[2].of("a", found.answer.text)
    assert (kept.verdict, kept.start, kept.end) == ("PASS", 0, 27)
