"""Whether a ledger's file is still the one that a process opened, and holds what the process knows of it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from policies.errors import LedgerLost
from policies.event import GENESIS, event_hash
from policies.storage.database_file import DatabaseFile, Trouble, read_only, trouble

CHECKED_WHOLE = 16_777_216
"""Bytes up to which a file that somebody else changed is checked by all of SQLite's rules: no writer waits for more."""

CHECKED_EVENTS = 64
"""Of a larger file so many events are read, from the first to the newest."""

NEWEST = "from events order by tx desc limit 1"

_NOT_THERE = "what was just written cannot be read there"


class KeptFile:
    """The file of a ledger in a home; None stands for one in memory, which nobody else can reach.

    A file that was removed may come back. One that was `written_over` is used no more by this process: what it holds of
    the file is a mixture.
    """

    def __init__(self, file: DatabaseFile, home: Path | None, path: Path | None) -> None:
        self._file = file
        self._home = home
        self._path = path
        self._changed = None if path is None else _changed(path)
        self._newest: tuple[int, str] = (0, GENESIS)
        self.written_over: str | None = None

    def check_there(self) -> None:
        """LedgerLost where the files were taken away or replaced since they were opened, or were written over."""
        if self.written_over is not None:
            raise self._lost(self.written_over)
        if (name := self._file.lost()) is not None:
            raise self._lost(f"{name} was removed or replaced")

    def check_holds(self, *, written: bool) -> None:
        """LedgerLost where a connection of its own does not read in the folder what this process knows. The file was
        written over then, which leaves it the same file for the system.

        Where such a connection cannot be made at this moment, nothing is known. After something was `written` that is
        enough only where the files are still the same.
        """
        if self._path is None:
            return
        if written or not self._newest[0]:
            self._newest = self._file.db.execute(f"select tx, hash {NEWEST}").fetchone() or (0, GENESIS)
        tx, kept = self._newest
        by_others = False
        try:
            with closing(read_only(self._path)) as connection:
                now = _changed(self._path)
                by_others = not written and now != self._changed
                holds = not by_others or _is_whole(connection, now[0], tx)
                holds = holds and _hash_at(connection, tx) == kept
            self._changed = _changed(self._path)
        except (sqlite3.DatabaseError, OSError) as error:
            kind = trouble(error)
            if written and (kind not in (Trouble.BUSY, Trouble.UNOPENED) or self._file.lost() is not None):
                raise self._lost(_NOT_THERE) from error
            if kind is not Trouble.DAMAGED:
                return
            if not by_others:
                raise
            holds = False
        if not holds:
            if self._file.lost() is None:
                self.written_over = _NOT_THERE if written else "its file was written over"
            self.check_there()

    def use_no_more(self, why: str) -> None:
        """LedgerLost, now and whenever the file is used again."""
        self.written_over = why
        self.check_there()

    def _lost(self, what: str) -> LedgerLost:
        return LedgerLost(
            f"The ledger in {self._home} is no longer the one that this process opened: {what}. Nothing was "
            "acknowledged. Put the files back or restore a backup, then start the process again"
        )


def _hash_at(connection: sqlite3.Connection, tx: int) -> str | None:
    """The hash of an event, GENESIS for 0; None where there is none."""
    row = connection.execute("select hash from events where tx = ?", (tx,)).fetchone()
    return GENESIS if tx == 0 else None if row is None else str(row[0])


def _changed(path: Path) -> tuple[int, int]:
    """What changes with the file itself, which SQLite writes when it empties the log into it."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _is_whole(connection: sqlite3.Connection, size: int, newest: int) -> bool:
    """Whether a file still reads as one ledger up to an event, by all of SQLite's rules or by some of its events."""
    if size <= CHECKED_WHOLE:
        return bool(connection.execute("pragma quick_check(1)").fetchone()[0] == "ok")
    every = {max(1, newest * number // CHECKED_EVENTS) for number in range(1, CHECKED_EVENTS + 1)}
    sql = "select content, hash from events where tx in (select value from json_each(?))"
    rows = connection.execute(sql, (json.dumps(list(every)),)).fetchall()
    return len(rows) == len(every) and all(event_hash(content.encode()) == kept for content, kept in rows)
