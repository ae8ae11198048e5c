"""The service asked over real HTTP: in a thread of this process, or as `asof serve` where a process is the point."""

import json
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
import uvicorn

from retriever.bootstrap import Asof
from retriever.entrypoints.http.app import create_service
from retriever.inspecting.golden_questions import GoldenFile
from tests.e2e.command import COMMAND, shared_encoder
from tests.root import ROOT


@dataclass(frozen=True)
class Served:
    """A running service: a client of it, its process, and the file that its standard error goes to."""

    client: httpx.Client
    process: "subprocess.Popen[bytes]"
    output: Path

    def text(self) -> str:
        return self.output.read_text()

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log that tell of such an event."""
        found = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]


def free_port() -> int:
    """A port of the loopback interface that nobody listens on.

    It is below those that the system gives out, and each worker of xdist looks among a thousand of its own.
    """
    first = 20_000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    for port in random.SystemRandom().sample(range(first, first + 1000), 1000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"Every port from {first} on is taken")


def served_on(
    port: int,
    home: Path,
    environment: dict[str, str],
    *options: str,
    output: IO[bytes] | int = subprocess.DEVNULL,
    own_group: bool = False,
) -> "subprocess.Popen[bytes]":
    """`asof serve` on a port, just started. Its output goes to a file: lines are lost in a pipe that nobody reads."""
    return subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--home", str(home), *options],
        cwd=ROOT,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=own_group,
    )


@contextmanager
def served(home: Path, environment: dict[str, str], *options: str, own_group: bool = False) -> Iterator[Served]:
    """`asof serve` on a free loopback port, once it is ready; the process ends with it.

    With `own_group`, a signal can go to all of its processes, as a terminal sends it.
    """
    port = free_port()
    with tempfile.NamedTemporaryFile(suffix=".log") as output:
        process = served_on(port, home, environment, *options, output=output, own_group=own_group)
        with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            made = Served(client, process, Path(output.name))
            try:
                wait_until_ready(client, lambda: process.poll() is None, made.text)
                yield made
            finally:
                process.terminate()


@contextmanager
def serving(home: Path, environment: dict[str, str], *options: str) -> Iterator[httpx.Client]:
    """A client of `asof serve`, once it is ready; the process ends with it."""
    with served(home, environment, *options) as made:
        yield made.client


@contextmanager
def serving_here(home: Path, cases: Path | None = None) -> Iterator[httpx.Client]:
    """A client of the service in a thread of this process, with the model that its commands share.

    `cases` is a file of golden questions.
    """
    asof = Asof.at(home)
    asof.__dict__["encoder"] = shared_encoder()
    asof.check_index()
    service = create_service(asof, keys_required=bool(asof.key_ring.keys()), golden=cases and GoldenFile.at(cases))
    server = uvicorn.Server(uvicorn.Config(service, log_config=None, access_log=False))
    # Its protocol is named: else asyncio lets each answer wait for an acknowledgement.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
                wait_until_ready(client, thread.is_alive)
                yield client
        finally:
            server.should_exit = True
            thread.join()
            asof.ledger.close()


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an RFC 9457 answer, checked."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    return body


def wait_until_ready(client: httpx.Client, alive: Callable[[], bool], said: Callable[[], str] = lambda: "") -> None:
    """Returns when the service is ready; fails the test where it does not become so."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and alive():
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the service did not become ready:\n{said()}")
