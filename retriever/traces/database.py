"""The databases beside the ledger, of what callers ask and answer. None is the truth about a policy."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policies.sqlite import Database
from retriever.errors import StoreUnusable

BUSY_SECONDS = 10.0


def open_database(path: Path) -> Database:
    """The database in a file, made where there is none, which its owner alone may read."""
    with translated(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        db = Database(connection, execute_plugins=False)
        db.enable_wal()
        db.execute("PRAGMA secure_delete=ON")
    return db


def empty_log(db: Database, path: Path) -> None:
    """Waits, for a bounded time, until no reader is inside the log, and empties it: deleted words are nowhere then."""
    deadline = time.monotonic() + BUSY_SECONDS
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            raise StoreUnusable(
                f"A reader keeps the log of {path} in use, so deleted words may still be in it; try again"
            )
        time.sleep(0.02)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's own errors as StoreUnusable."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnusable(f"{path} cannot be used: {error}. It may be deleted; what it kept is lost then") from error
