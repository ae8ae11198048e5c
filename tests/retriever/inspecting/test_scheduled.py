"""What comes next: when, which revision, and by which event; nothing of what the caller may not read."""

from typing import Any

import pytest

from policies.change import Erase, Restrict, Withdraw
from policies.errors import UnknownPolicy
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.errors import BadQuery
from retriever.inspecting.scheduled import scheduled_changes
from tests.retriever.homes import Home

NOW = parse_instant("2025-02-01")
PUBLIC = ("public",)


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 for good, P-7@2 as a holiday rule over December, P-8@1 until May, P-9@1 withdrawn in April."""
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2024-11-01", owner="returns")
    home.publish("P-7", "Ninety days.", "2025-12-01", recorded="2024-12-01", until="2026-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01", recorded="2025-01-01", until="2025-05-01")
    home.publish("P-9", "Parcels.", "2024-01-01", recorded="2025-01-02")
    home.write(Withdraw("P-9", parse_instant("2025-04-01"), author="ada"), recorded="2025-01-03")
    return home


def told(home: Home, *labels: str, **given: Any) -> list[tuple[str, str, str]]:
    found = scheduled_changes(home.asof.ledger, NOW, labels or None, **given)
    return [(each["at"][:10], each["version"], each["change"]) for each in found["changes"]]


def test_what_begins_ends_returns_or_is_withdrawn_is_listed_soonest_first(shop: Home) -> None:
    assert told(shop) == [
        ("2025-04-01", "P-9@1", "withdrawn"),
        ("2025-05-01", "P-8@1", "ends"),
        ("2025-12-01", "P-7@2", "begins"),
        ("2026-01-01", "P-7@1", "returns"),
    ]


def test_a_change_says_what_it_replaces_until_when_and_by_which_event(shop: Home) -> None:
    found = scheduled_changes(shop.asof.ledger, NOW)
    assert (found["as_of"], found["until"], found["total"]) == ("2025-02-01T00:00:00Z", None, 4)
    assert found["changes"][0] | {"title": None} == {
        "at": "2025-04-01T00:00:00Z",
        "change": "withdrawn",
        "policy_id": "P-9",
        "version": "P-9@1",
        "title": None,
        "replaces": None,
        "until": None,
        "owner": None,
        "tx": 5,
        "recorded_at": "2025-01-03T00:00:00Z",
        "author": "ada",
    }
    begins = found["changes"][2]
    assert (begins["replaces"], begins["until"], begins["tx"]) == ("P-7@1", "2026-01-01T00:00:00Z", 2)
    returns = found["changes"][3]
    assert (returns["replaces"], returns["until"], returns["owner"]) == ("P-7@2", None, "returns")


def test_the_window_is_closed_at_neither_end(shop: Home) -> None:
    assert told(shop, as_of="2025-04-01", until="2025-12-01") == [("2025-05-01", "P-8@1", "ends")]
    assert told(shop, as_of="2025-03-31", within=2) == [("2025-04-01", "P-9@1", "withdrawn")]
    assert told(shop, within=36_525)[-1][0] == "2026-01-01"


def test_one_policy_may_be_asked_about_and_the_rest_is_counted(shop: Home) -> None:
    assert told(shop, policy="P-8") == [("2025-05-01", "P-8@1", "ends")]
    found = scheduled_changes(shop.asof.ledger, NOW, limit=1)
    assert (len(found["changes"]), found["total"]) == (1, 4)
    with pytest.raises(UnknownPolicy, match="P-404"):
        told(shop, policy="P-404")


def test_a_window_that_cannot_be_is_refused_by_its_field(shop: Home) -> None:
    for given in ({"until": "2025-01-01"}, {"until": "2026-01-01", "within": 3}, {"within": 0}, {"as_of": "soon"}):
        with pytest.raises(BadQuery):
            told(shop, **given)


def test_a_revision_that_replaces_itself_is_no_change(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    home.write(Withdraw("P-1", parse_instant("2025-05-01"), parse_instant("2025-06-01")))
    assert told(home) == [("2025-05-01", "P-1@1", "withdrawn"), ("2025-06-01", "P-1@1", "returns")]
    assert scheduled_changes(home.asof.ledger, NOW)["changes"][0]["until"] == "2025-06-01T00:00:00Z"


def test_the_title_of_an_erased_revision_is_gone_and_its_date_stays(shop: Home) -> None:
    shop.write(Erase(VersionId("P-7", 2), "court order"))
    first = scheduled_changes(shop.asof.ledger, NOW, policy="P-7")["changes"][0]
    assert (first["title"], first["at"]) == (None, "2025-12-01T00:00:00Z")


def test_what_the_caller_may_not_read_is_in_no_list_and_no_count(shop: Home) -> None:
    """P-7@1 ends for them where the hidden revision begins, as its evidence says in `valid_to`."""
    shop.write(Restrict(VersionId("P-7", 2), ("legal",)), Restrict(VersionId("P-8", 1), ("legal",)))
    found = scheduled_changes(shop.asof.ledger, NOW, PUBLIC)
    assert found["total"] == 3
    assert told(shop, "public") == [
        ("2025-04-01", "P-9@1", "withdrawn"),
        ("2025-12-01", "P-7@1", "ends"),
        ("2026-01-01", "P-7@1", "returns"),
    ]
    assert "P-7@2" not in str(found)
    assert "P-8" not in str(found)
    with pytest.raises(UnknownPolicy, match="P-8"):
        told(shop, "public", policy="P-8")
    assert len(told(shop, "public", "legal")) == 4
