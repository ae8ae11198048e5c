"""The log, keys and health: for those who may look at them."""

import pytest
from starlette.testclient import TestClient

from policies.approving.authority import Authority
from policies.change import Configure
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import Reader, parsed
from tests.retriever.entrypoints.http.pages.test_signing_in import sign_in
from tests.retriever.homes import Home


def test_the_log_has_every_event_the_newest_first(local: Reader) -> None:
    rows = local("/log").rows()
    assert rows[0][0].startswith("publish X-1@1")
    assert rows[-1][:3] == [
        "publish P-7@1 Damaged items",
        "2024-01-01 10:00 UTC Transaction 1",
        "from 2024-01-01, no end set",
    ]
    erased = next(row for row in rows if row[0].startswith("erase"))
    assert erased[0] == "erase E-1@1 its words are erased"
    assert erased[4] == "a court says so"


def test_the_log_is_narrowed_by_policy_and_time(local: Reader) -> None:
    assert [row[0] for row in local("/log?policy=P-8").rows()] == ["withdraw P-8", "publish P-8@1 Gift cards"]
    assert len(local("/log?since=2025-12-02&until=2025-12-03").rows()) == 1
    assert "No event is recorded there" in local("/log?until=2000-01-01").words()
    for before in ("x", "0", "9" * 20, "0" + "1" * 30, "0" + "1" * 5_000):
        assert "take the address that a page of the log gives" in local(f"/log?before={before}", status=422).words()


def test_settings_are_in_the_log_of_admins_and_of_those_who_need_no_key_and_in_no_other(home: Home) -> None:
    """On the page, on that of the transaction, and in the answer of the route."""
    home.publish("P-1", "Words.", "2024-01-01")
    ada = Authority("Ada Min", approves=True, decides=True)
    hr = Configure(approval="required", policies="HR-*", note="so the board decided", author="Ada Min")
    home.asof.write([hr], authority=ada)
    with TestClient(create_service(home.asof), "http://localhost") as client:
        rows = Reader(client)("/log").rows()
        assert [row[0] for row in rows] == ["settings approval required for HR-*", "publish P-1@1 Title of P-1"]
        assert rows[0][3:] == ["Ada Min", "so the board decided"]
        assert client.get("/v1/log").json()["events"][0]["settings"] == {"approval": "required", "policies": "HR-*"}
        page = Reader(client)("/changes/2")
        assert page.words("section", class_="banner").startswith("Settings: approval required for HR-*.")
        assert "Undo" not in page.words("nav", class_="ways")
        assert len(Reader(client)("/log?policy=P-1").rows()) == 1
    texts = {role: home.asof.key_ring.create(role, person="Bo Chen")[1] for role in Role if role is not Role.FEED}
    with TestClient(create_service(home.asof, keys_required=True), "http://localhost") as client:
        for role, text in texts.items():
            bearer = {"authorization": f"Bearer {text}"}
            told = role is Role.ADMIN
            for address in ("/log", "/v1/log"):
                answer = client.get(address, headers=bearer)
                assert answer.status_code == 200
                assert [words in answer.text for words in ("HR-*", "board", "/changes/2", '"tx":2')].count(True) == (
                    3 if told else 0
                ), (role, address)
            assert client.get("/changes/2", headers=bearer).status_code == (200 if told else 404)


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("author", 403), ("admin", 200)])
@pytest.mark.parametrize("address", ["/keys", "/health"])
def test_only_admins_look_at_keys_and_health(
    visitor: TestClient, keys: dict[str, str], role: str, status: int, address: str
) -> None:
    sign_in(visitor, keys[role])
    page = parsed(visitor.get(address))
    assert page.status == status
    assert (address in parsed(visitor.get("/")).links().values()) == (status == 200)


def test_keys_are_listed_without_their_texts(visitor: TestClient, keys: dict[str, str], shop: Home) -> None:
    sign_in(visitor, keys["admin"])
    page = parsed(visitor.get("/keys"))
    rows = {row[0]: row[1:4] for row in page.rows()}
    held = {key.id: key for key in shop.asof.key_ring.keys()}  # noqa: SIM118 - a method of its own
    counsel = keys["counsel"].split("_")[1]
    assert set(rows) == set(held)
    assert rows[counsel] == ["Active", "reader", "legal, public"]
    assert not any(text.split("_", 2)[2] in page.response.text for text in keys.values())


def test_health_says_head_generation_and_watermark(local: Reader, shop: Home) -> None:
    rows = dict(local("/health").rows())
    tx, _, head = shop.asof.ledger.head()
    assert rows["Head of the chain"] == head
    assert rows["Searchable up to transaction"] == rows["Newest transaction"] == str(tx)
    assert rows["Recorded up to"] == "2025-12-04 10:00 UTC"
    assert rows["Policies"] == "7"


def test_an_admin_with_a_key_sees_no_counts_of_what_the_key_may_not_read(
    visitor: TestClient, keys: dict[str, str]
) -> None:
    sign_in(visitor, keys["admin"])
    assert not {"Policies", "Revisions"} & dict(parsed(visitor.get("/health")).rows()).keys()
