"""An index that lies behind its ledger: it is known, refused, and mended without being told to."""

import resource
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from indexer.encoding.embedding import Encoder, Progress, Vectors
from indexer.errors import IndexBehind, NotSearchable
from policies.storage.writer_lock import write_in_progress, writer_lock
from retriever.live.background import Background
from tests.retriever.homes import Home

LONG = "\n\n".join(f"Rule number {number}: damaged items within 30 days." for number in range(400))
QUESTION = "Are damaged items eligible?"


@contextmanager
def little_room(most: int = 300_000) -> Iterator[None]:
    """Within it no file grows past this size: there is room for the ledger, and none for a segment of many vectors."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-1", "Damaged items within 7 days.", "2024-01-01")
    assert home.cited(QUESTION) == ["P-1@1#1"]
    return home


def test_old_rule_is_not_served_where_the_new_one_is_recorded_and_not_indexed(shop: Home) -> None:
    with little_room():
        with pytest.raises(NotSearchable, match=r"P-1@2 \(transaction 2\) is recorded.*asof index"):
            shop.publish("P-1", LONG, "2024-06-01")
        assert any("too large" in problem for problem in shop.asof.problems())
    assert shop.asof.ledger.head()[0] == 2
    with pytest.raises(IndexBehind, match="covers transaction 1, the ledger holds 2"):
        shop.ask(QUESTION)
    with pytest.raises(IndexBehind):
        shop.ask(QUESTION, as_of="2024-02-01")
    shop.asof.catch_up()
    assert shop.cited(QUESTION)[0].startswith("P-1@2#")


def test_process_that_serves_catches_up_by_itself_once_there_is_room(
    shop: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with shop.asof.warm_views() as views:
        with little_room():
            with pytest.raises(NotSearchable):
                shop.publish("P-1", LONG, "2024-06-01")
            deadline = time.monotonic() + 30
            while "too large" not in caplog.text and time.monotonic() < deadline:
                time.sleep(0.02)
            assert "The index cannot catch up with the ledger and tries again: " in caplog.text
            assert views.problem() is None  # it is not the thread that fails
            with pytest.raises(IndexBehind):
                shop.ask(QUESTION)
        deadline = time.monotonic() + 30
        while shop.asof.ledger.newest_tx() != shop.asof.index.newest().number and time.monotonic() < deadline:
            time.sleep(0.02)
        assert shop.cited(QUESTION)[0].startswith("P-1@2#")
        assert views.problem() is None


def test_a_refused_question_has_the_index_looked_at_at_once(shop: Home) -> None:
    views = shop.asof.warm_views()
    views._step()
    with little_room(), pytest.raises(NotSearchable):
        shop.publish("P-1", LONG, "2024-06-01")
    views._looks_at = time.monotonic() + 60
    views._step()  # nothing moved, and the next whole look is not due yet
    assert shop.asof.index.newest().number == 1
    with pytest.raises(IndexBehind):
        shop.ask(QUESTION)
    views._step()
    assert shop.asof.index.current().number == 2


def test_nothing_more_is_recorded_while_the_index_cannot_take_in_what_is(shop: Home) -> None:
    with little_room():
        with pytest.raises(NotSearchable):
            shop.publish("P-1", LONG, "2024-06-01")
        with pytest.raises(OSError, match=r"too large\. Nothing was recorded: the index has to take in first"):
            shop.publish("P-2", "Gifts may be returned.", "2024-01-01")
    assert shop.asof.ledger.head()[0] == 2
    shop.publish("P-2", "Gifts may be returned.", "2024-01-01")
    assert shop.asof.index.current().number == 3


def test_writer_killed_between_ledger_and_index_is_no_write_in_progress(shop: Home) -> None:
    with writer_lock(shop.path) as lock:
        assert write_in_progress(shop.path) is None
        lock.build_on(1)
        assert write_in_progress(shop.path) == 1
    assert write_in_progress(shop.path) is None
    with writer_lock(shop.path):
        assert write_in_progress(shop.path) is None


class Slow:
    """An encoder that waits before it encodes passages, until it is let go."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.begun, self.go = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode_all(self, texts: Sequence[str], advance: Progress = lambda count: None) -> Vectors:
        self.begun.set()
        assert self.go.wait(30)
        return np.asarray(self._encoder.encode_all(texts, advance))


def test_generation_before_answers_while_a_write_is_in_progress(shop: Home) -> None:
    writing = shop.open()
    slow = Slow(shop.asof.encoder)
    writing.encoder = slow  # type: ignore[assignment]
    shop.asof, asked = writing, shop.asof
    thread = threading.Thread(target=shop.publish, args=("P-1", "Damaged items within 30 days.", "2024-06-01"))
    thread.start()
    try:
        assert slow.begun.wait(30)
        assert asked.ledger.newest_tx() == 2
        for asof in (asked, shop.open()):  # and one that starts now does not wait for the writer
            assert [item["citation"] for item in asof.retrieve(query=QUESTION).content()["evidence"]] == ["P-1@1#1"]
    finally:
        slow.go.set()
        thread.join()
    assert [item["citation"] for item in asked.retrieve(query=QUESTION).content()["evidence"]] == ["P-1@2#1"]


def test_background_work_that_fails_says_so_and_goes_on() -> None:
    calls = []

    def step() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ZeroDivisionError("nobody foresaw this")

    with Background("asof-test", step, 0.001) as work:
        deadline = time.monotonic() + 10
        while not calls and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.05)
        assert work.problem() == "asof-test failed and tries again: nobody foresaw this"
        while len(calls) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert work.problem() is None
    assert "has ended" in (work.problem() or "")


def test_process_that_starts_on_a_full_disk_is_behind_and_catches_up_once_there_is_room(shop: Home) -> None:
    with little_room():
        with pytest.raises(NotSearchable):
            shop.publish("P-1", LONG, "2024-06-01")
        started = shop.open()
        started.check_index()
        with started.warm_views(), pytest.raises(IndexBehind):
            started.retrieve(query=QUESTION)
    with started.warm_views():
        deadline = time.monotonic() + 30
        while started.ledger.newest_tx() != started.index.newest().number and time.monotonic() < deadline:
            time.sleep(0.02)
        assert started.retrieve(query=QUESTION).content()["evidence"][0]["citation"].startswith("P-1@2#")
