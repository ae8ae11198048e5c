"""What was published without its approval waits in the inbox until another person has read it and signs it off."""

import json
from dataclasses import replace

import pytest

from policies.approving.authority import Authority
from policies.change import Configure, Erase, Publish
from policies.revision import VersionId
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, said
from tests.retriever.homes import Home, draft

ADA = Authority("Ada Min", approves=True, decides=True)
MARKUP = '"><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module", autouse=True)
def required(desk: Home) -> None:
    """The policies of Z need an approval."""
    desk.asof.write([Configure(approval="required", policies="Z-*")], authority=ADA)


def force(desk: Home, policy: str, words: str, why: str = "a recall", **fields: str) -> int:
    forced = Publish(draft(policy, words, "2024-01-01", **fields))
    return desk.asof.write([forced], authority=replace(ADA, force=why)).events[0].tx


def test_an_approver_finds_it_in_the_inbox_reads_what_changed_and_signs_it_off(
    bo: Browser, ann: Browser, desk: Home
) -> None:
    force(desk, "Z-1", "Within 30 days.")
    tx = force(desk, "Z-1", "Within 14 days.")
    there = f"/changes/{tx}/sign-off"
    assert ann.get("/approvals").links()["Z-1@2"] == there
    assert ann.get(f"/changes/{tx}").links()["Read Z-1@2 and sign it off"] == there
    assert "sign it off" not in bo.get(f"/changes/{tx}").words("nav", class_="ways")
    page = ann.get(there)
    banner = page.words("section", class_="banner")
    assert "Published without its approval by Ada Min at 2026-01-15 12:00 UTC. “a recall”" in banner
    assert [said(it) for it in page.all("del")] == ["removed words", "30"]
    assert [said(it) for it in page.all("ins")] == ["added words", "14"]
    assert "Within 14 days." in page.words("pre", class_="source")
    before = desk.asof.ledger.newest_tx()
    done = ann.send(there, note="read, and right")
    assert done == f"/changes/{before + 1}"
    recorded = ann.get(done).words("section", class_="banner")
    assert recorded.startswith("Sign-off Z-1@2.")
    assert "signed off by Ann Lee: “read, and right”" in recorded
    assert "Undo" not in ann.get(done).words("nav", class_="ways")
    again = ann.get(there)
    assert "Signed off by Ann Lee at 2026-01-15 12:00 UTC" in again.words("section", class_="banner")
    assert "Sign off Z-1@2" not in [said(it) for it in again.all("button")]
    assert ann.send(there, note="once more") == done
    assert desk.asof.ledger.newest_tx() == before + 1
    assert there not in ann.get("/approvals").response.text
    facts = bo.get("/p/Z-1").words("dl", class_="facts")
    assert "Approvalforced by Ada Min: “a recall” (signed off by Ann Lee)" in facts
    rows = bo.get("/log?policy=Z-1").rows()
    assert rows[0][0] == "sign off Z-1@2 Title of Z-1"
    assert "sign_off" not in bo.get("/log").response.text
    assert bo.get("/p/Z-1/timeline").rows(1)[0][0] == "sign off Z-1@2"


def test_who_forced_it_sees_it_wait_and_signs_nothing_off(people: dict[str, Browser], desk: Home) -> None:
    ada, tx = people["ada"], force(desk, "Z-2", "Words.")
    row = next(row for row in ada.get("/approvals").rows(-1) if row[0].startswith("Z-2@1"))
    assert row[0] == "Z-2@1 Yours, so somebody else signs it off."
    page = ada.get(f"/changes/{tx}/sign-off")
    assert "Ada Min published it, so another person signs it off." in page.words()
    assert not [it for it in page.all("form") if it.attrib["action"].endswith("/sign-off")]
    refused = ada.send(f"/changes/{tx}/sign-off", 409, note="mine")
    assert "Ada Min published Z-2@1, so another person signs it off" in refused.words("p", role="alert")
    assert f"/changes/{tx}/sign-off" in people["ann"].get("/approvals").response.text


