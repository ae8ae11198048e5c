"""What every request passes: an id, a limit on its size, and a limit on how many are answered at once."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.entrypoints.service.problems import problem

MOST_BYTES = 6 * 1024 * 1024
"""An authored file at its limit of 4 MB, as JSON."""

MOST_AT_ONCE = 256
"""Requests that are worked on or wait for a thread; more are told to come back."""

LIMITED = ("/v1", "/retrieval", "/mcp")
"""The beginnings of paths that count; how the service is can always be asked."""

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Gate:
    """An ASGI middleware. `x-request-id` is the caller's where it is short and plain, else a new one."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES, most_at_once: int = MOST_AT_ONCE) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_at_once = most_at_once
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        body = _Body(receive, self._most_bytes)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id)]}
            await send(message)

        async def unless_too_large(message: Message) -> None:
            if not body.too_large:  # else the app takes the end of its body for an error of its own
                await named(message)

        if _length(headers) > self._most_bytes:
            await self._refuse(413, scope, receive, named)
            return
        limited = scope["path"].startswith(LIMITED)
        if limited and self._inside >= self._most_at_once:
            await self._refuse(429, scope, receive, named)
            return
        self._inside += limited
        try:
            await self._app(scope, body.read, unless_too_large)
            if body.too_large:
                await self._refuse(413, scope, receive, named)
        finally:
            self._inside -= limited

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        if status == 413:
            answer = problem(413, "too_large", "The body is too large", f"Over the limit of {self._most_bytes:,} bytes")
        else:
            detail = f"{self._most_at_once} requests are being answered; try again in a second"
            answer = problem(429, "saturated", "Too many requests at once", detail)
            answer.headers["retry-after"] = "1"
        await answer(scope, receive, send)


class _Body:
    """A request's body as the app reads it; cut off, and said to be too large, once it passes the limit."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.too_large = False

    async def read(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return message


def _length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0
