"""A key is made on a page and shown once; nobody makes what they may not give, and nothing of it is kept."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser
from tests.retriever.entrypoints.http.pages.keys.conftest import HERE, Office, make, proposed, text_on
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE
from tests.retriever.homes import Home

MARKUP = '"><img src=x onerror=alert(1)>'


def test_a_key_is_shown_once_and_lets_its_holder_in(ada: Browser, office: Office) -> None:
    page = make(
        ada, role="approver", person="Ann  Lee", labels="legal, public", note="her laptop", expires="2027-01-01"
    )
    text = text_on(page)
    assert "Copy it now: it is not shown again." in page.words("p", role="status")
    assert page.response.headers["cache-control"] == "no-store"
    assert "location" not in page.response.headers
    [key] = [it for it in office.home.asof.key_ring.keys() if it.id == text.split("_")[1]]  # noqa: SIM118
    assert (key.role, key.person, key.audience, key.note) == (
        Role.APPROVER, "Ann Lee", ("legal", "public"), "her laptop",
    )  # fmt: skip
    assert key.content()["expires"] == "2027-01-01T00:00:00Z"
    office.browser(text).get("/approvals")
    row = next(row for row in ada.get("/keys").rows() if row[0].startswith(key.id))
    assert row[1:5] == ["Active", "approver", "legal, public", "Ann Lee"]
    assert row[0] == f"{key.id} her laptop"
    assert row[5:7] == ["2025-01-01 12:00 UTC", "made 2025-01-01 12:00 UTC, until 2027-01-01"]


def test_the_text_is_on_no_second_page_and_in_no_file_and_no_log(ada: Browser, office: Office) -> None:
    text = text_on(make(ada, role="reader"))
    secret = text.split("_", 2)[2]
    assert office.browser(text).get("/").status == 200
    key_id = text.split("_")[1]
    for address in ("/keys", "/keys/new", f"/keys/{key_id}/revoke", "/log", "/health", "/"):
        assert secret not in ada.get(address).response.text, address
    kept = {}
    for path in office.home.path.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # a journal of SQLite goes meanwhile
            kept[path] = path.read_bytes()
    assert kept[office.home.path / "audit.jsonl"]
    assert not any(secret.encode() in content for content in kept.values())
    assert '"/keys/new"' in office.said.getvalue()
    assert secret not in office.said.getvalue()


def test_the_audit_log_says_who_made_and_revoked_which_key_and_not_who_looked(ada: Browser, office: Office) -> None:
    key_id = text_on(make(ada, role="reader")).split("_")[1]
    ada.get(f"/keys/{key_id}/revoke")
    ada.send(f"/keys/{key_id}/revoke")
    make(ada, 422, role="approver")
    held = audit(office.home.path)
    mine = next(key.id for key in office.home.asof.key_ring.keys() if key.person == "Ada Min")  # noqa: SIM118
    assert [(it["action"], it["key"], it["path"], it["status"], it.get("made_key")) for it in held] == [
        ("operate", mine, "/keys/new", 201, key_id),
        ("operate", mine, f"/keys/{key_id}/revoke", 303, None),
        ("operate", mine, "/keys/new", 422, None),
    ]


def test_a_form_that_is_sent_twice_makes_one_key(ada: Browser, office: Office) -> None:
    key_id = proposed(ada)
    ada.send("/keys/new", 201, id=key_id, role="reader")
    page = ada.send("/keys/new", 409, id=key_id, role="reader")
    assert f"Key {key_id} is made already, and its text is not shown again" in page.words("p", role="alert")
    assert page.links()[f"revoke key {key_id}"] == f"/keys/{key_id}/revoke"
    assert len(office.home.asof.key_ring.keys()) == 2


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        (
            {"role": "approver", "person": ""},
            422,
            "a key of role approver names who holds it, because nobody approves what they ",
        ),
        ({"role": "approver", "person": "\u200b"}, 422, "give one, such as Ann Lee, or leave it out"),
        ({"role": "reader", "expires": "2024-01-01"}, 422, "2024-01-01T00:00:00Z is not after now"),
        ({"role": "reader", "expires": "soon"}, 422, "expires: "),
        ({"role": "reader", "note": "x" * 501}, 422, "note: write at most 500 characters"),
        ({"role": "reader", "labels": "x," * 1_001}, 422, "labels: write at most 2,000 characters"),
        ({"role": "king"}, 422, "role: choose one of reader, "),
        ({}, 422, "role: choose one of reader, "),
        ({"role": "reader", "labels": "hr, legal, board"}, 403, "your own key does not have board, hr"),
    ],
)
def test_a_refusal_is_the_form_again_with_what_was_typed(
    ada: Browser, office: Office, fields: dict[str, str], status: int, why: str
) -> None:
    typed = {"person": "Bo Chen", "labels": "legal", "note": "the search page", "expires": "2027-01-01", **fields}
    page = make(ada, status, **typed)
    assert "Nothing was made." in page.words("p", role="alert")
    assert why in page.words("p", role="alert")
    assert "--person" not in page.words("p", role="alert")
    for name in ("person", "labels", "note", "expires"):
        assert page.one("input", name=name).attrib["value"] == typed[name]
    chosen = [it.attrib["value"] for it in page.all("option") if "selected" in it.attrib]
    assert chosen == [role for role in [fields.get("role", "")] if role in [*Role]]
    assert len(office.home.asof.key_ring.keys()) == 1


def test_nobody_gives_a_label_that_their_own_key_does_not_have(office: Office) -> None:
    bare = office.browser(office.key(Role.ADMIN))
    refused = make(bare, 403, role="reader", labels="legal")
    assert "`asof key create` on the service's machine does" in refused.words("p", role="alert")
    make(bare, role="reader", labels="public")


def test_a_token_of_the_feed_is_shown_as_two_addresses_that_open_it_and_no_page(ada: Browser, office: Office) -> None:
    assert ada.get("/keys/new?role=feed").one("option", value="feed").attrib["selected"] == ""
    page = make(ada, role="feed", labels="legal")
    text = text_on(page)
    shown = ["".join(it.itertext()) for it in page.all("p", class_="secret")]
    assert shown == [f"{HERE}/{name}?token={text}" for name in ("feed.atom", "calendar.ics")]
    stranger = office.browser().client
    assert stranger.get(shown[0]).status_code == stranger.get(shown[1]).status_code == 200
    assert stranger.post("/sign-in", data={"key": text}, headers=SENT_FROM_HERE).status_code == 403
    row = next(row for row in ada.get("/keys").rows() if row[0] == text.split("_")[1])
    assert row[2] == "feed (a token in addresses)"
    assert ada.get("/calendar").links()["Make one"] == "/keys/new?role=feed"


def test_stored_markup_of_a_key_is_words_on_every_page(ada: Browser) -> None:
    page = make(ada, role="reader", person=MARKUP, note=MARKUP)
    key_id = text_on(page).split("_")[1]
    pages = [page, ada.get("/keys"), ada.get(f"/keys/{key_id}/revoke"), ada.get("/keys/new?role=" + MARKUP)]
    pages.append(make(ada, 403, role=MARKUP, person=MARKUP, note=MARKUP, labels=MARKUP, expires=MARKUP))
    pages.append(ada.send("/keys/new", 422, id=MARKUP, role="reader"))
    there = ada.send(f"/keys/{key_id}/revoke")
    pages += [ada.get(there), ada.get(f"/keys?revoked={MARKUP}")]
    for each in pages:
        assert not each.all("img"), each.response.url
        assert "<img" not in each.response.text, each.response.url
    assert f"of {MARKUP} is revoked" in pages[-2].words("p", role="status")


@pytest.mark.parametrize("role", [Role.READER, Role.EVALUATOR, Role.AUTHOR, Role.APPROVER])
def test_no_other_role_reaches_the_forms(office: Office, ada: Browser, role: Role) -> None:
    theirs = office.browser(office.key(role, "Bo Chen"))
    mine = next(key.id for key in office.home.asof.key_ring.keys() if key.person == "Ada Min")  # noqa: SIM118
    for path in ("/keys", "/keys/new", f"/keys/{mine}/revoke"):
        theirs.get(path, 403)
    theirs.send("/keys/new", 403, id="12345678", role="admin")
    theirs.send(f"/keys/{mine}/revoke", 403, said="own last_admin last")
    assert ada.get("/keys").status == 200
    assert len(office.home.asof.key_ring.keys()) == 2


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {}],
)
def test_a_form_of_another_site_makes_and_ends_nothing(ada: Browser, office: Office, headers: dict[str, str]) -> None:
    mine = office.home.asof.key_ring.keys()[0].id
    for path in ("/keys/new", f"/keys/{mine}/revoke"):
        answer = ada.client.post(
            path, data={"id": "12345678", "role": "admin", "said": "own last_admin last"}, headers=headers
        )
        assert answer.status_code == 403
        assert "A page of another site sent it" in answer.text
    assert [key.revoked for key in office.home.asof.key_ring.keys()] == [None]  # noqa: SIM118


def test_a_key_is_made_by_no_address_that_is_only_opened(ada: Browser, office: Office) -> None:
    ada.get("/keys/new?id=12345678&role=reader")
    assert len(office.home.asof.key_ring.keys()) == 1
    assert ada.client.put("/keys/new", headers=SENT_FROM_HERE).status_code == 405
    assert office.browser().client.post("/keys/new", data={"role": "admin"}, headers=SENT_FROM_HERE).status_code == 401


def test_without_keys_the_first_one_is_an_admins_and_everything_else_takes_it(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    with TestClient(create_service(home.asof), HERE, follow_redirects=False) as client:
        here = Browser(client)
        assert here.get("/keys").links()["Make the first key"] == "/keys/new"
        form = here.get("/keys/new")
        assert [it.attrib["value"] for it in form.all("option")] == ["admin"]
        assert "From that start on every caller needs one" in form.words()
        assert "the first key is an admin's" in make(here, 422, role="reader").words("p", role="alert")
        page = make(here, role="admin", person="Ada Min", labels="legal")
        assert "goes on asking nobody for a key until it is started anew" in page.words()
        for path in ("/keys/new", f"/keys/{text_on(page).split('_')[1]}/revoke"):
            assert "This home has keys, so making and revoking them takes one of role admin" in here.get(path).words()
        assert "Make a key" not in here.get("/keys").links()
        here.send("/keys/new", 403, id="12345678", role="admin")
        here.send(f"/keys/{text_on(page).split('_')[1]}/revoke", 403, said="own last_admin last")
        assert here.client.get("/v1/policies").status_code == 200
        here.client.post("/sign-in", data={"key": text_on(page)}, headers=SENT_FROM_HERE)
        make(here, role="author", person="Bo Chen")
        assert [key.role for key in home.asof.key_ring.keys()] == [Role.ADMIN, Role.AUTHOR]  # noqa: SIM118


def test_another_site_makes_no_first_key(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    with TestClient(create_service(home.asof), HERE) as client:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
            assert client.post("/keys/new", data={"role": "admin"}, headers=headers).status_code == 403
        rebound = {**SENT_FROM_HERE, "host": "evil.example"}
        assert client.post("/keys/new", data={"role": "admin"}, headers=rebound).status_code == 421
    assert home.asof.key_ring.keys() == ()


def audit(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
