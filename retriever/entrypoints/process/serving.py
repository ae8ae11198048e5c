"""A process that serves: how it starts, and how it ends without failing a request that it has accepted."""

import asyncio
import gc
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from retriever.bootstrap import Asof
from retriever.config import Limits
from retriever.entrypoints.garbage import collect_seldom
from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.middleware.observing import Drain
from retriever.entrypoints.http.middleware.shared_measures import Others
from retriever.entrypoints.process.connections import limited_connections, most_connections
from retriever.entrypoints.process.ending import heeded
from retriever.entrypoints.process.logs import standard_log
from retriever.entrypoints.process.memory import giving_memory_back, share_memory
from retriever.entrypoints.process.serve_options import ServeOptions
from retriever.errors import MissingExtra
from retriever.inspecting.golden_questions import GoldenFile

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from retriever.entrypoints.http.middleware.tracing import Tracing

BACKLOG = 2048
"""Connections that the system holds until the service accepts them."""


SAYS_EVERY = 1.0
"""Seconds after which a worker says again that it takes requests."""

CLOSES_WITHIN = 5.0
"""Seconds that a process that ends has to close its files: a thread may still hold one."""

MOST_DIGITS = 640
"""Digits of a whole number in a body, the fewest that can be set; the interpreter's own are 4,300.

The time to read or write a number grows with the square of its digits, and nothing else runs meanwhile. `scripts/bench
alive` sends a trace of many."""

SWITCHES_AFTER = 0.001
"""Seconds; the interpreter's own is 0.005."""


def serve_here(
    asof: Asof,
    listener: socket.socket,
    options: ServeOptions,
    ready: Callable[[], None],
    others: Others | None = None,
    says: Callable[[bool], None] = lambda serves: None,
) -> None:
    """Serves on a bound socket until the process gets the signal to end. Calls `ready` when it takes requests.

    From then on it calls `says` each second: with true as long as its event loop runs, and with false once it takes no
    more requests. `others` are the other workers of the same service.
    """
    share_memory()
    sys.set_int_max_str_digits(MOST_DIGITS)
    log, limits, drain = standard_log(options.as_json), Limits.from_environment(), Drain()
    service = create_service(
        asof,
        keys_required=options.keys_required,
        facts=options.facts,
        mcp=options.mcp,
        golden=None if options.cases is None else GoldenFile.at(Path(options.cases)),
        abreast=options.abreast,
        at_once=options.at_once,
        limits=limits,
        drain=drain,
        log=log,
        tracing=configured_tracing(),
        others=others,
    )
    config = uvicorn.Config(
        service,
        http=limited_connections(limits, most_connections()),
        loop="asyncio",  # not another one because some package brought it along
        ws="none",  # no route uses it, and such a connection would have no limits
        log_config=None,
        access_log=False,
        proxy_headers=False,  # anyone may send them, and failures are counted by address
        # Connections accepted at once: with 1, workers that share the socket also share a burst.
        backlog=1,
        timeout_graceful_shutdown=math.ceil(limits.shutdown_seconds),
    )
    server = _Server(config, drain, limits.drain_seconds, log, ready, says, asof.close)
    if signal.SIGHUP in heeded():
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with giving_memory_back():
        server.run(sockets=[listener])


def share_fairly() -> None:
    """Lets no thread of this process wait long for another.

    A thread that waits for the interpreter asks for it after `SWITCHES_AFTER`. The thread that takes requests waits so
    several times for each of them, while others publish and make views. What was constructed at the start is left out
    of the collections of garbage: each would walk through all of it, while no thread runs.
    """
    sys.setswitchinterval(SWITCHES_AFTER)
    gc.collect()
    gc.freeze()
    collect_seldom()


class _Server(uvicorn.Server):
    """Uvicorn's server with its own log. On SIGTERM it still serves for a while, but says that it is not ready.

    So a load balancer can stop sending requests. Meanwhile each connection ends with its next answer. Then the server
    accepts no more, finishes what it has accepted, and ends.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Drain,
        drain_seconds: float,
        log: "FilteringBoundLogger",
        ready: Callable[[], None],
        says: Callable[[bool], None],
        close: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._log = log
        self._ready = ready
        self._says = says
        self._close = close
        self._says_next = math.inf
        self._ends: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._log.info("start")
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(BACKLOG)
        if self.started:
            share_fairly()
            self._log.info("ready")
            self._ready()
            self._says_next = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._drain.begun = True
        if sig == signal.SIGTERM and self._drain_seconds:
            if self._ends is None:  # the signal may come twice, from our supervisor and from the system's
                self._ends = time.monotonic() + self._drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if (now := time.monotonic()) >= self._says_next:
            self._says(True)
            self._says_next = now + SAYS_EVERY
        if self._ends is not None and time.monotonic() >= self._ends:
            super().handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._log.info("shutdown", connections=len(self.server_state.connections))
        self._says(False)
        await super().shutdown(sockets)
        with suppress(Exception):  # whatever it is, the process ends; the logs stay beside the files then
            await asyncio.wait_for(asyncio.to_thread(self._close), CLOSES_WITHIN)
        self._log.info("end")


def configured_tracing() -> "Tracing | None":
    """Tracing, if the environment asks for spans, else None; MissingExtra if a package for it is missing."""
    if not (exporters := wanted_exporters(os.environ)):
        return None
    try:
        from retriever.entrypoints.http.middleware.tracing import tracing_to
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"Spans go to {', '.join(exporters)}, and {error.name} is not installed. "
            "Install it with: pip install 'asof[otel]', or unset the OTEL_ variables"
        ) from error
    return tracing_to(exporters)


def wanted_exporters(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The exporters for spans: none, unless OTEL_* names an exporter or an endpoint, or ASOF_OTEL is 1."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ()
    asked = environment.get("ASOF_OTEL") == "1" or any(
        environment.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    )
    named = environment.get("OTEL_TRACES_EXPORTER") or ("otlp" if asked else "none")
    return tuple(name for name in map(str.strip, named.split(",")) if name != "none")
