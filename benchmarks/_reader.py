"""Sweeps of positions against a simulated reader, each in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class SimulatedReader:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How often each content was sent, and answered."""
        counts = httpx.get(f"http://127.0.0.1:{self.port}/calls", trust_env=False, timeout=60).json()
        return counts["received"], counts["answered"]


@contextmanager
def reading(cases: Path, *options: str) -> Iterator[SimulatedReader]:
    """A simulated reader that knows the answers of these cases."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        reader = SimulatedReader(probe.getsockname()[1])
    command = [sys.executable, "-m", "evaluator.positions.simulation.simulated_reader", "--cases", str(cases)]
    with subprocess.Popen([*command, "--port", str(reader.port), *options]) as process:
        try:
            _wait(reader, process)
            yield reader
        finally:
            process.terminate()


def _wait(reader: SimulatedReader, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            reader.counts()
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise SystemExit("the simulated reader did not start")


@dataclass(frozen=True)
class Swept:
    """A sweep that ended: its exit code, the seconds it took and its results file."""

    code: int
    seconds: float
    results: dict[str, Any]

    @property
    def keys(self) -> set[str]:
        """The digests of all its calls."""
        return {arm["call"] for case in self.results["cases"] for arm in case["arms"].values()}


def sweep(command: Sequence[str], out: Path) -> Swept:
    start = time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    return Swept(code, time.perf_counter() - start, json.loads((out / "results.json").read_text()))


def killed(command: Sequence[str], out: Path, after: int) -> tuple[set[str], set[str]]:
    """Kills a sweep once it has so many answers; the keys of answers it kept, and of calls that were on their way."""
    kept = out / "calls.jsonl"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and (not kept.exists() or kept.read_bytes().count(b'"answer"') < after):
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
    lines = [json.loads(line) for line in kept.read_text().splitlines(keepends=True) if line.endswith("\n")]
    answered = {line["key"] for line in lines if "answer" in line}
    return answered, {line["asked"] for line in lines if "asked" in line} - answered


def command(cases: Path, reader: SimulatedReader, out: Path, *options: str) -> list[str]:
    """`asof-eval positions` with a model name that says what it asks."""
    given = {"--cases": cases, "--endpoint": reader.url, "--model": f"simulated-{out.name}", "--out": out}
    parts = [str(part) for pair in given.items() for part in pair]
    return [sys.executable, "-m", "evaluator.cli", "positions", *parts, "--yes", *options]
