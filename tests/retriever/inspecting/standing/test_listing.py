"""The list of policies for a reader: states, filter, pages, and both clocks."""

from typing import Any

import pytest

from retriever.inspecting.standing.listing import points_of_all, standing_policies
from tests.retriever.homes import Home

PUBLIC = ("public",)
LEGAL = ("legal", "public")


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("A-1", "Old words.", "2024-01-01", "2024-01-01T10:00:00Z", title="Alpha", owner="team")
    home.publish("A-1", "New words.", "2024-06-01", "2024-05-01T10:00:00Z", title="Alpha again", review_by="2024-07-01")
    home.publish("B-1", "Hidden words.", "2024-02-01", "2024-06-01T10:00:00Z", title="Beta", audience="[legal]")
    home.publish("C-1", "Later words.", "2030-01-01", "2024-06-02T10:00:00Z", title="Gamma")
    home.clock.set("2025-01-01T00:00:00Z")
    return home


def listed(shop: Home, audience: tuple[str, ...] = PUBLIC, **asked: Any) -> list[tuple[str, str, str | None]]:
    found = standing_policies(shop.asof.ledger, shop.clock.now, audience, **asked)
    return [(it["policy_id"], it["state"], it["title"]) for it in found["policies"]]


def test_a_policy_has_the_title_of_what_is_in_force_and_else_of_its_newest_known_revision(shop: Home) -> None:
    assert listed(shop) == [("A-1", "in_force", "Alpha again"), ("C-1", "scheduled", "Gamma")]
    assert listed(shop, as_of="2024-03-01") == [("A-1", "in_force", "Alpha"), ("C-1", "scheduled", "Gamma")]
    assert listed(shop, as_of="2020-01-01", known_at="2024-02-01") == [("A-1", "scheduled", "Alpha")]


def test_a_hidden_policy_is_in_no_list_count_or_point(shop: Home) -> None:
    found = standing_policies(shop.asof.ledger, shop.clock.now, PUBLIC, words="beta")
    assert (found["total"], found["shown"], found["policies"]) == (2, 0, [])
    assert [it[0] for it in listed(shop, LEGAL)] == ["A-1", "B-1", "C-1"]
    around = points_of_all(shop.asof.ledger, shop.clock.now, PUBLIC, as_of="2024-03-01")
    assert around == {"before": "2024-01-01T00:00:00Z", "after": "2024-06-01T00:00:00Z"}
    around = points_of_all(shop.asof.ledger, shop.clock.now, LEGAL, as_of="2024-03-01")
    assert around["before"] == "2024-02-01T00:00:00Z"


def test_a_review_is_overdue_from_its_date_on_and_only_where_the_revision_is_in_force(shop: Home) -> None:
    def review(**asked: Any) -> tuple[str | None, bool]:
        found = standing_policies(shop.asof.ledger, shop.clock.now, PUBLIC, words="a-1", **asked)["policies"][0]
        return found["review_by"], found["review_overdue"]

    assert review() == ("2024-07-01T00:00:00Z", True)
    assert review(as_of="2024-06-30") == ("2024-07-01T00:00:00Z", False)
    assert review(as_of="2024-03-01") == (None, False)


def test_pages_of_the_list_follow_each_other(shop: Home) -> None:
    first = standing_policies(shop.asof.ledger, shop.clock.now, LEGAL, limit=2)
    assert ([it["policy_id"] for it in first["policies"]], first["next"]) == (["A-1", "B-1"], "B-1")
    second = standing_policies(shop.asof.ledger, shop.clock.now, LEGAL, limit=2, after="B-1")
    assert ([it["policy_id"] for it in second["policies"]], second["next"]) == (["C-1"], None)
