import time

import pytest

from evaluator.citations.cited import Cited, find_cited


@pytest.mark.parametrize(
    ("answer", "citations"),
    [
        ("Yes [P-7@3#2].", ["P-7@3#2"]),
        ("Yes (P-7@3#2, G-1@1#1).", ["P-7@3#2", "G-1@1#1"]),
        ("Yes [P-7@3#2-3][P-7@3#2-3]", ["P-7@3#2-3", "P-7@3#2-3"]),
        ("P-7@3#2 says so; so does _terms.of_use@12#1_.", ["P-7@3#2", "terms.of_use@12#1"]),
        ("Passage P-7@3 of policy P-7 #2, me@example.org", []),
        ("", []),
    ],
)
def test_every_handle_is_found_in_order(answer: str, citations: list[str]) -> None:
    assert [cited.citation for cited in find_cited(answer)] == citations


@pytest.mark.parametrize("broken", ["P-7@0#1", "P-7@3#0", "P-7@3#2a", "P-7@3#5-2", "P-7@3#1234567"])
def test_what_only_looks_like_a_handle_is_still_found(broken: str) -> None:
    assert find_cited(f"Yes [{broken}].") == [Cited(broken)]


@pytest.mark.parametrize(
    ("answer", "quote"),
    [
        ('Items are accepted "within 30 days" [P-7@2#1].', "within 30 days"),
        ("Items are accepted “within 30 days” (P-7@2#1).", "within 30 days"),
        ('Both "a" and "within 30 days",\nP-7@2#1', "within 30 days"),
        ('A 5" screen is accepted [P-7@2#1].', None),
        ('"Within 30 days" is what it says [P-7@2#1].', None),
        ('"Within 30 days". [P-7@2#1]', None),
        ('"Within 30 days"\n\n[P-7@2#1] and more', None),
        ('Accepted within 30 days" [P-7@2#1].', None),
        ('Accepted "" [P-7@2#1].', None),
        ("P-7@2#1", None),
    ],
)
def test_the_quotation_directly_before_a_handle_is_its_quote(answer: str, quote: str | None) -> None:
    assert find_cited(answer) == [Cited("P-7@2#1", quote)]


def test_a_quotation_belongs_to_the_first_handle_after_it() -> None:
    assert find_cited('"Yes" [P-7@2#1][P-7@2#2] or "no" [P-7@2#3]') == [
        Cited("P-7@2#1", "Yes"),
        Cited("P-7@2#2"),
        Cited("P-7@2#3", "no"),
    ]


def test_long_answers_without_handles_are_searched_at_once() -> None:
    started = time.perf_counter()
    assert find_cited("a" * 200_000) == []
    assert find_cited("a-" * 100_000) == []
    assert time.perf_counter() - started < 5
