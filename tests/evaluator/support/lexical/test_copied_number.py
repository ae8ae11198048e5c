"""Copies of a sentence with another number."""

import pytest

from evaluator.support.lexical.copied_number import changed_numbers

TEXT = "Refunds are paid within 14 days. These terms hold for whoever bought before January 4, 2021."


@pytest.mark.parametrize(
    "claim",
    [
        "Refunds are paid within 14 days.",
        "refunds are paid, within 14 days",
        "Refunds are paid within a fortnight.",
        "All 12 of our shops are open on Sundays.",
        "",
    ],
)
def test_a_true_copy_and_what_is_no_copy_have_none(claim: str) -> None:
    assert changed_numbers(claim, [TEXT]) == []


@pytest.mark.parametrize(
    ("claim", "ours", "theirs"),
    [
        ("Refunds are paid within 40 days.", "40", "14"),
        ("These terms hold for whoever bought before January 4, 2028.", "2028", "2021"),
    ],
)
def test_the_other_number_is_named_with_its_place(claim: str, ours: str, theirs: str) -> None:
    (found,) = changed_numbers(claim, ["Something else.", TEXT])
    assert claim[found.start : found.end] == ours
    assert found.place is not None
    assert (found.place[0], TEXT[found.place[1] : found.place[2]]) == (1, theirs)
    assert found.decides


def test_the_nearest_sentence_counts() -> None:
    texts = ["Fees are paid within 7 days.", "Fees are paid within 30 days."]
    assert changed_numbers("Fees are paid within 30 days.", texts) == []
    assert len(changed_numbers("Fees are paid within 30 days.", texts[:1])) == 1


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Orders over $1000 ship free of charge today.", "Orders over $1,000 ship free of charge today."),
        ("Orders over $50.00 ship free of charge today.", "Orders over $50 ship free of charge today."),
        ("Refunds of all orders are paid within 14 days.", "Refunds of all orders are paid within 2 weeks."),
        ("About 1.5 million orders are shipped each year.", "About 1,500,000 orders are shipped each year."),
    ],
)
def test_a_number_written_otherwise_is_no_other_number(claim: str, text: str) -> None:
    assert changed_numbers(claim, [text]) == []
