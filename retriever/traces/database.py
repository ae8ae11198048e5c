"""The databases beside the ledger. They hold what callers ask and answer, and never the truth about a policy."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from policies.revision import VersionId
from policies.storage.database_file import DatabaseFile, Trouble, emptied_log, making_room, trouble
from retriever.errors import StoreFull, StoreUnusable

if TYPE_CHECKING:
    from policies.storage.ledger_tables import Database


def open_database(path: Path) -> DatabaseFile:
    """The database in a file; StoreUnusable if the file is a link, because a link may lead out of the home."""
    with translated(path):
        if path.is_symlink():
            raise StoreUnusable(f"{path} is a link; put the file itself there, or remove it")
        return DatabaseFile(path)


def check_kept(file: DatabaseFile, path: Path) -> None:
    """StoreUnusable if rows that are written now could not be found in the folder later."""
    if not file.writable:
        raise StoreUnusable(f"{path} cannot be written by this process, so nothing is kept. Make its folder writable")
    check_there(file, path)


def check_there(file: DatabaseFile, path: Path) -> None:
    """StoreUnusable if a file that can be written was removed or replaced: others see other rows by now."""
    if file.writable and (name := file.lost()) is not None:
        raise replaced(path, f"{name} was removed or replaced")


def damaged(path: Path, what: str) -> StoreUnusable:
    """The error for a file that cannot be read, alone or together with the log beside it."""
    return StoreUnusable(
        f"{path} cannot be used: {what}. Stop the service. Where {path.name} was moved away, put it back beside its "
        f"log. Else remove it with {path.name}-wal and {path.name}-shm, and put a backup there, if there is one. "
        "Without one, what it kept is lost. Then start the service again"
    )


def replaced(path: Path, what: str) -> StoreUnusable:
    """The error for a file that is no longer the one that this process opened."""
    return StoreUnusable(
        f"{path} is no longer the file that this process opened ({what}), so nothing is kept or given out. "
        "Start the process again"
    )


def named(versions: Collection[VersionId]) -> str:
    """A name for this set of revisions, which no other set has."""
    return hashlib.sha256(json.dumps(sorted(map(str, versions))).encode()).hexdigest()


@contextmanager
def writing(db: "Database") -> Iterator[None]:
    """A transaction that waits for its turn before it reads. After a read, SQLite would refuse to wait."""
    with db.conn:
        db.execute("begin immediate")
        yield


def empty_log(db: "Database", path: Path) -> None:
    """Empties the log, so that deleted words are nowhere. StoreUnusable if a reader uses the log for too long."""
    if not emptied_log(db):
        raise StoreUnusable(f"A reader keeps the log of {path} in use, so deleted words may still be in it; try again")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite, and of the system about a file, as StoreUnusable."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        found = trouble(error)
        match found:
            case Trouble.BUSY:
                what = "Another process is using it; try again"
            case Trouble.FULL:
                what = making_room(error)
            case Trouble.READ_ONLY:
                what = "Make its folder writable"
            case Trouble.UNOPENED:
                what = "Allow more open files (`ulimit -n`), and see that it may be read; then try again"
            case Trouble.DAMAGED:
                raise damaged(path, str(error)) from error
            case Trouble.UNUSABLE:
                what = "It may be deleted while the service is stopped; what it kept is lost then"
        kind = StoreFull if found is Trouble.FULL else StoreUnusable
        raise kind(f"{path} cannot be used: {error}. {what}") from error
