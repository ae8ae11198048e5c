"""The ledger's rows in SQLite: every statement of SQL about events, words and named writes stands here.

The words of a revision are a row outside the event that commits to them, so that erasing them leaves the chain of
events whole. One process writes at a time (see the module `writer_lock`); any number read, and never wait.

Importing this is cheap: a process that only wants the head, or the lock, does not load sqlite-utils.
"""

import errno
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.approving.draft_rows import DraftRows
from policies.errors import LedgerBusy, LedgerDamaged, LedgerFull, LedgerLost, LedgerMissing, LedgerTooNew
from policies.event import GENESIS, Event, event_hash
from policies.instant import Instant
from policies.named_write import RecordedWrite
from policies.revision import Draft, Span, Titled, VersionId
from policies.storage.database_file import (
    DatabaseFile,
    Trouble,
    at_once,
    emptied_log,
    persistent,
    read_only,
    trouble,
    unwritable,
)
from policies.storage.kept_file import KeptFile, KeptRows
from policies.storage.ledger_trouble import translated
from policies.storage.writer_lock import nothing_written, write_in_progress, writer_lock
from policies.verification import Row, commitment

FILE = "ledger.db"

LOOK_EVERY = 0.002
"""Seconds between two looks at the files by who reads: a publish reads fifty times; a look takes 20 microseconds."""

_ALTERED = "it was altered in the ledger. `asof verify` says what else does not fit; restore a backup"
_NAMED = (
    "select {} from json_each(?) as named cross join words "
    "on policy_id = json_extract(named.value, '$[0]') and revision = json_extract(named.value, '$[1]')"
)
"""Columns of the words of the revisions that `_names` names."""

_BEGIN = (
    "coalesce((select 1 + tx from events where tx < of.tx and recorded_at < of.recorded_at "
    "order by tx desc limit 1), 1)"
)
_END = (
    "coalesce((select tx - 1 from events where tx > of.tx and recorded_at > of.recorded_at "
    "order by tx limit 1), 1 << 62)"
)
"""The first and the last tx of the commit of the event `of`: all of a commit, and nothing else, has its instant."""

NEWEST = "from events order by tx desc limit 1"


def _sound(connection: sqlite3.Connection, txs: Sequence[int]) -> int:
    sql = "select content, hash from events where tx in (select value from json_each(?))"
    rows = connection.execute(sql, [json.dumps(txs)])
    return sum(event_hash(content.encode()) == kept for content, kept in rows)


EVENTS = KeptRows(f"select tx, hash {NEWEST}", "select hash from events where tx = ?", _sound, GENESIS)


@dataclass(frozen=True, slots=True)
class Words:
    """What is kept of a revision outside its event, and the commitment to it."""

    title: str
    text: str
    note: str | None
    splitter: str
    spans: tuple[Span, ...]
    commitment: str
    digest: str


