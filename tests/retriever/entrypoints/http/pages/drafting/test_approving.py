"""Another person's words are approved or given back on a page, and the page says what came of it."""

import json

from starlette.testclient import TestClient

from policies.approving.authority import Authority
from policies.change import Configure
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE
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


def test_only_approvers_have_an_inbox(people: dict[str, Browser]) -> None:
    assert "Approvals" in people["ann"].get("/").links()
    for name in ("bo", "reader"):
        people[name].get("/approvals", 403)
        assert "Approvals" not in people[name].get("/").links()
    assert "Drafts" in people["bo"].get("/").links()
    assert "Drafts" not in people["reader"].get("/").links()
    people["reader"].get("/drafts", 403)
    people["reader"].send("/drafts/new", 403, text="x")
    people["bo"].send("/drafts/d-aaaaaaaa/approve", 403)


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
    said = bo.get(done).words("section", class_="banner")
    assert said.startswith(f"Undo U-1: transaction {tx} no longer counts.")
    assert "“too early”" in said
    people["reader"].get(f"{there}/undo", 403)
    assert "Undo" not in people["reader"].get(there).words("nav", class_="ways")
    bo.send(f"{there}/undo", 409, seen="another", note="once more")


def test_every_action_has_its_line_in_the_audit_log_and_looking_has_none(bo: Browser, ann: Browser, desk: Home) -> None:
    draft_id = bo.keep(file("A-10", "Words."), submit=True)
    digest = ann.digest(draft_id)
    bo.send("/drafts/check", 200, text=file("A-10", "Words."))
    for address in ("/drafts", f"/drafts/{draft_id}", f"/drafts/{draft_id}/edit"):
        bo.get(address)
    tx = ann.send(f"/drafts/{draft_id}/approve", digest=digest).removeprefix("/changes/")
    bo.get(f"/changes/{tx}/undo")
    lines = [json.loads(line) for line in (desk.path / "audit.jsonl").read_text().splitlines()]
    mine = [(line["action"], line["method"], line["path"], line["status"]) for line in lines][-3:]
    assert mine == [
        ("write", "POST", "/drafts/new", 303),
        ("write", "POST", f"/drafts/{draft_id}/submit", 303),
        ("approve", "POST", f"/drafts/{draft_id}/approve", 303),
    ]


def test_a_form_of_another_site_does_nothing(bo: Browser, ann: Browser, desk: Home) -> None:
    draft_id = bo.keep(file("A-11", "Words."), submit=True)
    digest, before = ann.digest(draft_id), desk.asof.ledger.timeline().tx
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        for path in ("approve", "reject", "submit", "publish", "edit", "delete"):
            data = {"digest": digest, "reason": "x", "text": file("A-11", "Evil.")}
            answer = ann.client.post(f"/drafts/{draft_id}/{path}", data=data, headers=headers)
            assert answer.status_code == 403, path
        for path in ("/drafts/new", "/drafts/check", f"/changes/{before}/undo"):
            assert ann.client.post(path, data={"text": "x"}, headers=headers).status_code == 403, path
    assert desk.asof.ledger.timeline().tx == before
    assert desk.asof.drafts().find(draft_id).state == "submitted"


def test_stored_markup_is_words_on_every_page_of_a_draft(bo: Browser, ann: Browser) -> None:
    markup = '"><img src=x onerror=alert(1)>'
    text = file("A-12", f"# {markup}\n\n{markup} </textarea><script>alert(2)</script>", owner=f"'{markup}'")
    text = text.replace("Title of A-12", f"'{markup}'").replace("---\n# ", f"note: '{markup}'\n---\n# ")
    draft_id = (
        bo.send("/drafts/new", files={"file": (f"{markup}.md", text.encode())}, text="", replace_scheduled="1")
        .removeprefix("/drafts/")
        .partition("?")[0]
    )
    bo.send(f"/drafts/{draft_id}/submit")
    where = [(bo, it) for it in ("/drafts", f"/drafts/{draft_id}", f"/drafts/{draft_id}/edit")]
    where += [(bo, f"/drafts/{draft_id}/delete"), (ann, "/approvals"), (ann, f"/drafts/{draft_id}")]
    pages = [browser.get(address) for browser, address in where]
    pages.append(ann.send(f"/drafts/{draft_id}/approve", 409, digest=markup, note=markup))
    pages.append(bo.send("/drafts/check", 200, text=text))
    there = ann.send(f"/drafts/{draft_id}/approve", digest=ann.digest(draft_id), note=markup)
    pages += [ann.get(there), bo.get(f"{there}/undo"), bo.get("/drafts/new?policy=A-12")]
    for page in pages:
        assert not page.all("img"), page.response.url
        assert all("src" in it.attrib for it in page.all("script")), page.response.url
        assert "<img" not in page.response.text, page.response.url


def test_what_a_key_does_not_read_is_answered_as_what_is_not_there(people: dict[str, Browser]) -> None:
    lea, bo, ann = people["lea"], people["bo"], people["ann"]
    draft_id = lea.keep(file("S-1", "Clandestine zanzibar, later.", audience="[legal]"), submit=True)
    for browser in (bo, ann, people["ada"]):
        for address in ("/drafts", "/approvals", "/"):
            answer = browser.client.get(address).text
            assert draft_id not in answer
            assert "zanzibar" not in answer.casefold()
        for path in ("", "/edit", "/delete"):
            hidden, unknown = (browser.client.get(f"/drafts/{it}{path}") for it in (draft_id, "d-aaaaaaaa"))
            assert hidden.status_code == unknown.status_code == 404
            assert hidden.text.replace(draft_id, "d-aaaaaaaa") == unknown.text
        for path in ("submit", "publish", "edit", "delete", "approve", "reject"):
            data = {"digest": "0" * 64, "reason": "x", "text": file("S-1", "Mine.")}
            hidden, unknown = (
                browser.client.post(f"/drafts/{it}/{path}", data=data, headers=SENT_FROM_HERE)
                for it in (draft_id, "d-aaaaaaaa")
            )
            assert hidden.status_code == unknown.status_code, path
            assert hidden.text.replace(draft_id, "d-aaaaaaaa") == unknown.text, path
        hidden, unknown = (browser.client.get(f"/drafts/new?policy={it}") for it in ("S-1", "S-9"))
        assert hidden.text.replace("S-1", "S-9") == unknown.text
        hidden, unknown = (browser.client.get(f"/changes/{it}") for it in (2, 9999))
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.text.replace(" 2", " 9999").replace("/changes/2", "/changes/9999") == unknown.text
        hidden, unknown = (browser.client.get(f"/changes/{it}/undo") for it in (2, 9999))
        assert hidden.status_code == unknown.status_code == 409
        assert "zanzibar" not in hidden.text.casefold()
    assert "S-1" in lea.get("/drafts").words()


def test_without_keys_pages_say_what_a_draft_needs(desk: Home) -> None:
    with TestClient(create_service(desk.asof), "http://localhost", follow_redirects=False) as client:
        here = Browser(client)
        assert "Nobody is signed in." in here.get("/drafts").words("p", class_="refused")
        assert 'asof key create --role author --person "Ann Lee"' in here.get("/drafts/new").words()
        page = here.send("/drafts/new", 409, text=file("L-1", "Words."))
        assert "".join(page.one("textarea").itertext()) == file("L-1", "Words.")
        assert "sign in with it" in here.get("/approvals").words()
