"""A real service over the sample policies, for benchmarks of what asks it."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks._data import ASOF, run

SAMPLES = Path(__file__).parent.parent / "policies" / "samples"


@contextmanager
def serving() -> Iterator[str]:
    """The address of `asof serve` over the sample policies, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tempfile.mkdtemp(prefix="asof-bench-")
    try:
        run("publish", *map(str, sorted(SAMPLES.glob("*.md"))), "--home", home)
        command = [*ASOF, "serve", "--port", str(port), "--home", home]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(f"http://127.0.0.1:{port}", process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
    finally:
        shutil.rmtree(home)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start")
