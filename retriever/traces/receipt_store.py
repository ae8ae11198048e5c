"""Receipts kept for a stated time, so that a caller can get one by its id. Writes run in batches beside the requests.

**How much space they take.** Each key has a quota for the JSON of its receipts. All keys together have a quota for the
pages that the file uses. Past a quota, the oldest receipts are removed first. Free pages are used again, so the file
grows no larger than the quota and one batch. It does not shrink. The queue of unwritten receipts is limited too: a full
disk loses receipts, and never fills the memory.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from policies.errors import PolicyError
from policies.instant import Instant
from policies.revision import VersionId
from policies.storage.database_file import DatabaseFile, read_only, unwritable
from retriever.errors import StoreUnusable, UnknownReceipt
from retriever.live.background import Background
from retriever.traces.database import empty_log, named, open_database, translated, writing
from retriever.traces.lasting_clock import LastingClock

if TYPE_CHECKING:
    from policies.storage.ledger_tables import Database

FILE = "receipts.db"

logger = logging.getLogger(__name__)
MICROSECONDS_A_DAY = 86_400_000_000

EVERY = 0.25
"""Seconds between two batches. A killed process loses the receipts that it has not written yet."""

MOST_WAITING = 20_000
MOST_WAITING_BYTES = 16 * 1024 * 1024
"""The most receipts that wait to be written, and the most bytes of them. Receipts past these limits are not kept."""

MOST_REMOVED = 2 * MOST_WAITING
"""The most receipts that one batch removes for each quota: more than it adds, and still quick."""

LARGEST = 100_000
"""The most characters of a receipt in JSON. No usual question with its facts is longer; a longer one is not kept."""

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
"""The bytes of each key's receipts. Triggers count them, so the number is right for every process."""

RESTING = """delete from receipts where rests_on is null
    or exists (select 1 from json_each(receipts.rests_on) where value in (select value from json_each(?)))"""
"""Removes receipts that rest on some revisions. It also removes receipts whose revisions are unknown, as in files of
an earlier version. It reads every row: this takes some seconds for a million, and happens only after an erasure."""

