"""What people and tools look at: a revision's words, a policy's history, the list of policies."""

import pytest

from policies.change import Erase, Withdraw
from policies.errors import RevisionErased, UnknownPolicy, UnknownRevision
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.errors import BadQuery
from retriever.inspecting.inspection import listed_policies, policy_history, shown_revision
from tests.retriever.homes import Home

NOW = parse_instant("2025-02-01")


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 from 2024-01-01 (recorded 2024-12-01), P-7@2 from 2025-03-01 (recorded 2025-01-01)."""
    home.publish("P-7", "# Returns\n\nSeven days.", "2024-01-01", recorded="2024-12-01", owner="returns", note="first")
    home.publish("P-7", "Thirty days.", "2025-03-01", recorded="2025-01-01")
    return home


def test_policy_shows_the_revision_in_force(shop: Home) -> None:
    shown = shown_revision(shop.asof.ledger, "P-7", None, None, NOW)
    text = (
        "---\npolicy: P-7\ntitle: Title of P-7\neffective: 2024-01-01\nowner: returns\nnote: first\n---\n"
        "# Returns\n\nSeven days.\n"
    )
    assert shown == {
        "version": "P-7@1",
        "policy_id": "P-7",
        "revision": 1,
        "title": "Title of P-7",
        "valid_from": "2024-01-01T00:00:00Z",
        "valid_to": "2025-03-01T00:00:00Z",
        "recorded_at": "2024-12-01T00:00:00Z",
        "owner": "returns",
        "author": None,
        "note": "first",
        "review_by": None,
        "applies_to": {},
        "audience": ["public"],
        "text": text,
        "passages": [
            {
                "citation": "P-7@1#1",
                "section": ["Returns"],
                "text": "Seven days.",
                "char_start": text.index("Seven"),
                "char_end": text.index("Seven") + 11,
            }
        ],
    }


def test_as_of_and_known_at_choose_the_revision_and_its_period(shop: Home) -> None:
    ledger = shop.asof.ledger
    assert shown_revision(ledger, "P-7", "2025-03-01", None, NOW)["version"] == "P-7@2"
    early = shown_revision(ledger, "P-7", "2025-03-01", "2024-12-31", NOW)
    assert (early["version"], early["valid_to"]) == ("P-7@1", None)


def test_one_revision_is_shown_whether_it_is_in_force_or_not(shop: Home) -> None:
    shown = shown_revision(shop.asof.ledger, "P-7@2", "2025-02-01", None, NOW)
    assert (shown["version"], shown["valid_from"], shown["valid_to"]) == ("P-7@2", None, None)


def test_what_cannot_be_shown_is_named(shop: Home) -> None:
    ledger = shop.asof.ledger
    with pytest.raises(UnknownPolicy, match="P-404"):
        shown_revision(ledger, "P-404", None, None, NOW)
    with pytest.raises(UnknownRevision, match="P-7@3"):
        shown_revision(ledger, "P-7@3", None, None, NOW)
    with pytest.raises(UnknownRevision, match="'P-7@x' is not a version id"):
        shown_revision(ledger, "P-7@x", None, None, NOW)
    with pytest.raises(UnknownRevision, match="P-7 is not in force at 2023-01-01"):
        shown_revision(ledger, "P-7", "2023-01-01", None, NOW)
    with pytest.raises(BadQuery, match="as_of"):
        shown_revision(ledger, "P-7", "soon", None, NOW)
    shop.write(Withdraw("P-7", parse_instant("2025-06-01")))
    with pytest.raises(UnknownRevision, match="P-7 is withdrawn at 2025-07-01"):
        shown_revision(ledger, "P-7", "2025-07-01", None, NOW)
    shop.write(Erase(VersionId("P-7", 1), "court order"))
    with pytest.raises(RevisionErased, match="P-7@1"):
        shown_revision(ledger, "P-7", "2025-02-01", None, NOW)


def test_history_has_every_period_on_both_clocks(shop: Home) -> None:
    title = "Title of P-7"
    assert policy_history(shop.asof.ledger, "P-7") == {
        "policy_id": "P-7",
        "revisions": 2,
        "periods": [
            {
                "revision": 1,
                "title": title,
                "erased": False,
                "valid_from": "2024-01-01T00:00:00Z",
                "valid_to": "2025-03-01T00:00:00Z",
                "recorded_from": "2024-12-01T00:00:00Z",
                "recorded_to": None,
                "tx": 1,
            },
            {
                "revision": 1,
                "title": title,
                "erased": False,
                "valid_from": "2025-03-01T00:00:00Z",
                "valid_to": None,
                "recorded_from": "2024-12-01T00:00:00Z",
                "recorded_to": "2025-01-01T00:00:00Z",
                "tx": 1,
            },
            {
                "revision": 2,
                "title": title,
                "erased": False,
                "valid_from": "2025-03-01T00:00:00Z",
                "valid_to": None,
                "recorded_from": "2025-01-01T00:00:00Z",
                "recorded_to": None,
                "tx": 2,
            },
        ],
    }


def test_history_of_a_withdrawn_and_erased_policy_keeps_its_periods(shop: Home) -> None:
    shop.write(Withdraw("P-7", parse_instant("2026-01-01")))
    shop.write(Erase(VersionId("P-7", 1), "court order"))
    periods = policy_history(shop.asof.ledger, "P-7")["periods"]
    assert [(period["revision"], period["erased"], period["title"]) for period in periods] == [
        (1, True, None),
        (1, True, None),
        (2, False, "Title of P-7"),
        (2, False, "Title of P-7"),
        (None, False, None),
    ]


def test_history_of_an_unknown_policy_is_refused(shop: Home) -> None:
    with pytest.raises(UnknownPolicy, match="P-404"):
        policy_history(shop.asof.ledger, "P-404")


def test_policies_are_listed_with_what_is_in_force(shop: Home) -> None:
    shop.publish("A-1", "Soon.", "2026-01-01")
    shop.publish("Z-1", "Gone.", "2024-01-01")
    shop.write(Withdraw("Z-1", parse_instant("2025-01-15")))
    listed = listed_policies(shop.asof.ledger, None, NOW)
    assert listed["as_of"] == "2025-02-01T00:00:00Z"
    rows = [(p["policy_id"], p["state"], p["version"], p["valid_to"], p["next_change"]) for p in listed["policies"]]
    assert rows == [
        ("A-1", "none", None, None, "2026-01-01T00:00:00Z"),
        ("P-7", "in_force", "P-7@1", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z"),
        ("Z-1", "withdrawn", None, None, None),
    ]
    later = listed_policies(shop.asof.ledger, "2025-03-01", NOW)
    assert later["policies"][1]["version"] == "P-7@2"
