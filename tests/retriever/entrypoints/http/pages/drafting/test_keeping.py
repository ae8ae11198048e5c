"""What becomes of a draft by its writer's hand: handed in, published where no approval is needed, removed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from policies.approving.authority import Authority
from policies.change import Configure, Correct, Undo
from policies.named_write import NamedWrite
from policies.revision import VersionId
from policies.sources.draft import parse_draft
from policies.storage.writer_lock import writer_lock
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.entrypoints.http.pages.reading import said
from tests.retriever.homes import Home


def test_words_whose_policy_needs_no_approval_are_published_by_whoever_may_write(bo: Browser, desk: Home) -> None:
    draft_id = bo.keep(file("A-8", "Words.", effective="2027-01-01"))
    page = bo.get(f"/drafts/{draft_id}")
    assert "Publish A-8 from 2027-01-01 on without an approval" in page.words("section", class_="decide")
    digest = bo.digest(draft_id)
    bo.send(f"/drafts/{draft_id}/publish", 409, digest="0" * 64)
    first, second = (bo.send(f"/drafts/{draft_id}/publish", digest=digest) for _ in range(2))
    assert first == second
    assert bo.get(first).words("section", class_="banner").startswith("A-8@1 is scheduled from 2027-01-01, no end set.")
    bo.get(f"/drafts/{draft_id}", 404)


def test_where_an_approval_is_required_nothing_is_published_without_it(bo: Browser, desk: Home) -> None:
    required = Configure(approval="required", policies="R-*")
    desk.asof.write([required], authority=Authority("Ada Min", approves=True, decides=True))
    draft_id = bo.keep(file("R-1", "Words."))
    page = bo.get(f"/drafts/{draft_id}")
    assert "without an approval" not in page.words()
    assert "Hand in R-1 for approval" in page.words("section", class_="decide")
    refused = bo.send(f"/drafts/{draft_id}/publish", 409, digest=desk.asof.drafts().find(draft_id).digest())
    assert "Approval is required for R-1" in refused.words("div", class_="refused")
    assert desk.asof.drafts().find(draft_id).state == "draft"


def test_a_removal_asks_first_and_hands_the_words_back(bo: Browser, people: dict[str, Browser]) -> None:
    draft_id = bo.keep(file("A-9", "Precious words."), submit=True)
    assert "is removed for good" in bo.get(f"/drafts/{draft_id}/delete").words()
    refused = people["ann"].send(f"/drafts/{draft_id}/delete", 409)
    assert "did not write" in refused.words("div", class_="refused")
    page = bo.send(f"/drafts/{draft_id}/delete", 200)
    assert "".join(page.one("textarea").itertext()) == file("A-9", "Precious words.")
    bo.get(f"/drafts/{draft_id}", 404)
    bo.send(f"/drafts/{draft_id}/delete", 404)


def test_a_draft_on_words_that_were_taken_back_is_compared_with_what_it_takes_the_place_of(
    bo: Browser, desk: Home
) -> None:
    desk.publish("C-1", "Within 30 days.", "2024-01-01")
    desk.publish("C-1", "Within 3 days.", "2025-01-01")
    kept = bo.keep(file("C-1", "Within 14 days.", effective="2026-01-01"))
    desk.write(Undo())
    page = bo.get(f"/drafts/{kept}")
    assert [said(it) for it in page.all("del")] == ["removed words", "30"]
    assert "It was written on C-1@2. C-1@1 is what it takes the place of." in page.words()


def test_a_draft_is_compared_with_what_holds_where_it_begins_not_with_a_newer_correction(
    bo: Browser, desk: Home
) -> None:
    desk.publish("C-2", "Within 3 days.", "2024-01-01")
    desk.publish("C-2", "Within 30 days.", "2025-01-01")
    desk.write(
        Correct(
            VersionId("C-2", 1),
            parse_draft(file("C-2", "Within 10 days.", effective="2024-01-01"), "file"),
            "ten stood in the shops",
        )
    )
    assert "Why it was correctedten stood in the shops" in bo.get("/p/C-2/3").words("dl", class_="facts")
    page = bo.get(f"/drafts/{bo.keep(file('C-2', 'Within 45 days.', effective='2030-01-01'))}")
    assert "It was written on C-2@3. C-2@2 is what it takes the place of." in page.words()
    assert [said(it) for it in page.all("del")] == ["removed words", "30"]


def test_a_removal_that_would_be_refused_is_refused_when_it_is_asked_for(
    bo: Browser, ann: Browser, people: dict[str, Browser]
) -> None:
    draft_id = bo.keep(file("A-21", "Words."), submit=True)
    asked, sent = (
        said(page.one("div", class_="refused"))
        for page in (ann.get(f"/drafts/{draft_id}/delete", 409), ann.send(f"/drafts/{draft_id}/delete", 409))
    )
    assert asked == sent
    assert "Ann Lee did not write" in asked
    tx = ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id)).removeprefix("/changes/")
    asked, sent = (
        said(page.one("div", class_="refused"))
        for page in (bo.get(f"/drafts/{draft_id}/delete", 409), bo.send(f"/drafts/{draft_id}/delete", 409))
    )
    assert asked == sent
    assert f"{draft_id} is published: it is A-21@1, by transaction {tx}" in asked
    people["ada"].get(f"/drafts/{draft_id}/delete", 404)
    people["ada"].send(f"/drafts/{draft_id}/delete", 404)


def test_two_presses_at_once_publish_once_and_lead_to_the_same_page(bo: Browser, desk: Home) -> None:
    """Both wait for the writer, so neither finds the draft published when it begins."""
    draft_id = bo.keep(file("A-22", "Words."))
    digest = bo.digest(draft_id)
    before = desk.asof.ledger.newest_tx()
    with ThreadPoolExecutor(4) as pool, writer_lock(desk.path):
        presses = [pool.submit(bo.send, f"/drafts/{draft_id}/publish", digest=digest) for _ in range(4)]
        time.sleep(0.5)
    assert {press.result() for press in presses} == {f"/changes/{before + 1}"}
    assert desk.asof.ledger.newest_tx() == before + 1


def test_a_press_that_is_overtaken_by_the_same_press_leads_to_what_that_one_published(
    bo: Browser, desk: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other press publishes just after this one has looked for what was recorded, and found nothing."""
    draft_id = bo.keep(file("A-24", "Words."))
    digest = bo.digest(draft_id)
    ledger, overtaking = desk.asof.ledger, []

    def looked(named: NamedWrite) -> object:
        monkeypatch.undo()
        found = ledger.recorded_write(named)
        overtaking.append(bo.send(f"/drafts/{draft_id}/publish", digest=digest))
        return found

    monkeypatch.setattr(ledger, "recorded_write", looked)
    assert [bo.send(f"/drafts/{draft_id}/publish", digest=digest)] == overtaking


def test_a_press_on_a_draft_that_somebody_else_published_says_that_it_is_gone(
    bo: Browser, people: dict[str, Browser]
) -> None:
    draft_id = bo.keep(file("A-23", "Words."), submit=True)
    digest = bo.digest(draft_id)
    people["ada"].send(f"/drafts/{draft_id}/publish", digest=digest)
    page = bo.send(f"/drafts/{draft_id}/publish", 404, digest=digest)
    assert "it was published or deleted meanwhile, or it never was" in page.words("p", role="alert")
    assert page.links()["the log"] == "/log"
    unknown = bo.send("/drafts/d-aaaaaaaa/publish", 404, digest=digest)
    assert unknown.response.text == page.response.text