USED = """select (page_count - freelist_count) * page_size
    from pragma_page_count(), pragma_freelist_count(), pragma_page_size()"""


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that all receipts together may take, and the bytes that those of one key may take."""

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
    rests_on: frozenset[VersionId] | None

    def row(self, id: str) -> dict[str, Any]:
        versions = None if self.rests_on is None else json.dumps(sorted(map(str, self.rests_on)))
        return {
            "id": id,
            "kept_until": self.kept_until,
            "receipt": self.text,
            "key": self.key,
            "rests_on": versions,
        }


class ReceiptStore:
    """The receipts of a home folder. Each is kept for `days` after it was last given out, while there is room.

    As a context manager, it writes the waiting receipts every quarter of a second, and the rest at the end. The file is
    opened at its first use. If the file cannot be used, the store logs this and tries again; receipts that exceed the
    queue meanwhile are not kept. `erased` gives the revisions whose words are erased. A receipt of evidence with such
    words is removed: its digest could confirm a guess at the words. `steady` counts the seconds of this process: a
    clock that jumps ahead removes no receipts, unless it lasts.
    """

    def __init__(
        self,
        home: Path,
        clock: Callable[[], Instant],
        days: float,
        room: Room,
        erased: Callable[[], Collection[VersionId]] = frozenset,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = home / FILE
        self._clock = clock
        self._lasting = LastingClock(clock, steady)
        self._kept_for = int(days * MICROSECONDS_A_DAY)
        self._room = room
        self._lock = threading.Lock()
        self._queue = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        self._waiting_bytes = 0
        self._erased = erased
        self._file: DatabaseFile | None = None
        self._background = Background("receipts", self._step, EVERY)
        self._said = ""

    def __enter__(self) -> Self:
        self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)
        self._step()
        self.close()

    @staticmethod
    def exists(home: Path) -> bool:
        return (home / FILE).exists()

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None

    def keep(self, receipt: Mapping[str, Any], key: str = "", rests_on: Iterable[VersionId] | None = None) -> bool:
        """Whether the receipt of this key now waits to be written.

        `rests_on` are the revisions of its evidence; None if they are unknown. False if the receipt is too large, if
        too many wait already, or if this home cannot keep receipts.
        """
        if unwritable(self._path):
            return False
        text = json.dumps(receipt)
        versions = None if rests_on is None else frozenset(rests_on)
        kept = _Waiting(self._clock() + self._kept_for, key, text, versions)
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
        """The receipt of an id; None if it was never kept, or if its time is over."""
        waits = self._waiting.get(id)
        kept_until, text = (waits.kept_until, waits.text) if waits else self._stored(id)
        return json.loads(text) if kept_until > self._clock() else None

    def write(self) -> None:
        """Writes the waiting receipts and removes the expired ones. If there is no room for all, it removes the oldest.

        Receipts that rest on erased words are removed too.
        """
        with self._queue:
            batch = dict(self._waiting)
        with self._lock, translated(self._path):
            db = self._opened()
            with writing(db):
                db.conn.executemany("delete from receipts where id = ?", [(id,) for id in batch])
                # Read while others cannot write: an erasure after this moment looks here later, and removes the rest.
                erased = self._erased()
                rows = [it.row(id) for id, it in batch.items() if it.rests_on is None or it.rests_on.isdisjoint(erased)]
                db.table("receipts").insert_all(rows)
                db.table("receipts").delete_where("kept_until <= ?", [self._lasting()])
                self._make_room(db, {waited.key for waited in batch.values()})
                removed = self._forget(db, erased)
            if removed:
                empty_log(db, self._path)
                db.execute("update gone_through set erased = ?", [named(erased)])
        with self._queue:
            for id, waited in batch.items():
                if self._waiting.get(id) is waited:
                    del self._waiting[id]
                    self._waiting_bytes -= len(waited.text)

    def _opened(self) -> "Database":
        """The database, opened, with its tables. The caller holds the lock."""
        if self._file is not None and self._file.lost() is not None:
            self._file.close()
            self._file = None
        if self._file is None:
            file = open_database(self._path)
            try:
                if file.writable or not file.db.table_names():
                    _make_tables(file.db)
            except BaseException:
                file.close()
                raise
            self._file = file
        return self._file.db

    def _forget(self, db: "Database", erased: Collection[VersionId]) -> bool:
        """Whether it removed the receipts that rest on erased words, because other words were erased the last time.

        The file names the erased revisions that it was last gone through for, and nothing until the words are out of
        the log too. A number of them would not do: after a ledger is put back, the same number may be of others.
        """
        [before] = db.execute("select erased from gone_through").fetchone()
        if before == named(erased):
            return False
        if erased:
            db.execute(RESTING, [json.dumps([str(version) for version in erased])])
        db.execute("update gone_through set erased = null")
        return True

    def _make_room(self, db: "Database", keys: Iterable[str]) -> None:
        for key in keys:
            found = db.execute("select bytes from sizes where key = ?", [key]).fetchone()
            self._remove_oldest(db, found[0] - self._room.of_key if found else 0, "where key = ?", [key])
        [used] = db.execute(USED).fetchone()
        self._remove_oldest(db, used - self._room.in_all)

    def _remove_oldest(self, db: "Database", excess: int, where: str = "", values: Sequence[str] = ()) -> None:
        """Removes receipts of at least `excess` bytes, the oldest first."""
        if excess <= 0:
            return
        oldest = f"select rowid, length(receipt) from receipts {where} order by kept_until, rowid limit {MOST_REMOVED}"
        gone = []
        for place, size in db.execute(oldest, values):
            gone.append((place,))
            excess -= size
            if excess <= 0:
                break
        db.conn.executemany("delete from receipts where rowid = ?", gone)

    def _stored(self, id: str) -> tuple[Instant, str]:
        """When a stored receipt ends, and its text; read by a connection of its own, which waits for no writer."""
        if (file := self._file) is None or file.lost() is not None:
            with self._lock, translated(self._path):
                self._opened()
        if not self._path.exists():  # nothing was kept, and nothing can be
            return 0, ""
        with translated(self._path), closing(read_only(self._path)) as connection:
            row = connection.execute("select kept_until, receipt from receipts where id = ?", [id]).fetchone()
        return row or (0, "")

    def _step(self) -> None:
        """Writes the waiting receipts. After a failure they stay in the queue and are tried again."""
        if unwritable(self._path):
            return  # this was reported when the home was opened
        try:
            self.write()
        except (StoreUnusable, PolicyError) as error:  # without the ledger, nobody knows what was erased
            if str(error) != self._said:
                logger.error("No receipts are kept for now: %s", error)
            self._said = str(error)
        else:
            self._said = ""


def _make_tables(db: "Database") -> None:
    with writing(db):
        columns = {"id": str, "kept_until": int, "receipt": str, "key": str, "rests_on": str}
        table = db.table("receipts")
        table.create(columns, pk="id", defaults={"key": ""}, if_not_exists=True, strict=True)
        if "key" not in table.columns_dict:  # a file of an earlier version
            table.add_column("key", str, not_null_default="")
        if "rests_on" not in table.columns_dict:  # a file of an earlier version
            table.add_column("rests_on", str)
        table.create_index(["kept_until"], if_not_exists=True)
        table.create_index(["key", "kept_until"], if_not_exists=True)
        if not db.table("gone_through").exists():
            db.execute("create table gone_through (erased text) strict")
            earlier = db.execute("select exists (select 1 from receipts)").fetchone()[0]
            db.execute("insert into gone_through values (?)", [None if earlier else named(())])
        if not db.table("sizes").exists():
            for statement in SIZES:
                db.execute(statement)


def known_receipt(store: ReceiptStore | None, id: str, labels: Sequence[str]) -> dict[str, Any]:
    """The receipt of an id, if the caller holds all labels of its request; else UnknownReceipt."""
    receipt = store.find(id) if store else None
    if receipt is None or not set(labels).issuperset(receipt["request"]["audience"]):
        raise unknown_receipt(store)
    return dict(receipt)


def unknown_receipt(store: ReceiptStore | None) -> UnknownReceipt:
    """The same error for a missing receipt and for a receipt that the caller may not have."""
    kept = "are kept for a limited time, and this one is not there" if store else "are not kept here"
    return UnknownReceipt(f"Receipts {kept}; send the whole receipt to POST /v1/receipts/replay")
