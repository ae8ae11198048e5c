"""The service under load on loopback, encoding included: open loop, closed loops, while authors publish, killed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks._data import ASOF, descendants, imported_home, parser, questions


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=10, help="of each load (default 10)")
    arguments.add_argument("--rate", type=float, default=80, help="questions a second of the open loop (default 80)")
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64, 256])
    arguments.add_argument("--workers", type=int, default=1, help="processes of the service (default 1)")
    given = arguments.parse_args()
    asked = questions(given.data)
    with imported_home(given.data, given.home) as home, tempfile.TemporaryDirectory() as folder:
        for cache in ("0", "1024"):
            print(f"\nquery cache {'off' if cache == '0' else 'on'}; distinct questions first, then again in turn")
            print(f"{'':<30} answers/s   p50 ms   p95 ms   p99 ms   429   errors   MB before and after")
            with Served(home, cache, given.workers) as served:
                served.loaded("open", given.rate, given.seconds, asked)
                for count in given.connections:
                    served.loaded("closed", count, given.seconds, asked)
        copy = Path(folder) / "home"  # what is published here is in nobody's home afterwards
        shutil.copytree(home, copy)
        with Served(copy, "0", 1) as served:
            found = served.loaded("authors", given.rate / 2, given.seconds, asked)
            print(
                f"   published {found['published']} (median {found['publish_p50']:.0f} ms until searchable, "
                f"{found['publish_errors']} errors), answers of {found['generations']} generations; "
                f"asked again: {found['verdicts']}"
            )
            served.killed_under_load(given.seconds, asked)


class Served:
    """`asof serve` in a process of its own."""

    def __init__(self, home: Path, cache: str, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        port = self._url.rpartition(":")[2]
        self._command = [*ASOF, "serve", "--port", port, "--home", str(home), "--workers", str(workers)]
        self._environment = {**os.environ, "ASOF_QUERY_CACHE": cache}
        self._ready_in = 0.0

    def __enter__(self) -> "Served":
        """Starts it, or starts it again where it was killed, and waits until it is ready."""
        self._process = subprocess.Popen(self._command, env=self._environment, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while time.monotonic() < began + 60:
            try:
                if httpx.get(f"{self._url}/readyz", trust_env=False).status_code == 200:
                    self._ready_in = time.monotonic() - began
                    return self
            except httpx.TransportError:
                time.sleep(0.02)
        raise SystemExit("the service did not become ready")

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def loaded(self, kind: str, much: float, seconds: float, asked: Path) -> dict[str, Any]:
        """Prints what a load generator in a process of its own met, and gives it."""
        before = self._resident()
        load = self._load(kind, much, seconds, asked)
        found: dict[str, Any] = json.loads(load.communicate()[0])
        name = f"closed loop, {much:g} connections" if kind == "closed" else f"open loop, {much:g}/s"
        name += ", 5 publishes/s" if kind == "authors" else ""
        print(
            f"{name:<34} {found['rate']:5.0f} {found['p50']:8.1f} {found['p95']:8.1f} {found['p99']:8.1f} "
            f"{found['busy']:5} {found['errors']:8}   {before:.0f} {self._resident():.0f}",
            flush=True,
        )
        return found

    def killed_under_load(self, seconds: float, asked: Path, times: int = 3) -> None:
        """Kills it as a lost machine would while patient clients ask, and prints what they saw."""
        load = self._load("retrying", 4, seconds, asked)
        assert load.stdout is not None
        load.stdout.readline()
        ready = []
        for _ in range(times):
            time.sleep(seconds / (times + 2))
            self._process.kill()
            self._process.wait()
            self.__enter__()
            ready.append(self._ready_in)
        found = json.loads(load.communicate()[0])
        print(
            f"killed {times} times under load: ready again in {', '.join(f'{took:.2f}' for took in ready)} s; clients "
            f"that ask again: {found['answers']} answers, {found['wrong']} not as before, {found['failed']} failed"
        )

    def _load(self, kind: str, much: float, seconds: float, asked: Path) -> "subprocess.Popen[str]":
        given = (self._url, str(asked), kind, str(much), str(seconds))
        command = [sys.executable, "-m", "benchmarks._service_load", *given]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def _resident(self) -> float:
        """Megabytes of the process and its workers; what they share is counted once."""
        return sum(map(_shared_out, (self._process.pid, *descendants(self._process.pid))))


def _shared_out(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
