import pytest

from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.cues import governed
from evaluator.support.lexical.polarity import polarity
from evaluator.support.lexical.words import words_of


def kinds(claim: str, evidence: str) -> list[str]:
    aligned = Alignment.of(Claim.of(claim), Evidence.of([evidence]))
    return [finding.kind for finding in polarity(aligned)]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Opened software is eligible", "Opened software is not eligible"),
        ("Opened software is not eligible", "Opened software is eligible"),
        ("Gift cards are refunded", "Gift cards are never refunded"),
        ("Gift cards are refunded", "Gift cards are no longer refunded"),
        ("Returns need a receipt", "Returns do not need a receipt"),
        ("Returns are free with a receipt", "Returns are free without a receipt"),
        ("Staff don't restart workers", "Staff restart workers"),
        ("All items except shoes are refunded", "All items and shoes are refunded"),
    ],
)
def test_a_negation_on_one_side_is_found(claim: str, evidence: str) -> None:
    assert "negation" in kinds(claim, evidence)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Opened software is not eligible", "Opened software is never eligible"),
        ("He denied having quit", "He said that he did not quit"),
        ("Shoes are eligible", "Hats are not eligible; shoes are eligible"),
        ("Shoes are eligible", "Shoes are not only eligible but sent free"),
        ("Shoes are eligible", "No, shoes are eligible"),
    ],
)
def test_the_same_said_otherwise_is_no_negation(claim: str, evidence: str) -> None:
    assert "negation" not in kinds(claim, evidence)


def test_must_in_place_of_may_and_a_missing_modal_are_found_and_shall_is_must() -> None:
    assert kinds("Customers may return items", "Customers must return items") == ["modal"]
    assert kinds("Customers may return items", "Customers return items") == ["modal"]
    assert kinds("Customers must return items", "Customers shall return items") == []


def test_the_month_of_may_is_no_modal() -> None:
    assert kinds("Orders in May ship", "Orders in June ship") == []


def test_an_opposite_is_found_but_not_beside_the_word_itself() -> None:
    assert kinds("Prices increased", "Prices decreased") == ["opposite"]
    assert kinds("Prices increased", "Prices increased, then decreased") == []


def test_a_cue_governs_the_words_up_to_the_next_mark() -> None:
    words = words_of("It is not new, but sealed")
    assert governed(words, range(len(words.words)), modal=False) == {3: 2}
