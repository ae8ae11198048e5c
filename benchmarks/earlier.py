"""This checkout beside an earlier one: seconds until ready, and time of a question on the clock and of the processor.

The earlier one is a folder, such as `git worktree add ../earlier v0.3`. It runs in this environment, over a home that
its own `asof import` made. Both are asked in turn, so that a busy machine is busy for both.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._data import ASOF, history, json_lines, parser, questions

HERE = Path(__file__).resolve().parents[1]


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--earlier", type=Path, required=True, help="folder of the earlier checkout")
    arguments.add_argument("--rounds", type=int, default=5, help="starts of each (default %(default)s)")
    arguments.add_argument("--questions", type=int, default=200, help="in a round (default %(default)s)")
    given = arguments.parse_args()
    cases = json_lines(questions(given.data))[: given.questions]
    bodies = [json.dumps({"query": case["query"], "as_of": case["as_of"]}) for case in cases]
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
        sides = [Side("earlier", given.earlier.resolve(), Path(folder) / "a"), Side("here", HERE, Path(folder) / "b")]
        for side in sides:
            side.imported(history(given.data).resolve())
        for _ in range(given.rounds):
            for side in sides:
                side.measured(bodies)
        print(f"{'medians of':<12}{given.rounds} rounds" + "".join(f"{name:>22}" for name in MEASURED))
        for side in sides:
            print(f"{side.name:<20}" + "".join(f"{statistics.median(side.met[name]):>22.2f}" for name in MEASURED))
        ratios = [statistics.median(sides[1].met[name]) / statistics.median(sides[0].met[name]) for name in MEASURED]
        print(f"{'here / earlier':<20}" + "".join(f"{ratio:>22.2f}" for ratio in ratios))


MEASURED = ("ready, s", "/livez, cpu ms", "question, cpu ms", "question, p50 ms", "asked again, cpu ms")


@dataclass
class Side:
    """One checkout, its home, and what was measured of it."""

    name: str
    checkout: Path
    home: Path
    met: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURED})

    def imported(self, revisions: Path) -> None:
        self._run("import", str(revisions), "--home", str(self.home)).wait()

    def measured(self, bodies: Sequence[str]) -> None:
        """Starts the service, asks each question twice, and ends it. What is asked again is in the query cache."""
        before = time.monotonic()
        with self._served() as (process, port):
            self.met["ready, s"].append(time.monotonic() - before)
            asked(port, bodies[:20])  # the first questions are slower
            begun = worked(process.pid)
            for _ in range(len(bodies)):
                asked(port, [None])
            self.met["/livez, cpu ms"].append((worked(process.pid) - begun) / len(bodies))
            for name in ("question", "asked again"):
                begun = worked(process.pid)
                spent = asked(port, bodies[20:])
                self.met[f"{name}, cpu ms"].append((worked(process.pid) - begun) / len(spent))
                if name == "question":
                    self.met["question, p50 ms"].append(statistics.median(spent))

    @contextmanager
    def _served(self) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = self._run("serve", "--port", str(port), "--home", str(self.home))
        try:
            while not ready(port):
                if process.poll() is not None:
                    raise SystemExit(f"the service of {self.checkout} ended with {process.returncode}")
                time.sleep(0.01)
            yield process, port
        finally:
            process.terminate()
            process.wait()

    def _run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": str(self.checkout)}
        quiet = subprocess.DEVNULL
        return subprocess.Popen([*ASOF, *arguments], cwd=self.checkout, env=environment, stdout=quiet, stderr=quiet)


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def asked(port: int, bodies: Sequence[str | None]) -> list[float]:
    """Asks one question after the other over one connection; milliseconds of each. None asks whether it lives."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    spent = []
    for body in bodies:
        before = time.perf_counter()
        if body is None:
            connection.request("GET", "/livez")
        else:
            connection.request("POST", "/v1/retrieve", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"answered {answer.status}")
        spent.append((time.perf_counter() - before) * 1e3)
    connection.close()
    return spent


def worked(pid: int) -> float:
    """Milliseconds that the processor has worked for a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e3 / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
