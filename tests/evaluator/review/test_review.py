"""What is asked of people, in which order, and how far they agree."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.judges.calibration import rates
from evaluator.judges.labels import read_judge_labels
from evaluator.review.case import read_review_cases
from evaluator.review.judgement import Judgement
from evaluator.review.labels import Label, current
from evaluator.review.material.background import Backgrounds
from evaluator.review.progress import exported, next_asked, progress_of
from evaluator.review.queue import Asked, Sampling, ordered
from evaluator.review.review_case import ReviewCase
from evaluator.review.session import run
from evaluator.traces.case_trace import read_case_traces

Written = Callable[..., Path]


def pair(id: str, score: float | None, verdict: str = "PASS", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "claim": f"Claim {id}.",
        "evidence": [f"Evidence {id}."],
        "score": score,
        "verdict": verdict,
        **fields,
    }


def record(id: str = "t1", citation: str = "P-7@2#1", claim: str = "Within 30 days.", **fields: Any) -> dict[str, Any]:
    support = {"score": 0.9, "verdict": "PASS"}
    return {
        "id": id,
        "citation": citation,
        "claim": claim,
        "outcome": "PASS",
        "why": "supported",
        "support": support,
    } | fields


def check(name: str = "decision", verdict: str = "PASS", **fields: Any) -> dict[str, Any]:
    return {"id": "t1", "name": name, "kind": "decision", "verdict": verdict, "reason": "", "detail": "so", **fields}


def queue(cases: list[ReviewCase], **sampling: Any) -> list[tuple[str, list[str]]]:
    return [(asked.case.id, list(asked.codes())) for asked in ordered(cases, Sampling(**{"audit": 0.0, **sampling}))]


def audit(cases: list[ReviewCase], share: float, seed: int) -> list[str]:
    return [id for id, codes in queue(cases, audit=share, seed=seed) if "audit" in codes]


def test_disagreement_comes_first_then_error_unknown_and_near_and_sure_ones_are_not_asked(written: Written) -> None:
    cases = read_review_cases(
        [
            written(
                "pairs.jsonl",
                pair("sure", 0.95),
                pair("near", 0.58),
                pair("unknown", 0.4, "UNKNOWN"),
                pair("error", None, "ERROR"),
                pair("split", 0.9),
            ),
            written("judge.jsonl", {"id": "split", "judge": "gpt", "verdict": "FAIL", "score": None}),
        ]
    )
    assert queue(cases) == [
        ("split", ["disagree"]),
        ("error", ["error"]),
        ("unknown", ["unknown", "near"]),
        ("near", ["near"]),
    ]


def test_of_equal_reasons_the_score_nearest_to_the_threshold_comes_first(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", pair("a", 0.6), pair("b", 0.51), pair("c", 0.45), pair("d", 0.61))])
    assert [id for id, _ in queue(cases)] == ["b", "c", "a"]
    assert [id for id, _ in queue(cases, threshold=0.8, margin=0.2)] == ["d", "a"]


def test_a_pair_that_nothing_scored_is_asked_last_before_the_audit(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", {"id": "a", "claim": "A.", "evidence": "B."}, pair("b", 0.5))])
    assert queue(cases) == [("b", ["near"]), ("a", ["unscored"])]


def test_the_audit_is_a_seeded_share_of_all_cases_and_every_fifth_case(written: Written) -> None:
    near, sure = ([pair(f"{kind}{at}", score) for at in range(20)] for kind, score in (("n", 0.5), ("s", 0.9)))
    cases = read_review_cases([written("p.jsonl", *near, *sure)])
    asked = queue(cases, audit=0.1, seed=7)
    assert [at for at, (_, codes) in enumerate(asked) if "audit" in codes][:3] == [4, 9, 14]
    assert asked == queue(cases, audit=0.1, seed=7)
    drawn = {frozenset(audit(cases, 0.1, seed)) for seed in range(9)}
    assert {len(ids) for ids in drawn} == {4}
    assert len(drawn) > 1
    assert len(queue(cases[20:], audit=0.01)) == 1


def test_a_case_may_be_ambiguous_and_of_the_audit_and_is_asked_once(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", pair("near", 0.5), pair("unknown", 0.3, "UNKNOWN"))])
    assert sorted(queue(cases, audit=1.0)) == [("near", ["near", "audit"]), ("unknown", ["unknown", "audit"])]
    cases = read_review_cases([written("p.jsonl", *(pair(str(at), 0.5 if at % 2 else 0.9) for at in range(2000)))])
    ids = audit(cases, 0.5, seed=1)
    assert 450 < sum(int(id) % 2 for id in ids) < 550
    # However far reviewers come, it is a random sample: hard cases do not come first in it.
    assert 30 < sum(int(id) % 2 for id in ids[:100]) < 70


def test_the_rate_corrected_by_the_audit_holds_the_truth(written: Written) -> None:
    """Near the threshold the scorer passes half of the cases and people a fifth: it errs where it is unsure."""
    draw = random.Random(3)
    scores = [draw.uniform(0.42, 0.58) if at % 4 == 0 else draw.uniform(0.75, 0.99) for at in range(2000)]
    human = ["FAIL" if at % 4 == 0 and draw.random() < 0.8 else "PASS" for at in range(2000)]
    truth = human.count("PASS") / 2000
    lines = (pair(str(at), score, "PASS" if score >= 0.5 else "FAIL") for at, score in enumerate(scores))
    cases = read_review_cases([written("p.jsonl", *lines)])
    for everything in (True, False):
        held = []
        for seed in range(20):
            asked = ordered(cases, Sampling(audit=0.1, seed=seed))
            done = [it.case for it in asked if everything or "audit" in it.codes()]
            labels = (label(case.id, human[int(case.id)], "mia", case.digest) for case in done)
            rows = exported(asked, cases, current(labels, cases))
            found = rates(read_judge_labels(written("l.jsonl", *rows)), "PASS")["prediction_powered"]
            assert found.low is not None
            assert found.high is not None
            held.append(found.low <= truth <= found.high)
        assert sum(held) >= 17


def test_records_of_citations_are_cases_each_claim_and_citation_once(written: Written) -> None:
    document = {
        "records": [
            record(),
            record(),
            record(citation="P-9@9#9", exists=False, outcome="FAIL", why="unknown_version", support=None),
            record(claim=""),
            record(claim="Bring the receipt."),
            record("t2", agrees=False, outcome="FAIL", why="disagrees"),
        ],
        "uncited": [{"id": "t1", "claim": "Sure."}],
    }
    path = written("c.json", document)
    cases = read_review_cases([path, path])
    assert [(case.id, case.citation, case.conflicts) for case in cases] == [
        ("t1/1", "P-7@2#1", ()),
        ("t1/2", "P-7@2#1", ()),
        ("t2/1", "P-7@2#1", ("numbers or negations and the support score disagree",)),
    ]


@pytest.mark.parametrize(
    ("decision", "fields", "conflicts"),
    [
        ("PASS", {}, ()),
        ("PASS", {"outcome": "FAIL", "why": "support"}, ("decision and citation disagree",)),
        ("PASS", {"outcome": "FAIL", "why": "not_in_evidence"}, ()),
        ("FAIL", {}, ("decision and citations disagree",)),
        ("FAIL", {"outcome": "FAIL", "why": "support"}, ()),
        (
            "FAIL",
            {"outcome": "FAIL", "why": "support", "quoted": True, "support": {"score": 0.1, "verdict": "FAIL"}},
            ("the quotation is exact, and the support score disagrees",),
        ),
    ],
)
def test_checks_that_disagree_with_one_another_are_found(
    written: Written, decision: str, fields: dict[str, Any], conflicts: tuple[str, ...]
) -> None:
    cases = read_review_cases([written("c.jsonl", record(**fields), check(verdict=decision))])
    assert cases[0].conflicts == conflicts


def test_a_check_is_a_case_about_its_answer(written: Written) -> None:
    lines = [check("tone", "UNKNOWN", kind="usefulness", start=4, end=8), check("tone", kind="usefulness")]
    traced = read_case_traces(written("t.jsonl", {"id": "t1", "answer": "Yes, well done."}))
    one, two = read_review_cases([written("c.jsonl", *lines)], Backgrounds(traced))
    assert (one.id, one.claim, two.id) == ("t1/tone", "Yes, well done.", "t1/tone-2")
    assert [(mark.start, mark.end) for mark in one.marks()] == [(4, 8)]


def test_a_check_names_the_case_of_its_answer_which_may_be_a_json_object(written: Written) -> None:
    traced = read_case_traces(written("t.jsonl", {"id": "t1", "case": "late-1", "answer": {"eligible": True}}))
    path = written("c.jsonl", {**check("decision", kind="decision"), "id": "late-1"})
    (case,) = read_review_cases([path], Backgrounds(traced))
    assert json.loads(case.claim) == {"eligible": True}
    (without,) = read_review_cases([path])
    assert "--traces" in without.claim


def test_of_several_answers_to_one_case_each_check_shows_its_own(written: Written) -> None:
    traces = [
        {"id": f"t{at}", "case": "late-1", "trial": at, "answer": answer} for at, answer in ((1, "Yes."), (2, "No."))
    ]
    lines = [{**check("decision", kind="decision"), "id": "late-1", "trial": at} for at in (2, 1)]
    backgrounds = Backgrounds(read_case_traces(written("t.jsonl", *traces)))
    cases = read_review_cases([written("c.jsonl", *lines)], backgrounds)
    assert [(case.id, case.claim) for case in cases] == [("late-1/2/decision", "No."), ("late-1/1/decision", "Yes.")]


def test_the_decision_of_a_case_and_the_citations_of_its_trace_may_disagree(written: Written) -> None:
    lines = [{**check("decision", "FAIL", kind="decision"), "id": "late-1"}, record()]
    traced = read_case_traces(written("t.jsonl", {"id": "t1", "case": "late-1", "answer": "Yes."}))
    cases = {case.id: case for case in read_review_cases([written("c.jsonl", *lines)], Backgrounds(traced))}
    assert "decision and citations disagree" in cases["t1/1"].conflicts


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "holds no checks"),
        ([{"records": []}], "nothing to review"),
        ([{"id": "a"}], "line 1: claim is missing"),
        ([{"id": "a", "claim": "x"}], "line 1: evidence is missing"),
        ([{"id": "a", "claim": "x", "evidence": []}], "line 1: evidence is []; write a list of texts"),
        ([pair("a", 1.5)], "line 1: score is 1.5; give a number from 0 to 1"),
        ([pair("a", 0.5, "good")], "line 1: verdict is 'good'; write one of PASS"),
        ([pair("a", 0.5), pair("a", 0.5)], "line 2: id is 'a', which an earlier case has"),
        ([pair("a", 0.5), {"id": "a", "verdict": "PASS"}], "line 2: id is 'a', which 'support' has scored before"),
        ([pair("a", 0.5), {"id": "b", "verdict": "PASS"}], "line 2: id is 'b', which is scored but is no case"),
    ],
)
def test_what_is_wrong_with_a_queue_is_named(written: Written, lines: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises((BadFile, BadLine)) as raised:
        read_review_cases([written("q.jsonl", *lines)])
    assert problem in str(raised.value)


CASES = [ReviewCase("a", "?", "A"), ReviewCase("b", "?", "B"), ReviewCase("c", "?", "C")]
QUEUE = [Asked(case, (("unscored", ""),)) for case in CASES]


def label(id: str, verdict: str, reviewer: str, digest: str | None = None) -> Label:
    of = {case.id: case.digest for case in CASES}
    return Label(id, digest or of[id], Judgement(verdict), "because", reviewer, "2025-06-01T00:00:00Z")


def test_the_next_case_is_one_that_lacks_reviewers_and_that_this_one_has_not_labelled() -> None:
    held = current([label("a", "PASS", "mia"), label("b", "PASS", "ben")], CASES)

    def following(reviewer: str | None, per_case: int) -> str | None:
        asked = next_asked(QUEUE, held, reviewer, per_case)
        return asked.case.id if asked else None

    assert [following(None, 1), following("mia", 2), following("ben", 2)] == ["c", "b", "a"]
    assert next_asked(QUEUE[:2], held, None, 1) is None


def test_a_later_label_of_the_same_reviewer_holds_and_one_of_other_words_does_not() -> None:
    labels = [label("a", "PASS", "mia"), label("a", "FAIL", "mia"), label("b", "PASS", "mia", digest="old")]
    held = current(labels, CASES)
    assert {id: {name: it.verdict for name, it in by.items()} for id, by in held.items()} == {"a": {"mia": "FAIL"}}
    found = progress_of(QUEUE, CASES, labels, held, 1)
    assert (found.asked, found.left, found.corrected, found.outdated) == (3, 2, 1, 1)


def test_agreement_is_of_pairs_of_reviewers_and_of_labels_and_scorers_that_decided(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", pair("a", 0.9), pair("b", 0.1, "FAIL"), pair("c", 0.4, "UNKNOWN"))])
    asked = ordered(cases, Sampling(audit=1.0))
    digests = {case.id: case.digest for case in cases}
    labels = [
        label(id, verdict, reviewer, digests[id])
        for id, verdict, reviewer in (
            ("a", "PASS", "mia"),
            ("a", "FAIL", "ben"),
            ("b", "FAIL", "mia"),
            ("b", "FAIL", "ben"),
            ("c", "PASS", "mia"),
            ("c", "UNKNOWN", "ben"),
        )
    ]
    held = current(labels, cases)
    found = progress_of(asked, cases, labels, held, 2)
    assert (found.left, found.disputed) == (0, ("a", "c"))
    assert (found.reviewers_agree.value, found.reviewers_agree.n) == (pytest.approx(1 / 3), 3)
    assert (found.agree_with_scorer.value, found.agree_with_scorer.n) == (0.75, 4)
    assert found.agree_with_scorer_on_audit.n == 4
    assert found.content()["why"] == {"unknown": 1, "near": 1, "audit": 3}
    assert next(exported(asked, cases, held)) == {
        "id": "a",
        "human": "PASS",
        "scorer": "PASS",
        "score": 0.9,
        "reviewer": "mia",
        "reason": "because",
        "asked": ["audit"],
    }
    assert json.dumps([row["human"] for row in exported(asked, cases, held)]) == json.dumps(
        [it.verdict for it in labels]
    )


def test_two_reviewers_are_compared_beyond_chance(written: Written) -> None:
    """Of four cases they agree on three. By chance they would agree on half (kappa), or on 15 of 32 (AC1)."""
    cases = read_review_cases([written("p.jsonl", *(pair(id, 0.9) for id in "abcd"))])
    digests = {case.id: case.digest for case in cases}
    given = {"ben": ("PASS", "PASS", "FAIL", "FAIL"), "mia": ("PASS", "FAIL", "FAIL", "FAIL")}
    labels = [
        label(id, verdict, name, digests[id])
        for name, verdicts in given.items()
        for id, verdict in zip(digests, verdicts, strict=True)
    ]
    found = progress_of([], cases, labels, current(labels, cases), 2)
    assert found.reviewers_agree.value == 0.75
    (both,) = found.pairs.values()
    assert list(found.pairs) == ["ben and mia"]
    assert both["Cohen's kappa"].value == pytest.approx(0.5)
    assert both["Gwet's AC1"].value == pytest.approx((0.75 - 15 / 32) / (1 - 15 / 32))
    assert "ben and mia: Cohen's kappa" in found.estimates()


def test_six_reviewers_of_four_cases_are_four_cases(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", *(pair(id, 0.9) for id in "abcd"))])
    digests = {case.id: case.digest for case in cases}
    labels = [label(id, "PASS", f"reviewer {number}", digests[id]) for id in digests for number in range(6)]
    found = progress_of([], cases, labels, current(labels, cases), 6)
    assert (found.reviewers_agree.n, found.agree_with_scorer.n) == (60, 24)
    # Wilson's interval of 4 of 4 would be 0.510 to 1; Student's t of 3 degrees of freedom makes it wider.
    for estimate in (found.reviewers_agree, found.agree_with_scorer):
        assert estimate.low is not None
        assert estimate.low < 0.51


def test_what_nobody_labelled_is_exported_with_what_the_scorer_said(written: Written) -> None:
    cases = read_review_cases([written("p.jsonl", pair("sure", 0.9))])
    assert list(exported([], cases, {})) == [
        {"id": "sure", "human": None, "scorer": "PASS", "score": 0.9, "reviewer": None, "reason": None, "asked": []}
    ]


def test_a_session_asks_until_it_has_a_key_and_a_reason_skips_and_stops() -> None:
    keys = iter(["x", "P", "", " it says so ", "s", "f", "no", "q"])
    recorded: list[tuple[str, Judgement, str]] = []
    shown: list[str] = []

    def following(skipped: set[str]) -> Asked | None:
        done = {id for id, _, _ in recorded} | skipped
        return next((asked for asked in QUEUE * 2 if asked.case.id not in done), None)

    count = run(
        following,
        lambda asked: shown.append(asked.case.id),
        lambda asked, verdict, reason: recorded.append((asked.case.id, verdict, reason)),
        lambda: False,
        lambda prompt: next(keys),
    )
    assert count == 2
    assert shown == ["a", "b", "c"]
    assert recorded == [("a", Judgement.PASS, "it says so"), ("c", Judgement.FAIL, "no")]


@pytest.mark.parametrize("stop", [EOFError, KeyboardInterrupt])
def test_a_session_that_is_broken_off_records_nothing_half(stop: type[BaseException]) -> None:
    given = iter(["p"])
    recorded: list[Any] = []

    def read(prompt: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise stop from None

    assert run(lambda skipped: QUEUE[0], lambda asked: None, lambda *values: recorded.append(values), bool, read) == 0
    assert recorded == []
