"""A simulated reader as a real process, asked over real HTTP."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.serving import free_port
from tests.root import ROOT


@contextmanager
def simulated_reader(cases: Path, *options: str) -> Iterator[httpx.Client]:
    """A client of a simulated reader that knows the answers of these cases; the process ends with it."""
    port = free_port()
    command = [sys.executable, "-m", "evaluator.positions.simulation.simulated_reader", "--cases", str(cases)]
    process = subprocess.Popen([*command, "--port", str(port), *options], cwd=ROOT)
    with process, httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", trust_env=False, timeout=30) as client:
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    client.get(client.base_url.copy_with(path="/calls"))
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            else:
                pytest.fail("the simulated reader did not start")
            yield client
        finally:
            process.terminate()


def sent_and_answered(client: httpx.Client) -> tuple[dict[str, int], dict[str, int]]:
    """How often each content was sent to the reader, and answered by it."""
    counts = client.get(client.base_url.copy_with(path="/calls")).json()
    return counts["received"], counts["answered"]
