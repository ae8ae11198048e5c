"""The audit log: one line of JSON for every write and refusal of the service, in `audit.jsonl` of the home folder.

A line says when, what was attempted, by which key, where, and with what outcome. It holds nothing of what was asked,
written or presented. The id of a receipt is left out too: it depends on the evidence, so it could confirm a guess at
words that were erased. Values come from callers: each is cut to a length, control characters become escapes, and text
that looks like a key is masked.

Each line is one `write` to a file opened for appending. The system does not mix such writes of several threads or
processes. The file is opened anew for each line, so it can be rotated by renaming it. Nothing is synced: the ledger
proves what was recorded, and a crash of the machine may lose the refusals of the last seconds.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from policies.instant import Instant, format_instant
from policies.storage.ownership import give_to_owner
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
        made_key: str | None = None,
    ) -> None:
        """Appends one line; OSError if it could not be written whole.

        `action` is what was attempted; `key` is the accepted key, or None. The part of `path` after a `?` is left
        out, because it may hold a question. With `count`, the line stands for that many requests. `made_key` is the id
        of a key that the request made.
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
            **({} if made_key is None else {"made_key": made_key}),
        }
        line = inert_json(json.dumps(entry)).encode("ascii") + b"\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        give_to_owner(descriptor, self._path.parent)
        try:
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if written < len(line):
            raise OSError(f"{self._path}: only {written} of {len(line)} bytes were written; is the disk full?")


def masked(text: str) -> str:
    """The text with everything masked that looks like a key."""
    return _KEY_TEXT.sub("asof_***", text)


def _value(text: str, most: int) -> str:
    """The text with keys masked, cut after `most` characters with an ellipsis."""
    text = masked(text)
    return text if len(text) <= most else f"{text[:most]}…"
