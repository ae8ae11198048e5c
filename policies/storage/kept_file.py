"""Whether a file of SQLite is still the one that a process opened, and holds what the process knows of it."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from policies.storage.database_file import DatabaseFile, Trouble, read_only, trouble

if TYPE_CHECKING:
    from policies.storage.ledger_tables import Database

CHECKED_WHOLE = 16_777_216
"""Bytes up to which a file that somebody else changed is checked by all of SQLite's rules: no writer waits for more."""

CHECKED_ROWS = 64
"""Of a larger file so many rows are read, from the first to the newest."""

Connection: TypeAlias = sqlite3.Connection

_NOT_THERE = "what was just written cannot be read there"


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows that are numbered from 1 and never removed, each with a mark that never changes.

    `newest` selects the number and mark of the newest one, and `mark` the mark of a number. `sound` counts those of
    some numbers that are there and read as they were written. `none` is the mark where there is no row.
    """

    newest: str
    mark: str
    sound: Callable[[Connection, Sequence[int]], int]
    none: str


class KeptFile:
    """The file at a path; None stands for one in memory, which nobody else can reach.

    A file that was removed may come back. One that was `written_over` is used no more by this process: what it holds of
    the file is a mixture. `lost` makes the error that says so.
    """

    def __init__(self, file: DatabaseFile, path: Path | None, rows: KeptRows, lost: Callable[[str], Exception]) -> None:
        self._file = file
        self._path = path
        self._rows = rows
        self._lost = lost
        self._changed = None if path is None else _changed(path)
        self._newest: tuple[int, str] = (0, rows.none)
        self.written_over: str | None = None
        if path is not None:
            with suppress(sqlite3.DatabaseError):  # told by whoever reads it
                self._newest = self._read_newest(file.db)

    def check_there(self) -> None:
        """Fails where the files were taken away or replaced since they were opened, or were written over."""
        if self.written_over is not None:
            raise self._lost(self.written_over)
        if (name := self._file.lost()) is not None:
            raise self._lost(f"{name} was removed or replaced")

    def check_holds(self, *, written: bool) -> None:
        """Fails where a connection of its own does not read in the folder what this process knows. The file was
        written over then, which leaves it the same file for the system.

        Where such a connection cannot be made at this moment, nothing is known. After something was `written` that is
        enough only where the files are still the same.
        """
        if self._path is None:
            return
        if self.written_over is not None:
            self.check_there()
        if written:
            self._newest = self._read_newest(self._file.db)
        number, kept = self._newest
        by_others = False
        try:
            with closing(read_only(self._path)) as connection:
                now = _changed(self._path)
                by_others = not written and now != self._changed
                holds = not by_others or is_whole(connection, now[0], number, self._rows)
                holds = holds and (number == 0 or connection.execute(self._rows.mark, [number]).fetchone() == (kept,))
                self._newest = self._read_newest(connection) if holds else self._newest
            self._changed = now if by_others else _changed(self._path)
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

    def look(self) -> None:
        """Fails where somebody else changed the file and it does not hold any more what this process knows."""
        if self.written_over is not None:
            self.check_there()
        if self._path is not None and self._changed != _changed(self._path):
            self.check_holds(written=False)

    def _read_newest(self, connection: "sqlite3.Connection | Database") -> tuple[int, str]:
        return connection.execute(self._rows.newest).fetchone() or (0, self._rows.none)

    def use_no_more(self, why: str) -> None:
        """Fails, now and whenever the file is used again."""
        self.written_over = why
        self.check_there()


def is_whole(connection: sqlite3.Connection, size: int, newest: int, rows: KeptRows, whole: int | None = None) -> bool:
    """Whether a file reads as one up to a row: by all of SQLite's rules up to `whole` bytes, else by some rows."""
    if size <= (CHECKED_WHOLE if whole is None else whole):
        return bool(connection.execute("pragma quick_check(1)").fetchone()[0] == "ok")
    some = sorted({max(1, newest * number // CHECKED_ROWS) for number in range(1, CHECKED_ROWS + 1)})
    return rows.sound(connection, some) == len(some)


def _changed(path: Path) -> tuple[int, int]:
    """What changes with the file itself, which SQLite writes when it empties the log into it."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
