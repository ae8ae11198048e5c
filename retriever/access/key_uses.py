"""When each key was last used: the time stamp of an empty file named like its id, in `key-uses/` of the home folder.

A time stamp is set in microseconds, without a lock and by several processes at once; the file of keys would have to be
replaced for it. It is set once a minute at most. Where the home cannot be written, no use is noted, and no caller is
refused for it.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from policies.instant import Instant
from policies.storage.ownership import give_to_owner

FOLDER = "key-uses"

EVERY: Instant = 60_000_000
"""How long after a use that was noted the next one is."""


class KeyUses:
    """The uses of the keys of a home folder. Safe to share between threads."""

    def __init__(self, home: Path, clock: Callable[[], Instant]) -> None:
        self._folder = home / FOLDER
        self._clock = clock
        self._noted: dict[str, Instant] = {}

    def note(self, key_id: str) -> None:
        """Notes that a key is used now, unless a use within the last minute is noted."""
        now = self._clock()
        last = self._noted.get(key_id)
        if last is not None and last <= now < last + EVERY:
            return
        self._noted[key_id] = now
        with suppress(OSError):
            if not self._folder.exists():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                give_to_owner(self._folder, self._folder.parent)
            descriptor = os.open(self._folder / key_id, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            give_to_owner(descriptor, self._folder)
            try:
                os.utime(descriptor, ns=(now * 1000, now * 1000))
            finally:
                os.close(descriptor)

    @property
    def noted(self) -> bool:
        """Whether any use of any key was ever noted."""
        return self._folder.exists()

    def last(self, key_id: str) -> Instant | None:
        """When a key was last used, to the minute; None where no use is noted."""
        try:
            return (self._folder / key_id).stat().st_mtime_ns // 1000
        except OSError:
            return None
