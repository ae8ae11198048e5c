import hashlib
import json

import pytest

from indexer.text.passage import CONTEXT_CHARACTERS, Passage, passages_of
from policies.revision import Span

PASSAGE = Passage("Returns", ("Returns", "Damaged items"), ("You may return:",), "Cups.")


def test_key_is_the_digest_of_words_and_context() -> None:
    canonical = '["Returns",["Returns","Damaged items"],["You may return:"],"Cups."]'
    assert PASSAGE.key() == hashlib.sha256(canonical.encode()).digest()


def test_equal_passages_have_one_key() -> None:
    again = Passage("Returns", ("Returns", "Damaged items"), ("You may return:",), "Cups.")
    assert again == PASSAGE
    assert again.key() == PASSAGE.key()


@pytest.mark.parametrize(
    "other",
    [
        Passage("Refunds", ("Returns", "Damaged items"), ("You may return:",), "Cups."),
        Passage("Returns", ("Returns Damaged items",), ("You may return:",), "Cups."),
        Passage("Returns", ("Returns",), ("Damaged items", "You may return:"), "Cups."),
        Passage("Returns", ("Returns", "Damaged items"), (), "Cups."),
        Passage("Returns", ("Returns", "Damaged items"), ("You may return:",), "Cups"),
    ],
)
def test_other_words_or_another_context_have_another_key(other: Passage) -> None:
    assert other.key() != PASSAGE.key()


def test_a_record_gives_the_same_passage_back_through_json() -> None:
    assert Passage.from_record(json.loads(json.dumps(PASSAGE.record()))) == PASSAGE


def test_a_vector_is_made_from_lead_ins_and_words() -> None:
    passage = Passage("Returns", ("Goods", "Damaged items"), ("We accept:", "cups that are"), "broken")
    assert passage.encoded() == "We accept: cups that are\nbroken"
    assert Passage("Returns", ("Goods",), (), "Cups.").encoded() == "Cups."


def test_index_terms_are_made_from_headings_too_but_not_from_the_title() -> None:
    passage = Passage("Returns", ("Goods", "Damaged items"), ("We accept:",), "broken")
    assert passage.posted() == "Goods > Damaged items\nWe accept:\nbroken"


def test_a_heading_that_repeats_the_title_is_not_posted() -> None:
    assert PASSAGE.posted() == "Damaged items\nYou may return:\nCups."


def test_a_long_context_keeps_its_end_which_is_the_nearest() -> None:
    passage = Passage("T", ("O" * 300, "Inner"), ("L" * 300 + " items:",), "Cups.")
    headings, lead_in, words = passage.posted().split("\n")
    assert (len(headings), len(lead_in)) == (CONTEXT_CHARACTERS, CONTEXT_CHARACTERS)
    assert headings.endswith("O > Inner")
    assert lead_in.endswith("L items:")
    assert words == "Cups."
    assert passage.encoded() == f"{lead_in}\nCups."


def test_spans_cut_words_as_they_stand_and_context_on_one_line() -> None:
    text = "Refunds\nand more\n===\n\nWe  accept:\n\n- cups\n  that broke\n"
    span = Span(37, 54, ((0, 16),), ((22, 33),))
    assert passages_of("Returns", text, [span]) == [
        Passage("Returns", ("Refunds and more",), ("We accept:",), "cups\n  that broke")
    ]


def test_no_spans_give_no_passages() -> None:
    assert passages_of("Returns", "words", []) == []
