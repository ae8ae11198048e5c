"""The files of a running service are looked at all the time: what changes in them is found."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.errors import IndexDamaged
from retriever.entrypoints.http.app import create_service
from retriever.live.segment_checks import SegmentChecks
from tests.retriever.homes import Home


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Damaged items within 7 days.", "2024-01-01")
    return home


def only_segment(home: Home) -> Path:
    [path] = (home.path / "index").glob("segment-*")
    return path


def alter_vectors(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(bytes(8))


IO = Path("/proc/self/io")


def bytes_read() -> int:
    """How many bytes this process has read from files so far."""
    [found] = re.findall(r"rchar: (\d+)", IO.read_text())
    return int(found)


def test_segment_is_checked_when_it_is_opened(shop: Home) -> None:
    alter_vectors(only_segment(shop))
    checks = SegmentChecks(shop.asof.index)
    with pytest.raises(IndexDamaged, match="does not fit its checksum"):
        checks.look()
    with pytest.raises(IndexDamaged, match="does not fit its checksum; run `asof index --rebuild`"):
        shop.ask("damaged")  # what ranks was altered, no words


def test_segment_is_read_once_and_again_when_its_file_changed(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    path = only_segment(shop)
    [segment] = shop.asof.index.current().snapshot.segments
    alter_vectors(path)
    with pytest.raises(IndexDamaged):
        checks.look()
    assert segment.damage
    shop.asof.writer().rebuild()
    checks.look()
    assert shop.ask("damaged")["evidence"]


def test_segment_that_was_away_for_a_while_answers_again(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    path = only_segment(shop)
    aside = path.rename(shop.path / "aside")
    with pytest.raises(IndexDamaged, match="is missing"):
        checks.look()
    with pytest.raises(IndexDamaged, match="is missing"):
        shop.ask("damaged")
    aside.rename(path)
    checks.look()
    assert shop.ask("damaged")["evidence"]


def test_segment_that_comes_back_altered_answers_nothing(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    path = only_segment(shop)
    whole = path.read_bytes()
    alter_vectors(path)
    for _ in range(3):
        with pytest.raises(IndexDamaged, match="does not fit its checksum"):
            checks.look()
    path.write_bytes(whole)
    checks.look()
    assert shop.ask("damaged")["evidence"]


@pytest.mark.skipif(not IO.exists(), reason="this system does not count what a process has read")
def test_segment_that_has_not_changed_is_not_read_again(shop: Home) -> None:
    shop.publish("P-8", "\n\n".join(f"Rule {number}." for number in range(100)), "2024-01-01")
    shop.asof.writer().rebuild()
    size = only_segment(shop).stat().st_size
    assert size > 100_000
    checks = SegmentChecks(shop.asof.index)
    read = [bytes_read()]
    for _ in range(2):
        checks.look()
        read.append(bytes_read())
    assert read[1] - read[0] >= size
    assert read[2] - read[1] < size


def test_service_finds_what_changed_before_it_is_asked_about_it(shop: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.live.segment_checks.LOOK_EVERY", 0.01)
    with TestClient(create_service(shop.asof), "http://localhost", raise_server_exceptions=False) as service:
        assert service.get("/readyz").status_code == 200
        alter_vectors(only_segment(shop))
        deadline = time.monotonic() + 30
        while service.get("/readyz").status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.02)
        for answer in (service.get("/readyz"), service.post("/v1/retrieve", json={"query": "damaged"})):
            assert (answer.status_code, answer.json()["code"]) == (503, "index_damaged")


def test_file_that_was_removed_or_cut_short_is_named(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    only_segment(shop).rename(shop.path / "taken")
    with pytest.raises(IndexDamaged, match="is missing; run `asof index --rebuild`"):
        checks.look()


def test_what_a_writer_replaces_is_no_damage(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    for number in range(12):
        shop.publish(f"P-{number}0", f"Rule {number}.", "2024-01-01")
        if number % 4 == 0:
            shop.asof.writer().rebuild()
        checks.look()
    assert shop.ask("rule")["evidence"]


def test_file_that_a_writer_removes_while_it_is_read_is_no_damage(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    path, same = only_segment(shop), shop.path / "same"
    path.unlink()
    os.mkfifo(path)  # who reads it waits until the other end is opened, and finds nothing
    os.link(path, same)
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(checks.look)
        with same.open("wb"):
            shop.asof.writer().rebuild()
            assert not path.exists()
        looking.result(timeout=30)
    checks.look()
    assert shop.ask("damaged")["evidence"]


def test_thread_goes_on_after_damage_was_found(shop: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.live.segment_checks.LOOK_EVERY", 0.01)
    with SegmentChecks(shop.asof.index) as checks:
        assert checks.problem() is None
        alter_vectors(only_segment(shop))
        checks._background._ended.wait(0.2)
        assert checks.problem() is None
        with pytest.raises(IndexDamaged):
            shop.ask("damaged")
