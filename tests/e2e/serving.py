"""`asof serve` as a real process, asked over real HTTP."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import COMMAND, ROOT


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def served_on(port: int, home: Path, environment: dict[str, str], *options: str) -> "subprocess.Popen[str]":
    """`asof serve` on a port, just started."""
    return subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--home", str(home), *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(home: Path, environment: dict[str, str], *options: str) -> Iterator[httpx.Client]:
    """A client of `asof serve` on a free loopback port, once it is ready; the process ends with it."""
    port = free_port()
    process = served_on(port, home, environment, *options)
    with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        try:
            wait_until_ready(client, process)
            yield client
        finally:
            process.terminate()


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an RFC 9457 answer, checked."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    return body


def wait_until_ready(client: httpx.Client, process: "subprocess.Popen[str]") -> None:
    """Returns when the service is ready; fails the test where it does not become so."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.terminate()
    pytest.fail(f"the service did not become ready:\n{process.communicate()[0]}")
