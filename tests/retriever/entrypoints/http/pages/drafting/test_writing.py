"""Words are written on a page: kept, edited, and never lost by a refusal."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from policies.change import Configure
from policies.instant import parse_instant
from policies.storage.writer_lock import writer_lock
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, parsed, said
from tests.retriever.homes import Home


def typed(page: Any) -> str:
    return "".join(page.one("textarea", name="text").itertext())


def test_words_are_kept_as_a_draft_and_shown_with_what_they_change(bo: Browser) -> None:
    there = bo.send("/drafts/new", text=file("P-7", "# Damaged items\n\nWithin 14 days.\n\nWith a photo."))
    page = bo.get(there)
    assert page.words("p", class_="did") == "The draft is kept. Nothing of it is in force or found."
    assert "Not handed in" in page.words("section", class_="banner")
    assert [" ".join("".join(it.itertext()).split()) for it in page.all("ins")] == ["added words", "14"]
    assert [" ".join("".join(it.itertext()).split()) for it in page.all("del")] == ["removed words", "30"]
    assert "P-7@1 from 2024-01-01, no end set" in page.words()
    assert page.words("h1") == "Title of P-7"


def test_the_ends_of_lines_that_a_browser_sends_do_not_count(bo: Browser, desk: Home) -> None:
    text = file("N-1", "# One\n\nTwo.")
    draft_id = bo.keep(text.replace("\n", "\r\n"))
    assert desk.asof.drafts().find(draft_id).draft.text == text


def test_a_file_takes_the_place_of_the_text(bo: Browser, desk: Home) -> None:
    sent = {"file": ("words.md", file("N-2", "From a file.").encode())}
    draft_id = bo.send("/drafts/new", files=sent, text="typed").partition("?")[0].removeprefix("/drafts/")
    assert desk.asof.drafts().find(draft_id).draft.text.endswith("From a file.\n")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"%PDF-1.7 \xff", "is a PDF"), (b"caf\xe9", "not UTF-8"), (b"x" * (4 * 1024 * 1024 + 1), "over the limit")],
)
def test_a_file_that_is_no_markdown_is_refused_and_what_was_typed_stays(bo: Browser, content: bytes, why: str) -> None:
    page = bo.send("/drafts/new", 422, files={"file": ('a"><img src=x>.md', content)}, text="typed words")
    assert why in page.words("p", class_="refused")
    assert typed(page) == "typed words"
    assert not page.all("img")


def test_a_refusal_is_the_form_with_its_words_and_the_line(bo: Browser) -> None:
    page = bo.send("/drafts/new", 422, text="---\npolicy: [x\n---\nwords", replace_scheduled="1")
    assert page.words("p", class_="refused").startswith("Not kept. The text, line ")
    assert typed(page) == "---\npolicy: [x\n---\nwords"
    assert "checked" in page.one("input", name="replace_scheduled").attrib


def test_words_that_hold_already_are_refused_and_stay(bo: Browser) -> None:
    text = file("P-7", "# Damaged items\n\nWithin 30 days.\n\nWith a photo.", effective="2024-01-01")
    page = bo.send("/drafts/new", 409, text=text)
    assert "P-7@1 says these words over this period already" in page.words("p", class_="refused")
    assert typed(page) == text


def test_the_form_begins_with_a_template_that_cannot_be_kept_as_it_is(bo: Browser) -> None:
    words = typed(bo.get("/drafts/new"))
    assert words.startswith("---\npolicy:  ")
    assert "# effective: 2026-01-15" in words
    assert "policy is ''" in bo.send("/drafts/new", 422, text=words).words("p", class_="refused")


def test_the_words_of_a_policy_are_edited_without_their_beginning(bo: Browser) -> None:
    page = bo.get("/drafts/new?policy=P-7")
    assert typed(page).startswith("---\npolicy: P-7\ntitle: Title of P-7\n---\n# Damaged items")
    assert "These are the words of P-7@1" in page.words()
    bo.get("/drafts/new?policy=P-77", 404)


def test_the_check_finds_and_keeps_nothing(bo: Browser, desk: Home) -> None:
    before = len(desk.asof.drafts().all())
    page = bo.send("/drafts/check", 200, text=file("N-3", "Words <!-- hidden words -->."))
    assert "html-comment" in page.words("section", id="lint")
    assert "Line 5" in page.words("section", id="lint")
    unread = bo.send("/drafts/check", 200, text="no front matter")
    assert "cannot be read as a policy yet. The text: has no front matter" in unread.words("section", id="lint")
    assert typed(unread) == "no front matter"
    assert len(desk.asof.drafts().all()) == before


def test_an_edit_keeps_the_id_and_ends_the_submission(bo: Browser, desk: Home) -> None:
    draft_id = bo.keep(file("N-4", "One."), submit=True)
    form = bo.get(f"/drafts/{draft_id}/edit")
    seen = form.one("input", name="seen").attrib["value"]
    there = bo.send(f"/drafts/{draft_id}/edit", text=file("N-4", "Two."), seen=seen)
    assert there == f"/drafts/{draft_id}?did=edited"
    page = bo.get(there)
    assert "the submission of Bo Chen" in page.words("section", class_="banner")
    assert "is void: the draft was edited at" in page.words("section", class_="banner")
    assert desk.asof.drafts().find(draft_id).draft.text.endswith("Two.\n")


def test_an_edit_of_words_that_somebody_else_edited_comes_back_with_both(
    bo: Browser, people: dict[str, Browser], desk: Home
) -> None:
    draft_id = bo.keep(file("N-5", "One."), submit=True)
    seen = bo.get(f"/drafts/{draft_id}/edit").one("input", name="seen").attrib["value"]
    people["ann"].send(f"/drafts/{draft_id}/edit", text=file("N-5", "Ann's."), seen=seen)
    page = bo.send(f"/drafts/{draft_id}/edit", 409, text=file("N-5", "Bo's."), seen=seen)
    assert "was edited by Ann Lee" in page.words("p", class_="refused")
    assert typed(page) == file("N-5", "Bo's.")
    assert "Ann's." in page.words("pre", class_="source")
    newer = page.one("input", name="seen").attrib["value"]
    bo.send(f"/drafts/{draft_id}/edit", text=file("N-5", "Bo's."), seen=newer)
    assert desk.asof.drafts().find(draft_id).draft.text.endswith("Bo's.\n")


def test_of_two_edits_at_the_same_moment_one_comes_back_with_both(
    bo: Browser, people: dict[str, Browser], desk: Home
) -> None:
    draft_id = bo.keep(file("N-9", "One."), submit=True)
    people["ann"].send(f"/drafts/{draft_id}/edit", text=file("N-9", "Two."))  # both have written it, so both see it
    seen = bo.get(f"/drafts/{draft_id}/edit").one("input", name="seen").attrib["value"]

    def edit(name: str) -> Any:
        fields = {"text": file("N-9", f"Words of {name}."), "seen": seen}
        return people[name].client.post(f"/drafts/{draft_id}/edit", data=fields, headers=SENT_FROM_HERE)

    with ThreadPoolExecutor() as threads:
        with writer_lock(desk.path):  # so that both have begun before either writes
            waiting = [threads.submit(edit, name) for name in ("bo", "ann")]
            time.sleep(0.5)
        answers = [each.result() for each in waiting]
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    lost, won = ("bo", "ann") if answers[0].status_code == 409 else ("ann", "bo")
    page = parsed(answers[0] if lost == "bo" else answers[1])
    assert typed(page) == file("N-9", f"Words of {lost}.")
    assert f"Words of {won}." in page.words("pre", class_="source")
    assert desk.asof.drafts().find(draft_id).draft.text == file("N-9", f"Words of {won}.")


def test_an_edit_that_cannot_be_read_comes_back_with_its_words(bo: Browser) -> None:
    draft_id = bo.keep(file("N-6", "One."))
    assert typed(bo.send(f"/drafts/{draft_id}/edit", 422, text="none")) == "none"
    moved = bo.send(f"/drafts/{draft_id}/edit", 409, text=file("N-7", "One."))
    assert "is of policy N-7" in moved.words("p", class_="refused")


def test_words_of_a_draft_that_was_deleted_meanwhile_come_back_and_are_kept_as_a_new_one(
    bo: Browser, people: dict[str, Browser], desk: Home
) -> None:
    draft_id = bo.keep(file("N-10", "One."), submit=True)
    seen = bo.get(f"/drafts/{draft_id}/edit").one("input", name="seen").attrib["value"]
    people["ada"].send(f"/drafts/{draft_id}/delete", 200)
    mine = file("N-10", "An hour of work.")
    checked = bo.send("/drafts/check", 200, text=mine, seen=seen, draft=draft_id)
    assert typed(checked) == mine
    page = bo.send(f"/drafts/{draft_id}/edit", 404, text=mine, seen=seen, draft=draft_id)
    assert f"Not kept. There is no draft '{draft_id}'" in page.words("p", class_="refused")
    assert typed(page) == mine
    assert page.one("form", class_="write").attrib["action"] == "/drafts/new"
    assert desk.asof.drafts().find(bo.keep(typed(page))).draft.text == mine


def test_a_draft_starts_anew_when_its_policy_changed_beneath_it(bo: Browser, ann: Browser, desk: Home) -> None:
    desk.publish("B-1", "Before.", "2024-01-01", "2026-01-15T12:00:01Z")
    draft_id = bo.keep(file("B-1", "Mine."), submit=True)
    desk.publish("B-1", "Between.", "2025-01-01", "2026-01-15T12:00:02Z")
    page = bo.get(f"/drafts/{draft_id}")
    assert "is void: transaction" in page.words("section", class_="banner")
    assert "(publish B-1@2) changed B-1" in page.words("section", class_="banner")
    inbox = ann.get("/approvals")
    assert "No longer counts" in [said(it) for it in inbox.all("h2")]
    assert f"B-1 · {draft_id} the submission of Bo Chen" in inbox.words()
    assert f"/drafts/{draft_id}/approve" not in ann.get(f"/drafts/{draft_id}").response.text
    refused = bo.send(f"/drafts/{draft_id}/submit", 409)
    assert f"then give the draft again: /drafts/{draft_id}/edit" in refused.words("div", class_="refused")
    desk.clock.now = parse_instant("2026-01-15T12:00:03Z")


def test_whoever_the_key_does_not_name_is_told_what_to_do_and_loses_nothing(people: dict[str, Browser]) -> None:
    nobody = people["nobody"]
    assert "Your key names no person." in nobody.get("/drafts/new").words("p", class_="refused")
    page = nobody.send("/drafts/new", 409, text=file("N-8", "Words."))
    assert typed(page) == file("N-8", "Words.")
    assert "names no person" in page.words("p", role="alert")


def test_who_decides_in_another_zone_reads_the_day_that_was_written(home: Home) -> None:
    home.write(Configure(timezone="Europe/Berlin"), recorded="2025-01-01")
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2025-01-02")
    home.clock.set("2026-01-15T12:00:00Z")
    for role, person in ((Role.AUTHOR, "Bo Chen"), (Role.APPROVER, "Ann Lee")):
        _, text = home.asof.key_ring.create(role, person=person)
        with TestClient(
            create_service(home.asof, keys_required=True), "http://localhost", follow_redirects=False
        ) as client:
            client.post("/sign-in", data={"key": text}, headers=SENT_FROM_HERE)
            browser = Browser(client)
            if role is Role.AUTHOR:
                assert "effective: 2026-01-15" in browser.get("/drafts/new").words()
                draft_id = browser.keep(file("P-7", "Nine days.", effective="2030-06-01"), submit=True)
            page = browser.get(f"/drafts/{draft_id}").words()
            assert "from 2030-06-01" in page
            assert "2030-05-31" not in page