class LedgerStore:
    """The ledger's rows in one database. What belongs together is written inside `commit`."""

    def __init__(self, file: DatabaseFile, home: Path | None = None) -> None:
        self._file = file
        self._db = file.db
        self._home = home
        self._lock = threading.RLock()
        self._looking = threading.Lock()
        self._looks: sqlite3.Connection | None = None
        self._seen: tuple[int, int] | None = None
        self._committing = False
        self._look_at = 0.0
        self._kept = KeptFile(file, None if home is None else home / FILE, EVENTS, self._lost)
        self.drafts = DraftRows(self._query, lambda sql, values: self._db.execute(sql, values))

    @classmethod
    def open(cls, home: Path, *, create: bool = False) -> "LedgerStore":
        """The rows kept in `home`; LedgerMissing where there are none and `create` is false."""
        from policies.storage.ledger_tables import KNOWN, READ, migrations

        path = home / FILE
        if not path.exists():
            if not create:
                raise LedgerMissing(
                    f"There is no ledger in {home}. Publish into it first (`asof publish FILE`), "
                    "or name another home folder with --home or ASOF_HOME"
                )
            if unwritable(path):
                raise nothing_written(home)
            home.mkdir(parents=True, exist_ok=True)
        with translated(path):
            file = DatabaseFile(path, or_read=True)
            try:
                applied = {migration.name for migration in file.read(migrations.applied)}
                if applied - KNOWN:
                    raise LedgerTooNew(f"{path} was written by a later version of Asof; upgrade Asof to open it")
                if (KNOWN if file.writable else READ) - applied:
                    with writer_lock(home):  # two processes may be the first
                        persistent(lambda: migrations.apply(file.db))
            except BaseException:
                file.close()
                raise
        return cls(file, home)

    @classmethod
    def in_memory(cls) -> "LedgerStore":
        """No rows, and nothing left behind."""
        from policies.storage.ledger_tables import migrations

        file = DatabaseFile(None)
        migrations.apply(file.db)
        return cls(file)

    @property
    def no_room(self) -> bool:
        """Whether there was no room to open the file for writing, so that it is only read."""
        return self._file.no_room

    @staticmethod
    def exists(home: Path) -> bool:
        return (home / FILE).exists()

    @staticmethod
    def unwritable(home: Path) -> bool:
        """Whether this process can record nothing in a home."""
        return unwritable(home / FILE)

    def close(self) -> None:
        """Closes the file. The last connection of all empties the log, where it may write: so that one goes last."""
        if self._looks is not None:
            self._looks.close()
        with self._lock:
            self._file.close()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """A transaction: all that is written inside it is kept, or nothing. One inside another is a part of it.

        Where a connection of somebody else writes, others read here while this waits for it. LedgerLost where the file
        that is written is not the one in its folder, or does not hold what this process knows, before or after.
        """
        with self._lock:
            inside = self._committing
            if inside:
                yield
        if inside:
            return
        with translated():
            persistent(self._begin)
            try:
                self._committing = True
                with self._ended():
                    yield
                self._committing = False
                self._kept.check_holds(written=True)
            finally:
                self._committing = False
                self._lock.release()

    def _begin(self) -> None:
        """Takes the lock and begins a transaction that writes; an error, and no lock, where that cannot be at once."""
        self._lock.acquire()
        try:
            self._check_writable()
            with at_once(self._db):
                self._db.execute("begin immediate")
            try:
                self._kept.check_holds(written=False)
            except BaseException:
                self._db.rollback()
                raise
        except BaseException:
            self._lock.release()
            raise

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Ends the transaction: it is kept where nothing fails."""
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            self._db.rollback()
            raise

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A transaction of whoever writes alone: no other process records anything meanwhile."""
        self._check_writable()  # before the lock's file is made, where a home may be no more
        with nullcontext() if self._home is None else writer_lock(self._home), self.commit():
            yield

    def _check_writable(self) -> None:
        """LedgerReadOnly where nothing that is written would be kept; LedgerLost where the files were taken away."""
        with self._lock, translated():
            if self._file.no_room:
                self._file.make_writable()
                self._db = self._file.db
        if self._home is not None and not self._file.writable:
            raise nothing_written(self._home)
        self.check_there()

    def check_there(self) -> None:
        """LedgerLost where the ledger's files were taken away, replaced or written over since they were opened."""
        self._kept.check_there()

    def _lost(self, what: str) -> LedgerLost:
        return LedgerLost(
            f"The ledger in {self._home} is no longer the one that this process opened: {what}. Nothing was "
            "acknowledged. Put the files back or restore a backup, then start the process again"
        )

    def damage(self, *, whole: bool) -> str | None:
        """What is wrong with the file by SQLite's rules; None where nothing is. `whole` reads its indexes too."""
        check = "pragma integrity_check(1)" if whole else "pragma quick_check(1)"
        try:
            with self._reading():
                said = str(self._file.read(lambda db: db.execute(check).fetchone()[0]))
        except LedgerDamaged as error:
            said = str(error)
        return None if said == "ok" else f"The ledger's file is damaged ({said.splitlines()[-1]}); restore a backup"

    def head(self) -> tuple[int, Instant, str]:
        """The tx, recording instant and hash of the newest event; of GENESIS where there is none."""
        for row in self._query(f"select tx, recorded_at, hash {NEWEST}"):
            return row["tx"], row["recorded_at"], row["hash"]
        return 0, 0, GENESIS

    def newest_tx(self) -> int:
        """The tx of the newest committed event, 0 where there is none; a commit in progress is not waited for."""
        if self._home is None or not self._file.writable:
            return self.head()[0]
        with self._looking, translated():
            self.check_there()
            self._kept.look()
            if self._looks is None:
                self._looks = read_only(self._home / FILE)
            version = self._looks.execute("pragma data_version").fetchone()[0]
            if self._seen is None or self._seen[0] != version:
                [tx] = self._looks.execute("select coalesce(max(tx), 0) from events").fetchone()
                self._seen = version, tx
            return self._seen[1]

    def builds_on(self) -> int | None:
        """The tx that the write in progress builds on; None where none is recorded at this moment."""
        return None if self._home is None else write_in_progress(self._home)

    def event_hash(self, tx: int) -> str | None:
        """The hash of the event of a transaction; None where there is none."""
        return next((row["hash"] for row in self._query("select hash from events where tx = ?", tx)), None)

    def events(self, after: int, until: int | None, follow: Event | None = None) -> Iterator[Event]:
        """The events with `after < tx <= until`, in order.

        Where they are to `follow` an event that this process knows, the one of `after`: LedgerLost if another stands in
        its place, or none. The rows were put back to an earlier state then.
        """
        rows = self._query(
            "select tx, content, hash from events where tx >= ? and tx <= ? order by tx",
            after,
            2**62 if until is None else until,
        )
        before = GENESIS
        if rows and rows[0]["tx"] == after:
            before = rows[0]["hash"]
        if follow is not None and (before == GENESIS or _event(rows[0]).content() != follow.content()):
            self._kept.use_no_more(f"it does not hold what was recorded as transaction {after}")
        for row in rows if before == GENESIS else rows[1:]:
            event = _event(row)
            if event.previous != before:
                raise LedgerDamaged(f"Event {event.tx} does not follow the one before it: {_ALTERED}")
            before = row["hash"]
            yield event

    def events_of(self, txs: Iterable[int]) -> dict[int, Event]:
        """The events of these transactions, by tx."""
        sql = "select tx, content, hash from events where tx in (select value from json_each(?))"
        rows = self._query(sql, json.dumps(list(txs)))
        return {event.tx: event for event in map(_event, rows)}

    def newest_events(self, before: int | None, limit: int) -> list[Event]:
        """At most `limit` events with `tx < before`, the newest first."""
        sql = "select tx, content, hash from events where tx < ? order by tx desc limit ?"
        return list(map(_event, self._query(sql, 2**62 if before is None else before, limit)))

    def policy_events(self, policy_id: str, but_publishes_until: int = 0) -> list[Event]:
        """The events of one policy, in order, but for publishes with `tx <= but_publishes_until`."""
        sql = (
            "select tx, content, hash from events where policy_id = ? and (tx > ? or instr(content, ?) = 0) order by tx"
        )
        # In canonical JSON these characters stand nowhere else: within a string, quotation marks are escaped.
        return list(map(_event, self._query(sql, policy_id, but_publishes_until, '"kind":"publish"')))

    def commit_events(self, tx: int) -> Iterator[Event]:
        """The events that were recorded together with that of a transaction, in order; none where there is no such."""
        sql = (
            "select tx, content, hash from events, "
            f"(select {_BEGIN} as first, {_END} as last from events as of where tx = ?) "
            "where tx between first and last order by tx"
        )
        return map(_event, self._query(sql, tx))

    def commits_begin(self, txs: Collection[int]) -> dict[int, int]:
        """The first tx of the commit that each of these transactions belongs to, by that transaction."""
        sql = f"select tx, {_BEGIN} as first from events as of where tx in (select value from json_each(?))"
        with self._reading():
            return dict(self._file.read(lambda db: db.execute(sql, (json.dumps(list(txs)),)).fetchall()))

    def event_rows(self) -> list[Row]:
        """The events as they are stored, in order, for who checks them."""
        return self._query("select tx, recorded_at, policy_id, revision, content, hash from events order by tx")

    def counts(self) -> tuple[int, int]:
        """How many policies and how many revisions were published."""
        [row] = self._query(
            "select count(distinct policy_id) as policies, count(*) as revisions from events "
            "where json_extract(content, '$.kind') = 'publish'"
        )
        return row["policies"], row["revisions"]

    def words(self, version: VersionId) -> Words | None:
        """The words of a revision; None where they were erased or never recorded."""
        rows = self._query(
            "select digest, salt, title, text, note, splitter, spans from words where policy_id = ? and revision = ?",
            version.policy_id,
            version.number,
        )
        for row in rows:
            try:
                spans = tuple(map(_span, json.loads(row["spans"])))
            except (TypeError, ValueError) as error:
                raise LedgerDamaged(f"The words of {version} cannot be read: {_ALTERED}") from error
            return Words(row["title"], row["text"], row["note"], row["splitter"], spans, commitment(row), row["digest"])
        return None

    def words_rows(self) -> list[Row]:
        """All words as they are stored, for who checks them."""
        return self._query("select * from words order by policy_id, revision")

    def digests(self, policy_id: str, among: Collection[str]) -> dict[VersionId, str]:
        """The digest of each revision of a policy that still has its words, where it is one of these."""
        sql = "select revision, digest from words where policy_id = ? and digest in (select value from json_each(?))"
        rows = self._query(sql, policy_id, json.dumps(list(among)))
        return {VersionId(policy_id, row["revision"]): row["digest"] for row in rows}

    def titles(self) -> dict[VersionId, str]:
        """The title of every revision that still has its words."""
        rows = self._query("select policy_id, revision, title from words")
        return {VersionId(row["policy_id"], row["revision"]): row["title"] for row in rows}

    def policy_labels(self, policy_id: str) -> dict[int, Titled]:
        """The title and the note of every revision of a policy that still has its words, by its number."""
        sql = "select revision, title, note from words where policy_id = ?"
        with self._reading():
            rows = self._file.read(lambda db: db.execute(sql, (policy_id,)).fetchall())
        return {number: (title, note) for number, title, note in rows}

    def titles_of(self, versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The titles of these revisions, of those that still have their words."""
        return {version: title for version, (title, _) in self.labels_of(versions).items()}

    def notes_of(self, versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The notes of these revisions, of those that have one and still have their words."""
        return {version: note for version, (_, note) in self.labels_of(versions).items() if note is not None}

    def texts_with(self, words: Collection[str], versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The texts of these revisions, of those in which one of the words stands."""
        sql = _NAMED.format("policy_id, revision, text") + (
            " where exists (select 1 from json_each(?) as word where instr(text, word.value) > 0)"
        )
        rows = self._query(sql, _names(versions), json.dumps(list(words)))
        return {VersionId(row["policy_id"], row["revision"]): row["text"] for row in rows}

    def labels_of(self, versions: Iterable[VersionId]) -> dict[VersionId, Titled]:
        """The title and the note of each of these revisions, of those that still have their words."""
        sql = _NAMED.format("policy_id, revision, title, note")
        with self._reading():
            rows = self._file.read(lambda db: db.execute(sql, (_names(versions),)).fetchall())
        return {VersionId(policy_id, number): (title, note) for policy_id, number, title, note in rows}

    def named_write(self, name: str, since: Instant) -> RecordedWrite | None:
        """What was recorded under a name at `since` or later; None where nothing was."""
        for row in self._query("select * from once where name = ? and recorded_at >= ?", name, since):
            unchanged = tuple(map(VersionId.parse, json.loads(row["unchanged"])))
            return RecordedWrite(name, row["request"], row["recorded_at"], row["after"], row["until"], unchanged)
        return None

    def insert_event(self, event: Event) -> str:
        """Adds an event and returns its hash."""
        canonical = event.canonical()
        hashed = event_hash(canonical)
        self._db.table("events").insert(
            {
                "tx": event.tx,
                "recorded_at": event.recorded_at,
                "policy_id": event.policy_id,
                "revision": event.revision,
                "content": canonical.decode(),
                "hash": hashed,
            }
        )
        return hashed

    def insert_words(self, revision: int | None, draft: Draft, spans: Sequence[Span], splitter: str) -> str:
        """Adds the words of a draft as a revision, with a salt of their own, and returns the commitment to them."""
        row = {
            "policy_id": draft.policy_id,
            "revision": revision,
            "digest": draft.digest(),
            "salt": secrets.token_bytes(16),
            "title": draft.title,
            "text": draft.text,
            "note": draft.note,
            "splitter": splitter,
            "spans": json.dumps([_span_values(span) for span in spans], separators=(",", ":")),
        }
        self._db.table("words").insert(row)
        return commitment(row)

    def insert_named_write(self, write: RecordedWrite, forgotten_before: Instant) -> None:
        """Adds the result of a named write; removes older results, and the one under the same name."""
        named = self._db.table("once")
        named.delete_where("recorded_at < ? or name = ?", [forgotten_before, write.name])
        named.insert(
            {
                "name": write.name,
                "request": write.request,
                "recorded_at": write.recorded_at,
                "after": write.after,
                "until": write.until,
                "unchanged": json.dumps([str(version) for version in write.unchanged]),
            }
        )

    def delete_words(self, policy_id: str, revision: int | None) -> None:
        """Removes the words of a revision. They may stay in the file until `vacuum`."""
        self._db.execute("delete from words where policy_id = ? and revision = ?", (policy_id, revision))

    def empty_requests(self, policy_id: str, revision: int | None) -> None:
        """Removes the digest of what was sent from every named write that brought a revision or found it unchanged."""
        self._db.execute(
            "update once set request = '' where instr(unchanged, ?) > 0 or exists (select 1 from events "
            'where tx > once."after" and tx <= once."until" and policy_id = ? and revision = ?)',
            (f'"{policy_id}@{revision}"', policy_id, revision),
        )

    def vacuum(self) -> None:
        """Empties the log and rewrites the file, so that deleted words are on no page of either.

        Where there is no room to rewrite the file it stays as large as it is: deleting overwrote the words in it. An
        OSError where there is no room to empty the log.
        """
        try:
            with translated():
                self._empty_log()
                persistent(self._rewrite)
                self._empty_log()
        except LedgerFull as error:
            raise OSError(
                errno.ENOSPC,
                "Erased words may still lie in the ledger's log, which cannot be emptied. Make room, then run "
                "`asof index`, which finishes the erasure",
            ) from error

    def _rewrite(self) -> None:
        with self._lock, at_once(self._db), _without_room():
            self._db.vacuum()

    def _empty_log(self) -> None:
        if not emptied_log(self._db, self._lock):
            raise LedgerBusy(
                "A reader keeps the ledger's log in use, so erased words may still be in it; end that reader "
                "and run `asof index`, which finishes the erasure"
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Holds the lock for a reading; LedgerLost where the ledger's files are no longer those that were opened."""
        with self._lock, translated():
            if self._kept.written_over is not None:
                self.check_there()  # also where nothing can be written
            if self._home is not None and self._file.writable and (now := time.monotonic()) >= self._look_at:
                self.check_there()
                self._look_at = now + LOOK_EVERY
                if not self._committing:
                    self._kept.look()
            yield

    def _query(self, sql: str, *parameters: Any) -> list[Row]:
        with self._reading():
            return self._file.read(lambda db: list(db.query(sql, parameters)))


def ledger_head(home: Path) -> str | None:
    """The hash of the newest event, GENESIS where there is none; None where no ledger can be read there."""
    path = home / FILE
    if not path.exists():
        return None
    try:
        return _head(path)
    except (sqlite3.Error, OSError):
        return None


def _head(path: Path) -> str:
    with closing(read_only(path)) as connection:
        row = connection.execute(f"select hash {NEWEST}").fetchone()
    return GENESIS if row is None else str(row[0])


@contextmanager
def _without_room() -> Iterator[None]:
    """Ends what finds no room on a disk, here or where temporary files lie, and nothing else."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if trouble(error) is not Trouble.FULL:
            raise


def _names(versions: Iterable[VersionId]) -> str:
    return json.dumps([[version.policy_id, version.number] for version in versions])


def _event(row: Row) -> Event:
    """The event of a row with its content and hash; LedgerDamaged where it was altered."""
    content = row["content"]
    if event_hash(content.encode()) != row["hash"]:
        raise LedgerDamaged(f"Event {row['tx']} is not the one that was recorded: {_ALTERED}")
    return Event.from_content(json.loads(content))


def _span_values(span: Span) -> list[Any]:
    return [span.start, span.end, span.headings, span.lead_ins]


def _span(values: list[Any]) -> Span:
    start, end, headings, lead_ins = values
    return Span(start, end, tuple((a, b) for a, b in headings), tuple((a, b) for a, b in lead_ins))
