"""The files of SQLite in a home folder: made, opened, read and emptied by one policy.

**Nothing opens them behind SQLite's back.** The system drops all POSIX locks that a process has on a file as soon as
the process closes *any* descriptor of it. SQLite keeps count of its own descriptors, and of no others. Without its
locks a process looks to others as if it were gone, and the last to close then deletes the log that it still writes
into. So a file is made before any connection to it exists, and from then on it is only connected to, or looked at by
`stat`.

**Where nothing can be written** a file in WAL mode is opened with `mode=ro`. SQLite then reads the log too, as long as
the index beside it (`-shm`) is there or can be made. Where it is not and cannot be, and there is no log, all there is
lies in the file itself: then alone `immutable=1` is right. It takes no locks and notices no change; but the folder may
be writable for someone else. So the files' stamps are compared before and after each reading, and the file is opened
anew where they differ. Where there is a log, `immutable=1` would silently leave out the newest commits: that is an
error.

Importing this is cheap: sqlite-utils is loaded where a file is opened.
"""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from policies.storage.ownership import give_to_owner

if TYPE_CHECKING:
    from policies.storage.ledger_tables import Database

Rows = TypeVar("Rows")

Identity = tuple[int, int] | None
Stamp = tuple[tuple[int, ...] | None, ...]

BUSY_SECONDS = 10.0
"""How long a connection waits for others."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_WRITING = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})

_CUT_SHORT = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ})
"""What SQLite says of a file that ends too early."""

_opening = threading.Lock()
"""Held while a file is made or connected to: no connection of this process comes between its making and its closing."""


class Trouble(StrEnum):
    """What keeps a file from being used."""

    BUSY = "busy"
    FULL = "full"
    READ_ONLY = "read_only"
    UNOPENED = "unopened"
    DAMAGED = "damaged"
    UNUSABLE = "unusable"


def trouble(error: sqlite3.DatabaseError | OSError) -> Trouble:
    """What an error of SQLite, or of the system, says about a file."""
    if isinstance(error, OSError):
        known = ((NO_ROOM, Trouble.FULL), (NO_WRITING, Trouble.READ_ONLY), (NO_DESCRIPTORS, Trouble.UNOPENED))
        return next((found for numbers, found in known if error.errno in numbers), Trouble.UNUSABLE)
    kind = getattr(error, "sqlite_errorcode", 0)
    code = kind & 0xFF  # the higher bits only tell kinds of one code apart
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Trouble.BUSY
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or kind in _CUT_SHORT:
        return Trouble.DAMAGED
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Trouble.FULL
    if code == sqlite3.SQLITE_CANTOPEN:
        return Trouble.UNOPENED
    return Trouble.READ_ONLY if code == sqlite3.SQLITE_READONLY else Trouble.UNUSABLE


def making_room(error: sqlite3.DatabaseError | OSError) -> str:
    """What to do about `Trouble.FULL`. SQLite says "disk I/O error" of some full disks, and of broken ones."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR:
        return "Make room. Where there is room, the disk has a fault: look into the system's log. Then try again"
    return "Make room, then try again"


class DatabaseFile:
    """One database file, opened as this module says. What is written is kept where it is `writable`.

    Where nothing can be written and there is no file, it is an empty database in memory. With `or_read`, a file that
    there is `no_room` to open for writing is opened to be read; `make_writable` tries again.
    """

    def __init__(self, path: Path | None, *, or_read: bool = False) -> None:
        if path is not None and path.is_dir():  # SQLite says of it only that it cannot be opened
            raise IsADirectoryError(errno.EISDIR, "A folder lies where a database should be", str(path))
        self._path = path
        self.writable = path is not None and not unwritable(path)
        self.no_room = False
        self._settled = False
        self._stamp: Stamp = ()
        self._db: Database
        if path is None or not (self.writable or path.exists()):
            self._db = _database(sqlite3.connect(":memory:", check_same_thread=False))
        elif self.writable:
            try:
                self._db = _made(path)
            except (sqlite3.DatabaseError, OSError) as error:
                if not or_read or trouble(error) is not Trouble.FULL or not path.exists():
                    raise
                self.writable, self.no_room = False, True
                self._open_to_read(path)
        else:
            self._open_to_read(path)
        self._known = self._identities()

    @property
    def db(self) -> "Database":
        """The connection, good for the file as it is now."""
        if self._settled and self._path is not None and _stamp(self._path) != self._stamp:
            self._db.close()
            self._open_to_read(self._path)
        return self._db

    def read(self, rows: "Callable[[Database], Rows]") -> Rows:
        """What `rows` finds: in one state of the file, also where nothing keeps others from writing it meanwhile."""
        while self._settled and self._path is not None:
            db, stamp = self.db, self._stamp
            try:
                found = rows(db)
            except sqlite3.DatabaseError:
                if _stamp(self._path) == stamp:
                    raise
                continue
            if _stamp(self._path) == stamp:
                return found
        return rows(self._db)

    def lost(self) -> str | None:
        """The name of a file of it that was removed or replaced since it was opened; None where all are there."""
        return next((Path(path).name for path, known in self._known.items() if _identity(path) != known), None)

    def make_writable(self) -> None:
        """Opens the file anew, to be written, where there was no room for that; an error where there is still none."""
        if self._path is not None and self.no_room:
            read, self._db = self._db, _made(self._path)
            read.close()
            self.writable, self.no_room, self._settled = True, False, False
            self._known = self._identities()

    def close(self) -> None:
        self._db.close()

    def _identities(self) -> dict[str, Identity]:
        return {} if self._path is None else {str(file): _identity(str(file)) for file in self._held(self._path)}

    def _held(self, path: Path) -> tuple[Path, ...]:
        """The files that stay the same for as long as it is open; the log and its index do as long as locks hold them.

        Where the log's index is removed, the next to open the file makes another, and the two overwrite each other.
        """
        if self.writable:
            return path, _log(path), path.with_name(f"{path.name}-shm")
        return (path,) if path.exists() else ()

    def _open_to_read(self, path: Path) -> None:
        self._stamp = _stamp(path)  # before it is opened: what changes in between is seen as a change
        connection, self._settled = _readable(path, no_room=self.no_room)
        self._db = _database(connection)


