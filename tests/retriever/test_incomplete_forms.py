"""A policy or a revision named where a citation stands leads nowhere; one that prose names is no citation."""

import time

import pytest

from evaluator.citations.claims import find_claims
from retriever.citation_forms import citation_forms, is_incomplete

GIVEN = ("LOAN-3@2#1", "LOAN-3@2#2-4", "house.rules@7#1", "fees@1#1")


@pytest.mark.parametrize(
    "form",
    [
        "[LOAN-3]",
        "[loan-3]",
        "[LOAN-3@1]",
        "[LOAN-3@2]",
        "[LOAN-3 @ 1 # 1]",
        "[LOAN-3#1]",
        "[LOAN-3, revision 1]",
        "[LOAN-3: Loans of books]",
        "[LOAN-3, house.rules]",
        "[Source: LOAN-3]",
        "[`LOAN-3@1`]",
        "[fees]",
        "[OTHER-9@4]",
        "[LOAN-3@1](https://a.b/c)",
        "(LOAN-3@1)",
        "(LOAN-3, revision 1, passage 1)",
        "(see policy LOAN-3, rev. 2, § 4)",
        "(LOAN-3 v1)",
        "(LOAN-3)",
        "LOAN-3@1",
        "LOAN-3 @ 1 # 1",
        "LOAN-3#1",
    ],
)
@pytest.mark.parametrize("place", ["Books are due {}.", "Books are due. {}", "Books are due. {} Tapes too."])
def test_a_form_without_a_passage_is_given_as_it_is_written(form: str, place: str) -> None:
    answer = place.format(form)
    [found] = citation_forms(answer, GIVEN)
    assert found.citation == form
    assert is_incomplete(found.citation)
    assert answer[slice(*found.outer)] == form


@pytest.mark.parametrize(
    "answer",
    [
        "LOAN-3 says so, and so does policy house.rules.",
        "The rule for loans (LOAN-3) says so.",
        "(LOAN-3) says so.",
        "The rule (LOAN-3, the one for loans) says so.",
        "Everybody pays (fees).",
        "[Fees] and [LOAN-3 says so] and [OTHER-9] and [sic].",
        "[LOAN-3](https://a.b/c) is the page.",
        "See https://a.b/policies/LOAN-3@1.",
        "Write to a@1.example or [info@24books.example].",
        '{"policy": "LOAN-3", "revision": 2}',
    ],
)
def test_a_policy_that_is_only_mentioned_is_no_citation(answer: str) -> None:
    assert citation_forms(answer, GIVEN) == []


@pytest.mark.parametrize(
    ("answer", "citations"),
    [
        ("As of LOAN-3@2, books are due [LOAN-3@2#1].", ["LOAN-3@2#1"]),
        ("As of LOAN-3@1, books are due [LOAN-3@2#1].", ["LOAN-3@1", "LOAN-3@2#1"]),
        ("Books are due [LOAN-3@2#1] by our policy (LOAN-3).", ["LOAN-3@2#1"]),
        ("Books are due [LOAN-3@2#1, LOAN-3@1].", ["LOAN-3@2#1", "LOAN-3@1"]),
        ("Books are due [LOAN-3@2 #1].", ["LOAN-3@2#1"]),
        ("Books are due [LOAN-3](asof:LOAN-3@2#1).", ["LOAN-3@2#1"]),
        ("Books are due 【LOAN‑3】.", ["[LOAN-3]"]),
        ("Books are due [1] or [LOAN-3].", ["LOAN-3@2#1", "[LOAN-3]"]),
    ],
)
def test_a_whole_handle_stays_what_it_is(answer: str, citations: list[str]) -> None:
    assert [form.citation for form in citation_forms(answer, GIVEN)] == citations


def test_without_evidence_none_is_looked_for_and_with_none_a_revision_in_brackets_still_is() -> None:
    answer = "Books are due [LOAN-3], or [LOAN-3@1], or LOAN-3@1."
    assert citation_forms(answer) == []
    assert [form.citation for form in citation_forms(answer, ())] == ["[LOAN-3@1]"]


def test_the_evaluator_counts_it_among_what_cannot_be_resolved() -> None:
    [claim] = find_claims("Books are due in 14 days [LOAN-3@1].", GIVEN)
    assert claim.text == "Books are due in 14 days."
    assert [(item.citation, item.handle) for item in claim.citations] == [("[LOAN-3@1]", None)]


def test_a_field_that_only_names_a_revision_is_no_claim() -> None:
    assert find_claims({"answered_from": "LOAN-3@2"}, GIVEN) == []
    [claim] = find_claims({"text": "Books are due in 14 days.", "citations": ["LOAN-3@2"]}, GIVEN)
    assert [item.handle for item in claim.citations] == [None]


def test_long_answers_are_searched_at_once() -> None:
    began = time.perf_counter()
    for text in ("a" * 100_000, "[" * 100_000, "[LOAN-3, " * 10_000, "(LOAN-3 " * 10_000, "(see " * 20_000):
        citation_forms(text, GIVEN)
    citation_forms("[LOAN-3] LOAN-3@1 " * 5_000, GIVEN)
    assert time.perf_counter() - began < 10
