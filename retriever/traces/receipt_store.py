"""Receipts kept for a stated time, so that one can be asked for by its id; written in batches off the request path."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from policies.instant import Instant
from retriever.errors import StoreUnusable, UnknownReceipt
from retriever.traces.database import open_database, translated

FILE = "receipts.db"
MICROSECONDS_A_DAY = 86_400_000_000

EVERY = 0.25
"""Seconds between two batches; what a killed process has not written yet is lost."""

MOST_WAITING = 100_000
"""Receipts that wait to be written; where the disk is slower than that, further ones are not kept."""


LARGEST = 100_000
"""Characters of a request in JSON; one that is longer than any question and its facts is not kept."""


class ReceiptStore:
    """The receipts of a home folder, each kept for `days` from when it was last given out.

    Entered, it writes what waits every quarter of a second, and the rest when it is left.
    """

    def __init__(self, home: Path, clock: Callable[[], Instant], days: float) -> None:
        self._path = home / FILE
        self._clock = clock
        self._kept_for = int(days * MICROSECONDS_A_DAY)
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Instant, Mapping[str, Any]]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="receipts", daemon=True)
        self._db = open_database(self._path)
        with self._lock, translated(self._path):
            columns = {"id": str, "kept_until": int, "receipt": str}
            self._db.table("receipts").create(columns, pk="id", if_not_exists=True, strict=True)
            self._db.table("receipts").create_index(["kept_until"], if_not_exists=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        with suppress(StoreUnusable):
            self.write()
        self._db.close()

    def keep(self, receipt: Mapping[str, Any]) -> bool:
        """Puts a receipt among those that wait to be written; False where it is too large, or too many wait already."""
        if len(self._waiting) >= MOST_WAITING or len(json.dumps(receipt["request"])) > LARGEST:
            return False
        self._waiting[receipt["id"]] = (self._clock() + self._kept_for, receipt)
        return True

    def find(self, id: str) -> Mapping[str, Any] | None:
        """The receipt of an id; None where it was never kept, or not for so long."""
        kept_until, receipt = self._waiting.get(id) or self._stored(id) or (0, None)
        return receipt if kept_until > self._clock() else None

    def write(self) -> None:
        """Writes what waits, and removes what was kept long enough."""
        batch = dict(self._waiting)
        rows = [{"id": id, "kept_until": at, "receipt": json.dumps(it)} for id, (at, it) in batch.items()]
        with self._lock, translated(self._path), self._db.atomic():
            self._db.table("receipts").insert_all(rows, replace=True)
            self._db.table("receipts").delete_where("kept_until <= ?", [self._clock()])
        for id, value in batch.items():
            if self._waiting.get(id) is value:
                del self._waiting[id]

    def _stored(self, id: str) -> tuple[Instant, Mapping[str, Any]] | None:
        with self._lock, translated(self._path):
            row = next(iter(self._db.table("receipts").rows_where("id = ?", [id])), None)
        return None if row is None else (row["kept_until"], json.loads(row["receipt"]))

    def _write_on(self) -> None:
        while not self._stop.wait(EVERY):
            with suppress(StoreUnusable):  # what waits is tried again, until there is room for no more
                self.write()


def known_receipt(store: ReceiptStore | None, id: str, labels: Sequence[str]) -> dict[str, Any]:
    """The receipt of an id for someone who holds all the labels that it was asked under; else UnknownReceipt."""
    receipt = store.find(id) if store else None
    if receipt is None or not set(labels).issuperset(receipt["request"]["audience"]):
        raise unknown_receipt(store)
    return dict(receipt)


def unknown_receipt(store: ReceiptStore | None) -> UnknownReceipt:
    """What is said of a receipt that is not there, and of one that the caller may not have."""
    kept = "are kept for a limited time, and this one is not there" if store else "are not kept here"
    return UnknownReceipt(f"Receipts {kept}; send the whole receipt to POST /v1/receipts/replay")
