"""One writer at a time: a lock on a file of the home, which says who writes and what the write builds on."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from policies.errors import LedgerBusy, LedgerReadOnly
from policies.instant import now
from policies.storage.database_file import NO_WRITING
from policies.storage.ownership import give_to_owner

LOCK_FILE = "writer.lock"

WAIT_SECONDS = 30.0
"""How long a writer waits for another one."""

LOOK_EVERY = 0.002
"""Seconds between two looks of a writer that waits."""

_looking: dict[Path, threading.Lock] = {}
os.register_at_fork(after_in_child=_looking.clear)  # whoever looks stays behind in the parent


class WriterLock:
    """The lock while it is held. Its file says what the write in progress builds on, who holds it, and since when, in
    bytes that never grow."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._say(f"{'':>20}{os.getpid():>20}{now():>20}")

    def build_on(self, tx: int | None) -> None:
        """Says that the next events build on `tx`, which the index has; None says that no write is in progress."""
        self._say(f"{'' if tx is None else tx:>20}")

    def _say(self, text: str) -> None:
        with suppress(OSError):  # on a full disk nothing is said, and readers wait for the end of this write
            os.pwrite(self._file, text.encode(), 0)


def write_in_progress(home: Path) -> int | None:
    """The tx that the write in progress builds on; None where none is recorded at this moment."""
    try:
        file = (home / LOCK_FILE).open("rb")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said = file.read(20).strip()
            return int(said) if said.isdigit() else None
    return None


@contextmanager
def writer_lock(home: Path, wait: float = WAIT_SECONDS) -> Iterator[WriterLock]:
    """Holds the home folder's writer lock; LedgerBusy where another process still has it after `wait` seconds.

    It is an advisory lock on a file, which the system releases when its holder dies.
    """
    deadline = time.monotonic() + wait
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        give_to_owner(descriptor, home)
    except OSError as error:
        if error.errno in NO_WRITING:
            raise nothing_written(home) from error
        raise
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        if not _taken(file.fileno(), home, deadline):
            raise LedgerBusy(
                f"{_writing(file.fileno(), home)} and has not finished within {wait:g} s; try again. "
                "A large import takes minutes; others write once it has ended"
            )
        yield WriterLock(file.fileno())


def _taken(file: int, home: Path, deadline: float) -> bool:
    """Whether this thread got the lock in time. Of the threads of this process that wait for it, one looks again and
    again; the others sleep, or all of them would take the interpreter from whoever works."""
    if (left := deadline - time.monotonic()) <= 0:
        return _free(file)
    looking = _looking.setdefault(home, threading.Lock())
    if not looking.acquire(timeout=left):
        return False
    try:
        while not (taken := _free(file)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        return taken
    finally:
        looking.release()


def _free(file: int) -> bool:
    """Whether nobody had the lock; this thread has it now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _writing(file: int, home: Path) -> str:
    """Who holds the lock in this file, and for how long: the beginning of a sentence."""
    pid, since = (os.pread(file, 20, place).strip() for place in (20, 40))
    if not (pid.isdigit() and since.isdigit()):  # an earlier version's, or nothing could be said on a full disk
        return f"Another process is writing to {home}"
    return f"Process {int(pid)} has been writing to {home} for {max(0, now() - int(since)) / 1e6:,.0f} s"


def nothing_written(home: Path) -> LedgerReadOnly:
    """What is said where a home cannot be written."""
    return LedgerReadOnly(
        f"The home folder {home} cannot be written by this process, so nothing was recorded. Make it writable (a "
        "service is then started again), or write where it is"
    )
