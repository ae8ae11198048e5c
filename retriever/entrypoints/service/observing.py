"""What is noted of every request: an id, a line in the log, its time for Prometheus."""

import re
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from retriever.audit import masked
from retriever.entrypoints.service.measuring import Measures
from retriever.entrypoints.service.noted import Noted, begun

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

CLOSED = 499
"""The status noted of a request whose caller did not wait for the answer."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Drain:
    """Whether the service is about to end: it says that it is not ready, and closes connections as it answers."""

    begun: bool = False


class Observed:
    """An ASGI middleware around all others. `x-request-id` is the caller's where it is short and plain, else a new one.

    A handler may leave an exception in the request's `state.error`: it is logged with the request.
    """

    def __init__(self, app: ASGIApp, measures: Measures, drain: Drain, log: FilteringBoundLogger | None) -> None:
        self._app = app
        self._measures = measures
        self._drain = drain
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        noted = begun(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(scope)
        status = CLOSED

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                if self._drain.begun:
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._note(noted, status)

        self._measures.in_flight.inc()
        try:
            await self._app(scope, receive, sent)
        finally:
            self._measures.in_flight.dec()
            if isinstance(error := sys.exception(), Exception):
                state["error"], status = error, 500
            self._note(noted, status)

    def _note(self, noted: Noted, status: int) -> None:
        """Notes down what came of a request, once."""
        if noted.done:
            return
        noted.done = True
        seconds = time.perf_counter() - noted.began
        scope, state = noted.scope, noted.scope["state"]
        route = getattr(scope.get("route"), "path", "none")
        self._measures.requested(route, status, seconds)
        if self._log is None:
            return
        key = state.get("key")
        fields: dict[str, Any] = {
            "request_id": state["request_id"],
            "method": scope["method"] if scope["method"] in METHODS else "OTHER",
            "route": route,
            "status": status,
            "ms": round(seconds * 1e3, 2),
            "key": None if key is None else key.id,
            "generation": noted.generation,
        }
        if (error := state.get("error")) is not None:
            fields["error"] = error
        (self._log.info if status < 500 else self._log.error)("request", **fields)


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    if _ID.fullmatch(given) and masked(given) == given:
        return given
    return secrets.token_hex(8)
