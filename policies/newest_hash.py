"""The newest event's hash alone, for whoever only wants to know whether a ledger has changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

from policies.event import GENESIS

FILE = "ledger.db"


def newest_hash(home: Path) -> str | None:
    """The hash of the newest event, GENESIS where there is none; None where no ledger can be read there."""
    path = home / FILE
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            row = connection.execute("select hash from events order by tx desc limit 1").fetchone()
    except sqlite3.Error:
        return None
    return GENESIS if row is None else str(row[0])
