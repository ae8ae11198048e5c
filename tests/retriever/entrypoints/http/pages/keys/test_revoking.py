"""A key is ended on a page that says first what that does; its sessions and its programs are refused at once."""

from policies.instant import parse_instant
from retriever.access.permissions import Role
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser
from tests.retriever.entrypoints.http.pages.keys.conftest import Office


def test_a_page_says_what_it_does_and_then_it_is_done_at_once(ada: Browser, office: Office) -> None:
    text, other = office.key(Role.AUTHOR, "Bo Chen"), office.key(Role.READER, "bo  chen")
    key_id, other_id = (it.split("_")[1] for it in (text, other))
    bo = office.browser(text)
    page = ada.get(f"/keys/{key_id}/revoke")
    assert page.words("h1") == f"Revoke key {key_id} of Bo Chen?"
    assert "Every browser that is signed in with it is signed out at once." in page.words()
    assert f"Bo Chen also holds {other_id}, which stays active." in page.words()
    assert bo.get("/").status == 200
    there = ada.send(f"/keys/{key_id}/revoke")
    assert there == f"/keys?revoked={key_id}"
    assert f"Key {key_id} of Bo Chen is revoked since 2025-01-01 12:00 UTC." in ada.get(there).words("p", role="status")
    assert bo.client.get("/").status_code == 303
    bearer = {"authorization": f"Bearer {text}"}
    assert office.browser().client.get("/v1/policies", headers=bearer).status_code == 401
    again = ada.get(f"/keys/{key_id}/revoke")
    assert "It is refused since 2025-01-01 12:00 UTC. There is nothing more to do." in again.words()
    office.home.clock.set("2025-01-01T13:00:00Z")
    assert ada.send(f"/keys/{key_id}/revoke") == there
    assert "since 2025-01-01 12:00 UTC" in ada.get(there).words("p", role="status")


def test_a_token_of_the_feed_and_an_expired_key_say_what_they_are(ada: Browser, office: Office) -> None:
    feed = office.key(Role.FEED).split("_")[1]
    old, _ = office.home.asof.key_ring.create(Role.READER, expires=parse_instant("2025-01-01T12:30:00Z"))
    office.home.clock.set("2025-01-01T13:00:00Z")
    assert "Feed readers and calendars that have its address get nothing" in ada.get(f"/keys/{feed}/revoke").words()
    assert "It expired at 2025-01-01 12:30 UTC, so it is refused already." in ada.get(f"/keys/{old.id}/revoke").words()
    ada.send(f"/keys/{old.id}/revoke")


def test_ones_own_key_and_the_last_one_of_an_admin_are_said_before(ada: Browser, office: Office) -> None:
    mine = office.home.asof.key_ring.keys()[0].id
    page = ada.get(f"/keys/{mine}/revoke")
    assert "It is your own key. You are signed out at once" in page.words()
    assert "No other active key is an admin's." in page.words()
    assert "It is the last active key. Afterwards every caller is refused" in page.words()
    office.key(Role.READER)
    assert "the last active key" not in ada.get(f"/keys/{mine}/revoke").words()
    office.key(Role.ADMIN)
    assert "an admin's" not in ada.get(f"/keys/{mine}/revoke").words()
    done = ada.send(f"/keys/{mine}/revoke", 200, said="own")
    assert done.words("h1") == f"Your key {mine} is revoked"
    assert not done.all("nav")
    assert ada.client.get("/keys").status_code == 303


def test_what_was_not_said_before_is_said_before_it_is_done(ada: Browser, office: Office) -> None:
    other = office.key(Role.ADMIN).split("_")[1]
    mine = office.home.asof.key_ring.keys()[0].id
    said = ada.get(f"/keys/{mine}/revoke").one("input", name="said").attrib["value"]
    assert said == "own"
    office.home.asof.key_ring.revoke(other)
    page = ada.send(f"/keys/{mine}/revoke", 409, said=said)
    assert "Nothing was done. Other keys ended since this page was opened." in page.words("p", role="alert")
    assert "No other active key is an admin's." in page.words()
    assert office.home.asof.key_ring.active(mine) is not None
    said = page.one("input", name="said").attrib["value"]
    ada.send(f"/keys/{mine}/revoke", 200, said=said)
    assert office.home.asof.key_ring.active(mine) is None


def test_an_id_that_there_is_not_is_no_page_and_a_whole_key_is_not_repeated(ada: Browser, office: Office) -> None:
    text = office.key(Role.READER)
    for named in ("00000000", text):
        page = ada.get(f"/keys/{named}/revoke", 404)
        assert "There is no key of this id; /keys lists all" in page.words()
        assert text not in page.words()
        ada.send(f"/keys/{named}/revoke", 404)
    kept = (office.home.path / "audit.jsonl").read_text() + office.said.getvalue()
    assert text.split("_", 2)[2] not in kept
