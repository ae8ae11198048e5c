"""Receipts kept for a stated time, so that one can be asked for by its id; written in batches off the request path.

**What they may take.** Each key has a quota for the JSON of its receipts, and all of them have one for the pages that
the file uses. Past a quota the oldest go first. Pages that become free are used again, so the file grows no further
than the quota and one batch; it does not shrink. What waits to be written is bounded too: a full disk costs receipts,
never memory.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from policies.instant import Instant
from retriever.errors import StoreUnusable, UnknownReceipt
from retriever.traces.database import open_database, translated

FILE = "receipts.db"
MICROSECONDS_A_DAY = 86_400_000_000

EVERY = 0.25
"""Seconds between two batches; what a killed process has not written yet is lost."""

MOST_WAITING = 20_000
MOST_WAITING_BYTES = 16 * 1024 * 1024
"""Receipts that wait to be written, and their JSON; where the disk is slower than that, further ones are not kept."""

MOST_REMOVED = 2 * MOST_WAITING
"""Receipts that one batch removes for each quota: more than it brings, and no more than a moment's work."""

LARGEST = 100_000
"""Characters of a receipt in JSON; one that is longer than any question and its facts is not kept."""

SIZES = (
    "create table sizes (key text primary key, bytes integer not null) strict, without rowid",
    "insert into sizes select key, sum(length(receipt)) from receipts group by key",
    """create trigger receipt_kept after insert on receipts begin
        insert into sizes values (new.key, length(new.receipt))
            on conflict do update set bytes = bytes + excluded.bytes;
    end""",
    """create trigger receipt_gone after delete on receipts begin
        update sizes set bytes = bytes - length(old.receipt) where key = old.key;
    end""",
)
"""The bytes of each key's receipts, counted as these come and go, whichever process brings them."""

USED = """select (page_count - freelist_count) * page_size
    from pragma_page_count(), pragma_freelist_count(), pragma_page_size()"""


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that all receipts may take, and those of one key."""

    in_all: int
    of_key: int

    @classmethod
    def megabytes(cls, in_all: int, of_key: int) -> "Room":
        return cls(in_all * 1_000_000, of_key * 1_000_000)


@dataclass(frozen=True, slots=True)
class _Waiting:
    kept_until: Instant
    key: str
    text: str


class ReceiptStore:
    """The receipts of a home folder, each kept for `days` from when it was last given out, while there is room.

    Entered, it writes what waits every quarter of a second, and the rest when it is left.
    """

    def __init__(self, home: Path, clock: Callable[[], Instant], days: float, room: Room) -> None:
        self._path = home / FILE
        self._clock = clock
        self._kept_for = int(days * MICROSECONDS_A_DAY)
        self._room = room
        self._lock = threading.Lock()
        self._queue = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        self._waiting_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="receipts", daemon=True)
        self._db = open_database(self._path)
        with self._lock, translated(self._path), self._db.conn:
            self._db.execute("begin immediate")  # before it looks: two workers may start at once
            columns = {"id": str, "kept_until": int, "receipt": str, "key": str}
            table = self._db.table("receipts")
            table.create(columns, pk="id", defaults={"key": ""}, if_not_exists=True, strict=True)
            if "key" not in table.columns_dict:  # a file of before
                table.add_column("key", str, not_null_default="")
            table.create_index(["kept_until"], if_not_exists=True)
            table.create_index(["key", "kept_until"], if_not_exists=True)
            if not self._db.table("sizes").exists():
                for statement in SIZES:
                    self._db.execute(statement)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        with suppress(StoreUnusable):
            self.write()
        self._db.close()

    def keep(self, receipt: Mapping[str, Any], key: str = "") -> bool:
        """Puts a receipt that a key was given among those that wait to be written.

        False where it is too large, or too many wait already.
        """
        text = json.dumps(receipt)
        kept = _Waiting(self._clock() + self._kept_for, key, text)
        with self._queue:
            before = self._waiting.get(receipt["id"])
            size = self._waiting_bytes + len(text) - (len(before.text) if before else 0)
            full = size > MOST_WAITING_BYTES or (before is None and len(self._waiting) >= MOST_WAITING)
            if full or len(text) > LARGEST:
                return False
            self._waiting[receipt["id"]] = kept
            self._waiting_bytes = size
        return True

    def find(self, id: str) -> Mapping[str, Any] | None:
        """The receipt of an id; None where it was never kept, or not for so long."""
        waits = self._waiting.get(id)
        kept_until, text = (waits.kept_until, waits.text) if waits else self._stored(id)
        return json.loads(text) if kept_until > self._clock() else None

    def write(self) -> None:
        """Writes what waits, and removes what was kept long enough, or the oldest where there is no room for all."""
        with self._queue:
            batch = dict(self._waiting)
        rows = [{"id": id, "kept_until": it.kept_until, "receipt": it.text, "key": it.key} for id, it in batch.items()]
        with self._lock, translated(self._path), self._db.atomic():
            self._db.conn.executemany("delete from receipts where id = ?", [(id,) for id in batch])
            self._db.table("receipts").insert_all(rows)
            self._db.table("receipts").delete_where("kept_until <= ?", [self._clock()])
            self._make_room({waited.key for waited in batch.values()})
        with self._queue:
            for id, waited in batch.items():
                if self._waiting.get(id) is waited:
                    del self._waiting[id]
                    self._waiting_bytes -= len(waited.text)

    def _make_room(self, keys: Iterable[str]) -> None:
        for key in keys:
            [size] = self._db.execute("select bytes from sizes where key = ?", [key]).fetchone()
            self._remove_oldest(size - self._room.of_key, "where key = ?", [key])
        [used] = self._db.execute(USED).fetchone()
        self._remove_oldest(used - self._room.in_all)

    def _remove_oldest(self, excess: int, where: str = "", values: Sequence[str] = ()) -> None:
        """Removes receipts of so many bytes, the oldest first."""
        if excess <= 0:
            return
        oldest = f"select rowid, length(receipt) from receipts {where} order by kept_until, rowid limit {MOST_REMOVED}"
        gone = []
        for place, size in self._db.execute(oldest, values):
            gone.append((place,))
            excess -= size
            if excess <= 0:
                break
        self._db.conn.executemany("delete from receipts where rowid = ?", gone)

    def _stored(self, id: str) -> tuple[Instant, str]:
        with self._lock, translated(self._path):
            row = next(iter(self._db.table("receipts").rows_where("id = ?", [id])), None)
        return (0, "") if row is None else (row["kept_until"], row["receipt"])

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
