"""What authors change over HTTP: tried first, cleared, taken back, and refused in the words of the service."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from policies.change import Publish
from policies.storage.writer_lock import writer_lock
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.e2e.serving import problem
from tests.retriever.homes import Home, draft


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 by transaction 1; P-7@2, scheduled, and the secret S-1@1 by transactions 2 and 3, and S-1@2 by 4."""
    home.publish("P-7", "Seven days.", "2024-01-01", owner="returns")
    home.write(
        Publish(draft("P-7", "Nine days.", "2030-01-01", review_by="2031-01-01")),
        Publish(draft("S-1", "Secret.", "2024-01-01", audience="[legal]")),
    )
    home.publish("S-1", "Secret again.", "2025-01-01", audience="[legal]")
    return home


@pytest.fixture
def service(shop: Home) -> Iterator[TestClient]:
    with TestClient(create_service(shop.asof), "http://localhost") as client:
        yield client


def author(home: Home, *labels: str) -> dict[str, str]:
    """The header of a key that may write under these labels."""
    _, secret = home.asof.key_ring.create(Role.AUTHOR, labels)
    return {"authorization": f"Bearer {secret}"}


def test_without_a_tx_an_author_undoes_the_newest_commit_that_is_all_theirs(service: TestClient, shop: Home) -> None:
    theirs = author(shop)
    done = service.post("/v1/undo", json={}, headers=theirs)
    assert (done.status_code, done.json()["events"][0]["undoes"]) == (201, [1])
    for tx in (2, 4, 99):
        refused = problem(service.post("/v1/undo", json={"tx": tx}, headers=theirs), 409, "refused")
        assert refused["detail"] == (
            f"There is no transaction {tx} that you may undo; `GET /v1/log` lists what you may know of"
        )
    lawyers = author(shop, "legal")
    tried = service.post("/v1/undo", json={"tx": 2, "dry_run": True}, headers=lawyers)
    assert [event["undoes"] for event in tried.json()["events"]] == [[2], [3]]


def test_an_author_of_nothing_is_told_that_there_is_nothing_to_undo(home: Home) -> None:
    home.publish("S-1", "Secret.", "2024-01-01", audience="[legal]")
    with TestClient(create_service(home.asof), "http://localhost") as service:
        refused = problem(service.post("/v1/undo", json={}, headers=author(home)), 409, "refused")
    assert refused["detail"].startswith("There is no transaction that you may undo")


def test_what_began_is_refused_without_naming_what_the_author_may_not_read(service: TestClient, shop: Home) -> None:
    shop.clock.set("2030-06-01")
    body = {"revision": 2}
    whole = problem(service.post("/v1/policies/P-7/unschedule", json=body), 409, "refused")["detail"]
    assert whole.endswith(
        '`POST /v1/policies/P-7/withdraw` ends it, and `POST /v1/undo {"tx": 2}` takes it back, '
        "together with 3 (publish S-1@1)"
    )
    part = problem(service.post("/v1/policies/P-7/unschedule", json=body, headers=author(shop)), 409, "refused")
    assert part["detail"].endswith("`POST /v1/policies/P-7/withdraw` ends it")


def test_a_field_sent_as_null_is_cleared_and_one_not_sent_stays(service: TestClient) -> None:
    def describe(**body: Any) -> list[tuple[str, str, str | None, str | None]]:
        answer = service.post("/v1/policies/P-7/describe", json=body)
        assert answer.status_code == (200 if body.get("dry_run") else 201), answer.text
        return [(it["version"], it["field"], it["was"], it["becomes"]) for it in answer.json()["described"]]

    assert describe(review_by=None, dry_run=True) == [("P-7@2", "review_by", "2031-01-01T00:00:00Z", None)]
    assert describe(review_by="2026-06-01", note="Ask Ada") == [
        ("P-7@1", "note", None, "Ask Ada"),
        ("P-7@1", "review_by", None, "2026-06-01T00:00:00Z"),
        ("P-7@2", "note", None, "Ask Ada"),
        ("P-7@2", "review_by", "2031-01-01T00:00:00Z", "2026-06-01T00:00:00Z"),
    ]
    assert describe(owner=None) == [("P-7@1", "owner", "returns", None)]
    shown = service.get("/v1/policies/P-7").json()
    assert (shown["owner"], shown["note"], shown["review_by"]) == (None, "Ask Ada", "2026-06-01T00:00:00Z")
    logged = service.get("/v1/log", params={"policy": "P-7"}).json()["events"][0]
    assert (logged["kind"], logged["clears"]) == ("describe", ["owner"])


