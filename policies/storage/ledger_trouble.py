"""What keeps the ledger's file from being used, as errors of this package that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policies.errors import LedgerBusy, LedgerDamaged, LedgerFull, LedgerReadOnly
from policies.storage.database_file import Trouble, making_room, trouble


@contextmanager
def translated(name: Path | str = "The ledger") -> Iterator[None]:
    """Errors of SQLite, and of the system about its file, as errors of this package."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        match trouble(error):
            case Trouble.BUSY:
                raise LedgerBusy(f"{name} is being written by another process; try again") from error
            case Trouble.FULL:
                raise LedgerFull(
                    f"{name} cannot be written ({error}), so nothing was recorded. {making_room(error)}"
                ) from error
            case Trouble.READ_ONLY:
                raise LedgerReadOnly(f"{name} cannot be used where nothing can be written: {error}") from error
        if isinstance(error, OSError):
            raise
        if trouble(error) is Trouble.UNOPENED:
            raise LedgerBusy(
                f"{name} cannot be opened: {error}. Allow more open files (`ulimit -n`), and see that it may be read; "
                "then try again"
            ) from error
        if isinstance(error, sqlite3.OperationalError):
            raise LedgerDamaged(f"{name} cannot be used: {error}") from error
        raise LedgerDamaged(f"{name} is not a ledger that can be read: {error}") from error
