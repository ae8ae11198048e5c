"""One connection to the service, kept open: a client that costs little, since it shares the cores with the service."""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE = 45.0
"""Seconds until an answer is given up."""

UNUSED = 2.0
"""Seconds after which a connection is not trusted any more: the service ends one where nothing was asked for five."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, between two instants of the machine's steady clock.

    `status` is 0 where no answer came; `code` is the problem's then, `reset` or `timeout`.
    """

    status: int
    code: str
    content: dict[str, Any]
    began: float
    ended: float


class Connection:
    """Sends one request at a time, and connects again where it has to."""

    def __init__(self, port: int, key: str | None = None) -> None:
        self._port = port
        self._key = key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0
        self._turn = asyncio.Lock()

    async def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, name: str | None = None
    ) -> Reply:
        """The reply to a request; `name` is its idempotency key."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE), self._turn:
                status, text = await self._exchange(self._request(method, path, body, name))
        except TimeoutError:
            self.close()
            return Reply(0, "timeout", {}, began, time.monotonic())
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return Reply(0, "reset", {}, began, time.monotonic())
        content = json.loads(text) if text.startswith(b"{") else {}
        return Reply(status, content.get("code", "") if status >= 400 else "", content, began, time.monotonic())

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None, name: str | None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(content)}"]
        lines += ["content-type: application/json"] if content else []
        lines += [f"authorization: Bearer {self._key}"] if self._key else []
        lines += [f"idempotency-key: {name}"] if name else []
        return "\r\n".join([*lines, "", ""]).encode() + content

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is not None and (self._streams[0].at_eof() or time.monotonic() > self._used + UNUSED):
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        self._used = time.monotonic()
        named = dict(line.split(": ", 1) for line in headers if line)
        text = await reader.readexactly(int(named.get("content-length", 0)))
        if named.get("connection") == "close":
            self.close()
        return int(first.split()[1]), text


async def idle(port: int, opening: bytes) -> None:
    """Keeps a connection open that sends only `opening`, until the service ends it."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(opening)
            await reader.read()
        finally:
            writer.close()
