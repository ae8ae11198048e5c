from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.traces.trace import read_traces
from policies.instant import parse_instant

Written = Callable[..., Path]
Item = Callable[..., dict[str, Any]]

REQUEST = {"query": "?", "as_of": "2025-04-01", "known_at": "2025-05-01", "audience": ["legal", "public"]}


def test_a_trace_needs_an_id_and_an_answer_only(written: Written) -> None:
    (trace,) = read_traces(written("t.jsonl", {"id": "t1", "answer": "", "claims": [], "model": "m"}))
    assert (trace.id, trace.answer) == ("t1", "")
    assert (trace.as_of, trace.known_at, trace.audience, trace.evidence) == (None, None, ("public",), None)


def test_what_a_trace_leaves_out_is_that_of_its_retrieval(written: Written, item: Item) -> None:
    retrieval = {"receipt": {"request": REQUEST}, "evidence": [item("P-7@2#1-2"), item("G-1@1#1")]}
    (trace,) = read_traces(written("t.jsonl", {"id": "t1", "answer": "Yes.", "retrieval": retrieval}))
    assert (trace.as_of, trace.known_at) == (parse_instant("2025-04-01"), parse_instant("2025-05-01"))
    assert trace.audience == ("legal", "public")
    assert trace.evidence is not None
    assert [str(handle) for handle in trace.evidence] == ["P-7@2#1-2", "G-1@1#1"]


def test_what_a_trace_says_itself_wins_over_its_retrieval(written: Written) -> None:
    own = {"as_of": "2025-01-01", "known_at": "2025-02-01", "audience": ["staff"]}
    line = {"id": "t1", "answer": "Yes.", **own, "retrieval": {"receipt": {"request": REQUEST}, "evidence": []}}
    (trace,) = read_traces(written("t.jsonl", line))
    assert (trace.as_of, trace.known_at) == (parse_instant("2025-01-01"), parse_instant("2025-02-01"))
    assert (trace.audience, trace.evidence) == (("public", "staff"), ())


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": None}, "id is missing"),
        ({"answer": None}, "answer is missing"),
        ({"answer": ["Yes"]}, r"answer: is \"\['Yes'\]\"; write text"),
        ({"as_of": "later"}, "as_of: 'later' is neither"),
        ({"audience": "legal"}, "audience: Input should be a valid list"),
        ({"retrieval": []}, "retrieval: Input should be a valid dictionary"),
        ({"retrieval": {}}, r"retrieval\.evidence is missing"),
        ({"retrieval": {"evidence": [{}]}}, r"retrieval\.evidence\[0\]: has no citation"),
        ({"retrieval": {"evidence": [{"citation": "P-7"}]}}, r"retrieval\.evidence\[0\]: 'P-7' is not a citation"),
        (
            {"retrieval": {"evidence": [], "receipt": {"request": {"as_of": 5}}}},
            r"retrieval\.receipt\.request\.as_of: Input should be a valid string",
        ),
    ],
)
def test_a_bad_trace_is_named_by_line_and_field(written: Written, fields: dict[str, Any], problem: str) -> None:
    path = written("t.jsonl", {"id": "t0", "answer": "Yes."}, {"id": "t1", "answer": "Yes.", **fields})
    with pytest.raises(BadLine, match=f"t.jsonl, line 2: {problem}"):
        read_traces(path)


def test_two_traces_cannot_share_an_id(written: Written) -> None:
    line = {"id": "t1", "answer": "Yes."}
    with pytest.raises(BadLine, match="line 2: id is 't1', which an earlier line has"):
        read_traces(written("t.jsonl", line, line))


def test_a_file_without_traces_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match="holds no answers"):
        read_traces(written("t.jsonl"))
