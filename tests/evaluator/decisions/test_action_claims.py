import pytest

from evaluator.decisions.action_claims import find_claimed, prose


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("Your label has been created.", ["create_label"]),
        ("Good news: your prepaid return label has now been e-mailed.", ["create_label"]),
        ("I've created a return label and we have refunded the order.", ["create_label", "refund"]),
        ("Here is your label.", ["create_label"]),
        ("You are not eligible but your refund has been issued", ["refund"]),
        ("If it is damaged, a replacement was shipped.", ["send_replacement"]),
        ("We have cancelled your order.", ["cancel_order"]),
        ("Do not send the item back before a label has been created.", []),
        ("Once your label has been created, print it.", []),
        ("No label has been created.", []),
        ("Your label has not been created.", []),
        ("We have not created a label.", []),
        ("A label will be created. A label can be created.", []),
        ("A refund goes to the original payment method.", []),
        ("Shipping charges are refunded.", []),
    ],
)
def test_what_was_done_is_a_claim_and_what_is_to_be_done_is_none(text: str, actions: list[str]) -> None:
    assert [claim.name for claim in find_claimed(text)] == actions


def test_a_claim_says_where_it_stands() -> None:
    text = "Yes. Your label has been created."
    (claim,) = find_claimed(text)
    assert text[claim.start : claim.end] == claim.words == "Your label has been created"


def test_the_words_of_an_answer_are_all_but_its_quotations() -> None:
    answer = {
        "answer": "Yes.",
        "evidence": [{"quote": "the label was created"}],
        "notes": [{"more": "And no."}],
        "n": 3,
    }
    assert list(prose(answer)) == ["Yes.", "And no."]
    assert list(prose("Yes.")) == ["Yes."]
