"""Another person's words are approved or given back on a page, and the page says what came of it."""

from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.homes import Home


def test_an_approval_puts_the_words_in_force_and_says_so_with_the_way_back(
    bo: Browser, ann: Browser, desk: Home
) -> None:
    draft_id = bo.keep(file("A-1", "# Rule\n\nWithin 14 days.", effective="2026-01-01"), submit=True)
    assert f"A-1 · {draft_id}" in ann.get("/approvals").words("table")
    page = ann.get(f"/drafts/{draft_id}")
    buttons = ["".join(it.itertext()) for it in page.all("button")]
    assert "Approve and publish A-1 from 2026-01-01 on" in buttons
    there = ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id), note="as agreed")
    said = ann.get(there)
    assert said.words("section", class_="banner").startswith("A-1@1 is in force from 2026-01-01, no end set. Recorded")
    assert "by Bo Chen, approved by Ann Lee: “as agreed”" in said.words("section", class_="banner")
    tx = there.removeprefix("/changes/")
    assert said.links()[f"Undo transaction {tx}: first see what that changes"] == f"/changes/{tx}/undo"
    assert draft_id not in ann.get("/approvals").response.text
    done = bo.get(f"/drafts/{draft_id}")
    assert f"Published as A-1@1, by transaction {tx}." in done.words("section", class_="banner")
    assert not done.all("textarea")
    assert desk.asof.ledger.timeline().policies["A-1"].top[0].revision == 1
    facts = bo.get("/p/A-1").words("dl", class_="facts")
    assert "Approvalapproved by Ann Lee: “as agreed”" in facts


def test_a_second_press_is_the_same_approval(bo: Browser, ann: Browser) -> None:
    draft_id = bo.keep(file("A-2", "Words."), submit=True)
    digest = ann.digest(draft_id)
    first, second = (ann.send(f"/drafts/{draft_id}/approve", digest=digest, note=note) for note in ("a", "b"))
    assert first == second


def test_an_approval_of_words_that_were_edited_meanwhile_is_refused_with_both_digests(
    bo: Browser, ann: Browser
) -> None:
    draft_id = bo.keep(file("A-3", "One."), submit=True)
    read = ann.digest(draft_id)
    bo.send(f"/drafts/{draft_id}/edit", text=file("A-3", "Another."))
    bo.send(f"/drafts/{draft_id}/submit")
    page = ann.send(f"/drafts/{draft_id}/approve", 409, digest=read, note="looks right")
    said = page.words("div", class_="refused")
    assert "Nothing was done." in said
    assert read in said
    assert page.one("input", name="digest").attrib["value"] != read
    assert page.one("input", name="note").attrib["value"] == "looks right"
    assert "Another." in page.words("pre", class_="source")
    assert "Waits for approval" in page.words("section", class_="banner")


def test_a_decision_on_a_draft_that_went_away_leads_to_the_inbox_with_its_words(bo: Browser, ann: Browser) -> None:
    draft_id = bo.keep(file("A-4", "One."), submit=True)
    read = ann.digest(draft_id)
    bo.send(f"/drafts/{draft_id}/edit", text=file("A-4", "Another."))
    page = ann.send(f"/drafts/{draft_id}/approve", 404, digest=read, note="looks right")
    assert "You wrote: “looks right”" in page.words("p", role="alert")
    assert "Another" not in page.response.text
    unknown = ann.send("/drafts/d-aaaaaaaa/approve", 404, digest=read, note="looks right")
    assert unknown.response.text == page.response.text


def test_words_that_are_approved_for_later_are_published_by_their_writer(bo: Browser, ann: Browser) -> None:
    draft_id = bo.keep(file("A-5", "Words."), submit=True)
    there = ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id), later="1")
    assert ann.get(there).words("p", class_="did") == "The draft is approved, and not in force yet."
    page = bo.get(f"/drafts/{draft_id}")
    assert "Approved, not published, by Ann Lee" in page.words("section", class_="banner")
    assert "Publish A-5 from its approval on" in page.words("section", class_="decide")
    there = bo.send(f"/drafts/{draft_id}/publish", digest=bo.digest(draft_id))
    assert "approved by Ann Lee" in bo.get(there).words("section", class_="banner")


def test_an_approved_draft_that_was_edited_and_approved_anew_is_not_published_by_who_read_the_old_words(
    bo: Browser, ann: Browser, desk: Home
) -> None:
    draft_id = bo.keep(file("A-10", "One."), submit=True)
    ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id), later="1")
    read = bo.digest(draft_id)
    bo.send(f"/drafts/{draft_id}/edit", text=file("A-10", "Another."))
    bo.send(f"/drafts/{draft_id}/submit")
    ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id), later="1")
    page = bo.send(f"/drafts/{draft_id}/publish", 409, digest=read)
    assert "has other words than those you name" in page.words("div", class_="refused")
    assert desk.asof.drafts().find(draft_id).state == "approved"
    bo.send(f"/drafts/{draft_id}/publish", digest=bo.digest(draft_id))


def test_a_draft_is_given_back_with_a_reason_that_its_writer_reads(bo: Browser, ann: Browser) -> None:
    draft_id = bo.keep(file("A-6", "Words."), submit=True)
    refused = ann.send(f"/drafts/{draft_id}/reject", 422)
    assert "The reason: reason is ''; write one line of text" in refused.words("div", class_="refused")
    assert ann.send(f"/drafts/{draft_id}/reject", reason="from which day?") == "/approvals?did=rejected"
    page = bo.get(f"/drafts/{draft_id}")
    assert "Given back, by Ann Lee" in page.words("section", class_="banner")
    assert "“from which day?”" in page.words("section", class_="banner")
    assert bo.send(f"/drafts/{draft_id}/submit") == f"/drafts/{draft_id}?did=submitted"


def test_nobody_approves_a_draft_of_their_own(ann: Browser) -> None:
    draft_id = ann.keep(file("A-7", "Words."), submit=True)
    assert draft_id not in ann.get("/approvals").response.text
    page = ann.get(f"/drafts/{draft_id}")
    assert "You wrote it, so somebody else approves it." in page.words()
    assert f"/drafts/{draft_id}/approve" not in page.response.text
    refused = ann.send(f"/drafts/{draft_id}/approve", 409, digest=ann.digest(draft_id))
    assert "nobody approves a draft of their own" in refused.words("div", class_="refused")
