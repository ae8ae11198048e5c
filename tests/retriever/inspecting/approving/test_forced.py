"""What was forced is told with what it took the place of, and never to those who may not read it."""

from dataclasses import replace

import pytest

from policies.approving.authority import Authority
from policies.change import Configure, Publish, SignOff, Undo
from policies.revision import VersionId
from retriever.inspecting.approving.forced import forced_publish
from retriever.inspecting.approving.signatures import unreviewed_content
from tests.retriever.homes import Home, draft

ADA = Authority("Ada Min", approves=True, decides=True)
ANN = Authority("Ann Lee", approves=True)


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1, P-7@2 from 2025 on, and a rule that requires an approval: transactions 1 to 3."""
    home.publish("P-7", "One.", "2024-01-01", "2025-01-01T10:00:00Z")
    home.publish("P-7", "Two.", "2025-06-01", "2025-01-02T10:00:00Z")
    home.asof.write([Configure(approval="required")], authority=ADA)
    home.clock.set("2025-01-03T10:00:00Z")
    return home


def force(home: Home, *drafts: Publish) -> list[int]:
    written = home.asof.write(list(drafts), authority=replace(ADA, force="a recall"))
    return [event.tx for event in written.events]


def test_a_forced_publish_names_what_was_in_force_where_it_begins(shop: Home) -> None:
    [early] = force(shop, Publish(draft("P-7", "Three.", "2025-01-01")))
    [late] = force(shop, Publish(draft("P-7", "Four.", "2026-01-01")))
    [new] = force(shop, Publish(draft("N-1", "New.", "2026-01-01")))
    found = [forced_publish(shop.asof.ledger, tx) for tx in (early, late, new)]
    assert [it and (it["version"], it["before"], it["person"], it["reason"]) for it in found] == [
        ("P-7@3", 1, "Ada Min", "a recall"),
        ("P-7@4", 2, "Ada Min", "a recall"),
        ("N-1@1", None, "Ada Min", "a recall"),
    ]
    assert forced_publish(shop.asof.ledger, 1) is None
    assert forced_publish(shop.asof.ledger, 99) is None


def test_after_what_it_took_the_place_of_was_taken_back_the_newest_earlier_revision_is_named(home: Home) -> None:
    home.publish("P-7", "One.", "2024-01-01", "2025-01-01T10:00:00Z")
    home.write(Undo(), recorded="2025-01-02T10:00:00Z")
    home.asof.write([Configure(approval="required")], authority=ADA)
    [tx] = force(home, Publish(draft("P-7", "Two.", "2024-01-01")))
    found = forced_publish(home.asof.ledger, tx)
    assert found is not None
    assert found["before"] == 1


def test_who_signed_it_off_is_told_with_the_note(shop: Home) -> None:
    [tx] = force(shop, Publish(draft("P-7", "Three.", "2025-01-01")))
    shop.clock.set("2025-01-04T10:00:00Z")
    [off] = shop.asof.write([SignOff(VersionId("P-7", 3), ANN, "read")], authority=ANN).events
    found = forced_publish(shop.asof.ledger, tx)
    assert found is not None
    said = found["signed_off"]
    assert (said["tx"], said["person"], said["at"], said["reason"]) == (
        off.tx, "Ann Lee", "2025-01-04T10:00:00Z", "read",
    )  # fmt: skip


def test_what_a_caller_may_not_read_was_not_forced_for_them(shop: Home) -> None:
    hidden, mixed, public = (
        Publish(draft("S-1", "Secret.", "2024-01-01", audience="[legal]")),
        Publish(draft("P-7", "Secret too.", "2027-01-01", audience="[legal]")),
        Publish(draft("P-7", "For all.", "2028-01-01")),
    )
    txs = [*force(shop, hidden), *force(shop, mixed), *force(shop, public)]
    ledger = shop.asof.ledger
    assert [forced_publish(ledger, tx, ("public",)) is None for tx in txs] == [True, True, False]
    assert [it["version"] for it in unreviewed_content(ledger, ("public",))["unreviewed"]] == ["P-7@4"]
    told = forced_publish(ledger, txs[2], ("public",))
    assert told is not None
    assert told["before"] == 2


def test_why_is_told_only_to_those_who_may_read_all_of_the_policy(shop: Home) -> None:
    force(shop, Publish(draft("P-7", "Secret.", "2027-01-01", audience="[legal]")))
    [tx] = force(shop, Publish(draft("P-7", "For all.", "2028-01-01")))
    shop.asof.write([SignOff(VersionId("P-7", 4), ANN, "for the merger")], authority=ANN)
    ledger = shop.asof.ledger
    part, whole = (forced_publish(ledger, tx, labels) for labels in (("public",), ("legal", "public")))
    assert part is not None
    assert whole is not None
    assert (part["person"], part["reason"], part["signed_off"]["reason"]) == ("Ada Min", None, None)
    assert (whole["reason"], whole["signed_off"]["reason"]) == ("a recall", "for the merger")


def test_the_list_of_what_waits_says_why_only_to_those_who_may_read_all_of_the_policy(shop: Home) -> None:
    force(shop, Publish(draft("P-7", "Secret.", "2027-01-01", audience="[legal]")))
    force(shop, Publish(draft("P-7", "For all.", "2028-01-01")))
    ledger = shop.asof.ledger
    assert [it["reason"] for it in unreviewed_content(ledger, ("public",))["unreviewed"]] == [None]
    assert [it["reason"] for it in unreviewed_content(ledger)["unreviewed"]] == ["a recall", "a recall"]
