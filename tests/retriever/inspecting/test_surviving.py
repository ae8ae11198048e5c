"""What an erasure leaves: the same words in other revisions, and notes of the log that repeat them."""

from policies.change import Describe, Erase, Publish, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.inspecting.surviving import Surviving, surviving
from tests.retriever.homes import Home, draft

P6 = VersionId("P-6", 1)
WORDS = "The customer Zyx Omma may return the blue vase.\n\nGifts are final."


def test_passages_that_other_revisions_hold_are_listed_with_those(home: Home) -> None:
    home.publish("P-6", WORDS, "2024-01-01")
    home.publish("P-8", "Gifts are final.", "2024-01-01")
    home.publish("P-9", "Gifts are not final.", "2024-01-01")
    assert surviving(home.asof.ledger, P6).content() == {
        "survive_in": [{"text": "Gifts are final.", "versions": ["P-8@1"]}],
        "notes": [],
        "drafts": [],
    }


def test_notes_and_owners_of_any_policy_that_repeat_four_words_in_a_row_are_listed(home: Home) -> None:
    home.publish("P-6", WORDS, "2024-01-01")
    home.write(Withdraw("P-6", parse_instant("2025-01-01"), note="since Zyx Omma may RETURN it"))
    home.publish("P-8", "Other words.", "2024-01-01", note="may return the blue one")
    home.write(Describe("P-8", owner="the customer Zyx"))
    home.write(Describe("P-8", owner="the customer Zyx Omma"))
    home.write(Describe("P-8", note="gifts, are final"))
    assert [(note.tx, note.kind, note.field, note.text) for note in surviving(home.asof.ledger, P6).notes] == [
        (2, "withdraw", "note", "since Zyx Omma may RETURN it"),
        (3, "publish", "note", "may return the blue one"),
        (5, "describe", "owner", "the customer Zyx Omma"),
        (6, "describe", "note", "gifts, are final"),
    ]


def test_its_own_note_goes_with_it_and_is_not_listed(home: Home) -> None:
    home.write(Publish(draft("P-6", WORDS, "2024-01-01", note="Zyx Omma may return it")))
    assert surviving(home.asof.ledger, P6).notes == ()


def test_nothing_is_listed_of_words_that_are_gone(home: Home) -> None:
    home.publish("P-6", WORDS, "2024-01-01")
    home.publish("P-8", WORDS, "2024-01-01")
    home.write(Erase(P6, "court order"))
    assert surviving(home.asof.ledger, P6) == Surviving()
    assert surviving(home.asof.ledger, VersionId("P-8", 1)).content()["survive_in"] == []
