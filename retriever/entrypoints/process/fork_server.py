"""A process that has imported what workers need, and becomes one by a fork whenever its supervisor asks for one.

So a new worker is ready sooner: importing takes most of the time of a start. This process has one thread of its own and
opens no file of the home. So a fork of it holds no lock that nobody would let go.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any

from retriever.entrypoints.process.ending import SIGNALS
from retriever.entrypoints.process.serve_options import ServeOptions
from retriever.entrypoints.process.worker import Task, work

PRELOADED = (
    "retriever.entrypoints.process.serving",
    "indexer.writer",
    "policies.storage.ledger_tables",  # not sqlite_utils itself, which would import pandas
    *("_strptime", "Stemmer", "faiss", "jinja2", "nh3", "tokenizers"),  # not onnxruntime, which starts a thread
)
"""What a worker imports until it has answered and recorded something; some of it only when it is first needed."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Without it, numpy's own library starts threads when it is imported. One thread answers a question anyway."""

PATIENCE = 60.0
"""Seconds until a fork server that does not answer is replaced: it imports before its first answer."""


class ForkServer:
    """In the supervisor: workers are started through it. It starts by itself, also anew where it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def fork(self, task: Task) -> int:
        """The process id of a new worker; OSError if there can be none now."""
        for _ in range(2):  # the first time, it may have been killed long before
            with suppress(EOFError):
                return int(self._asked({"task": asdict(task)}, task.files)["pid"])
        raise OSError("No worker can be started: the process that becomes one has ended")

    def ended(self, pid: int) -> int | None:
        """The exit code of a worker that has ended, negative for a signal; None if nobody knows it any more."""
        if self._connection is not None:
            with suppress(EOFError, OSError):
                return int(self._asked({"ended": pid})["status"])
        with suppress(ChildProcessError):  # where this is process 1, it has inherited the worker
            os.waitpid(pid, os.WNOHANG)
        return None

    def close(self) -> None:
        """Ends the fork server; workers go on."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.wait()
        self._connection = self._process = None

    def _asked(self, request: dict[str, Any], files: tuple[int, ...] = ()) -> dict[str, Any]:
        """The answer to a request; EOFError if the fork server is gone, OSError with what it could not do."""
        connection = self._connection or self._started()
        try:
            socket.send_fds(connection, [_line(request)], files)
            answer = _received(connection)[0]
        except OSError as error:
            self._given_up()
            raise EOFError from error
        if not answer:
            self._given_up()
            raise EOFError
        content: dict[str, Any] = json.loads(answer)
        if "error" in content:
            raise OSError(content["error"])
        return content

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, sys.path))
        with theirs:
            # With -P, Python imports nothing from the working folder.
            command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
            environment = {**ONE_THREAD, **os.environ, "PYTHONPATH": path}
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        ours.settimeout(PATIENCE)
        self._connection = ours
        return ours

    def _given_up(self) -> None:
        if self._process is not None:
            self._process.kill()
        self.close()


def forked(requests: socket.socket) -> Task | None:
    """In each worker, what it is to do. In the fork server, None, once its supervisor is gone."""
    while True:
        line, files = _received(requests)
        if not line:
            return None
        request = json.loads(line)
        if "ended" in request:
            requests.sendall(_line(_status(request["ended"])))
            continue
        try:
            pid = os.fork()
        except OSError as error:
            requests.sendall(_line({"error": f"No worker can be started: {error}"}))
        else:
            if pid == 0:
                requests.close()
                return _task(request["task"], files)
            requests.sendall(_line({"pid": pid}))
        for file in files:
            os.close(file)


def _task(content: dict[str, Any], files: list[int]) -> Task:
    """The task with its files by the numbers that they have here."""
    numbers = dict(zip(Task.FILES, files, strict=True))
    return Task(**{**content, **numbers, "options": ServeOptions(**content["options"])})


def _status(pid: int) -> dict[str, Any]:
    try:
        return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}
    except ChildProcessError:
        return {"error": f"Process {pid} was started by another fork server"}


def _line(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """The next line and the files that came with it; an empty line at the end."""
    line, files = b"", []
    while not line.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(connection, 65536, len(Task.FILES))
        files += more
        if not part:
            return b"", files
        line += part
    return line, files


def main() -> None:
    from retriever.entrypoints.garbage import collect_seldom
    from retriever.entrypoints.reported import reported

    # Signals to the whole group concern workers and supervisor; this one ends with the latter. Those that come for a
    # new worker wait until it can handle them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    collect_seldom()
    with reported():
        for name in PRELOADED:
            import_module(name)
        gc.collect()
        gc.freeze()  # so that no collection in a worker touches what all of them share
        task = forked(socket.socket(fileno=int(sys.argv[1])))
        if task is not None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            work(task)


if __name__ == "__main__":
    main()
