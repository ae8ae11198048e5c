"""What becomes of a draft by its writer's hand: handed in, published where no approval is needed, removed."""

from policies.approving.authority import Authority
from policies.change import Configure, Correct, Undo
from policies.revision import VersionId
from policies.sources.draft import parse_draft
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
        Correct(VersionId("C-2", 1), parse_draft(file("C-2", "Within 10 days.", effective="2024-01-01"), "file"))
    )
    page = bo.get(f"/drafts/{bo.keep(file('C-2', 'Within 45 days.', effective='2030-01-01'))}")
    assert "It was written on C-2@3. C-2@2 is what it takes the place of." in page.words()
    assert [said(it) for it in page.all("del")] == ["removed words", "30"]
