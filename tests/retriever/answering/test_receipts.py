"""A receipt asked again: the same bytes, or the cause why not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policies.change import Correct, Erase, Restrict, Undo, Unschedule, Withdraw
from policies.draft import parse_draft
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.answering.abstention import Thresholds
from retriever.answering.receipts import read_receipt
from retriever.errors import BadReceipt
from retriever.evidence.evidence import receipt_id
from tests.retriever.homes import Home

QUESTION = "When are damaged items refunded?"


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Damaged items are refunded within 7 days.\n\nKeep the box.", "2024-01-01")
    home.publish("P-8", "Gifts are refunded within 9 days.", "2024-01-01")
    home.publish("P-9", "Damaged parcels go to the lawyers.", "2024-01-01", audience="[legal]")
    return home


def receipt(shop: Home, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(QUESTION, **fields)["receipt"]
    return found


def test_evidence_is_the_same_whatever_was_published_since(shop: Home) -> None:
    kept = receipt(shop)
    shop.publish("P-7", "Damaged items are refunded within 30 days.", "2024-06-01")
    shop.publish("P-6", "Damaged items are never refunded.", "2024-01-01")
    shop.write(Withdraw("P-8", parse_instant("2024-02-01")))
    shop.asof.writer().rebuild()
    assert receipt(shop)["evidence_digest"] != kept["evidence_digest"]
    found = shop.open().replay(kept)
    assert found.verdict == "same"
    assert found.answer is not None
    assert found.answer.content()["receipt"]["evidence_digest"] == kept["evidence_digest"]


@pytest.mark.parametrize("fields", [{"merge": True, "collapse": True}, {"as_of": "2020-01-01"}, {"order": "edges"}])
def test_what_was_asked_for_is_asked_for_again(shop: Home, fields: dict[str, Any]) -> None:
    assert shop.asof.replay(receipt(shop, **fields)).verdict == "same"


def test_evidence_that_was_corrected_since_is_the_same_and_the_correction_is_named(shop: Home) -> None:
    kept = receipt(shop, policies=["P-7"])
    for days in (30, 31):
        words = f"---\npolicy: P-7\ntitle: Damaged\n---\nDamaged items are refunded within {days} days.\n"
        shop.write(Correct(VersionId("P-7", days - 29), parse_draft(words, "P-7.md")))
    found = shop.asof.replay(kept)
    assert (found.verdict, found.detail) == (
        "same",
        "The evidence is the same, byte for byte. P-7@1: since corrected by P-7@3",
    )
    assert found.content()["since"] == [{"version": "P-7@1", "what": "corrected", "by": "P-7@3"}]
    assert shop.asof.replay(receipt(shop, policies=["P-7"])).since == ()
    shop.write(Restrict(VersionId("P-7", 3), ("legal",)))
    assert shop.asof.replay(kept).since == ()


def test_evidence_that_was_taken_back_since_is_the_same_and_is_said_to_be(shop: Home) -> None:
    shop.publish("P-7", "Damaged items are refunded within 30 days.", "2100-01-01")
    first, later = receipt(shop, policies=["P-8"]), receipt(shop, policies=["P-7"], as_of="2100-02-01")
    shop.write(Unschedule(VersionId("P-7", 2)))
    shop.write(Undo(2))
    assert str(shop.asof.replay(first).since[0]) == "P-8@1: since undone"
    assert [(str(it.version), it.what) for it in shop.asof.replay(later).since] == [("P-7@2", "unscheduled")]
    shop.write(Undo())
    assert shop.asof.replay(first).since == ()


def test_words_erased_since_are_the_cause(shop: Home) -> None:
    kept = receipt(shop)
    shop.write(Erase(VersionId("P-8", 1), "a court order"))
    found = shop.asof.replay(kept)
    assert (found.verdict, found.answer) == ("erased", None)


def test_words_restricted_since_are_the_cause_for_whoever_lacks_the_label(shop: Home) -> None:
    kept = receipt(shop)
    shop.write(Restrict(VersionId("P-8", 1), ("legal",)))
    found = shop.asof.replay(kept)
    assert (found.verdict, found.answer) == ("not_readable", None)
    assert "P-8" not in found.detail
    assert shop.asof.replay(kept, ["legal"]).verdict == "same"


def test_a_receipt_grants_nothing(shop: Home) -> None:
    kept = receipt(shop, audience=["legal"])
    assert shop.asof.replay(kept).verdict == "not_readable"
    assert shop.asof.replay(kept, ["legal"]).verdict == "same"


def test_words_that_became_readable_since_do_not_join_in(shop: Home) -> None:
    kept = receipt(shop)
    shop.write(Restrict(VersionId("P-9", 1), ("public",)))
    assert "P-9@1#1" in shop.cited(query=QUESTION)
    assert shop.asof.replay(kept).verdict == "same"


def test_another_pipeline_is_named_by_its_part(shop: Home) -> None:
    kept = receipt(shop)
    other = shop.open()
    other.settings = replace(other.settings, thresholds=Thresholds(0.9, 0.9))
    found = other.replay(kept)
    assert (found.verdict, found.parts) == ("another_pipeline", ("thresholds",))
    assert found.content()["parts"] == ["thresholds"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"evidence_digest": None}, "lacks evidence_digest"),
        ({"request": []}, "request is no object"),
        ({"generation": "1"}, "generation no whole number"),
        ({"evidence_digest": "00" * 32}, "it was altered"),
        ({"generation": 99}, "of generation 99, this ledger is at 3"),
    ],
)
def test_a_receipt_that_cannot_be_asked_again_is_refused(shop: Home, change: dict[str, Any], problem: str) -> None:
    kept = {name: value for name, value in {**receipt(shop), **change}.items() if value is not None}
    with pytest.raises(BadReceipt, match=problem):
        shop.asof.replay(kept)


def test_a_request_that_nobody_could_have_asked_is_refused(shop: Home) -> None:
    kept = receipt(shop)
    request = {**kept["request"], "k": 0}
    made = receipt_id(request, kept["pipeline"], kept["evidence_digest"])
    with pytest.raises(BadReceipt, match="cannot be asked: k"):
        shop.asof.replay({**kept, "request": request, "id": made})


def test_a_receipt_is_read_alone_or_with_its_answer(shop: Home, tmp_path: Path) -> None:
    answer = shop.ask(QUESTION)
    for number, content in enumerate((answer, answer["receipt"])):
        (tmp_path / f"{number}.json").write_text(json.dumps(content))
        assert read_receipt(tmp_path / f"{number}.json") == answer["receipt"]
    for text in ("{", "[]", '{"receipt": 3}', "[" * 200_000):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(BadReceipt, match=r"bad\.json"):
            read_receipt(tmp_path / "bad.json")
