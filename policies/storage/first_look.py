"""A look at a ledger, or another file, before it is opened to be written. It changes neither the file nor its log.

SQLite takes the log that lies beside a file for the file's own. It puts what the log holds into the file, at the latest
when the last connection closes. Where a backup was put in place of a ledger beside its log, that would spoil the backup
and use up the log: perhaps the one place of what was acknowledged last.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from policies.storage.database_file import Trouble, read_only, trouble
from policies.storage.kept_file import KeptRows, is_whole
from policies.storage.ledger_store import EVENTS

CHECKED_WHOLE = 134_217_728
"""Bytes up to which a file with a log is checked by all of SQLite's rules: nobody waits for it yet."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The newest transaction of a ledger, and the hash of the one that was asked about."""

    newest: int
    hash_at: str | None


def damage_with_log(path: Path, rows: KeptRows) -> str:
    """What keeps a file from being read together with the log beside it; empty for nothing, and where there is none."""
    log = path.with_name(f"{path.name}-wal")
    if not (path.exists() and log.exists() and log.stat().st_size):
        return ""
    try:
        with closing(read_only(path)) as connection:
            newest = (connection.execute(rows.newest).fetchone() or (0,))[0]
            whole = is_whole(connection, path.stat().st_size, newest, rows, CHECKED_WHOLE)
            return "" if whole else "it breaks SQLite's rules"
    except (sqlite3.DatabaseError, OSError) as error:
        return str(error) if trouble(error) is Trouble.DAMAGED else ""


def put_back(path: Path) -> str:
    """What is said to do where a file and its log cannot be read as one."""
    name = path.name
    return (
        f"Nothing was changed. Where {name} was moved away, put it back beside its log. Else restore a backup: stop "
        f"the service, remove {name}-wal and {name}-shm, then put the backup in place of {name}"
    )


def first_look(path: Path, tx: int) -> Looked | None:
    """What the file of a ledger holds with its log: nothing where there is none. None where it cannot be looked at."""
    if not path.exists():
        return Looked(0, None)
    try:
        with closing(read_only(path)) as connection:
            if not connection.execute("select 1 from sqlite_master where name = 'events'").fetchone():
                return Looked(0, None)
            newest = (connection.execute(EVENTS.newest).fetchone() or (0,))[0]
            found = connection.execute(EVENTS.mark, [tx]).fetchone()
    except (sqlite3.DatabaseError, OSError):
        return None
    return Looked(newest, None if found is None else str(found[0]))
