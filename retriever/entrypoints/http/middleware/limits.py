"""What every request passes: limits on its size, on its time, and on how many are answered at once."""

import asyncio
from contextlib import nullcontext

from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.access.permissions import Action
from retriever.config import Limits
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.browsing import is_for_all
from retriever.entrypoints.http.middleware.callers import is_limited, refused
from retriever.entrypoints.http.problems import problem
from retriever.entrypoints.http.waiting.places import Places

RECORDING = frozenset({Action.WRITE, Action.APPROVE, Action.TRACE})
"""A request with such an action may be recorded after its caller got a refusal."""


MOST_FOR_ALL = 16_384
"""Bytes of a body that anyone may send without a key: a key and an address."""

MOST_VALUES = 100_000
"""Objects and lists in a body, as far as its brackets tell. Nothing else runs while JSON is read, and a body of
brackets alone took seconds (`scripts/bench alive` sends such bodies)."""

MOST_ITEMS = 300_000
"""Items in a body, as far as its commas tell: those in texts count too, and are cheap."""


class Limited:
    """An ASGI middleware. A refusal is sent at once. A thread cannot be stopped: its work still finishes, and counts
    as worked on until then."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._places = Places(limits.most_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limited = is_limited(scope["path"]) and not refused(scope)
        key = _key(scope) if limited else None
        passing = _Passing(self._limits, scope, receive, send)
        if _two_lengths(scope):
            await passing.refuse(400)
        elif _length(scope) > passing.most_bytes:
            await passing.refuse(413)
        elif limited and (full := self._places.full(key)):
            await passing.refuse(429, full)
        else:
            with self._places.taken(key) if limited else nullcontext():
                await passing.through(self._app)


def _key(scope: Scope) -> str | None:
    """The id of the key that a request is sent with; None without one."""
    caller = scope.get("state", {}).get("caller")
    return caller.key.id if isinstance(caller, Caller) and caller.key is not None else None


class _Passing:
    """One request inside the limits. It is refused at most once, and never after its answer has begun."""

    def __init__(self, limits: Limits, scope: Scope, receive: Receive, send: Send) -> None:
        self._limits = limits
        self._scope = scope
        self._receive = receive
        self._send = send
        self.most_bytes = MOST_FOR_ALL if is_for_all(scope["path"]) else limits.most_bytes
        self._left = self.most_bytes
        self._values, self._items = MOST_VALUES, MOST_ITEMS
        self._answering = False
        self._refused: int | None = None
        self._refusing: asyncio.Task[None] | None = None
        self._body_timer: asyncio.TimerHandle | None = None

    async def refuse(self, status: int, full: str = "") -> None:
        """Answers with a problem in place of the app; `full` says which requests take all places."""
        answer = self._refusal(status, full)
        if status in (400, 408):
            answer.headers["connection"] = "close"  # the rest of the body is neither awaited nor trusted
        await answer(self._scope, self._receive, self._send)

    async def through(self, app: ASGIApp) -> None:
        """Lets the app answer, within the limits."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._limits.request_seconds, self._late, 504)
        if _has_body(self._scope):
            self._body_timer = loop.call_later(self._limits.body_seconds, self._late, 408)
        try:
            await app(self._scope, self._read, self._sent)
        except ClientDisconnect:
            if self._refused is None:
                raise
        finally:
            timer.cancel()
            self._whole()
        if self._refusing is not None:
            await self._refusing
        elif self._refused is not None:
            await self.refuse(self._refused)

    async def _read(self) -> Message:
        """The next part of the body. Past the limit, the app gets the end of the body, and its answer is not sent."""
        message = await self._receive()
        body = message.get("body", b"")
        self._left -= len(body)
        self._values -= body.count(b"[") + body.count(b"{")
        self._items -= body.count(b",")
        if min(self._left, self._values, self._items) < 0 and not self._answering:
            self._refused = self._refused or 413
            self._whole()
            return {"type": "http.request", "body": b"", "more_body": False}
        if not message.get("more_body"):
            self._whole()
        return message

    async def _sent(self, message: Message) -> None:
        if self._refused is None:
            self._answering = True
            await self._send(message)

    def _whole(self) -> None:
        """Ends the time limit for the body."""
        if self._body_timer is not None:
            self._body_timer.cancel()

    def _late(self, status: int) -> None:
        if self._refused is None and not self._answering:
            self._refused = status
            self._refusing = asyncio.get_running_loop().create_task(self.refuse(status))

    def _refusal(self, status: int, full: str) -> JSONResponse:
        limits = self._limits
        if status == 400:
            detail = "It has Content-Length and Transfer-Encoding; send one of them"
            return problem(400, "two_lengths", "The body's length is said in two ways", detail)
        if status == 413:
            detail = f"Over the limit of {self.most_bytes:,} bytes"
            if min(self._values, self._items) < 0:
                detail = f"It holds more than {MOST_VALUES:,} objects and lists, or {MOST_ITEMS:,} commas"
            return problem(413, "too_large", "The body is too large", detail)
        if status == 429:
            detail = f"{full} are being answered; try again in a second"
            answer = problem(429, "saturated", "Too many requests at once", detail)
            answer.headers["retry-after"] = "1"
            return answer
        if status == 408:
            detail = f"The body was not whole within {limits.body_seconds:g} seconds"
            return problem(408, "slow_body", "The request came too slowly", detail)
        if self._scope.get("state", {}).get("action") in RECORDING:
            detail = (
                f"It was not done within {limits.request_seconds:g} seconds and may be recorded yet. Send it again "
                "with the same Idempotency-Key; publishing a file that is recorded already changes nothing"
            )
            return problem(504, "outcome_unknown", "Nobody knows yet whether it was recorded", detail)
        detail = f"It was not answered within {limits.request_seconds:g} seconds"
        return problem(504, "too_slow", "The answer took too long", detail)


def _two_lengths(scope: Scope) -> bool:
    """Whether the request has two lengths: a proxy may then read another body than this service."""
    return {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}


def _length(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() else 0


def _has_body(scope: Scope) -> bool:
    return _length(scope) > 0 or any(name == b"transfer-encoding" for name, _ in scope["headers"])
