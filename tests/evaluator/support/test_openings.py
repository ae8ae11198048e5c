"""What a sentence claims, without how an answer opens and closes it."""

import pytest

from evaluator.support.openings import claimed
from evaluator.support.rules import RuleScorer

RULE = "Unopened seeds can be exchanged within two weeks."


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Yes, unopened seeds can be exchanged.", "Unopened seeds can be exchanged."),
        ("No. Seeds that were opened stay with you.", "Seeds that were opened stay with you."),
        ("Sure! According to our returns policy, seeds can be exchanged.", "Seeds can be exchanged."),
        ("Based on the provided evidence, seeds can be exchanged.", "Seeds can be exchanged."),
        ("The policy states that seeds can be exchanged.", "Seeds can be exchanged."),
        ("As stated in the handbook, seeds can be exchanged.", "Seeds can be exchanged."),
        ("Seeds can be exchanged, as stated in the policy.", "Seeds can be exchanged."),
        ("Under the current policy, seeds can be exchanged.", "Seeds can be exchanged."),
    ],
)
def test_what_says_nothing_is_left_out(sentence: str, said: str) -> None:
    assert claimed(sentence)[0] == said


@pytest.mark.parametrize(
    "sentence",
    [
        "No.",
        "Yes, please.",
        "No later than Friday, seeds are sent.",
        "According to section 4.2, seeds can be exchanged.",
        "According to the seller, seeds can be exchanged.",
        "The seller says that seeds can be exchanged.",
        "The policy does not state that seeds can be exchanged.",
        "Under the old policy, seeds could be exchanged.",
        "The policy is that of 2019.",
        "Right of return: seeds can be exchanged.",
    ],
)
def test_what_names_something_stays(sentence: str) -> None:
    assert claimed(sentence) == (sentence, 0)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Yes, unopened seeds can be exchanged within two weeks.", "PASS"),
        ("The policy states that unopened seeds can be exchanged within 14 days.", "PASS"),
        ("Yes, according to the policy, seeds can be exchanged within two weeks.", "UNKNOWN"),
        ("According to our policy, unopened seeds cannot be exchanged.", "FAIL"),
        ("According to our policy, unopened seeds can be exchanged within three weeks.", "FAIL"),
        ("According to the seller, unopened seeds can be exchanged within two weeks.", "UNKNOWN"),
    ],
)
def test_what_is_left_is_judged(claim: str, verdict: str) -> None:
    assert RuleScorer().support(claim, [RULE]).verdict == verdict


def test_places_are_those_of_the_whole_sentence() -> None:
    claim = "According to our policy, unopened seeds can be exchanged within three weeks."
    found = RuleScorer().support(claim, [RULE]).reasons
    assert any(claim[it.start : it.end] == "within three weeks" for it in found)
