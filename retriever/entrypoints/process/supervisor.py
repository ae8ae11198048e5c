"""Several processes that serve one home on one socket. They start and end together; one that dies is replaced."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.config import Limits
from retriever.entrypoints.http.middleware.shared_measures import SharedMeasures
from retriever.entrypoints.process.ending import heeded
from retriever.entrypoints.process.fork_server import ForkServer
from retriever.entrypoints.process.serve_options import ServeOptions
from retriever.entrypoints.process.worker import ENDS, Task

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

PAUSE = 1.0
"""Seconds before a new worker replaces one that died before it took requests."""

PATIENCE = 5.0
"""Seconds after all limits until a worker that does not end is killed."""

DOUBTED = 3.0
"""Seconds that a silent worker has left once it is noticed: what kept it silent may have held the supervisor too."""


@dataclass(slots=True)
class _Worker:
    """`said` gives bytes as long as the worker takes requests, and ends when the worker is gone.

    `due` is when the next byte must have come; None before the first one, and after the last one.
    """

    pid: int
    said: int
    ready: bool = False
    due: float | None = None
    doubted: bool = False

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Supervisor:
    """`count` workers of one home on a bound socket. The first starts alone, so that a problem is reported only once.

    `ready` is called once, when the first worker takes requests.
    """

    def __init__(
        self,
        home: Path,
        listener: socket.socket,
        count: int,
        options: ServeOptions,
        limits: Limits,
        log: "FilteringBoundLogger",
        ready: Callable[[], None],
    ) -> None:
        self._home = home
        self._listener = listener
        self._count = count
        self._limits = limits
        self._log = log
        self._options = options
        self._ready = ready
        self._workers: list[_Worker] = []
        self._due: list[float] = []
        self._served = False
        self._measures = SharedMeasures()
        self._forks = ForkServer()

    def run(self) -> int:
        """0 after all workers ended on a signal, 1 if they cannot serve."""
        with selectors.DefaultSelector() as selector, _signals() as told:
            self._selector = selector
            self._lifeline, held = os.pipe()
            selector.register(told, selectors.EVENT_READ)
            self._due = [0.0]
            failed = False
            while not failed and not self._look(told):
                failed = not self._served and not self._workers and not self._due
            selector.unregister(told)
            self._end()
            self._forks.close()
            os.close(held)
            os.close(self._lifeline)
        return int(failed)

    def _look(self, told: int) -> bool:
        """Waits for the next event and handles it; true if the event is a signal to end."""
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()
        instants = [*self._due, *(worker.due for worker in self._workers if worker.due is not None)]
        wait = max(0.0, min(instants) - time.monotonic()) if instants else None
        for key, _ in self._selector.select(wait):
            if key.fd == told:
                return True
            self._hear(key.data)
        for worker in self._workers:
            self._doubt(worker)
        return False

    def _doubt(self, worker: _Worker) -> None:
        """Kills a worker that has been silent for too long: its connections would wait for ever."""
        if worker.due is None or (now := time.monotonic()) < worker.due:
            return
        if not worker.doubted:
            worker.doubted, worker.due = True, now + DOUBTED
            return
        self._log.error("worker killed", worker=worker.pid, after=self._limits.silent_seconds, why="silent")
        worker.due = None
        worker.tell(signal.SIGKILL)

    def _start(self) -> None:
        said, ready = os.pipe()
        measures = self._measures.attend()
        task = Task(
            home=str(self._home),
            listener=self._listener.fileno(),
            ready=ready,
            lifeline=self._lifeline,
            measures=measures.fileno(),
            options=self._options,
        )
        try:
            pid = self._forks.fork(task)
        except OSError as error:
            os.close(said)
            self._log.error("worker not started", error=str(error))
            if self._served:
                self._due.append(time.monotonic() + PAUSE)
            return
        finally:
            os.close(ready)
            measures.close()
        worker = _Worker(pid, said)
        self._workers.append(worker)
        self._selector.register(said, selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> None:
        """Handles a worker that is ready or gone. Another worker replaces one that is gone."""
        if said := os.read(worker.said, 4096):
            worker.ready, worker.doubted = True, False
            worker.due = None if said.endswith(ENDS) else time.monotonic() + self._limits.silent_seconds
            if not self._served:
                self._served = True
                self._ready()
                self._due += [0.0] * (self._count - 1)
            return
        status = self._gone(worker)
        if self._served:
            self._log.error("worker died", worker=worker.pid, status=status)
            self._due.append(0.0 if worker.ready else time.monotonic() + PAUSE)

    def _gone(self, worker: _Worker) -> int | None:
        self._selector.unregister(worker.said)
        os.close(worker.said)
        self._workers.remove(worker)
        return self._forks.ended(worker.pid)

    def _end(self) -> None:
        """Tells all workers to end, and waits for them; kills a worker that does not end."""
        for worker in self._workers:
            worker.tell(signal.SIGTERM)
        most = self._limits.drain_seconds + self._limits.shutdown_seconds + PATIENCE
        deadline = time.monotonic() + most
        while self._workers and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if not os.read(key.fd, 4096):
                    self._gone(key.data)
        for worker in list(self._workers):
            self._log.error("worker killed", worker=worker.pid, after=most)
            worker.tell(signal.SIGKILL)
            self._gone(worker)


@contextmanager
def _signals() -> Iterator[int]:
    """A file that becomes readable after a signal to end."""
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    before = {number: signal.signal(number, lambda *_: None) for number in heeded()}
    woken = signal.set_wakeup_fd(tells)
    try:
        yield told
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(told)
        os.close(tells)