def unwritable(path: Path) -> bool:
    """Whether this process cannot write a database file, or make it: SQLite writes beside it as well."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK))


def read_only(path: Path) -> sqlite3.Connection:
    """A connection of its own that only reads, and may be used by any thread."""
    return _readable(path)[0]


def persistent(change: Callable[[], None]) -> None:
    """Makes a change that is all or nothing, also where SQLite does not itself wait for another connection.

    It does not where that one changes to a log, or takes it away at its end, or has written since this one read.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return change()
        except sqlite3.OperationalError as error:
            if trouble(error) is not Trouble.BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def at_once(db: "Database") -> Iterator[None]:
    """SQLite waits for no other connection here, and says at once that the file is busy.

    Who waits inside SQLite keeps all others of this process from the connection; who waits outside does not.
    """
    db.execute("pragma busy_timeout = 0")
    try:
        yield
    finally:
        db.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1e3:.0f}")


def emptied_log(db: "Database", lock: AbstractContextManager[object] | None = None) -> bool:
    """Empties the write-ahead log, so that it holds no deleted words; False where a reader stays inside too long.

    The connection's `lock`, if it has one, is taken for each try, and let go in between.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        with lock or nullcontext(), at_once(db):
            left = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not left:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def _made(path: Path) -> "Database":
    """The database in a file, which is made where there is none; its owner alone may read it and its log then."""
    with _opening:
        with suppress(FileExistsError):
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                give_to_owner(made, path.parent)
            finally:
                os.close(made)
        db = _database(sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False))
    try:
        persistent(lambda: _settings(db))
    except BaseException as error:
        db.close()
        if isinstance(error, sqlite3.OperationalError) and trouble(error) is Trouble.UNOPENED and _no_file_fits(path):
            raise OSError(errno.ENOSPC, "No room for another file beside it (`df -i`)", str(path)) from error
        raise
    return db


def _no_file_fits(path: Path) -> bool:
    """Whether the file system has a number of files, and all of them are taken: SQLite makes two beside its own."""
    state = os.statvfs(path.parent)
    return state.f_files > 0 and not state.f_favail


def _settings(db: "Database") -> None:
    db.enable_wal()
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")
    db.execute("PRAGMA schema_version")  # the first reading makes the log, if there is none


def _readable(path: Path, *, no_room: bool = False) -> tuple[sqlite3.Connection, bool]:
    """A connection that only reads; and whether it takes the file to be settled, since there is no log beside it.

    Where the file may be written, it is not looked into, unless there is `no_room` for what SQLite makes beside it.
    """
    connection = _connection(path, "mode=ro")
    if not (no_room or unwritable(path)):
        return connection, False
    try:
        connection.execute("pragma schema_version").fetchone()  # the first that looks into the file and its log
    except sqlite3.OperationalError as error:
        connection.close()
        if trouble(error) is Trouble.BUSY:
            raise
        if (log := _state(_log(path))) is not None and log[2]:
            raise OSError(
                errno.EROFS,
                "its newest commits lie in the log beside it, which cannot be read where nothing can be written. Open "
                "this home once where it can be written, such as by `asof status`",
                str(path),
            ) from error
        return _connection(path, "mode=ro&immutable=1"), True
    return connection, False


def _connection(path: Path, options: str) -> sqlite3.Connection:
    with _opening:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )


def _database(connection: sqlite3.Connection) -> "Database":
    from policies.storage.ledger_tables import Database

    return Database(connection, execute_plugins=False)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state(path: Path) -> tuple[int, int, int, int] | None:
    """What differs between two states of a file; None where there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _stamp(path: Path) -> Stamp:
    """What differs between two states of a database: its file, and whether a log is there."""
    return _state(path), _state(_log(path))


def _identity(path: str) -> Identity:
    """What tells a file from another one of its name; None where there is none."""
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino
