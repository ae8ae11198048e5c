"""Questions files."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.instant import parse_instant
from retriever.asking.questions_file import read_questions
from retriever.errors import BadQuery

OPTIONS: dict[str, Any] = {"query": None, "as_of": "2025-01-01", "k": 5, "facts": {"region": "US"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "questions.jsonl"


def test_lines_are_read_in_order_with_their_ids(file: Path) -> None:
    file.write_text('{"query": "a", "id": "x-1"}\n{"query": "b", "id": 2}\n{"query": "c"}\n')
    read = read_questions(file, OPTIONS)
    assert [(name, query.text) for name, query in read] == [("x-1", "a"), (2, "b"), (None, "c")]


def test_line_wins_over_the_options_and_null_leaves_them(file: Path) -> None:
    file.write_text(
        '{"query": "a", "as_of": "2025-03-01", "k": 2, "facts": {"region": "CA"}, "policies": ["P-7"]}\n'
        '{"query": "b", "as_of": null, "k": null}\n'
    )
    (_, first), (_, second) = read_questions(file, OPTIONS)
    assert (first.as_of, first.k, first.facts) == (parse_instant("2025-03-01"), 2, {"region": "CA"})
    assert first.policies == ("P-7",)
    assert (second.as_of, second.k, second.facts) == (parse_instant("2025-01-01"), 5, {"region": "US"})


def test_policy_id_of_a_line_is_no_scope_and_other_fields_are_ignored(file: Path) -> None:
    file.write_text('{"query": "a", "policy_id": "P-7", "gold_text": "x", "revision": 3}\n')
    assert read_questions(file, OPTIONS)[0][1].policies is None


def test_blank_lines_are_skipped_and_still_counted(file: Path) -> None:
    file.write_text('\n{"query": "a"}\r\n\n{"query": ""}\n')
    with pytest.raises(BadQuery, match=r"questions\.jsonl, line 4: query: is empty"):
        read_questions(file, OPTIONS)


def test_line_separators_inside_a_question_do_not_end_the_line(file: Path) -> None:
    file.write_text(json.dumps({"query": "a\u2028b\x85c"}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_questions(file, OPTIONS)[0][1].text == "a\u2028b\x85c"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        pytest.param("[" * 200_000, "is not JSON", id="nested deep"),
        ('["query"]', "is not a JSON object"),
        ('{"question": "a"}', "query: is empty"),
        ('{"query": "a", "as_of": "soon"}', "as_of: 'soon'"),
        ('{"query": "a", "k": 0}', "k: is 0"),
    ],
)
def test_bad_line_in_the_middle_is_named(file: Path, line: str, problem: str) -> None:
    file.write_text(f'{{"query": "a"}}\n{line}\n{{"query": "c"}}\n')
    with pytest.raises(BadQuery) as caught:
        read_questions(file, OPTIONS)
    assert f"{file}, line 2" in str(caught.value)
    assert problem in str(caught.value)


def test_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(BadQuery, match=r"questions\.jsonl: cannot be read: No such file"):
        read_questions(file, OPTIONS)


def test_file_that_is_not_utf_8_is_named(file: Path) -> None:
    file.write_bytes(b'{"query": "caf\xe9"}\n')
    with pytest.raises(BadQuery, match=r"questions\.jsonl: is not UTF-8"):
        read_questions(file, OPTIONS)


def test_empty_file_holds_no_questions(file: Path) -> None:
    file.write_text("")
    assert read_questions(file, OPTIONS) == []
