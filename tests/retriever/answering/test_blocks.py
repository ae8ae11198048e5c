"""Answers in blocks, over a real index: what is read together, and the words that govern it."""

from typing import Any

import pytest

from policies.revision import VersionId
from tests.retriever.homes import Home

KEY = "May the tenant make a copy of the key?"
LICENCE = """# Keys

The tenant shall not:

(a) make a copy of the key;

(b) lend the key to a guest.

With our consent the tenant may:

(a) make a copy of the key;

(b) paint the door.

## Parking

| Vehicle | Allowed in the yard |
|---|---|
| Bicycle of a guest | yes |

## Cellar

| Vehicle | Not allowed in the cellar |
|---|---|
| Bicycle of a guest | yes |

## Garden

Guests may:

- light a small fire

## Roof

Guests must never:

- light a small fire
"""


@pytest.fixture
def house(home: Home) -> Home:
    home.publish("H-1", LICENCE, "2024-01-01", title="House rules")
    home.publish("H-2", "Breakfast is served from seven to ten.\n\nDinner is not served.", "2024-01-01", title="Meals")
    return home


def shown(item: dict[str, Any]) -> list[str]:
    """What a reader gets of an item: governing words, and words."""
    return [*(found["text"] for found in item["governed_by"]), item["words"]]


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        (KEY, "The tenant shall not:", "With our consent the tenant may:"),
        ("Is the bicycle of a guest allowed?", "Allowed in the yard", "Not allowed in the cellar"),
        ("May guests light a small fire?", "Guests may:", "Guests must never:"),
    ],
)
@pytest.mark.parametrize("block_tokens", [200, 1])
def test_same_words_under_permission_and_prohibition_are_both_evidence(
    house: Home, question: str, first: str, second: str, block_tokens: int
) -> None:
    evidence = house.ask(question, as_of="2025-01-01", k=3, block_tokens=block_tokens)["evidence"]
    texts = ["\n".join(shown(item)) for item in evidence]
    assert any(first in text for text in texts)
    assert any(second in text for text in texts)
    assert not any(first in text and second in text for text in texts)


def test_same_passage_at_two_places_has_the_same_score_at_both(house: Home) -> None:
    one, other = house.ask(KEY, as_of="2025-01-01", k=2)["evidence"]
    assert (one["citation"], other["citation"]) == ("H-1@1#1-3", "H-1@1#4-6")
    assert (one["best"], other["best"]) == ("H-1@1#2", "H-1@1#5")
    assert one["scores"] == other["scores"]


def test_block_is_an_exact_run_of_its_passages(house: Home) -> None:
    revision = house.asof.ledger.revision(VersionId("H-1", 1), house.asof.ledger.timeline())
    for block_tokens in (1, 12, 200):
        for item in house.ask("the tenant and guests", as_of="2025-01-01", block_tokens=block_tokens)["evidence"]:
            first, last = item["passages"][0], item["passages"][-1]
            assert (item["char_start"], item["char_end"]) == (first["char_start"], last["char_end"])
            for part in (item, *item["governed_by"]):
                assert part["text"] == revision.text[part["char_start"] : part["char_end"]]
            assert item["best"] in [part["citation"] for part in item["passages"]]
            start, end = item["char_start"], item["char_end"]
            assert not any(start <= it["char_start"] and it["char_end"] <= end for it in item["governed_by"])


def test_k_counts_blocks_and_goes_down_the_passages_until_there_are_so_many(home: Home) -> None:
    items = "".join(f"- keep the key number {n} safe\n" for n in range(30))
    home.publish("K-1", f"Keep these keys safe:\n\n{items}", "2024-01-01")
    home.publish("K-2", "Keys are cut in the shop.", "2024-01-01")
    home.publish("K-3", "Shops open at nine.", "2024-01-01")
    evidence = home.ask("keep the key safe", as_of="2025-01-01", k=4, block_tokens=400)["evidence"]
    assert [item["citation"] for item in evidence] == ["K-1@1#1-31", "K-2@1#1", "K-3@1#1"]


