"""The databases beside the ledger, of what callers ask and answer. None is the truth about a policy."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from policies.ledger_store import database, emptied_log
from retriever.errors import StoreUnusable

if TYPE_CHECKING:
    from policies.ledger_tables import Database


def open_database(path: Path) -> "Database":
    """The database in a file, made where there is none, which its owner alone may read."""
    with translated(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        db = database(path)
        db.enable_wal()
        db.execute("PRAGMA secure_delete=ON")
    return db


def empty_log(db: "Database", path: Path) -> None:
    """Empties the log: deleted words are nowhere then. StoreUnusable where a reader stays inside too long."""
    if not emptied_log(db):
        raise StoreUnusable(f"A reader keeps the log of {path} in use, so deleted words may still be in it; try again")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's own errors as StoreUnusable."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnusable(f"{path} cannot be used: {error}. It may be deleted; what it kept is lost then") from error
