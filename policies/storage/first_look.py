"""A look at a ledger before it is opened to be written. It changes nothing, neither the file nor the log beside it.

SQLite takes the log that lies beside a file for the file's own. It puts what the log holds into the file, at the latest
when the last connection closes. Where a backup was put in place of a ledger beside its log, that would spoil the backup
and use up the log: perhaps the one place of what was acknowledged last.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from policies.storage.database_file import Trouble, read_only, trouble
from policies.storage.kept_file import is_whole
from policies.storage.ledger_store import EVENTS, NEWEST

CHECKED_WHOLE = 134_217_728
"""Bytes up to which a file with a log is checked by all of SQLite's rules: a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The newest transaction of a ledger, the hash of the one that was asked about, and what is wrong with the file."""

    newest: int = 0
    hash_at: str | None = None
    damage: str = ""


def first_look(path: Path, tx: int) -> Looked | None:
    """What the file of a ledger holds with its log; None where that cannot be looked at, or there is none.

    Only a file with a log is checked: without one, opening it changes nothing.
    """
    if not path.exists():
        return None
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    try:
        with closing(read_only(path)) as connection:
            newest = (connection.execute(f"select tx {NEWEST}").fetchone() or (0,))[0]
            if has_log and not is_whole(connection, path.stat().st_size, newest, EVENTS, CHECKED_WHOLE):
                return Looked(newest, damage="it breaks SQLite's rules")
            found = connection.execute(EVENTS.mark, [tx]).fetchone()
    except (sqlite3.DatabaseError, OSError) as error:
        return Looked(damage=str(error)) if has_log and trouble(error) is Trouble.DAMAGED else None
    return Looked(newest, None if found is None else str(found[0]))
