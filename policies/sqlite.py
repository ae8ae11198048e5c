"""SQLite through sqlite-utils, without pandas, which that imports where it is installed: half a second of a start."""

import sys
import time
from typing import Any

_modules: dict[str, Any] = sys.modules
_loaded = "pandas" in _modules
if not _loaded:
    _modules["pandas"] = None  # which makes `import pandas` say that it is not there
try:
    from sqlite_utils import Database as Database
    from sqlite_utils import Migrations as Migrations
finally:
    if not _loaded:
        del _modules["pandas"]

BUSY_SECONDS = 10.0
"""How long a connection waits for others."""


def emptied_log(db: Database) -> bool:
    """Empties the write-ahead log, so that it holds no deleted words; False where a reader stays inside too long."""
    deadline = time.monotonic() + BUSY_SECONDS
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
