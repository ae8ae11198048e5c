"""The audit log: one line of JSON for every write and refusal of the service, in `audit.jsonl` of the home folder.

A line says when, what was attempted, by which key, where, and with what outcome; nothing of what was asked, written or
presented. A receipt's id is left out too: once words are erased, a digest of them would tell who guesses them. Values
come from callers, so each is cut to a length, control characters are escapes, and what looks like a key's text is
masked wherever a caller may have put it.

Lines are appended each by one `write` to a file opened for appending, which the system does not interleave, between
threads or processes. The file is opened for each line, so it can be rotated by renaming it. Nothing is synced: what was
recorded is proved by the ledger, and a crash of the machine may take the last seconds of refusals.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from policies.instant import Instant, format_instant
from retriever.access.keys import Key
from retriever.quoting.untrusted import inert_json

FILE = "audit.jsonl"
MAX_PATH = 200
MAX_NAME = 64

_UNDERSCORE = "(?:_|%(?:25)*5f)"
_DIGEST = re.compile("(?<=/)[0-9a-f]{64}(?=/|$)", re.ASCII | re.IGNORECASE)
_KEY_TEXT = re.compile(rf"asof{_UNDERSCORE}[0-9a-z]+{_UNDERSCORE}[\w%-]+", re.ASCII | re.IGNORECASE)


class AuditLog:
    """Appends to the audit log of a home folder that exists."""

    def __init__(self, home: Path, clock: Callable[[], Instant]) -> None:
        self._path = home / FILE
        self._clock = clock

    def record(
        self,
        action: str,
        key: Key | None,
        method: str,
        path: str,
        status: int,
        request_id: str,
        count: int | None = None,
    ) -> None:
        """Appends one line; OSError where it could not be written whole.

        `action` is what was attempted, `key` the one accepted, None where there was none. Of `path` what follows a
        `?` is left out, since a question may stand there. A line may stand for a `count` of requests.
        """
        entry = {
            "time": format_instant(self._clock()),
            "action": _value(action, MAX_NAME),
            "key": None if key is None else key.id,
            "method": _value(method, MAX_NAME),
            "path": _value(_DIGEST.sub("***", path.partition("?")[0]), MAX_PATH),
            "status": status,
            "request_id": _value(request_id, MAX_NAME),
            **({} if count is None else {"count": count}),
        }
        line = inert_json(json.dumps(entry)).encode("ascii") + b"\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if written < len(line):
            raise OSError(f"{self._path}: only {written} of {len(line)} bytes were written; is the disk full?")


def masked(text: str) -> str:
    """The text without what looks like a key's."""
    return _KEY_TEXT.sub("asof_***", text)


def _value(text: str, most: int) -> str:
    """The text without a key in it, and no longer than `most` characters and an ellipsis."""
    text = masked(text)
    return text if len(text) <= most else f"{text[:most]}…"
