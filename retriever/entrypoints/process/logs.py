"""The service's log: a line for each request and event, as JSON or as text. Lines of uvicorn and the library are in it.

No line holds what callers or authors wrote. An error shows its kind and where it was raised. Its message is left out,
because a message may quote a question or a policy. Only errors of the system keep their message: they name files.
"""

import logging
import os
import select
import sys
import traceback
from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import Any, BinaryIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

REPEATED = "Exception in ASGI application"
"""Uvicorn's message for an error that the service has already logged with its request."""

WAITS = 0.1
"""Seconds that a line waits until whoever reads the log has made room. After a line was lost none waits."""

TRACEBACK = "Traceback (most recent call last):"


def service_log(stream: BinaryIO | RawIOBase, *, as_json: bool) -> FilteringBoundLogger:
    """A log that writes one line for each call, `log.info("request", status=200)`, to a stream without a buffer.

    A line that cannot be written, such as on a full disk or into a pipe that nobody reads, is lost and changes nothing
    else. The next one that can be written follows a line that says how many are lost.
    """
    processors = [*_described(), *_rendered(as_json), _encoded]

    def lost(count: int) -> bytes:
        event: Any = {"event": "lines of this log are lost", "lines": count}
        for process in processors:
            event = process(None, "warning", event)
        return bytes(event)

    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(cast(BinaryIO, _Lines(stream, lost))),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()
    return log


class _Lines:
    """Lines written to a stream as long as it takes them. Its callers hold a lock."""

    def __init__(self, stream: BinaryIO | RawIOBase, lost: Callable[[int], bytes]) -> None:
        self._stream = stream
        self._said = lost
        self._lost = 0
        self._torn = False
        self._room = _room(stream)

    def write(self, line: bytes) -> None:
        said = self._said(self._lost) + b"\n" if self._lost else b""
        left = (b"\n" if self._torn else b"") + said + line
        try:
            while left:
                if self._room and not self._room.poll(0 if self._lost else 1e3 * WAITS):
                    raise BlockingIOError
                if not (written := self._stream.write(left[: select.PIPE_BUF])):
                    raise BlockingIOError
                left, self._torn = left[written:], True
        except (OSError, ValueError):
            self._lost += 1
        else:
            self._lost, self._torn = 0, False

    def flush(self) -> None:
        """Nothing waits to be written."""


def _room(stream: BinaryIO | RawIOBase) -> "select.poll | None":
    """Tells whether a stream takes `PIPE_BUF` bytes at once: a write into a full pipe would wait for its reader.

    None for a stream that is no file of the system.
    """
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return None
    room = select.poll()
    room.register(number, select.POLLOUT)
    return room


def standard_log(as_json: bool) -> FilteringBoundLogger:
    """The log of this process on standard error. Python's `logging` goes to it too."""
    stream = getattr(sys.stderr.buffer, "raw", sys.stderr.buffer)  # what a buffer could not write, it would write later
    log: FilteringBoundLogger = service_log(stream, as_json=as_json).bind(pid=os.getpid())
    take_over(log)
    return log


def take_over(log: FilteringBoundLogger) -> None:
    """Sends warnings and errors from Python's `logging` to this log: those of uvicorn and of the library."""
    root = logging.getLogger()
    root.handlers = [_Handler(log)]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


class _Handler(logging.Handler):
    """Passes on the first line of each record of `logging`; later lines may quote values.

    Of a traceback, which uvicorn logs as words where the service cannot start, it adds the kind of the error.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        said, _, more = record.getMessage().partition("\n")
        if said == TRACEBACK:
            frames = more.rpartition(TRACEBACK)[2].splitlines()
            said += " " + next((line for line in frames if line[:1].strip()), "").partition(":")[0]
        if said != REPEATED:
            error = record.exc_info[1] if record.exc_info else None
            self._log.log(record.levelno, said, logger=record.name, **({"error": error} if error else {}))


def _described() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _traced,
    ]


def _rendered(as_json: bool) -> list[Processor]:
    if as_json:
        return [_ordered, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(timestamp_key="time", colors=sys.stderr.isatty(), sort_keys=False)]


def _ordered(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {"time": event.pop("time"), "level": event.pop("level"), "event": event.pop("event"), **event}


def _encoded(logger: WrappedLogger, method: str, line: Any) -> bytes:
    return str(line).encode("utf-8", "backslashreplace")


def _traced(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The event with an exception under `error` replaced by its kind and its traceback, with earlier exceptions."""
    error = event.get("error")
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["traceback"] = "".join(_lines(error))
    return event


def _lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    yield type(error).__qualname__
    yield f": {error}\n" if isinstance(error, OSError) else "\n"