def test_one_name_for_a_field_cleared_and_for_a_field_not_sent_is_refused(service: TestClient) -> None:
    named = {"idempotency-key": "k-1"}
    first = service.post("/v1/policies/P-7/describe", json={"note": "Ask Ada"}, headers=named)
    again = service.post("/v1/policies/P-7/describe", json={"note": "Ask Ada"}, headers=named)
    assert first.json()["events"] == again.json()["events"]
    other = service.post("/v1/policies/P-7/describe", json={"note": "Ask Ada", "owner": None}, headers=named)
    problem(other, 422, "idempotency_mismatch")


def test_what_describes_nothing_names_the_body_and_what_to_give(service: TestClient) -> None:
    refused = problem(service.post("/v1/policies/P-7/describe", json={}), 422, "invalid_request")
    assert refused["errors"] == [{"field": "body", "problem": "nothing is described; give owner, note or review_by"}]


def test_a_withdrawal_and_its_end_may_only_be_tried(service: TestClient, shop: Home) -> None:
    tried = service.post("/v1/policies/P-7/withdraw", json={"from": "2026-01-01", "dry_run": True})
    assert (tried.status_code, tried.json()["dry_run"]) == (200, True)
    assert [(it["was"], it["becomes"]) for it in tried.json()["changes"]] == [
        ("P-7@1", "withdrawn"),
        ("P-7@2", "withdrawn"),
    ]
    assert shop.asof.ledger.newest_tx() == 4
    done = service.post("/v1/policies/P-7/withdraw", json={"from": "2026-01-01"})
    assert done.json()["changes"] == tried.json()["changes"]
    back = service.post("/v1/policies/P-7/restore", json={"from": "2026-01-01", "dry_run": True}).json()
    assert {it["was"] for it in back["changes"]} == {"withdrawn"}


def test_a_strict_plan_does_not_say_that_something_was_not_published(service: TestClient) -> None:
    file = "---\npolicy: P-9\ntitle: T\n---\nWithin {--30--} days.\n"
    refused = problem(service.post("/v1/plan", json={"files": [file], "strict": True}), 422, "lint")
    assert refused["detail"].startswith("With strict these files would not be published: a finding of the lint")
    assert "was published" not in refused["detail"]


def test_a_revision_in_the_place_of_a_policy_is_named(service: TestClient) -> None:
    refused = problem(service.post("/v1/policies/P-7@1/withdraw", json={"from": "2026-01-01"}), 404, "unknown_policy")
    assert refused["detail"] == "P-7@1 is a revision; name the policy, P-7"
    unknown = problem(service.get("/v1/policies/P-404/revisions"), 404, "unknown_policy")
    assert unknown["detail"] == "There is no policy P-404; `GET /v1/policies` lists them"


def test_a_write_that_waited_until_its_key_was_valid_no_longer_records_nothing(service: TestClient, shop: Home) -> None:
    expires = shop.clock() + 3_600_000_000
    _, secret = shop.asof.key_ring.create(Role.AUTHOR, expires=expires)
    file = "---\npolicy: P-9\ntitle: T\n---\nNine.\n"
    before = shop.asof.ledger.newest_tx()
    with ThreadPoolExecutor(1) as callers:
        with writer_lock(shop.path):
            sent = callers.submit(
                service.post,
                "/v1/policies/P-9/revisions",
                json={"file": file},
                headers={"authorization": f"Bearer {secret}"},
            )
            time.sleep(0.5)
            assert not sent.done()
            shop.clock.now = expires
        refused = problem(sent.result(), 401, "unauthorized")
    assert "was revoked or has expired since" in refused["detail"]
    assert shop.asof.ledger.newest_tx() == before


def test_who_waits_for_changes_is_told_none_once_their_key_is_revoked(service: TestClient, shop: Home) -> None:
    key, secret = shop.asof.key_ring.create(Role.READER, ["legal"])
    headers = {"authorization": f"Bearer {secret}"}
    newest = shop.asof.ledger.newest_tx()
    with ThreadPoolExecutor(1) as callers:
        sent = callers.submit(service.get, f"/v1/changes?after={newest}&wait=20", headers=headers)
        time.sleep(0.5)
        assert not sent.done()
        shop.asof.key_ring.revoke(key.id)
        shop.publish("S-1", "Secret once more.", "2026-01-01", audience="[legal]")
        problem(sent.result(), 401, "unauthorized")