def test_a_note_that_is_refused_comes_back(ann: Browser, desk: Home) -> None:
    tx = force(desk, "Z-3", "Words.")
    page = ann.send(f"/changes/{tx}/sign-off", 422, note="right\x00")
    assert "note holds a NUL character" in page.words("p", role="alert")
    assert "right" in page.one("input", name="note").attrib["value"]


def test_only_approvers_look_and_only_from_here(people: dict[str, Browser], desk: Home) -> None:
    tx = force(desk, "Z-4", "Words.")
    before = desk.asof.ledger.newest_tx()
    for name in ("bo", "reader"):
        people[name].get(f"/changes/{tx}/sign-off", 403)
        people[name].send(f"/changes/{tx}/sign-off", 403)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = people["ann"].client.post(f"/changes/{tx}/sign-off", data={"note": "x"}, headers=headers)
        assert answer.status_code == 403
    assert desk.asof.ledger.newest_tx() == before


def test_what_a_key_does_not_read_is_answered_as_what_was_not_forced(ann: Browser, desk: Home) -> None:
    hidden = force(desk, "Z-5", "Clandestine zanzibar.", "zanzibar leaked", audience="[legal]")
    for tx in (hidden, 1, 999_999):
        page = ann.get(f"/changes/{tx}/sign-off", 404)
        expected = f"Nothing was published without its approval by transaction {tx}"
        assert expected in page.words()
        assert expected in ann.send(f"/changes/{tx}/sign-off", 404).words()
    for tx in ("9" * 20, "none", "1" * 5_000):
        ann.get(f"/changes/{tx}/sign-off", 404)
    for address in ("/approvals", "/calendar", "/log"):
        assert "zanzibar" not in ann.get(address).response.text.casefold()


def test_words_that_were_erased_on_either_side_are_said_to_be(ann: Browser, desk: Home) -> None:
    force(desk, "Z-6", "One word.")
    tx = force(desk, "Z-6", "Another word.")
    desk.write(Erase(VersionId("Z-6", 1), "an order"))
    page = ann.get(f"/changes/{tx}/sign-off")
    assert "The words of Z-6@1, which was in its place before, were erased." in page.words()
    desk.write(Erase(VersionId("Z-6", 2), "an order"))
    assert "The words of Z-6@2 were erased, so there is nothing to read." in ann.get(f"/changes/{tx}/sign-off").words()
    ann.send(f"/changes/{tx}/sign-off")


def test_a_sign_off_has_its_line_in_the_audit_log_and_looking_has_none(ann: Browser, desk: Home) -> None:
    tx = force(desk, "Z-7", "Words.")
    ann.get(f"/changes/{tx}/sign-off")
    ann.send(f"/changes/{tx}/sign-off")
    lines = [json.loads(line) for line in (desk.path / "audit.jsonl").read_text().splitlines()]
    mine = [(it["action"], it["method"], it["status"]) for it in lines if it["path"] == f"/changes/{tx}/sign-off"]
    assert mine == [("approve", "POST", 303)]


def test_stored_markup_is_words(ann: Browser, desk: Home) -> None:
    tx = force(desk, "Z-8", f"{MARKUP} words.", MARKUP, title=f"'{MARKUP}'")
    for page in (
        ann.get("/approvals"),
        ann.get(f"/changes/{tx}/sign-off"),
        ann.get(ann.send(f"/changes/{tx}/sign-off", note=MARKUP)),
    ):
        assert not page.all("img"), page.response.url
        assert "<img" not in page.response.text, page.response.url


def test_what_is_due_leads_to_the_inbox(ann: Browser, desk: Home) -> None:
    force(desk, "Z-9", "Words.")
    row = next(row for row in ann.get("/calendar").rows(-2) if "Z-9@1" in row[0])
    assert row[3] == "it was published without its approval; read it, and sign it off: /approvals"


def test_a_request_without_a_session_signs_nothing_off(desk: Home, ann: Browser) -> None:
    tx = force(desk, "Z-10", "Words.")
    stranger = type(ann.client)(ann.client.app, "http://localhost", follow_redirects=False)
    assert stranger.post(f"/changes/{tx}/sign-off", headers=SENT_FROM_HERE).status_code == 401
