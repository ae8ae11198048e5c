"""Sessions of browsers: a key that was sent once, remembered under a token of its own.

**The token** has 32 random bytes in url-safe base64 and says nothing of the key. It is given out once, to the browser.
The folder `sessions/` in the home (mode 0700) holds one file for each session (mode 0600). Its name is the SHA-256 of
the token, so a reader of the folder, or of a backup, cannot use a session. It holds the id of the key and two instants.

**When it ends.** With its key: a session of a key that is revoked, expired or gone is no session, from the next request
on and in every process. Twelve hours after its last use, seven days after it began, or when its holder signs out.

**Several processes.** A session is a file that is made whole and never changed. The time of its last use is the file's
own time of change, set by the clock of the home.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from policies.instant import Instant
from retriever.access.keys import Key, KeyRing
from retriever.errors import StoreUnusable

FOLDER = "sessions"

IDLE: Instant = 12 * 3_600 * 1_000_000
LONGEST: Instant = 7 * 24 * 3_600 * 1_000_000

NOTED_EVERY: Instant = 60 * 1_000_000
"""How old the noted time of the last use may become: a file is touched once a minute, and not by every request."""

MOST_OF_A_KEY = 20
"""The most sessions of one key; another one ends the one that was not used for longest."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Session:
    path: Path
    key_id: str
    key_created: Instant
    began: Instant
    used: Instant

    def over(self, now: Instant) -> bool:
        """Whether it has ended by itself; a clock that was set back ends it too."""
        return not (self.used <= now + NOTED_EVERY and now < self.used + IDLE and now < self.began + LONGEST)


class Sessions:
    """The sessions of one home folder. Safe to share between threads and processes."""

    def __init__(self, home: Path, ring: KeyRing, clock: Callable[[], Instant]) -> None:
        self._folder = home / FOLDER
        self._ring = ring
        self._clock = clock

    def begin(self, key: Key) -> str:
        """The token of a new session of a key; StoreUnusable where the home cannot keep one."""
        token, now = secrets.token_urlsafe(32), self._clock()
        content = json.dumps({"key": key.id, "key_created": key.created, "began": now}).encode()
        path = self._path(token)
        partial = path.with_suffix(".partial")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._make_room(key, now)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "wb") as file:
                file.write(content)
            _note(partial, now)
            partial.rename(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StoreUnusable(
                f"No session can be kept in {self._folder} ({error.strerror}): nobody can sign in. Make the home "
                "folder writable and make room; the routes under /v1 take the key itself"
            ) from error
        return token

    def key(self, token: str) -> Key | None:
        """The active key of a session that goes on, which counts as used now; None for every other token.

        StoreUnusable where the session cannot be read.
        """
        if not _TOKEN.fullmatch(token) or (session := _read(self._path(token))) is None:
            return None
        now = self._clock()
        key = self._ring.active(session.key_id)
        if key is None or key.created != session.key_created or session.over(now):
            self.end(token)
            return None
        if now >= session.used + NOTED_EVERY:
            with suppress(OSError):
                _note(session.path, now)
        return key

    def end(self, token: str) -> None:
        """Ends a session; nothing happens where there is none."""
        if _TOKEN.fullmatch(token):
            with suppress(OSError):
                self._path(token).unlink(missing_ok=True)

    def _path(self, token: str) -> Path:
        return self._folder / hashlib.sha256(token.encode("ascii")).hexdigest()

    def _make_room(self, key: Key, now: Instant) -> None:
        """Removes the sessions that are over, and the oldest of a key that has too many."""
        of_key = []
        for path in self._folder.iterdir():
            session = None
            with suppress(StoreUnusable):  # one that cannot be read keeps nobody from signing in
                session = _read(path) if _NAME.fullmatch(path.name) else None
            if session is not None and session.over(now):
                path.unlink(missing_ok=True)
            elif session is not None and session.key_id == key.id:
                of_key.append(session)
        of_key.sort(key=lambda session: session.used)
        for session in of_key[: max(0, len(of_key) - MOST_OF_A_KEY + 1)]:
            session.path.unlink(missing_ok=True)


def _read(path: Path) -> _Session | None:
    """The session of a file; None where there is none, or where the file holds something else.

    StoreUnusable where the file cannot be read, such as for want of descriptors: whoever has it is still signed in.
    """
    try:
        content, used = json.loads(path.read_bytes()), path.stat().st_mtime_ns // 1000
        return _Session(path, str(content["key"]), int(content["key_created"]), int(content["began"]), used)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    except OSError as error:
        raise StoreUnusable(f"A session cannot be read ({error.strerror}); try again") from error


def _note(path: Path, now: Instant) -> None:
    os.utime(path, ns=(now * 1000, now * 1000))
