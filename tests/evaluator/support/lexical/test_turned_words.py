import pytest

from evaluator.quantities import quantities
from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.difference import differences, is_near


def kinds(claim: str, *evidence: str) -> list[str]:
    aligned = Alignment.of(Claim.of(claim), Evidence.of(evidence))
    if not is_near(aligned):
        return []
    return [finding.kind for finding in differences(aligned, tuple(quantities(aligned.evidence.words.text)))]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Opened software is eligible", "Opened software is not eligible."),
        ("Opened software is not eligible", "Opened software is eligible."),
        ("Returns are accepted in store", "No returns are accepted in store."),
        ("Parcels without a label are sent back", "Parcels with a label are sent back."),
        ("Clients may not only pay in cash", "Clients may only pay in cash."),
    ],
)
def test_a_negation_that_only_one_has_decides(claim: str, evidence: str) -> None:
    assert kinds(claim, evidence) == ["negation"]


def test_one_modal_word_for_another_decides_and_a_missing_one_does_not() -> None:
    assert kinds("Customers may keep the item", "Customers must keep the item.") == ["modal"]
    assert kinds("Customers can keep the item", "Customers may keep the item.") == []
    assert kinds("Customers keep the item", "Customers may keep the item.") == []


def test_one_figure_for_another_decides_unless_it_follows() -> None:
    assert kinds("About 4 in 4 parcels arrive", "About 3 in 4 parcels arrive.") == ["quantity differs"]
    assert kinds("It arrives in 3 parcels", "It arrives in 3 parcels.") == []
    assert kinds("More than 40 parcels arrive daily", "41 parcels arrive daily.") == []


def test_a_negation_in_another_sentence_is_none_of_this_one() -> None:
    assert kinds("Shoes are eligible for refunds", "Hats are not. Shoes are eligible for refunds.") == []


def test_not_only_is_no_negation() -> None:
    assert kinds("Shoes are eligible for refunds", "Shoes are not only eligible for refunds, they are free.") == []


def test_texts_that_say_different_things_have_no_single_difference() -> None:
    assert kinds("Shoes are eligible for refunds", "Parcels are not sent to Norway.") == []
