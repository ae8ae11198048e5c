"""What every request gets: an id, a line in the log, its time for Prometheus, a span."""

import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from retriever.access.audit import masked
from retriever.answering.stages import Stages
from retriever.entrypoints.http.middleware.current_request import CurrentRequest, begin_request
from retriever.entrypoints.http.middleware.measuring import Measures
from retriever.entrypoints.http.problems import status_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from retriever.entrypoints.http.middleware.tracing import Tracing

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

UNANSWERED = 499
"""The status in the log of a request without an answer, because the service ended before."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Drain:
    """Whether the service is about to end. Then it says that it is not ready, and each answer closes its connection."""

    begun: bool = False


class Observed:
    """An ASGI middleware around all others. `x-request-id` is the caller's if it is short and plain, else a new one.

    A handler may leave an exception in the request's `state.error`: it is logged with the request, as an error where it
    is a fault of this service, whatever its protocol answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        measures: Measures,
        drain: Drain,
        log: FilteringBoundLogger | None,
        tracing: "Tracing | None",
    ) -> None:
        self._app = app
        self._measures = measures
        self._drain = drain
        self._log = log
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._tracing is None:
            await self._observed(scope, receive, send, None)
            return
        with self._tracing.request(scope, _method(scope)) as span:
            await self._observed(scope, receive, send, span)

    async def _observed(self, scope: Scope, receive: Receive, send: Send, span: "Span | None") -> None:
        request = begin_request(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(scope)
        status = UNANSWERED

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
                self._note(request, status, span)

        self._measures.in_flight.inc()
        try:
            await self._app(scope, receive, sent)
        finally:
            self._measures.in_flight.dec()
            if isinstance(error := sys.exception(), Exception):
                state["error"], status = error, 500
            self._note(request, status, span)

    def _note(self, request: CurrentRequest, status: int, span: "Span | None") -> None:
        """Records the outcome of a request, once."""
        if request.done:
            return
        request.done = True
        seconds = time.perf_counter() - request.began
        scope, state = request.scope, request.scope["state"]
        route = getattr(scope.get("route"), "path", "none")
        method, error = _method(scope), state.get("error")
        ours = status >= 500 or status_of(error) >= 500
        error = error if ours else None  # a refusal may repeat what was asked
        self._measures.requested(route, status, seconds)
        if self._tracing is not None and span is not None:
            self._tracing.describe(span, method, route, status, request.generation, error)
        if self._log is None:
            return
        key = state.get("key")
        fields: dict[str, Any] = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1e3, 2),
            "key": None if key is None else key.id,
            "generation": request.generation,
        }
        if error is not None:
            fields["error"] = error
        (self._log.error if ours else self._log.info)("request", **fields)


def observed_stages(measures: Measures, tracing: "Tracing | None") -> Stages:
    """Stages that are measured, and that have spans if there is tracing."""
    if tracing is None:
        return measures.stage
    spans = tracing

    @contextmanager
    def both(name: str) -> Iterator[None]:
        with measures.stage(name), spans.stage(name):
            yield

    return both


def _method(scope: Scope) -> str:
    """The method if it is a known one, else OTHER: a caller can send any word."""
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    if _ID.fullmatch(given) and masked(given) == given:
        return given
    return secrets.token_hex(8)
