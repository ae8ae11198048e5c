"""What other sites, other roles, other labels and hostile words can do on pages of drafts: nothing."""

import json

from starlette.testclient import TestClient

from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser, file
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE
from tests.retriever.homes import Home


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
        assert (
            hidden.text.replace("transaction 2;", "transaction 9999;").replace("/changes/2", "/changes/9999")
            == unknown.text
        )
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
