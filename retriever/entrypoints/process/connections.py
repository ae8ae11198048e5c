"""The connections of a process, with limits on their time and their number."""

import asyncio
import resource
from enum import Enum
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from retriever.config import Limits

RESERVED = 256
"""File descriptors for everything but connections: the ledger, the index, files that libraries open."""

MOST = 4096
"""Each idle connection costs some 20 KB."""


ENDS_AFTER = 16
"""Requests after which a connection ends with its answer. Callers who keep one for good would stay with the worker that
took it, however busy it is. A new connection goes to the worker that is free to take it."""


class _Doing(Enum):
    """What a connection does. It waits for the head of a request or for its own end; or its request is worked on; or it
    waits until its caller reads. It also waits where its request was answered before all of it had come."""

    WAITING = 1
    WORKING = 2
    WRITING = 3


class Connection(H11Protocol):
    """Uvicorn's protocol of HTTP/1.1 with limits on time and number.

    A connection ends if the head of its next request is not complete in `head_seconds` after an answer, whatever else
    of the request before comes meanwhile. It ends if its caller reads nothing of an answer for `read_seconds`. It ends
    with its `ENDS_AFTER`th answer, which says so. Past `most`, each new connection ends the one that waits longest.
    """

    head_seconds: ClassVar[float]
    read_seconds: ClassVar[float]
    most: ClassVar[int]
    waiting: ClassVar[dict["Connection", None]]

    _doing = _Doing.WORKING
    _timer: asyncio.TimerHandle | None = None
    _answered = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).transport.abort()  # the new one itself, if all others have work

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._is(_Doing.WORKING)
        _let_go(self.transport)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._answered >= ENDS_AFTER - 1 and self.cycle is not None and not self.cycle.response_started:
            self.cycle.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        self._look()

    def on_response_complete(self) -> None:
        self._answered += 1
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look()

    def _look(self) -> None:
        if self.flow.write_paused:
            self._is(_Doing.WRITING)
        elif self.conn.their_state is h11.IDLE or self._answered_early() or self.transport.is_closing():
            self._is(_Doing.WAITING)
        else:
            self._is(_Doing.WORKING)

    def _answered_early(self) -> bool:
        """Whether the answer was sent, and the rest of the request, which nobody reads, is still to come."""
        return self.cycle is not None and self.cycle.response_complete

    def _is(self, doing: _Doing) -> None:
        if doing is self._doing:
            return
        self._doing = doing
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if doing is _Doing.WAITING:
            self.waiting[self] = None
            self._timer = self.loop.call_later(self.head_seconds, self.transport.abort)
        elif doing is _Doing.WRITING:
            self._timer = self.loop.call_later(self.read_seconds, self.transport.abort)


def _let_go(transport: asyncio.Transport) -> None:
    """Lets what asyncio keeps of a connection that ended go at once, a kilobyte and more.

    The transport holds one of its own methods. Only a collection of all garbage would find such a circle. It hardly
    ever comes here, and walks through all that is recorded while nothing else runs.
    """
    if hasattr(transport, "_read_ready_cb"):
        transport._read_ready_cb = _read_nothing


def _read_nothing() -> None:
    """Takes the place of the reader of a connection that ended."""


def limited_connections(limits: Limits, most: int) -> type[Connection]:
    """The protocol of one server. All its connections count together."""

    class Limited(Connection):
        head_seconds = limits.head_seconds
        read_seconds = limits.request_seconds
        waiting: ClassVar[dict[Connection, None]] = {}

    Limited.most = most
    return Limited


def most_connections() -> int:
    """The most connections that leave enough file descriptors for the process: half of all descriptors, or more."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST
    return min(MOST, max(descriptors - RESERVED, descriptors // 2))