def test_budget_falls_back_to_the_best_passage_with_what_governs_it(house: Home) -> None:
    whole = house.ask("May guests light a small fire?", as_of="2025-01-01", k=1)
    assert len(whole["evidence"][0]["passages"]) == 2
    short = house.ask("May guests light a small fire?", as_of="2025-01-01", k=1, max_tokens=whole["tokens"])
    assert short["evidence"] == whole["evidence"]
    lead = house.ask(KEY, as_of="2025-01-01", k=1)
    narrow = house.ask(KEY, as_of="2025-01-01", k=1, max_tokens=lead["tokens"] - 1)
    (item,) = narrow["evidence"]
    assert item["citation"] == item["best"] == "H-1@1#2"
    assert shown(item) == ["The tenant shall not:", "(a) make a copy of the key;"]
    assert narrow["tokens"] < lead["tokens"]
    none = house.ask(KEY, as_of="2025-01-01", k=1, max_tokens=3)
    assert none["evidence"] == []
    assert none["left_out"] == [{"citation": "H-1@1#1-3", "tokens": lead["tokens"]}]


def test_tokens_are_those_of_the_words_and_of_what_governs_them(house: Home) -> None:
    def tokens(text: str) -> int:
        return len(house.asof.encoder.token_offsets(text))

    found = house.ask(KEY, as_of="2025-01-01", block_tokens=1)
    counted = [tokens(text) for item in found["evidence"] for text in shown(item)]
    marks = sum(item["words"].count("- ") for item in found["evidence"])  # a mark of a list is laid out, not counted
    assert found["tokens"] == sum(counted) - marks


def test_merged_blocks_are_governed_anew(house: Home) -> None:
    asked = {"as_of": "2025-01-01", "block_tokens": 1, "k": 9, "policies": ["H-1"]}
    found = house.ask("the tenant, the key and the door", **asked, merge=True)["evidence"]
    keys = next(item for item in found if item["section"] == ["Keys"])
    assert keys["citation"] == "H-1@1#1-6"
    assert keys["governed_by"] == []
    assert keys["words"].startswith("The tenant shall not:\n(a) make a copy")


def test_words_under_other_governing_words_do_not_collapse(home: Home) -> None:
    for policy, lead in (("C-1", "You may keep:"), ("C-2", "You may keep:"), ("C-3", "You may not keep:")):
        home.publish(policy, f"{lead}\n\n- a dog in the room\n- a cat in the room\n", "2024-01-01", title=policy)
    asked = {"as_of": "2025-01-01", "collapse": True, "block_tokens": 1, "k": 9}
    found = home.ask("a cat in the room", **asked)["evidence"]
    cats = [(item["citation"], item.get("also", [])) for item in found if item["words"] == "- a cat in the room"]
    assert cats == [("C-1@1#3", ["C-2@1#3"]), ("C-3@1#3", [])]


def test_receipt_of_a_size_is_asked_again_with_that_size(house: Home) -> None:
    answer = house.ask(KEY, as_of="2025-01-01", block_tokens=12)
    assert answer["receipt"]["request"]["block_tokens"] == 12
    assert house.asof.replay(answer["receipt"]).verdict == "same"
    other = house.ask(KEY, as_of="2025-01-01")
    assert other["receipt"]["evidence_digest"] != answer["receipt"]["evidence_digest"]


def test_service_may_be_set_to_another_size(house: Home) -> None:
    small = house.asof.with_settings(block_tokens=1)
    answer = small.retrieve(query=KEY, as_of="2025-01-01").content()
    assert answer["receipt"]["request"]["block_tokens"] == 1
    assert answer["evidence"] == house.ask(KEY, as_of="2025-01-01", block_tokens=1)["evidence"]


def test_nothing_that_a_reader_does_not_see_is_evidence(home: Home) -> None:
    home.publish("S-1", "<script>var refund = 60</script>\n\nRefunds take 30 days.", "2024-01-01")
    found = home.ask("refund", as_of="2025-01-01")["evidence"]
    assert [item["words"] for item in found] == ["Refunds take 30 days."]


def test_governing_words_change_the_digest(home: Home) -> None:
    digests = set()
    for lead in ("Staff may accept:", "Staff must never accept:"):
        home.publish("L-1", f"{lead}\n\n- cash\n- vouchers\n", "2024-01-01", title="Gifts")
        answer = home.ask("vouchers", as_of="2025-01-01", block_tokens=1, k=1)
        digests.add(answer["receipt"]["evidence_digest"])
    assert len(digests) == 2
