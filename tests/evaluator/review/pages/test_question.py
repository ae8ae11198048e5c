from typing import Any, get_args

import pytest

from evaluator.checks.check import Kind
from evaluator.review.material.background import Background
from evaluator.review.pages.question import BY_CHECK, BY_KIND, question_of
from evaluator.review.review_case import ReviewCase


def case(kind: Kind | None, name: str = "", **fields: Any) -> ReviewCase:
    return ReviewCase("a", "?", "Yes.", kind=kind, name=name, **fields)


def test_every_kind_of_check_has_words_of_its_own_and_every_question_is_one() -> None:
    assert set(BY_KIND) == set(get_args(Kind))
    asked = [question.asked for question in (*BY_KIND.values(), *BY_CHECK.values())]
    assert len(set(asked)) == len(asked)
    assert all(text.count("?") == 1 and text.endswith("?") for text in asked)


@pytest.mark.parametrize(
    ("kind", "name", "asked"),
    [
        ("decision", "decision", "say whether the request is granted, refused or left to a person, and is that right?"),
        ("decision", "policy_id", "Is the policy that the answer names the one that decides"),
        ("citation", "forbidden_citation", "hold for these facts on this date?"),
        ("format", "answer_schema", "the fields and types of the schema"),
        ("preservation", "keeps", "still say the fact that the rule names"),
        ("usefulness", "no_refusal", "rather than refuse it?"),
        ("side_effect", "claimed_actions", "Was everything done that the answer says was done?"),
        ("serving", "served_in_time", "whole and in time?"),
    ],
)
def test_the_question_is_in_words_by_check(kind: Kind, name: str, asked: str) -> None:
    assert asked in question_of(case(kind, name)).asked


def test_a_check_without_words_of_its_own_is_asked_by_its_kind_and_named() -> None:
    found = question_of(case("usefulness", "warmth"))
    assert (found.asked, found.hint) == ("Is the answer of use to the one who asked?", "The check is named 'warmth'.")


def test_of_a_claim_it_is_asked_whether_the_evidence_says_it() -> None:
    assert question_of(case(None)).asked == "Does the evidence say what the claim says?"
    assert "this sentence of the answer" in question_of(case(None, citation="L-1@1#1")).asked


def test_where_a_case_was_handed_over_the_decision_to_do_so_is_judged() -> None:
    handed = Background(handed_over="no_evidence")
    assert question_of(case("decision", "decision", background=handed)).asked.startswith("The case was handed to")
    assert "policy" in question_of(case("decision", "policy_id", background=handed)).asked
