import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.retrieval.qrels import AsOfQuestion, read_as_of_questions
from evaluator.retrieval.quality import measure as measure_as_of
from evaluator.retrieval.run import Response, matched, read_responses
from evaluator.trec.files import measure, ordered, qrels_lines, read_qrels, read_run, run_lines
from policies.instant import parse_instant

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]


def test_equal_scores_fall_by_document_name_and_ranks_are_not_read(written: Written) -> None:
    run = read_run(written("run.txt", "q1 Q0 a 1 2.0 t", "q1 Q0 c 2 2.0 t", "q1 Q0 b 3 7 t", "q1 Q0 d 4 -1e9 t"))
    assert run == {"q1": ["b", "c", "a", "d"]}


def test_scores_that_differ_past_32_bits_are_equal() -> None:
    assert ordered({"a": 3.0000000001, "b": 3.0}) == ["b", "a"]
    assert ordered({"a": 3.000001, "b": 3.0}) == ["a", "b"]
    assert ordered({"a": 1e300, "b": 1.0, "c": -1e300}) == ["a", "b", "c"]


def test_a_question_without_results_scores_zero_and_one_without_qrels_is_counted(written: Written) -> None:
    qrels = read_qrels(written("qrels.txt", "q1 0 a 1", "q2\t0\ta\t2", "", "q2 0 b 0"))
    quality = measure(qrels, read_run(written("run.txt", "q1 Q0 a 1 1.0 t", "q9 Q0 a 1 1.0 t")), 5)
    assert quality.counts() == {"questions": 2, "missing": 1, "unjudged": 1}
    assert {name: estimate.value for name, estimate in quality.estimates().items()} == {
        "ndcg@5": 0.5,
        "recall@5": 0.5,
        "reciprocal_rank@5": 0.5,
        "success@1": 0.5,
        "success@5": 0.5,
    }


def test_20_of_20_is_not_exactly_100_percent() -> None:
    quality = measure({f"q{at}": {"a": 1} for at in range(20)}, {f"q{at}": ["a"] for at in range(20)}, 5)
    found = quality.estimates()
    # Wilson's: 20 / (20 + 3.841459)
    assert found["success@1"].low == found["success@5"].low == pytest.approx(0.838875, abs=1e-6)
    assert (found["ndcg@5"].value, found["ndcg@5"].low, found["ndcg@5"].high) == (1.0, None, None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("q1 0 a", "qrels.txt, line 2: has 3 columns; give 4"),
        ("q1 0 b yes", "grade is 'yes'; give a whole number"),
        ("q1 0 a 1", "document 'a' is there twice"),
    ],
)
def test_a_bad_line_of_qrels_is_named(written: Written, line: str, problem: str) -> None:
    with pytest.raises(BadLine, match=problem):
        read_qrels(written("qrels.txt", "q1 0 a 1", line))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("q1 Q0 a 1 2.0", "run.txt, line 2: has 5 columns; give 6"),
        ("q1 Q0 b 1 high t", "score is 'high'; give a number"),
        ("q1 Q0 b 1 nan t", "score is not a number"),
        ("q1 Q0 a 1 2.0 t", "document 'a' is there twice"),
    ],
)
def test_a_bad_line_of_a_run_is_named(written: Written, line: str, problem: str) -> None:
    with pytest.raises(BadLine, match=problem):
        read_run(written("run.txt", "q1 Q0 a 1 2.0 t", line))


def test_qrels_without_a_line_are_refused(written: Written) -> None:
    with pytest.raises(BadFile, match="holds no qrels"):
        read_qrels(written("qrels.txt", ""))


def test_every_measure_is_that_of_ir_measures(written: Written) -> None:
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    draw = random.Random(7)
    documents = [f"d{number}" for number in range(30)]
    qrels = [f"q{q} 0 {d} {draw.choice([-1, 0, 0, 1, 2, 3])}" for q in range(40) for d in draw.sample(documents, 12)]
    # Few different scores, so that many are tied; some questions are left out.
    run = [
        f"q{q} Q0 {d} {rank} {draw.choice([0.5, 0.5 + 1e-12, 0.25, 1, 2])} t"
        for q in range(36)
        for rank, d in enumerate(draw.sample(documents, 20))
    ]
    qrels_file, run_file = written("qrels.txt", *qrels), written("run.txt", *run)
    wanted = {
        nDCG @ 10: "ndcg@10",
        R @ 10: "recall@10",
        RR: "reciprocal_rank@30",
        Success @ 1: "success@1",
        Success @ 10: "success@10",
    }
    # With a cut ir_measures takes RR from another program, which orders ties otherwise; so all 30 documents count.
    read = read_qrels(qrels_file), read_run(run_file)
    ours, whole = measure(*read, 10).scores, measure(*read, 30).scores
    theirs = list(
        ir_measures.iter_calc(
            list(wanted),
            list(ir_measures.read_trec_qrels(str(qrels_file))),
            list(ir_measures.read_trec_run(str(run_file))),
        )
    )
    assert len(theirs) == 40 * len(wanted)
    for metric in theirs:
        scores = {**whole[metric.query_id], **ours[metric.query_id]}
        assert scores[wanted[metric.measure]] == pytest.approx(metric.value, abs=1e-6), metric


def test_as_of_answers_as_trec_files_keep_success_and_reciprocal_rank(
    written: Written, question: Made, item: Made
) -> None:
    cases = read_as_of_questions(written("q.jsonl", *(question(id=f"q{number}") for number in range(4))))
    answers = [
        {"id": "q0", "evidence": [item("P-7@2#1"), item("P-7@2#2"), item("P-7@1#1")]},
        {"id": "q1", "evidence": [item("P-7@1#1"), item("P-7@2#1")]},
        {"id": "q2", "evidence": []},
    ]
    responses = matched(cases, read_responses(written("r.jsonl", *answers)))
    qrels, run = written("qrels.txt", *qrels_lines(cases)), written("run.txt", *run_lines(cases, responses))
    assert run.read_text().splitlines()[:2] == ["q0 Q0 P-7@2 1 2 asof", "q0 Q0 P-7@1 2 1 asof"]
    found, expected = measure(read_qrels(qrels), read_run(run), 5).estimates(), measure_as_of(cases, responses, 5)
    for name in ("success@1", "success@5", "reciprocal_rank@5"):
        assert found[name].value == expected.estimates()[name].value


def test_an_id_with_white_space_cannot_be_written() -> None:
    case = AsOfQuestion("q 1", "?", parse_instant("2025-04-01"), "P-7", 1, "gold")
    with pytest.raises(BadFile, match="'q 1' holds white space"):
        qrels_lines([case])
    response = Response("r.jsonl, line 1", (), False)
    assert run_lines([case], [response]) == []
