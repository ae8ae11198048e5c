from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadLine, UnmatchedAnswer
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Response, matched, read_responses
from policies.instant import parse_instant
from policies.period import Period

Written = Callable[..., Path]
Item = Callable[..., dict[str, Any]]

AT = parse_instant("2025-04-01")
CASES = [AsOfQuestion(name, f"question {name}", AT, "P-7", 2, "gold") for name in ("a", "b", "c")]


def response(name: str | None = None, query: str | None = None, where: str = "r.jsonl, line 1") -> Response:
    return Response(where, (), False, name, query)


def test_an_answer_keeps_its_passages_with_their_periods(written: Written, item: Item) -> None:
    path = written("r.jsonl", {"id": "a", "evidence": [item("P-7@2#1-2", "words")], "abstained": None})
    (read,) = read_responses(path)
    (found,) = read.evidence
    assert (read.id, read.abstained) == ("a", False)
    assert (str(found.handle), str(found.version), found.text) == ("P-7@2#1-2", "P-7@2", "words")
    assert found.valid == Period(parse_instant("2025-03-01"))


def test_passages_handed_over_in_another_order_are_read_by_rank(written: Written, item: Item) -> None:
    edges = [item(f"P-7@2#{rank}", rank=rank) for rank in (1, 3, 2)]
    (read,) = read_responses(written("r.jsonl", {"evidence": edges}))
    assert [found.handle.first for found in read.evidence] == [1, 2, 3]


def test_an_abstention_is_an_answer_without_passages(written: Written) -> None:
    (read,) = read_responses(written("r.jsonl", {"evidence": [], "abstained": {"reason": "withdrawn"}}))
    assert (read.evidence, read.abstained) == ((), True)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"citation": "P-7"}, "'P-7' is not a citation"),
        ({"revision": 3}, r"evidence\[0\]\.citation is P-7@2#1, but policy_id and revision say P-7@3"),
        ({"valid_from": None}, r"evidence\[0\]\.valid_from is missing"),
        ({"valid_to": "soon"}, r"evidence\[0\]\.valid_to: 'soon' is neither"),
        ({"text": None}, r"evidence\[0\]\.text is missing"),
        ({"rank": 0}, r"evidence\[0\]\.rank is 0"),
    ],
)
def test_a_bad_passage_is_named_by_line_and_field(
    written: Written, item: Item, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadLine, match=f"r.jsonl, line 1: {problem}"):
        read_responses(written("r.jsonl", {"evidence": [{**item(), **fields}]}))


def test_a_line_without_evidence_is_no_answer(written: Written) -> None:
    with pytest.raises(BadLine, match="line 1: evidence is missing"):
        read_responses(written("r.jsonl", {"title": "Not Found", "status": 404}))


def test_answers_with_ids_are_matched_by_id_and_a_missing_one_leaves_a_gap() -> None:
    a, c = response("a"), response("c")
    assert matched(CASES, [c, a]) == [a, None, c]


def test_answers_without_ids_are_matched_by_order_and_the_last_may_be_missing() -> None:
    first, second = response(query="question a"), response()
    assert matched(CASES, [first, second]) == [first, second, None]


def test_no_answers_at_all_are_all_missing() -> None:
    assert matched(CASES, []) == [None, None, None]


@pytest.mark.parametrize(
    ("responses", "problem"),
    [
        ([response("d")], "r.jsonl, line 1: id 'd' belongs to no question"),
        (
            [response("a"), response("a", where="r.jsonl, line 2")],
            "line 2: id 'a' is already answered at r.jsonl, line 1",
        ),
        ([response("a"), response(where="r.jsonl, line 2")], "line 2: id is missing, but other answers have one"),
        ([response()] * 3 + [response(where="r.jsonl, line 4")], "line 4: answers no question; there are 3 questions"),
        ([response(query="question b")], r"line 1: receipt.request.query is not the question in the same place \(a\)"),
    ],
)
def test_an_answer_to_no_question_is_named(responses: list[Response], problem: str) -> None:
    with pytest.raises(UnmatchedAnswer, match=problem):
        matched(CASES, responses)
