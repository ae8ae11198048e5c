"""Several processes that serve one home on one socket. They start and end together; one that dies is replaced."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.config import Limits
from retriever.entrypoints.http.middleware.shared_measures import SharedMeasures
from retriever.entrypoints.process.serve_options import ServeOptions
from retriever.entrypoints.process.worker import Task

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

PAUSE = 1.0
"""Seconds before a new worker replaces one that died before it took requests."""

PATIENCE = 5.0
"""Seconds after all limits until a worker that does not end is killed."""


@dataclass(slots=True)
class _Worker:
    """`said` gives a byte when the worker takes requests, and ends when the worker is gone."""

    process: "subprocess.Popen[bytes]"
    said: int
    ready: bool = False


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
            self._end()
            os.close(held)
            os.close(self._lifeline)
        return int(failed)

    def _look(self, told: int) -> bool:
        """Waits for the next event and handles it; true if the event is a signal to end."""
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()
        wait = max(0.0, min(self._due) - time.monotonic()) if self._due else None
        for key, _ in self._selector.select(wait):
            if key.fd == told:
                return True
            self._hear(key.data)
        return False

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
        path = os.pathsep.join(filter(None, sys.path))
        environment = {**os.environ, "PYTHONPATH": path}
        process = subprocess.Popen(task.command(), pass_fds=task.files, env=environment)
        os.close(ready)
        measures.close()
        worker = _Worker(process, said)
        self._workers.append(worker)
        self._selector.register(said, selectors.EVENT_READ, worker)

    def _hear(self, worker: _Worker) -> None:
        """Handles a worker that is ready or gone. Another worker replaces one that is gone."""
        if os.read(worker.said, 1):
            worker.ready = True
            if not self._served:
                self._served = True
                self._ready()
                self._due += [0.0] * (self._count - 1)
            return
        status = self._gone(worker)
        if self._served:
            self._log.error("worker died", worker=worker.process.pid, status=status)
            self._due.append(0.0 if worker.ready else time.monotonic() + PAUSE)

    def _gone(self, worker: _Worker) -> int:
        self._selector.unregister(worker.said)
        os.close(worker.said)
        self._workers.remove(worker)
        return worker.process.wait()

    def _end(self) -> None:
        """Tells all workers to end, and waits for them; kills a worker that does not end."""
        for worker in self._workers:
            worker.process.terminate()
        most = self._limits.drain_seconds + self._limits.shutdown_seconds + PATIENCE
        deadline = time.monotonic() + most
        for worker in list(self._workers):
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._log.error("worker killed", worker=worker.process.pid, after=most)
                worker.process.kill()
            self._gone(worker)


@contextmanager
def _signals() -> Iterator[int]:
    """A file that becomes readable after SIGTERM or SIGINT."""
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    woken = signal.set_wakeup_fd(tells)
    try:
        yield told
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(told)
        os.close(tells)
