"""Why each policy could answer, and what a score is made of."""

import pytest

from policies.change import Erase, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from tests.retriever.homes import Home

QUESTION = "When are damaged items refunded under P-7?"


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Damaged items are refunded within 7 days.\n\nKeep the box.", "2024-01-01")
    home.publish("P-1", "Damaged items in Norway.", "2024-01-01", applies_to="{region: [NO]}")
    home.publish("P-2", "Damaged items, later.", "2030-01-01")
    home.publish("P-3", "Damaged items, once.", "2024-01-01")
    home.publish("P-4", "Damaged items, gone.", "2024-01-01")
    home.publish("P-5", "Damaged items for lawyers.", "2024-01-01", audience="[legal]")
    home.write(Withdraw("P-3", parse_instant("2024-06-01")), Erase(VersionId("P-4", 1), "a court order"))
    return home


def reasons(shop: Home, **fields: object) -> dict[str, str]:
    found = shop.asof.explain(query=QUESTION, as_of="2025-01-01", **fields)
    return {policy["policy_id"]: policy["reason"] for policy in found["policies"]}


def test_every_policy_that_the_caller_may_know_of_has_its_reason(shop: Home) -> None:
    assert reasons(shop) == {
        "P-1": "unconfirmed",
        "P-2": "no_policy_in_force",
        "P-3": "withdrawn",
        "P-7": "applies",
        **dict.fromkeys(("P-4",), "erased"),
    }


def test_facts_scope_and_strictness_are_reasons(shop: Home) -> None:
    assert reasons(shop, facts={"region": "US"})["P-1"] == "not_applicable"
    assert reasons(shop, facts={"region": "NO"})["P-1"] == "applies"
    assert reasons(shop, strict=True)["P-1"] == "not_applicable"
    assert reasons(shop, policies=["P-7"])["P-1"] == "not_in_scope"


def test_what_the_caller_may_not_read_is_not_mentioned(shop: Home) -> None:
    assert "P-5" not in reasons(shop)
    assert reasons(shop, audience=["legal"])["P-5"] == "applies"


def test_details_name_the_fact_and_the_period(shop: Home) -> None:
    found = shop.asof.explain(query=QUESTION, as_of="2025-01-01", facts={"region": "US"})
    details = {policy["policy_id"]: policy["detail"] for policy in found["policies"]}
    assert details["P-1"] == "It does not apply: region is US, not NO"
    assert "2030-01-01" in details["P-2"]
    assert "in force from 2024-01-01" in details["P-7"]


def test_parts_add_up_to_the_scores_of_the_answer(shop: Home) -> None:
    answer = shop.ask(QUESTION, as_of="2025-01-01")
    parts = {part["citation"]: part for part in shop.asof.explain(query=QUESTION, as_of="2025-01-01")["passages"]}
    assert list(parts) == [item["citation"] for item in answer["evidence"]]
    for item in answer["evidence"]:
        part, scores = parts[item["citation"]], item["scores"]
        assert part["dense"]["score"] == pytest.approx(scores["dense"], abs=1e-9)
        assert part["bm25"]["score"] == pytest.approx(scores["bm25"], abs=1e-9)
        assert part["fused"] == pytest.approx(scores["fused"], abs=1e-9)
        assert sum(part["bm25"]["terms"].values()) == pytest.approx(scores["bm25"], abs=1e-9)
        shares = part["dense"]["weight"] * part["dense"]["share"] + part["bm25"]["weight"] * part["bm25"]["share"]
        assert shares + part["named"] == pytest.approx(scores["fused"], abs=1e-9)
    assert parts["P-7@1#1"]["named"] > 0


def test_the_start_of_a_rule_that_the_caller_may_not_read_is_no_date_to_them(shop: Home) -> None:
    shop.publish("P-6", "Damaged items, once.", "2020-01-01", until="2021-01-01")
    shop.publish("P-6", "Damaged items for lawyers.", "2031-05-06", audience="[legal]")
    for audience, dated in (([], False), (["legal"], True)):
        found = shop.asof.explain(query=QUESTION, as_of="2025-01-01", audience=audience)
        detail = next(policy["detail"] for policy in found["policies"] if policy["policy_id"] == "P-6")
        assert ("2031-05-06" in detail) == dated
