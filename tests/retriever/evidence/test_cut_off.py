"""What a quotation leaves out of its sentence, where that turns it."""

import pytest

from retriever.evidence.cut_off import cut_off
from tests.retriever.homes import Home


def kinds(text: str, quote: str) -> list[str]:
    start = text.index(quote)
    return [kind for kind, _ in cut_off(text, start, start + len(quote)).cut]


@pytest.mark.parametrize(
    ("text", "quote", "wanted"),
    [
        ("Stays of up to 9 nights are paid.", "9 nights are paid", ["bound"]),
        ("At least 3 guests may share a room.", "3 guests may share a room", ["bound"]),
        ("Rooms under 90 EUR are paid.", "90 EUR are paid", ["bound"]),
        ("Dogs are welcome unless they bark.", "Dogs are welcome", ["condition"]),
        ("If it rains, boats are free.", "boats are free", ["condition"]),
        ("Boats are free, except on Sundays.", "Boats are free", ["condition"]),
        ("Boats are free only if the lake is calm.", "Boats are free", ["condition"]),
        ("Boats are free, provided that you return them.", "Boats are free", ["condition"]),
        ("Guests may not smoke.", "smoke", ["negation"]),
        ("Guests don't pay for parking.", "pay for parking", ["negation"]),
        ("Until May 2031, parking was free.", "parking was free", ["date"]),
        ("Parking is free from 2031-05-01.", "Parking is free", ["date"]),
        ("It is a myth that parking is free.", "parking is free", ["frame"]),
        ("Some guests believe that parking is free.", "parking is free", ["frame"]),
        ("Parking is no longer free.", "free", ["negation", "frame"]),
        ("Up to 9 nights are paid unless we say otherwise.", "9 nights are paid", ["bound", "condition"]),
        ("Parking is free. Dogs are not.", "Parking is free", []),
        ("Dogs are not free. Parking is free.", "Parking is free.", []),
        ("Guests may stay up to 9 nights.", "up to 9 nights", []),
        ("Parking is free for all guests of the house.", "Parking is free", []),
    ],
)
def test_left_out_words_that_turn_a_sentence_are_named(text: str, quote: str, wanted: list[str]) -> None:
    assert kinds(text, quote) == wanted


def test_a_check_says_what_was_left_out_and_stays_supported(home: Home) -> None:
    home.publish("D-1", "Dogs are **welcome** unless they bark. Cats stay out.", "2024-01-01")
    check = home.asof.cite("D-1@1#1", "Dogs are welcome")
    assert check.verdict == "supported"
    found = check.content()["quotation"]
    assert found["sentence"] == "Dogs are welcome unless they bark."
    assert found["cut"] == [{"kind": "condition", "words": "unless they bark."}]
    assert "unless they bark" in check.detail


def test_words_that_are_struck_through_are_not_supported(home: Home) -> None:
    home.publish("D-2", "Open ~~daily~~ on Sundays.", "2024-01-01")
    check = home.asof.cite("D-2@1#1", "Open daily")
    assert (check.verdict, check.reason) == ("not_supported", "struck")
