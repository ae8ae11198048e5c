"""What passed every check and may still confuse is asked about as well."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.review.case import read_review_cases
from evaluator.review.doubts import HEDGES, doubts, found
from evaluator.review.material.background import Backgrounds
from evaluator.review.material.shown import Shown
from evaluator.review.queue import Sampling, ordered
from evaluator.traces.case_trace import read_case_traces

Written = Callable[..., Path]

WORDS = {
    "B-1@1#1": "Bicycles are lent to members for 14 days.",
    "B-1@2#1": "Bicycles are lent to members for 21 days.",
    "C-3@1#1": "Bicycles are lent to members for 7 days.",
    "D-4@1#1": "A deposit of 40 EUR is kept until the bicycle is back.",
    "E-5@1#1": "Trailers are lent for 5 days, unless the board decides otherwise.",
    "F-6@1#1": "Helmets are lent for 3 days on weekdays and for 5 days in summer.",
    "G-7@1#1": "Members may keep a pump over the weekend.",
}


def words(citation: str) -> Shown:
    return Shown(WORDS.get(citation), "unknown")


def codes(written: Written, answer: Any, evidence: list[str], verdicts: tuple[str, ...] = ("PASS",)) -> list[list[str]]:
    """The reasons for which the checks of one answer are asked; nothing is drawn by chance."""
    traced = read_case_traces(
        written("t.jsonl", {"id": "t1", "question": "For how long?", "evidence": evidence, "answer": answer})
    )
    kinds = ("format", "decision", "side_effect")
    checks = [
        {"id": "t1", "name": f"check-{at}", "kind": kinds[at], "verdict": verdict, "reason": "r", "detail": "d"}
        for at, verdict in enumerate(verdicts)
    ]
    cases = read_review_cases([written("c.jsonl", *checks)], Backgrounds(traced))
    return [list(asked.codes()) for asked in ordered(cases, Sampling(audit=0.0), words)]


def test_an_answer_of_plain_words_on_plain_evidence_is_not_asked(written: Written) -> None:
    assert codes(written, "For 14 days [B-1@1#1].", ["B-1@1#1", "D-4@1#1"]) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "reasons"),
    [
        ("It is generally 14 days, but please check [B-1@1#1].", ["B-1@1#1"], ["hedged"]),
        ("For 14 days [B-1@1#1]. " + "This is so. " * 30, ["B-1@1#1"], ["long"]),
        ("For 14 days [B-1@1#1].", ["B-1@1#1", "B-1@2#1"], ["conflict"]),
        ("For 14 days [B-1@1#1].", ["B-1@1#1", "C-3@1#1"], ["conflict"]),
        ("For 5 days [E-5@1#1].", ["E-5@1#1"], ["ambiguous"]),
        ("For 3 days [F-6@1#1].", ["F-6@1#1"], ["ambiguous"]),
        ("Perhaps for 5 days [E-5@1#1]. " + "This is so. " * 30, ["E-5@1#1"], ["ambiguous", "hedged", "long"]),
    ],
)
def test_what_may_confuse_is_asked_although_everything_passed(
    written: Written, answer: str, evidence: list[str], reasons: list[str]
) -> None:
    assert codes(written, answer, evidence, ("PASS", "PASS", "PASS")) == [reasons]


def test_one_check_stands_for_an_answer_and_none_where_one_of_them_did_not_pass(written: Written) -> None:
    hedged = "Possibly for 14 days [B-1@1#1]."
    assert codes(written, hedged, ["B-1@1#1"], ("PASS", "PASS", "PASS")) == [["hedged"]]
    assert codes(written, hedged, ["B-1@1#1"], ("PASS", "FAIL", "PASS")) == []
    assert codes(written, hedged, ["B-1@1#1"], ("PASS", "PASS", "UNKNOWN")) == [["unknown"]]


def test_passages_of_like_words_conflict_only_where_the_answer_cites_one_of_them(written: Written) -> None:
    assert codes(written, "For 40 EUR [D-4@1#1].", ["D-4@1#1", "C-3@1#1"]) == []


def test_the_words_of_the_policy_are_no_hedge_of_the_answer(written: Written) -> None:
    assert codes(written, "Members may keep a pump [G-7@1#1].", ["G-7@1#1"]) == []
    assert codes(written, "Members may keep a bicycle [B-1@1#1].", ["B-1@1#1"]) == [["hedged"]]


def test_quotations_of_a_json_answer_are_not_its_own_words(written: Written) -> None:
    quoted = {"citation": "B-1@1#1", "quote": "generally " * 100}
    assert codes(written, {"evidence": [quoted], "answer": "For 14 days."}, ["B-1@1#1"]) == []


def test_a_claim_that_passed_is_asked_where_it_hedges_and_one_of_40_words_is_not_long(written: Written) -> None:
    def reasons(claim: str) -> list[str]:
        line = {"id": "a", "claim": claim, "evidence": ["It is 14 days."], "score": 0.95, "verdict": "PASS"}
        (case,) = read_review_cases([written("p.jsonl", line)])
        return [code for code, _ in doubts(case, words)]

    assert reasons("It might be 14 days.") == ["hedged"]
    assert reasons("day " * 40) == []
    assert reasons("day " * 41) == ["long"]


def test_evidence_that_contradicts_itself_is_a_conflict(written: Written) -> None:
    texts = ["Bicycles are lent for 14 days.", "Bicycles are lent for two weeks.", "Bicycles are lent for 9 days."]
    line = {"id": "a", "claim": "For 14 days.", "score": 0.95, "verdict": "PASS"}
    same, other = (
        read_review_cases([written("p.jsonl", {**line, "evidence": evidence})])[0]
        for evidence in (texts[:2], texts[::2])
    )
    assert list(doubts(same, words)) == []
    assert list(doubts(other, words)) == [
        ("conflict", "two passages say like things with other numbers: '14 days' and '9 days'")
    ]


def test_doubts_come_after_what_the_checks_could_not_decide_and_before_what_nothing_scored(written: Written) -> None:
    lines = [
        {"id": "unscored", "claim": "A.", "evidence": ["B."]},
        {"id": "long", "claim": "day " * 50, "evidence": ["B."], "score": 0.9, "verdict": "PASS"},
        {"id": "hedged", "claim": "Maybe A.", "evidence": ["B."], "score": 0.9, "verdict": "PASS"},
        {"id": "near", "claim": "C.", "evidence": ["D."], "score": 0.55, "verdict": "PASS"},
    ]
    asked = ordered(read_review_cases([written("p.jsonl", *lines)]), Sampling(audit=0.0))
    assert [it.case.id for it in asked] == ["near", "hedged", "long", "unscored"]


@pytest.mark.parametrize("text", ["in May", "on 3 May", "May 3", "Mayor", "It is mighty.", "Dependson"])
def test_a_month_or_a_part_of_a_word_is_no_hedge(text: str) -> None:
    assert found(text, HEDGES) == []


@pytest.mark.parametrize("text", ["You may.", "MAY be", "It depends.", "as far as I know", "May I?"])
def test_a_hedge_is_found_whatever_its_case(text: str) -> None:
    assert len(found(text, HEDGES)) == 1
