"""The same words in several policies: each keeps its own citation, and none hides another's."""

import pytest

from tests.retriever.homes import Home

WORDS = "Damaged items within 30 days are eligible."
QUESTION = "Are damaged items eligible within 30 days?"


def publish(home: Home, policy: str, words: str = WORDS, **fields: str) -> None:
    home.publish(policy, words, "2024-01-01", title=fields.pop("title", "Returns"), **fields)


@pytest.fixture
def shop(home: Home) -> Home:
    """P-1 applies to Norway alone, P-2 to all; both say the same."""
    publish(home, "P-1", applies_to="{region: [NO]}")
    publish(home, "P-2")
    publish(home, "P-3", "The weather is no reason for a return.")
    return home


def test_a_policy_that_applies_is_cited_beside_one_of_the_same_words_that_is_unconfirmed(shop: Home) -> None:
    found = shop.ask(QUESTION, as_of="2025-01-01")["evidence"]
    assert [(item["citation"], item["applicability"]) for item in found] == [
        ("P-1@1#1", "unconfirmed"),
        ("P-2@1#1", "applies"),
        ("P-3@1#1", "applies"),
    ]
    assert found[0]["scores"] == found[1]["scores"]
    assert [item["rank"] for item in found] == [1, 2, 3]


def test_k_counts_what_is_handed_over(shop: Home) -> None:
    assert shop.cited(QUESTION, as_of="2025-01-01", k=2) == ["P-1@1#1", "P-2@1#1"]
    assert shop.cited(QUESTION, as_of="2025-01-01", k=1) == ["P-1@1#1"]


def test_collapsed_they_are_one_again_and_the_one_that_applies_names_the_other(shop: Home) -> None:
    found = shop.ask(QUESTION, as_of="2025-01-01", collapse=True)["evidence"]
    assert [(item["citation"], item.get("also")) for item in found] == [("P-2@1#1", ["P-1@1#1"]), ("P-3@1#1", None)]
    assert [item["rank"] for item in found] == [1, 2]


def test_collapsed_there_are_still_k_different_ones(home: Home) -> None:
    for number in range(30):
        publish(home, f"B-{number:02}", f"{WORDS}\n\nDamaged items are refunded.\n\nItems: damaged on the way.")
    found = home.ask(QUESTION, as_of="2025-01-01", collapse=True, k=3)["evidence"]
    assert [item["policy_id"] for item in found] == ["B-00"] * 3
    assert all(len(item["also"]) == 29 for item in found)


def test_a_policy_that_the_question_names_comes_before_others_of_the_same_words(shop: Home) -> None:
    assert shop.cited(f"{QUESTION} What does P-2 say?", as_of="2025-01-01", k=2) == ["P-2@1#1", "P-1@1#1"]
    publish(shop, "Z-9")
    assert shop.cited(f"{QUESTION} What does Z-9 say?", as_of="2025-01-01", k=2) == ["Z-9@1#1", "P-1@1#1"]


def test_a_copy_that_may_not_answer_changes_nothing(shop: Home) -> None:
    before = shop.ask(QUESTION, as_of="2025-01-01")["evidence"]
    publish(shop, "P-0", audience="[legal]")
    publish(shop, "P-4", until="2024-06-01")
    assert shop.ask(QUESTION, as_of="2025-01-01")["evidence"] == before
    assert len(shop.cited(QUESTION, as_of="2025-01-01", audience=["legal", "public"])) == 4


def test_copies_change_no_score(shop: Home) -> None:
    def scores() -> dict[str, object]:
        return {item["citation"]: item["scores"] for item in shop.ask(QUESTION, as_of="2025-01-01", k=9)["evidence"]}

    before = scores()
    publish(shop, "P-9")
    assert scores() == {**before, "P-9@1#1": before["P-1@1#1"]}


def test_explanations_are_of_every_copy(shop: Home) -> None:
    found = shop.asof.explain(query=f"{QUESTION} P-2", as_of="2025-01-01")["passages"]
    named = {passage["citation"]: passage["named"] for passage in found}
    assert named["P-2@1#1"] > named["P-1@1#1"] == 0
