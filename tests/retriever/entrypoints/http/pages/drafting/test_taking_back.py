"""A commit on a page, and the way back, which says first what it changes."""

from dataclasses import replace

from policies.approving.authority import Authority
from policies.change import Configure, Erase, Publish, SignOff
from policies.revision import VersionId
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.entrypoints.http.pages.reading import said
from tests.retriever.homes import Home, draft

ADA = Authority("Ada Min", approves=True, decides=True)


def test_an_undo_says_first_what_it_changes(bo: Browser, people: dict[str, Browser], desk: Home) -> None:
    draft_id = bo.keep(file("U-1", "Words.", effective="2026-01-01"))
    there = bo.send(f"/drafts/{draft_id}/publish", digest=bo.digest(draft_id))
    before = desk.asof.ledger.timeline().tx
    page = bo.get(f"{there}/undo")
    assert page.rows() == [["from 2026-01-01, no end set", "U-1@1", "nothing"]]
    assert desk.asof.ledger.timeline().tx == before
    seen = page.one("input", name="seen").attrib["value"]
    done, again = (bo.send(f"{there}/undo", seen=seen, note="too early") for _ in range(2))
    assert done == again
    tx = there.removeprefix("/changes/")
    shown = bo.get(done).words("section", class_="banner")
    assert shown.startswith(f"Undo U-1: transaction {tx} no longer counts.")
    assert "“too early”" in shown
    people["reader"].get(f"{there}/undo", 403)
    assert "Undo" not in people["reader"].get(there).words("nav", class_="ways")
    bo.send(f"{there}/undo", 409, seen="another", note="once more")


def test_an_undo_that_takes_an_approver_is_refused_when_it_is_asked_for(bo: Browser, ann: Browser, desk: Home) -> None:
    desk.publish("K-1", "Words.", "2024-01-01")
    tx = desk.asof.ledger.newest_tx()
    required = Configure(approval="required", policies="K-*")
    desk.asof.write([required], authority=ADA)
    page = bo.get(f"/changes/{tx}/undo", 409)
    assert "Approval is required for K-1, so undo takes an approver there" in page.words("p", role="alert")
    assert not page.all("button", type="submit")
    assert f"Undo transaction {tx}" in ann.get(f"/changes/{tx}/undo").words("form", class_="sheet")


def test_what_was_forced_says_so_wherever_it_is_told(bo: Browser, desk: Home) -> None:
    desk.asof.write([Configure(approval="required", policies="F-*")], authority=ADA)
    forced = Publish(draft("F-1", "Words.", "2024-01-01"))
    [event] = desk.asof.write([forced], authority=replace(ADA, force="a recall")).events
    forced_by = "forced by Ada Min: “a recall” (not signed off yet)"
    assert bo.get(f"/changes/{event.tx}").words("section", class_="banner").endswith(f"by Ada Min, {forced_by}.")
    assert bo.get("/log?policy=F-1").rows()[0][3] == f"Ada Min {forced_by}"
    assert bo.get("/p/F-1/timeline").rows(1)[0][2] == f"Ada Min {forced_by}"
    ann = Authority("Ann Lee", approves=True)
    [signed] = desk.asof.write([SignOff(VersionId("F-1", 1), ann, "read")], authority=ann).events
    assert bo.get("/log?policy=F-1").rows()[1][3].endswith("“a recall” (signed off by Ann Lee)")
    recorded = bo.get(f"/changes/{signed.tx}").words("section", class_="banner")
    assert recorded.endswith("Sign-off F-1@1. Recorded 2026-01-15 12:00 UTC by Ann Lee, signed off by Ann Lee: “read”.")


def test_a_transaction_that_there_is_not_is_no_page_however_long_its_number_is(bo: Browser) -> None:
    for tx in ("0", "999999", "9" * 20, "1" * 5_000, "none"):
        assert f"There is no transaction {tx[:20]}; /log lists" in bo.get(f"/changes/{tx}", 404).words()
    for tx in ("9" * 20, "1" * 5_000):
        bo.get(f"/changes/{tx}/undo", 404)
        bo.send(f"/changes/{tx}/undo", 404, seen="x")


def test_of_a_large_commit_a_page_says_the_first_hundred_events_and_how_many_more(bo: Browser, desk: Home) -> None:
    first = desk.asof.ledger.newest_tx() + 1
    desk.write(*(Publish(draft(f"L-{number}", f"Rule {number}.", "2024-01-01")) for number in range(103)))
    page = bo.get(f"/changes/{first + 102}")
    banners = [said(it) for it in page.all("section", class_="banner")]
    assert len(banners) == 100
    assert banners[99].startswith("L-99@1 is in force from 2024-01-01, no end set.")
    assert "And 3 more." in page.words()
    assert f"transaction {first} and 102 more" in page.words("h1")


def test_a_revision_whose_words_were_erased_says_so_where_it_was_recorded(bo: Browser, desk: Home) -> None:
    desk.publish("E-1", "Forgotten.", "2024-01-01")
    tx = desk.asof.ledger.newest_tx()
    desk.write(Erase(VersionId("E-1", 1), "an order"))
    assert bo.get(f"/changes/{tx}").words("section", class_="banner").startswith("E-1@1 is erased")


def test_an_undo_of_many_changes_says_how_many_and_a_hundred_on_a_page(bo: Browser, desk: Home) -> None:
    desk.write(*(Publish(draft(f"Q-{number:03}", f"Rule {number}.", "2024-01-01")) for number in range(203)))
    there = f"/changes/{desk.asof.ledger.newest_tx()}/undo"
    page = bo.get(there)
    tx = desk.asof.ledger.newest_tx()
    assert page.words("h1") == f"Undo transaction {tx} and 202 that were recorded with it?"
    assert "203 periods are answered otherwise. Here are 1 to 100." in page.words()
    assert [row[1] for row in page.rows()] == [f"Q-{number:03}@1" for number in range(100)]
    assert page.links()["The next ones →"] == f"{there}?after=100"
    last = bo.get(f"{there}?after=200")
    assert "Here are 201 to 203." in last.words()
    assert [row[1] for row in last.rows()] == ["Q-200@1", "Q-201@1", "Q-202@1"]
    assert last.links()["← The ones before"] == f"{there}?after=100"
    assert "The next ones →" not in last.links()
    assert bo.get(f"{there}?after=100").links()["← The ones before"] == there
    assert "203 periods are answered otherwise." in bo.get(f"{there}?after=999").words()
    for after in ("x", "-1", "0", "9" * 20, "1" * 5_000):
        assert "take the address that the page of the undo gives" in bo.get(f"{there}?after={after}", 422).words()
    refused = bo.send(there, 422, seen="x", note="a\x00b")
    assert len(refused.rows()) == 100
