"""A withdrawn policy that would have answered is named beside the reason why nothing does, to those who may read it."""

from typing import Any

import pytest

from policies.change import Erase, Restore, Restrict, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from tests.retriever.homes import Home

GIFTS = "Gift cards expire two years after purchase."
ASKED = "When do gift cards expire?"
NAMED = "P-6 was withdrawn on 2025-03-01"
APRIL = {"query": ASKED, "as_of": "2025-04-01"}


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7 about damaged items is in force; P-6 about gift cards was withdrawn for 2025-03-01."""
    words = "\n\n".join(f"Damaged items of kind {kind} are refunded in {kind} days." for kind in range(80))
    home.publish("P-7", words, "2024-01-01")
    home.publish("P-6", GIFTS, "2024-01-01")
    home.write(Withdraw("P-6", parse_instant("2025-03-01")))
    return home


def detail(home: Home, **asked: Any) -> str:
    answer = home.ask(**{**APRIL, **asked})
    assert answer["evidence"] == []
    return str(answer["abstained"]["detail"])


def test_where_nothing_in_force_is_near_the_withdrawn_policy_that_is_near_is_named(shop: Home) -> None:
    answer = shop.ask(**APRIL)
    assert answer["abstained"]["reason"] == "below_threshold"
    assert answer["abstained"]["detail"].endswith(f"Withdrawn words would have answered: {NAMED}")
    assert shop.cited(ASKED, as_of="2025-02-28")[0] == "P-6@1#1"


def test_a_question_that_it_would_not_have_answered_names_nothing(shop: Home) -> None:
    assert "withdrawn" not in detail(shop, query="Which planets of the solar system have rings of ice?").lower()


def test_the_digest_and_the_receipt_are_those_of_an_answer_without_evidence(shop: Home) -> None:
    named = shop.ask(**APRIL)
    shop.write(Restrict(VersionId("P-6", 1), ("legal",)))
    silent = shop.ask(**APRIL, known_at=named["receipt"]["request"]["known_at"])
    assert NAMED in named["abstained"]["detail"]
    assert NAMED not in silent["abstained"]["detail"]
    assert silent["receipt"]["evidence_digest"] == named["receipt"]["evidence_digest"]
    assert silent["receipt"]["id"] == named["receipt"]["id"]


def test_who_may_not_read_its_last_words_is_not_told(shop: Home) -> None:
    shop.publish("P-6", "Gift cards expire when legal says so.", "2025-02-01", audience="[legal]")
    assert NAMED not in detail(shop)
    assert NAMED in detail(shop, audience=["legal"])


def test_erased_words_are_not_named(shop: Home) -> None:
    shop.write(Erase(VersionId("P-6", 1), "court order"))
    assert NAMED not in detail(shop)


def test_it_is_named_where_it_is_asked_about_alone_and_not_where_others_are(shop: Home) -> None:
    alone = shop.ask(**APRIL, policies=["P-6"])["abstained"]
    assert (alone["reason"], NAMED in alone["detail"]) == ("withdrawn", True)
    assert NAMED not in detail(shop, policies=["P-7"])


def test_words_that_do_not_apply_to_the_facts_are_not_named(home: Home) -> None:
    home.publish("P-6", GIFTS, "2024-01-01", applies_to="{region: [US]}")
    home.write(Withdraw("P-6", parse_instant("2025-03-01")))
    assert NAMED not in detail(home, facts={"region": "CA"})
    assert NAMED not in detail(home, strict=True)
    assert NAMED in detail(home, facts={"region": "US"})


def test_only_what_was_known_then_is_told(shop: Home) -> None:
    known = shop.ask(**APRIL)["receipt"]["request"]["known_at"]
    shop.write(Restore("P-6", parse_instant("2025-03-01")))
    assert shop.cited(**APRIL)[0] == "P-6@1#1"
    assert NAMED in detail(shop, known_at=known)


def test_a_withdrawal_in_several_parts_began_with_the_first(shop: Home) -> None:
    shop.write(Withdraw("P-6", parse_instant("2025-03-15"), parse_instant("2025-05-01")))
    assert NAMED in detail(shop)
