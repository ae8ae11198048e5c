"""Cases of equal words are asked once, and the label holds for each of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.review.case import read_review_cases
from evaluator.review.judgement import Judgement
from evaluator.review.labels import Label, current
from evaluator.review.material.background import Backgrounds
from evaluator.review.progress import counted_audit, exported, next_asked, progress_of
from evaluator.review.queue import Asked, Sampling, ordered
from evaluator.review.review_case import ReviewCase
from evaluator.traces.case_trace import read_case_traces
from tests.evaluator.in_process import Run

Written = Callable[..., Path]

RECORD = {"citation": "S-2@1#1", "claim": "Skis are lent for 3 days.", "outcome": "UNKNOWN", "why": "support"}
SUPPORT = {"support": {"score": 0.47, "verdict": "UNKNOWN"}}


def records(*ids: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": id, **RECORD, **SUPPORT, **fields} for id in ids]


def of(case: ReviewCase, verdict: str = "PASS", reviewer: str = "ana") -> Label:
    return Label(case.id, case.digest, Judgement(verdict), "read it", reviewer, "2025-06-01T00:00:00Z")


def test_the_same_claim_with_the_same_citation_is_one_question(written: Written) -> None:
    lines = [*records("t1", "t2", "t3"), *records("t4", citation="S-2@2#1")]
    asked = ordered(read_review_cases([written("c.jsonl", *lines)]), Sampling(audit=0.0))
    ids = [[member.case.id for member in it.members()] for it in asked]
    assert ids == [["t1/1", "t2/1", "t3/1"], ["t4/1"]]


def test_a_label_holds_for_every_case_of_equal_words_and_the_export_says_from_which_it_spread(written: Written) -> None:
    cases = read_review_cases([written("c.jsonl", *records("t1", "t2", "t3"), *records("t4", citation="S-2@2#1"))])
    asked = ordered(cases, Sampling(audit=0.0))
    held = current([of(cases[0], "FAIL")], cases)
    following = next_asked(asked, held, "ana", 1)
    assert following is not None
    assert following.case.id == "t4/1"
    rows = list(exported(asked, cases, held))
    assert [(row["id"], row["human"], row.get("spread_from")) for row in rows] == [
        ("t1/1", "FAIL", None),
        ("t2/1", "FAIL", "t1/1"),
        ("t3/1", "FAIL", "t1/1"),
        ("t4/1", None, None),
    ]
    found = progress_of(asked, cases, [of(cases[0], "FAIL")], held, 1)
    assert (found.asked, found.judged, found.left, found.stand_for, found.spread) == (2, 1, 1, 4, 2)
    assert (found.reviewers, found.corrected, found.outdated) == ({"ana": 1}, 0, 0)


def test_a_label_spreads_from_whichever_of_the_equal_cases_was_judged_and_a_later_one_replaces_it(
    written: Written,
) -> None:
    cases = read_review_cases([written("c.jsonl", *records("t1", "t2"))])
    held = current([of(cases[1], "FAIL"), of(cases[0], "PASS")], cases)
    assert [by["ana"].verdict for by in held.values()] == ["PASS", "PASS"]


def test_two_reviewers_of_equal_cases_agree_once(written: Written) -> None:
    cases = read_review_cases([written("c.jsonl", *records("t1", "t2", "t3"))])
    labels = [of(cases[0]), of(cases[2], "FAIL", "bo")]
    found = progress_of(ordered(cases, Sampling()), cases, labels, current(labels, cases), 2)
    assert (found.reviewers_agree.n, found.reviewers_agree.value, len(found.disputed)) == (1, 0.0, 1)


def checks(written: Written, name: str, kind: str, *answers: dict[str, Any]) -> list[ReviewCase]:
    traced = read_case_traces(written("traces.jsonl", *({"id": f"t{at}", **it} for at, it in enumerate(answers))))
    lines = [
        {"id": f"t{at}", "name": name, "kind": kind, "verdict": "FAIL", "reason": "r", "detail": "d"}
        for at in range(len(answers))
    ]
    return read_review_cases([written("checks.jsonl", *lines)], Backgrounds(traced, {}, {"type": "object"}))


def test_a_decision_is_the_same_only_for_the_same_question_facts_date_and_passages(written: Written) -> None:
    asked = {"question": "May skis be lent?", "facts": {"age": "12"}, "as_of": "2025-01-02", "evidence": ["S-2@1#1"]}
    answer = {"answer": {"eligible": False}}
    changes: list[dict[str, Any]] = [
        {},
        {"question": "May a sled be lent?"},
        {"facts": {"age": "18"}},
        {"as_of": "2025-01-03"},
        {"evidence": ["S-2@2#1"]},
        {"escalation": {"reason": "model_abstained"}},
        {"answer": {"eligible": True}},
    ]
    cases = checks(written, "decision", "decision", *({**asked, **answer, **change} for change in [{}, *changes]))
    assert cases[0].key == cases[1].key
    assert len({case.key for case in cases}) == len(changes)


def test_the_form_of_an_answer_is_the_same_whatever_was_asked(written: Written) -> None:
    answers = [{"question": question, "answer": {"eligible": True}} for question in ("One?", "Another?")]
    one, other = checks(written, "answer_schema", "format", *answers)
    assert one.key == other.key


def test_without_question_or_answer_equal_words_may_be_another_case_and_no_label_spreads(written: Written) -> None:
    one, other = checks(written, "decision", "decision", {"answer": "Yes."}, {"answer": "Yes."})
    assert one.digest == other.digest
    assert list(current([of(one)], [one, other])) == [one.id]
    assert len(ordered([one, other], Sampling(audit=1.0))) == 2


def test_a_label_of_a_check_that_was_given_for_the_answer_alone_still_holds_for_that_case(written: Written) -> None:
    asked = {"question": "May skis be lent?", "answer": "Yes."}
    one, other = checks(written, "decision", "decision", asked, asked)
    earlier = Label(one.id, one.earlier_digest, Judgement.PASS, "so", "ana", "2025-01-01T00:00:00Z")
    assert one.digest != one.earlier_digest
    assert list(current([earlier], [one, other])) == [one.id]
    assert progress_of([], [one, other], [earlier], current([earlier], [one, other]), 1).outdated == 0


def drawn(*sizes: int) -> list[Asked]:
    """One question of the audit for each size, the members drawn in turn: of sizes 2 and 1 at 0, 2 and 1."""
    groups: list[list[Asked]] = []
    at = 0
    for turn in range(max(sizes)):
        for number, size in enumerate(sizes):
            if turn < size:
                case = ReviewCase(f"{number}.{turn}", "?", f"words {number}")
                member = Asked(case, (("audit", ""),), drawn=at)
                at += 1
                if turn == 0:
                    groups.append([])
                groups[number].append(member)
    return [Asked(one.case, one.why, tuple(others), one.drawn) for one, *others in groups]


def test_a_case_of_the_audit_counts_only_once_reviewers_have_come_so_far_in_the_draw() -> None:
    queue = drawn(3, 1, 1)  # 0.0, 1.0, 2.0, then 0.1 and 0.2
    cases = [member.case for asked in queue for member in asked.members()]
    labels = [of(asked.case) for asked in queue]
    audit = [counted_audit(queue, current(labels[:count], cases)) for count in range(4)]
    labelled = [{id for id in counted if current(labels[:n], cases).get(id)} for n, counted in enumerate(audit)]
    assert labelled == [set(), {"0.0"}, {"0.0", "1.0"}, {"0.0", "1.0", "2.0", "0.1", "0.2"}]
    rows = {row["id"]: row["asked"] for row in exported(queue, cases, current(labels[:1], cases))}
    assert [rows[id] for id in ("0.0", "0.1", "1.0")] == [["audit"], [], ["audit"]]


def test_a_question_with_a_case_of_the_audit_waits_for_its_turn_in_the_audit(written: Written) -> None:
    near = records(*(f"n{at}" for at in range(12)))
    others = [
        line
        for at in range(28)
        for line in records(f"s{at}", claim=f"Sleds are lent for {at} days.", support={"score": 0.9, "verdict": "PASS"})
    ]
    cases = read_review_cases([written("c.jsonl", *near, *others)])
    asked = ordered(cases, Sampling(audit=0.5))
    order = [min(member.drawn for member in it.members() if member.drawn is not None) for it in asked]
    assert order == sorted(order)
    assert sum(member.drawn is not None for it in asked for member in it.members()) == 20


def test_the_page_says_for_which_items_a_question_stands_and_the_label_what_it_holds_for(
    asof_eval: Run, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    queue = written("c.jsonl", *records("t1", "t2", "t3"))
    review: Run = lambda *arguments: asof_eval("review", queue, *arguments, "--audit", 0)  # noqa: E731
    assert "This stands for 3 items of the same words: t1/1, t2/1, t3/1" in review("--next").stdout
    assert json.loads(review("--next", "--json").stdout)["stands_for"] == ["t1/1", "t2/1", "t3/1"]
    label = ("--label", "t2/1", "--verdict", "PASS", "--reason", "it does", "--reviewer", "ana")
    assert "It holds for 3 items of the same words: t2/1, t1/1, t3/1" in review(*label).stdout
    status = review("--status").stdout
    assert "1 of 1 judged, left 0" in status
    assert "spread to cases of equal words 2" in status
    assert review("--next").stdout == "Nothing is left to judge.\n"
