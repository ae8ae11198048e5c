"""The answers that were paid for, kept by the digest of their request, so that no call is made twice.

The file only grows, by one JSON object a line: `{"asked": key}` before a call is sent, `{"key", "answer", ...}` when it
is answered, `{"failed": key}` when it is given up. A line that a crash cut off is removed when the file is opened
again.
"""

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile
from evaluator.models.reply import Reply

FILE = "calls.jsonl"
SYNC_SECONDS = 0.2


class CallStore:
    """Replies by key, held by one process at a time.

    A line is handed to the system at once, so killing the process loses none. `sync` writes to the disk, at most once
    in SYNC_SECONDS, and so does the end of the run. A power failure loses only what was kept after that.
    """

    def __init__(
        self, path: Path, descriptor: int, replies: dict[str, Reply], in_flight: frozenset[str], failed: frozenset[str]
    ) -> None:
        self.path = path
        self.in_flight = in_flight
        """The keys of calls that were sent and not answered when the last run ended: they may have been paid for."""
        self.failed = failed
        """The keys of calls that earlier runs gave up."""
        self._descriptor = descriptor
        self._replies = replies
        self._synced = 0.0

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator["CallStore"]:
        """The store of a folder, made where there is none; BadFile where another process has it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadFile(f"{path} is in use by another sweep; wait for it, or give another --out") from None
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.ftruncate(descriptor, whole)
            yield cls(path, descriptor, *_read(path, content[:whole]))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def __contains__(self, key: str) -> bool:
        return key in self._replies

    def __len__(self) -> int:
        return len(self._replies)

    @property
    def stepped_down(self) -> list[str]:
        """How the endpoint had to be asked, since it refuses what was wanted: `temperature left out`."""
        return sorted({words for reply in self._replies.values() for words in reply.stepped_down})

    @property
    def empty(self) -> int:
        """How many answers say nothing, or are a refusal."""
        return sum(not reply.answer.strip() or reply.refusal is not None for reply in self._replies.values())

    def reply(self, key: str) -> Reply | None:
        return self._replies.get(key)

    def ask(self, key: str) -> None:
        """Notes that a call is about to be sent."""
        self._write({"asked": key})

    def fail(self, key: str) -> None:
        """Notes that a call was given up: it is no longer in flight, and has no answer."""
        self._write({"failed": key})

    def keep(self, key: str, reply: Reply) -> None:
        """Keeps the answer of a call: the system has it when this returns."""
        self._write({"key": key, **asdict(reply)})
        self._replies[key] = reply

    async def sync(self) -> None:
        """Writes to the disk what was kept, where that is due; other calls go on, since a busy disk is slow."""
        if (now := time.monotonic()) - self._synced > SYNC_SECONDS:
            self._synced = now
            await asyncio.to_thread(os.fsync, self._descriptor)

    def _write(self, fields: Mapping[str, Any]) -> None:
        line = memoryview(json.dumps(fields).encode() + b"\n")
        while line:
            line = line[os.write(self._descriptor, line) :]


def _read(path: Path, content: bytes) -> tuple[dict[str, Reply], frozenset[str], frozenset[str]]:
    """The replies in whole lines, and the keys without a reply: those in flight, and those given up."""
    replies: dict[str, Reply] = {}
    asked: set[str] = set()
    failed: set[str] = set()
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            fields = json.loads(line)
            if "asked" in fields:
                asked.add(fields["asked"])
            elif "failed" in fields:
                asked.discard(fields["failed"])
                failed.add(fields["failed"])
            else:
                key = fields.pop("key")
                replies[key] = Reply.from_fields(fields)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise BadFile(
                f"{path}, line {number}, is damaged; take the line out to have its call made again"
            ) from error
    return replies, frozenset(asked - replies.keys()), frozenset(failed - replies.keys())
