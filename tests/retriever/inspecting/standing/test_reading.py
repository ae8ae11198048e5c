"""One policy as a reader looks at it: its words, how it stands, and its neighbours."""

from typing import Any

import pytest

from policies.change import Erase
from policies.errors import UnknownPolicy, UnknownRevision
from policies.revision import VersionId
from retriever.inspecting.standing.reading import number_at, policy_read, states_now
from tests.retriever.homes import Home

PUBLIC = ("public",)


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("A-1", "First words.", "2024-01-01", "2024-01-01T10:00:00Z")
    home.publish("A-1", "Second words.", "2024-06-01", "2024-05-01T10:00:00Z")
    home.publish("A-1", "Hidden words.", "2024-09-01", "2024-08-01T10:00:00Z", until="2024-10-01", audience="[legal]")
    home.publish("A-1", "Third words.", "2030-01-01", "2024-08-02T10:00:00Z")
    home.clock.set("2025-01-01T00:00:00Z")
    return home


def read(shop: Home, audience: tuple[str, ...] = PUBLIC, **asked: Any) -> dict[str, Any]:
    return policy_read(shop.asof.ledger, "A-1", shop.clock.now, audience, **asked)


def test_the_revision_in_force_has_its_period_and_its_neighbours(shop: Home) -> None:
    found = read(shop, as_of="2024-03-01")
    assert (found["version"], found["state"], found["today"]) == ("A-1@1", "in_force", "A-1@2")
    assert (found["valid_from"], found["valid_to"]) == ("2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z")
    assert found["before"] is None
    assert (found["after"]["version"], found["after"]["at"]) == ("A-1@2", "2024-06-01T00:00:00Z")
    assert found["shown"]["text"].endswith("First words.\n")


def test_each_numbered_revision_says_how_it_stands(shop: Home) -> None:
    assert [read(shop, number=it)["state"] for it in (1, 2, 4)] == ["superseded", "in_force", "scheduled"]
    assert read(shop, ("legal", "public"), number=3)["state"] == "superseded"


def test_several_revisions_stand_as_each_does_alone_and_no_words_are_read(shop: Home) -> None:
    shop.write(Erase(VersionId("A-1", 1), "why"), recorded="2025-01-02T00:00:00Z")
    versions = [VersionId("A-1", number) for number in (1, 2, 4)]
    assert list(states_now(shop.asof.ledger, versions, shop.clock.now, PUBLIC).values()) == [
        "erased",
        "in_force",
        "scheduled",
    ]


def test_a_hidden_revision_leaves_nothing_in_its_place(shop: Home) -> None:
    found = read(shop, as_of="2024-09-15")
    assert (found["state"], found["version"], found["shown"]) == ("ended", None, None)
    assert found["numbers"] == [1, 2, 4]
    assert read(shop, ("legal", "public"), as_of="2024-09-15")["version"] == "A-1@3"
    with pytest.raises(UnknownRevision, match="There is no revision A-1@3"):
        read(shop, number=3)


def test_what_is_not_known_yet_is_not_told(shop: Home) -> None:
    found = read(shop, as_of="2024-07-01", known_at="2024-02-01")
    assert (found["version"], found["valid_to"], found["after"]) == ("A-1@1", None, None)
    assert found["points"] == ["2024-01-01T00:00:00Z"]


def test_erased_words_are_not_shown(shop: Home) -> None:
    shop.write(Erase(VersionId("A-1", 1), "why"), recorded="2025-01-02T00:00:00Z")
    found = read(shop, as_of="2024-03-01")
    assert (found["state"], found["shown"], found["version"]) == ("erased", None, "A-1@1")


def test_a_policy_that_nobody_may_know_of_is_unknown(shop: Home) -> None:
    for policy_id in ("Z-1", "no id", "../x"):
        with pytest.raises(UnknownPolicy, match="There is no policy"):
            policy_read(shop.asof.ledger, policy_id, shop.clock.now, PUBLIC)
    with pytest.raises(UnknownPolicy):
        read(shop, ("staff",))


def test_a_revision_is_named_by_its_number_or_by_a_date(shop: Home) -> None:
    def named(text: str) -> int:
        return number_at(shop.asof.ledger, "A-1", text, shop.clock.now, PUBLIC)

    assert [named(it) for it in ("1", "2024-03-01", "2024-06-01T00:00:00Z", "2030-01-01")] == [1, 1, 2, 4]
    for text in ("3", "9", "2024-09-15", "2020-01-01"):
        with pytest.raises(UnknownRevision):
            named(text)
