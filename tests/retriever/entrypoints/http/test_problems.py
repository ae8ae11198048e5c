"""What the service says where its storage or its clock fails: a fault of its own, and never that something is done."""

import errno
import os
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from retriever.traces.receipt_store import EVERY
from tests.retriever.homes import Home
from tests.retriever.live.test_behind import LONG, little_room

FILE = "---\npolicy: P-1\ntitle: Returns\neffective: 2024-06-01\n---\n"


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-1", "Damaged items within 7 days.", "2024-01-01")
    return home


def published(service: TestClient, words: str) -> httpx.Response:
    return service.post("/v1/policies/P-1/revisions", json={"file": FILE + words})


def asked(service: TestClient) -> httpx.Response:
    return service.post("/v1/retrieve", json={"query": "Are damaged items eligible?"})


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Within it this process opens no further file."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@contextmanager
def someone_else_in(home: Home) -> Iterator[sqlite3.Connection]:
    """Someone else's hands on the ledger's file."""
    with closing(sqlite3.connect(home.path / "ledger.db")) as connection, connection:
        yield connection


def local(home: Home) -> TestClient:
    return TestClient(create_service(home.asof), "http://localhost", raise_server_exceptions=False)


def test_what_is_recorded_and_not_searchable_is_said_and_the_old_rule_is_not_served(shop: Home) -> None:
    with little_room(), local(shop) as service:
        answer = published(service, LONG)
        assert (answer.status_code, answer.json()["code"]) == (503, "not_searchable")
        assert "P-1@2 (transaction 2) is recorded" in answer.json()["detail"]
        for refused in (asked(service), service.get("/readyz")):
            assert (refused.status_code, refused.json()["code"]) == (503, "behind")
        assert service.get("/metrics").status_code == 200
        assert service.get("/livez").status_code == 200
        answer = published(service, "Within 30 days.")  # the write before is taken in first, and has no room
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert shop.asof.ledger.head()[0] == 2


def test_full_disk_is_507_and_records_nothing(shop: Home) -> None:
    with local(shop) as service, little_room(os.stat(shop.path / "ledger.db").st_size):
        answer = published(service, "x " * 100_000)
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert shop.asof.ledger.head()[0] == 1
        assert asked(service).status_code == 200


