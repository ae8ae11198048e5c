"""One of several processes of a service. It takes requests from a socket of its supervisor, and ends with it."""

import os
import signal
import socket
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from retriever.entrypoints.process.serve_options import ServeOptions

SERVES, ENDS = b".", b"e"
"""What a worker says to its supervisor: each second that it takes requests, and once it takes no more."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is started with. The numbers are open files that it inherits.

    `listener` is the bound socket. Bytes into `ready` say that the worker takes requests. `lifeline` ends when the
    supervisor ends. `measures` connects to the measures of the other workers.
    """

    FILES: ClassVar = ("listener", "ready", "lifeline", "measures")

    home: str
    listener: int
    ready: int
    lifeline: int
    measures: int
    options: ServeOptions

    @property
    def files(self) -> tuple[int, ...]:
        """The open files, in the order of `FILES`."""
        return tuple(getattr(self, name) for name in self.FILES)


def work(task: Task) -> None:
    """Serves until the process gets a signal to end, or until its supervisor is gone."""
    from retriever.bootstrap import Asof
    from retriever.config import Settings
    from retriever.entrypoints.http.middleware.shared_measures import Others
    from retriever.entrypoints.process.serving import serve_here

    threading.Thread(target=_ends_with, args=(task.lifeline,), name="asof-lifeline", daemon=True).start()
    asof = Asof(Settings.from_environment(Path(task.home)))
    asof.check_index()

    os.set_blocking(task.ready, False)

    def say(serves: bool) -> None:
        with suppress(BlockingIOError, BrokenPipeError):  # a supervisor that is stopped, or gone
            os.write(task.ready, SERVES if serves else ENDS)

    with (
        socket.socket(fileno=task.listener) as listener,
        closing(Others(socket.socket(fileno=task.measures))) as others,
        suppress(KeyboardInterrupt),  # uvicorn raises again what it ended for
    ):
        serve_here(asof, listener, task.options, partial(say, True), others, say)


def _ends_with(lifeline: int) -> None:
    os.read(lifeline, 1)  # returns when the supervisor is gone: only it holds the other end
    os.kill(os.getpid(), signal.SIGTERM)
