"""The measures of several processes as one. Each process sends its own to the supervisor, which adds them up."""

import json
import logging
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TypedDict

GREATEST = frozenset({"asof_generation"})
"""Of these measures the greatest value counts; all others are added up."""

PATIENCE = 5.0
"""Seconds that a process waits for its supervisor. Then it continues alone."""

logger = logging.getLogger(__name__)


class Family(TypedDict):
    """One measure: its kind and meaning in Prometheus's words, and its values by `[name, labels]` as JSON."""

    kind: str
    help: str
    samples: dict[str, float]


State = dict[str, Family]
"""All measures of a process by name."""


def added(states: Iterable[State]) -> State:
    """The measures of several processes, added up as if they were one."""
    total: State = {}
    for state in states:
        for name, family in state.items():
            samples = total.setdefault(name, {**family, "samples": {}})["samples"]
            for key, value in family["samples"].items():
                before = samples.get(key, 0.0)
                samples[key] = max(before, value) if name in GREATEST else before + value
    return total


class SharedMeasures:
    """In the supervisor: the newest measures of each worker, and the counts of workers that ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[socket.socket, State] = {}
        self._ended: State = {}

    def attend(self) -> socket.socket:
        """The socket for a new worker; the supervisor listens at its other end."""
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._listen, args=(ours,), name="asof-measures", daemon=True).start()
        return theirs

    def _listen(self, worker: socket.socket) -> None:
        with worker, worker.makefile("rb") as lines:
            with suppress(OSError, ValueError):  # the worker was killed, maybe in the middle of a line
                for line in lines:
                    told = json.loads(line)
                    with self._lock:
                        self._newest[worker] = told["state"]
                        total = added([self._ended, *self._newest.values()])
                    if told["asks"]:
                        worker.sendall(_line(total))
            with self._lock:
                last = self._newest.pop(worker, {})
                counted = {name: family for name, family in last.items() if family["kind"] != "gauge"}
                self._ended = added([self._ended, counted])


class Others:
    """In a worker: the connection to the measures of the others. If it is lost, the worker has only its own."""

    def __init__(self, supervisor: socket.socket) -> None:
        supervisor.settimeout(PATIENCE)
        self._supervisor = supervisor
        self._lines = supervisor.makefile("rb")
        self._lock = threading.Lock()
        self._lost = False

    def close(self) -> None:
        self._lines.close()
        self._supervisor.close()

    def tell(self, state: State) -> None:
        """Sends the measures of this worker to the others."""
        self._exchange(state, asks=False)

    def with_own(self, state: State) -> State:
        """The measures of all workers: those of this worker now, and the last ones that the others sent."""
        return self._exchange(state, asks=True)

    def _exchange(self, state: State, *, asks: bool) -> State:
        with self._lock:
            if self._lost:
                return state
            try:
                self._supervisor.sendall(_line({"asks": asks, "state": state}))
                total: State = json.loads(self._lines.readline()) if asks else state
            except (OSError, ValueError) as error:
                logger.error("The measures of the other workers are lost", exc_info=error)
                self._lost = True
                self.close()
                return state
            return total


def _line(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"
