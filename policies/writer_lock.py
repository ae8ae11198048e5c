"""One writer at a time: an advisory lock on a file, which the system releases when its holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policies.errors import LedgerBusy

WAIT_SECONDS = 30.0


@contextmanager
def writer_lock(home: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Holds the home folder's writer lock; LedgerBusy where another process still has it after `wait` seconds."""
    home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    with (home / "writer.lock").open("ab") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LedgerBusy(
                        f"Another process is writing to {home} and has not finished within {wait:g} s; try again"
                    ) from None
                time.sleep(0.005)
        yield
