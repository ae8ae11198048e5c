"""Receipts kept for a time, written in batches."""

import time
from pathlib import Path
from typing import Any

import pytest

from retriever.errors import UnknownReceipt
from retriever.traces.receipt_store import FILE, ReceiptStore, known_receipt
from tests.retriever.homes import Clock


def receipt(id: str = "r1", audience: tuple[str, ...] = ("public",)) -> dict[str, Any]:
    return {"id": id, "generation": 3, "request": {"query": "?", "audience": list(audience)}}


def test_a_receipt_can_be_asked_for_before_and_after_it_is_written(tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30)
    store.keep(receipt())
    assert store.find("r1") == receipt()
    store.write()
    assert store.find("r1") == receipt()
    assert ReceiptStore(tmp_path, Clock("2025-03-30"), days=30).find("r1") == receipt()


def test_it_is_gone_after_its_time_and_kept_anew_when_given_out_again(tmp_path: Path) -> None:
    clock = Clock("2025-03-01")
    store = ReceiptStore(tmp_path, clock, days=30)
    store.keep(receipt("old"))
    store.keep(receipt("again"))
    store.write()
    clock.set("2025-03-30")
    store.keep(receipt("again"))
    store.write()
    clock.set("2025-03-31")
    assert (store.find("old"), store.find("again")) == (None, receipt("again"))
    store.write()
    assert b"old" not in (tmp_path / FILE).read_bytes().replace(b"threshold", b"")


def test_entered_it_writes_by_itself_and_the_rest_when_left(tmp_path: Path) -> None:
    other = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30)
    with ReceiptStore(tmp_path, Clock("2025-03-01"), days=30) as store:
        store.keep(receipt("first"))
        deadline = time.monotonic() + 10
        while other.find("first") is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert other.find("first") == receipt("first")
        store.keep(receipt("last"))
    assert other.find("last") == receipt("last")


def test_a_receipt_is_given_to_those_who_hold_all_its_labels(tmp_path: Path) -> None:
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30)
    store.keep(receipt("r1", ("legal", "public")))
    assert known_receipt(store, "r1", ["legal", "public", "staff"])["id"] == "r1"
    with pytest.raises(UnknownReceipt) as hidden:
        known_receipt(store, "r1", ["public"])
    with pytest.raises(UnknownReceipt) as missing:
        known_receipt(store, "r2", ["public"])
    assert str(hidden.value) == str(missing.value)
    with pytest.raises(UnknownReceipt, match="not kept here"):
        known_receipt(None, "r1", ["public"])


def test_where_too_many_wait_further_ones_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.traces.receipt_store.MOST_WAITING", 1)
    store = ReceiptStore(tmp_path, Clock("2025-03-01"), days=30)
    assert store.keep(receipt("r1"))
    assert not store.keep(receipt("r2"))
    assert store.find("r2") is None
