"""The page and the JSON of a case: all that it takes to answer, and nothing of what the checkers found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluator.review.case import read_review_cases
from evaluator.review.material.background import Backgrounds
from evaluator.review.material.shown import Shown
from evaluator.review.material.task import read_tasks
from evaluator.review.pages.content import content
from evaluator.review.pages.page import page
from evaluator.review.queue import Asked, ordered
from evaluator.review.queue import Sampling as All
from evaluator.review.review_case import ReviewCase
from evaluator.traces.case_trace import read_case_traces

Written = Callable[..., Path]

TRACE = {
    "id": "t1",
    "case": "sled-1",
    "question": "May a child borrow a sled?",
    "facts": {"age": "9", "member": "yes"},
    "as_of": "2025-01-02",
    "evidence": ["L-3@1#1", "L-4@1#1-2"],
    "answer": {
        "eligible": True,
        "evidence": [{"citation": "L-4@1#2", "quote": "from 8 years on"}],
        "citations": ["L-4@1#2"],
        "answer": "Yes, from 8 years on.",
    },
    "claimed_actions": [{"name": "book", "item": "sled"}],
    "executed_actions": [{"name": "book", "item": "sled"}],
    "timings": {"total_ms": 1200},
}
PASSAGES = {
    "L-3@1#1": Shown("Skis are lent for 3 days.", source="Skis; in force from 2024-01-01 to no end"),
    "L-4@1#1-2": Shown("- at home\n- from 8 years on", governed_by=("Sleds are lent:",), source="Sleds"),
}


def words(citation: str) -> Shown:
    return PASSAGES.get(citation, Shown(None, f"{citation} is not there"))


def asked_of(written: Written, name: str, kind: str, verdict: str = "FAIL", **trace: Any) -> Asked:
    check = {"id": "sled-1", "name": name, "kind": kind, "verdict": verdict, "reason": "bad", "detail": "too young"}
    traced = read_case_traces(written("t.jsonl", {**TRACE, **trace}))
    schema = {"required": ["eligible"], "properties": {"eligible": {"type": "boolean"}}}
    (case,) = read_review_cases([written("c.jsonl", check)], Backgrounds(traced, {}, schema))
    return Asked(case, (("disagree", "judges disagree"),))


def test_a_decision_shows_question_facts_date_answer_and_passages_with_the_cited_ones_first(written: Written) -> None:
    shown = page(asked_of(written, "decision", "decision"), words, 3, 7)
    assert shown.splitlines() == [
        "sled-1/decision  (decision, check decision)",
        "3 of 7 judged",
        "",
        "Does the answer say whether the request is granted, refused or left to a person, and is that right?",
        "  It is right where the passages decide it so for these facts on this date. Leaving it to a person is right "
        "where they do not decide it.",
        "  PASS: yes. FAIL: no. UNKNOWN: what is shown does not tell.",
        "",
        "question",
        "  May a child borrow a sled?",
        "",
        "facts",
        "  age: 9; member: yes",
        "",
        "date",
        "  2025-01-02",
        "",
        "answer",
        "  eligible: true",
        "  evidence:",
        "    L-4@1#2",
        '      "from 8 years on"',
        "  citations: L-4@1#2",
        "  answer: Yes, from 8 years on.",
        "",
        "passages that the answer cites",
        "  L-4@1#1-2  Sleds",
        "    (under) Sleds are lent:",
        "    - at home",
        "    - from 8 years on",
        "",
        "other passages that it was given",
        "  L-3@1#1  Skis; in force from 2024-01-01 to no end",
        "    Skis are lent for 3 days.",
    ]


def test_no_verdict_score_reason_or_mark_is_on_the_page_or_in_the_json(written: Written) -> None:
    reasons = [{"kind": "quantity differs", "detail": "30 and not 7", "claim": [7, 9], "evidence": [0, 9, 10]}]
    support = {"score": 0.5231, "verdict": "UNKNOWN", "reasons": reasons}
    record = {"id": "t1", "citation": "L-3@1#1", "claim": "Within 30 days.", "outcome": "FAIL", "why": "disagrees"}
    path = written("c.jsonl", {**record, "detail": "a reason", "support": support})
    (asked,) = ordered(read_review_cases([path]), All())
    for shown in (page(asked, words), json.dumps(content(asked, words), ensure_ascii=False)):
        for hidden in ("0.52", "the verdict", "threshold", "disagrees", "a reason", "30 and not 7", "⟦", "audit"):
            assert hidden not in shown
    for kind, name in (("decision", "decision"), ("side_effect", "claimed_actions")):
        asked = asked_of(written, name, kind)
        for shown in (page(asked, words), json.dumps(content(asked, words))):
            assert "too young" not in shown
            assert "judges disagree" not in shown


def test_the_json_has_what_the_page_has(written: Written) -> None:
    found = content(asked_of(written, "decision", "decision"), words, 3, 7)
    assert found["progress"] == {"judged": 3, "of": 7}
    assert (found["kind"], found["check"], found["as_of"]) == ("decision", "decision", "2025-01-02")
    assert found["answer"] == TRACE["answer"]
    assert found["evidence"][0] == {
        "citation": "L-4@1#1-2",
        "cited": True,
        "source": "Sleds",
        "governed_by": ["Sleds are lent:"],
        "text": "- at home\n- from 8 years on",
        "words": None,
        "problem": None,
    }
    assert [item["cited"] for item in found["evidence"]] == [True, False]


def test_the_schema_is_shown_where_it_is_asked_about_and_the_answer_as_json(written: Written) -> None:
    shown = page(asked_of(written, "answer_schema", "format"), words)
    assert '  {\n    "eligible": true,' in shown
    assert shown.endswith("\n\nschema\n  eligible: true or false")
    assert "schema" not in page(asked_of(written, "decision", "decision"), words)
    assert "passages" not in shown


def test_what_was_done_is_shown_where_side_effects_are_judged(written: Written) -> None:
    claimed = page(asked_of(written, "claimed_actions", "side_effect"), words)
    assert claimed.endswith("recorded as claimed\n  book (item sled)\n\ndone\n  book (item sled)")
    executed = page(asked_of(written, "executed_actions", "side_effect", executed_actions=[]), words)
    assert "\n\ndone\n  (nothing)\n\npassages that the answer cites\n" in executed
    only_said = asked_of(written, "executed_actions", "side_effect", executed_actions=[], would_do=["book"])
    assert "\n\ndone\n  book (not done in this run, which only says what it would do)\n" in page(only_said, words)
    unknown = page(asked_of(written, "executed_actions", "side_effect", executed_actions=None), words)
    assert "(There is no record of what was done.)" in unknown
    assert "timings\n  total_ms: 1200" in page(asked_of(written, "in_time", "serving"), words)


def test_that_a_case_was_handed_over_is_shown_and_the_reason_is_not(written: Written) -> None:
    escalation = {"reason": "applicability_unconfirmed", "detail": "the age is not known"}
    shown = page(asked_of(written, "decision", "decision", escalation=escalation), words)
    assert "The case was handed to a person. Is that right?" in shown
    assert "\n\noutcome\n  The case was handed to a person.\n" in shown
    assert "applicability" not in shown


def test_where_no_passage_was_given_or_no_answer_is_there_it_is_said(written: Written) -> None:
    shown = page(asked_of(written, "decision", "decision", evidence=[], answer=""), words)
    assert "answer\n  There is no answer." in shown
    assert "passages\n  (The model was given none, and the answer cites none.)" in shown
    shown = page(asked_of(written, "decision", "decision", evidence=None, answer="Yes."), words)
    assert "(It is not known which the model was given; --traces says it.)" in shown


def test_a_cited_passage_that_was_not_given_is_shown_with_those_that_are_cited(written: Written) -> None:
    shown = page(asked_of(written, "decision", "decision", answer="Yes [L-9@1#1]."), words)
    assert "passages that the answer cites\n  L-9@1#1\n    (L-9@1#1 is not there)" in shown


def test_a_sentence_stands_before_its_cited_words_and_the_whole_answer_comes_last(written: Written) -> None:
    record = {"id": "t1", "citation": "L-4@1#1-2", "claim": "Sleds from 8 on.", "outcome": "PASS", "why": "supported"}
    traced = read_case_traces(written("t.jsonl", TRACE))
    (case,) = read_review_cases([written("c.jsonl", record)], Backgrounds(traced))
    shown = page(Asked(case, ()), words)
    headings = ["sentence of the answer, without its citations", "cited words", "question", "facts", "date"]
    places = [shown.index(f"\n\n{heading}\n") for heading in [*headings, "the whole answer"]]
    assert places == sorted(places)
    assert "cited words\n  L-4@1#1-2  Sleds\n    (under) Sleds are lent:\n    - at home" in shown


def test_an_instruction_is_shown_with_the_text_given_and_the_rule(written: Written) -> None:
    row = {
        "id": "sum-1",
        "instruction": "Sum it up.",
        "input": "Skis are lent for 3 days.",
        "checks": [{"check": "bullets", "min": 2, "max": 4, "only": True}, {"check": "no_refusal"}],
    }
    checks = [
        {"id": "sum-1", "name": name, "kind": kind, "verdict": "PASS", "reason": "held", "detail": "3 bullets"}
        for name, kind in (("bullets", "format"), ("no_refusal", "usefulness"))
    ]
    traced = read_case_traces(written("a.jsonl", {"id": "sum-1", "answer": "- 3 days\n- skis"}))
    backgrounds = Backgrounds(traced, read_tasks([written("rows.jsonl", row)]))
    bullets, refusal = (Asked(case, ()) for case in read_review_cases([written("c.jsonl", *checks)], backgrounds))
    assert page(bullets, words).endswith(
        "instruction\n  Sum it up.\n\ntext given (6 words)\n  Skis are lent for 3 days.\n\n"
        "rule\n  bullets: at least 2, at most 4, with no line beside them\n\nanswer (5 words)\n  - 3 days\n  - skis"
    )
    assert "\nrule\n" not in page(refusal, words)


def test_a_pair_is_shown_with_what_governs_its_evidence_and_that_is_a_part_of_what_is_judged(written: Written) -> None:
    line = {"id": "a", "claim": "Lend it.", "evidence": ["a ladder", "a saw"], "score": 0.5, "verdict": "PASS"}
    (bare,) = read_review_cases([written("a.jsonl", line)])
    (governed,) = read_review_cases([written("b.jsonl", {**line, "context": ["Do not lend:"]})])
    shown = page(Asked(governed, ()), words)
    assert "\n\nevidence 1\n  (under) Do not lend:\n  a ladder\n\nevidence 2\n  (under) Do not lend:\n  a saw" in shown
    assert bare.digest != governed.digest


def test_labels_of_earlier_pairs_hold_on(written: Written) -> None:
    line = {"id": "a", "claim": "Claim a.", "evidence": ["Evidence a."], "score": 0.5, "verdict": "PASS"}
    (case,) = read_review_cases([written("a.jsonl", line)])
    assert case.digest == "fc89ad3471de3ad5"


def test_text_moves_no_cursor_and_many_equal_cases_are_named_in_part() -> None:
    case = ReviewCase("a", "?", "x\x1b[2Jy", evidence=("z\x1b[1A",))
    alike = tuple(Asked(ReviewCase(f"b{at}", "?", "x"), ()) for at in range(11))
    shown = page(Asked(case, (), alike), words)
    assert "\x1b" not in shown
    assert "x\\x1b[2Jy" in shown
    assert "This stands for 12 items of the same words: a, b0, b1, b2, b3, b4, b5, b6 and 4 more" in shown
