"""Neighbours as one passage, equal words of several policies once, and what a budget leaves out."""

import pytest

from tests.retriever.homes import Home

QUESTION = "When are damaged items refunded?"
BODY = """# Refunds

Damaged items are refunded within 7 days.

Damaged items are refunded to the card.

The weather is no reason for a return.

## Parcels

Damaged items in parcels are refunded twice.
"""


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", BODY, "2024-01-01")
    return home


def test_neighbours_of_one_section_become_one_passage_cut_from_the_source(shop: Home) -> None:
    answer = shop.ask(QUESTION, k=3, merge=True)
    assert [item["citation"] for item in answer["evidence"]] == ["P-7@1#1-2", "P-7@1#4"]
    first = answer["evidence"][0]
    assert first["text"] == "Damaged items are refunded within 7 days.\n\nDamaged items are refunded to the card."
    source = shop.asof.ledger.revision(*_first(shop)).text
    assert source[first["char_start"] : first["char_end"]] == first["text"]
    assert [item["rank"] for item in answer["evidence"]] == [1, 2]
    assert answer["receipt"]["request"]["merge"] is True
    check = shop.asof.cite("P-7@1#1-2", "refunded within 7 days", as_of="2025-01-01")
    assert check.verdict == "supported"


def _first(shop: Home) -> tuple[object, object]:
    timeline = shop.asof.ledger.timeline()
    return next(iter(timeline.publishes)), timeline


def test_nothing_is_merged_unless_asked_for(shop: Home) -> None:
    answer = shop.ask(QUESTION, k=3)
    assert sorted(item["citation"] for item in answer["evidence"]) == ["P-7@1#1", "P-7@1#2", "P-7@1#4"]
    assert "merge" not in answer["receipt"]["request"]


def test_equal_words_of_other_policies_are_named_beside_the_best(shop: Home) -> None:
    shop.publish("P-8", "DAMAGED items are refunded, within 7 days!", "2024-01-01")
    shop.publish("P-9", "Damaged items are refunded within 30 days.", "2024-01-01")  # another number: not the same
    answer = shop.ask("Damaged items are refunded within 7 days", k=2, collapse=True)
    assert [item["citation"] for item in answer["evidence"]] == ["P-8@1#1", "P-9@1#1"]
    assert [item.get("also") for item in answer["evidence"]] == [["P-7@1#1"], None]
    every = shop.ask("Damaged items are refunded within 7 days", k=2)["evidence"]
    assert {item["citation"] for item in every} == {"P-7@1#1", "P-8@1#1"}
    assert all("also" not in item for item in every)


def test_what_the_budget_has_no_room_for_is_named(shop: Home) -> None:
    whole = shop.ask(QUESTION, k=3)
    assert "left_out" not in whole
    cut = shop.ask(QUESTION, k=3, max_tokens=whole["tokens"] - 1)
    kept, gone = cut["evidence"], cut["left_out"]
    assert [item["citation"] for item in [*kept, *gone]] == [item["citation"] for item in whole["evidence"]]
    assert cut["tokens"] + sum(item["tokens"] for item in gone) == whole["tokens"]
    nothing = shop.ask(QUESTION, k=3, max_tokens=1)
    assert (nothing["evidence"], len(nothing["left_out"])) == ([], 3)


def test_tokens_may_be_counted_by_another_tokenizer(shop: Home) -> None:
    other = shop.open()
    other.count = lambda text: len(text.split())
    answer = other.retrieve(query=QUESTION, k=1, as_of="2025-01-01").content()
    assert answer["tokens"] == 7
