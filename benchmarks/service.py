"""The service under load on loopback, encoding included: open loop at a rate, closed loop at several connections."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks._data import ASOF, imported_home, parser, questions

LOAD = "--load"


def main() -> None:
    if LOAD in sys.argv:
        load(sys.argv[2], Path(sys.argv[3]), sys.argv[4], float(sys.argv[5]), float(sys.argv[6]))
        return
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=10, help="of each load (default 10)")
    arguments.add_argument("--rate", type=float, default=80, help="questions a second of the open loop (default 80)")
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64, 256])
    arguments.add_argument("--workers", type=int, default=1, help="processes of the service (default 1)")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        for cache in ("0", "1024"):
            print(f"\nquery cache {'off' if cache == '0' else 'on'}; distinct questions first, then again in turn")
            print(f"{'':<24} answers/s   p50 ms   p95 ms   p99 ms   429   errors   MB before and after")
            with Served(home, cache, given.workers) as served:
                served.loaded("open", given.rate, given.seconds, questions(given.data))
                for count in given.connections:
                    served.loaded("closed", count, given.seconds, questions(given.data))
                if given.workers == 1:
                    served.killed()
                    served.__enter__()
                    print(f"killed and started again: ready in {served.ready_in:.2f} s")


class Served:
    """`asof serve` in a process of its own."""

    def __init__(self, home: Path, cache: str, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        port = self._url.rpartition(":")[2]
        self._command = [*ASOF, "serve", "--port", port, "--home", str(home), "--workers", str(workers)]
        self._environment = {**os.environ, "ASOF_QUERY_CACHE": cache}
        self.ready_in = 0.0

    def __enter__(self) -> "Served":
        """Starts it, or starts it again where it was killed, and waits until it is ready."""
        self._process = subprocess.Popen(self._command, env=self._environment, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while time.monotonic() < began + 60:
            try:
                if httpx.get(f"{self._url}/readyz", trust_env=False).status_code == 200:
                    self.ready_in = time.monotonic() - began
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise SystemExit("the service did not become ready")

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def killed(self) -> None:
        """Kills it as a lost machine would."""
        self._process.kill()
        self._process.wait()

    def loaded(self, kind: str, much: float, seconds: float, asked: Path) -> None:
        """Prints what a load generator in a process of its own met."""
        before = self._resident()
        command = [
            sys.executable,
            "-m",
            "benchmarks.service",
            LOAD,
            self._url,
            str(asked),
            kind,
            str(much),
            str(seconds),
        ]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        name = f"open loop, {much:g}/s" if kind == "open" else f"closed loop, {much:g} connections"
        print(
            f"{name:<28} {found['rate']:5.0f} {found['p50']:8.1f} {found['p95']:8.1f} {found['p99']:8.1f} "
            f"{found['busy']:5} {found['errors']:8}   {before:.0f} {self._resident():.0f}",
            flush=True,
        )

    def _resident(self) -> float:
        """Megabytes of the process and its workers; what they share is counted once."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return sum(map(_shared_out, (str(self._process.pid), *children)))


def _shared_out(pid: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def load(url: str, file: Path, kind: str, much: float, seconds: float) -> None:
    """The load generator: prints one JSON object."""
    bodies = []
    for line in file.read_text().splitlines():
        case = json.loads(line)
        bodies.append({"query": case["query"], "as_of": case["as_of"]})
    print(json.dumps(asyncio.run(_load(url, bodies, kind, much, seconds))))


async def _load(url: str, bodies: Sequence[dict[str, Any]], kind: str, much: float, seconds: float) -> dict[str, Any]:
    spent: list[float] = []
    statuses: Counter[int] = Counter()
    # A client for each connection: one pool of many spends its time looking for a free one.
    count = 32 if kind == "open" else int(much)
    clients = [httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, verify=False) for _ in range(count)]
    try:

        async def ask(client: httpx.AsyncClient, number: int, due: float | None = None) -> None:
            before = time.perf_counter() if due is None else due
            try:
                status = (await client.post("/v1/retrieve", json=bodies[number % len(bodies)])).status_code
            except httpx.HTTPError:
                status = 0
            statuses[status] += 1
            if status == 200:
                spent.append((time.perf_counter() - before) * 1e3)

        began = time.perf_counter()
        if kind == "open":
            tasks = []
            for number in range(int(much * seconds)):
                due = began + number / much
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.append(asyncio.create_task(ask(clients[number % count], number, due)))
            await asyncio.gather(*tasks)
        else:
            counter = iter(range(1 << 30))

            async def worker(client: httpx.AsyncClient) -> None:
                while time.perf_counter() < began + seconds:
                    await ask(client, next(counter))

            await asyncio.gather(*map(worker, clients))
        took = time.perf_counter() - began
    finally:
        for client in clients:
            await client.aclose()
    p50, p95, p99 = np.percentile(spent, [50, 95, 99])
    busy = statuses[429]
    errors = statuses.total() - busy - statuses[200]
    return {"rate": len(spent) / took, "p50": p50, "p95": p95, "p99": p99, "busy": busy, "errors": errors}


if __name__ == "__main__":
    main()