def test_service_starts_on_a_full_disk_and_keeps_receipts_once_there_is_room(
    shop: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with local(shop) as service:
        pass
    (shop.path / "receipts.db").unlink()
    with little_room(0), local(shop) as service:
        assert asked(service).status_code == 200
        answer = service.post("/v1/traces", json={"id": "t1", "answer": "Yes."})
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        time.sleep(4 * EVERY)
    assert [record.message[:20] for record in caplog.records].count("No receipts are kept") == 1
    with local(shop) as service:
        assert service.post("/v1/traces", json={"id": "t1", "answer": "Yes."}).status_code == 201
        id = asked(service).json()["receipt"]["id"]
        time.sleep(4 * EVERY)
        assert service.get(f"/v1/receipts/{id}").status_code == 200


def test_write_without_a_descriptor_left_is_503_and_can_be_sent_again(shop: Home) -> None:
    with local(shop) as service:
        assert asked(service).status_code == 200
        with no_descriptors():
            answer = published(service, "Within 30 days.")
            assert (answer.status_code, answer.json()["code"]) == (503, "out_of_descriptors")
            assert asked(service).status_code == 200
        assert published(service, "Within 30 days.").status_code == 201


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal", "ledger.db-shm"])
def test_ledger_that_is_taken_away_is_noticed_before_anything_is_acknowledged(shop: Home, name: str) -> None:
    with local(shop) as service:
        assert asked(service).status_code == 200
        (shop.path / name).unlink()
        for answer in (
            published(service, "Within 30 days."),
            service.get("/readyz"),
            asked(service),
            service.get("/v1/policies/P-1"),
            service.get("/v1/log"),
            service.post("/v1/citations/verify", json={"citation": "P-1@1#1", "quote": "Within 7 days."}),
            service.post("/v1/drafts", json={"file": FILE + "Within 30 days."}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "ledger_lost"), answer.url


def test_no_home_is_made_by_a_draft_where_one_was_moved_away(shop: Home) -> None:
    with local(shop) as service:
        shop.path.rename(shop.path.with_name("away"))
        answer = service.post("/v1/drafts", json={"file": FILE + "Within 30 days."})
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_lost")
    assert not shop.path.exists()


def test_ledger_that_was_put_back_in_place_ends_all_answers(shop: Home) -> None:
    """As a backup that is restored into the file while the service runs."""
    with local(shop) as service:
        assert published(service, "Within 30 days.").status_code == 201
        assert asked(service).status_code == 200
        with someone_else_in(shop) as someone_else:
            someone_else.execute("delete from events where tx = (select max(tx) from events)")
        for answer in (asked(service), published(service, "Within 40 days."), service.get("/readyz")):
            assert (answer.status_code, answer.json()["code"]) == (503, "ledger_lost"), answer.url


def test_words_that_are_missing_from_the_ledger_are_a_fault_and_no_erasure(shop: Home) -> None:
    with local(shop) as service:
        with someone_else_in(shop) as someone_else:
            someone_else.execute("delete from words")
        answer = asked(service)
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_damaged")


def test_other_ledger_put_in_its_place_is_noticed_too(shop: Home, tmp_path: Path) -> None:
    with local(shop) as service:
        copy = tmp_path / "copy"
        copy.write_bytes((shop.path / "ledger.db").read_bytes())
        copy.replace(shop.path / "ledger.db")
        assert published(service, "Within 30 days.").json()["code"] == "ledger_lost"


def test_words_altered_in_the_ledger_are_a_fault_of_the_service(shop: Home) -> None:
    with local(shop) as service:
        with someone_else_in(shop) as someone_else:
            someone_else.execute("update words set text = replace(text, '7 days', '9 days')")
        answer = asked(service)
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_damaged")
        assert "days" not in answer.text


def test_clock_that_is_years_behind_is_a_fault_of_the_service(shop: Home) -> None:
    shop.clock.set("2045-01-01")
    shop.publish("P-2", "Gifts may be returned.", "2024-01-01")
    shop.clock.set("2025-01-01")
    with local(shop) as service:
        answer = published(service, "Within 30 days.")
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_behind")
    assert any("after what this machine's clock says" in problem for problem in shop.asof.problems())


def test_error_of_the_system_that_is_not_for_want_of_room_stays_an_internal_error(shop: Home) -> None:
    with local(shop) as service:

        def broken() -> None:
            raise OSError(errno.EIO, "Input/output error")

        service.app.add_api_route("/broken", broken)  # type: ignore[attr-defined]
        assert service.get("/broken").json()["code"] == "internal_error"


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("torn")], ids=["removed", "torn"])
def test_keys_that_cannot_be_read_are_a_fault_of_the_service_and_end_no_session(
    shop: Home, damage: Callable[[Path], object]
) -> None:
    key, text = shop.asof.key_ring.create(Role.READER)
    shop.asof.key_ring.used(key)
    service = TestClient(create_service(shop.asof, keys_required=True), "http://localhost", follow_redirects=False)
    with service:
        token = shop.asof.sessions.begin(key)
        file, kept = shop.path / "keys.json", (shop.path / "keys.json").read_bytes()
        damage(file)
        for answer in (
            service.get("/readyz"),
            service.get("/v1/policies", headers={"authorization": f"Bearer {text}"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "keys_unreadable")
        assert service.get("/", headers={"cookie": f"asof={token}"}).status_code == 503
        file.write_bytes(kept)
        assert service.get("/", headers={"cookie": f"asof={token}"}).status_code == 200
