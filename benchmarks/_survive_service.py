"""`asof serve` with two workers, its keys, its log, and the death of a worker."""

import json
import os
import random
import resource
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks._data import ASOF, descendants, run
from benchmarks._survive_truth import OLD
from policies.instant import format_instant, parse_instant

LABELS = ("legal", "staff")

FIRST = (
    "---\npolicy: FIRST\ntitle: Returns\nnote: first\neffective: 2020-01-01\n---\nA parcel is accepted within 7 days.\n"
)

WORKERS = 2

REVISIONS, HOUR = 60, 3_600_000_000
"""Of each policy of long ago, and for how many microseconds each was in force."""

READY = b'"event": "ready"'
"""What each worker says in the log when it takes requests."""

VIEW_MB = 64
"""The room for views: so little that it is full within minutes, and what grows afterwards is no cache that fills."""

STARTS_WITHIN = 90.0
"""Seconds until a service must be ready, on a machine that others use too."""


def old_revisions(count: int) -> Iterator[dict[str, object]]:
    """Revisions that were in force for an hour each, decades ago, so none of them answers what is asked."""
    for number in range(count):
        policy, revision = divmod(number, REVISIONS)
        start = parse_instant("1990-01-01") + revision * HOUR
        yield {
            "policy_id": f"{OLD}{policy}",
            "revision": revision + 1,
            "effective_from": format_instant(start),
            "effective_to": format_instant(start + HOUR),
            "withdrawn": True,
            "title": "Returns",
            "text": f"A parcel is accepted within {1 + number % 39} days.\n\nAsk a person where that is unclear.\n",
        }


class Service:
    """The service of one home. `keys` are texts: an author, an evaluator, and readers by their labels."""

    def __init__(self, home: Path, log: Path, descriptors: int, old: int = 0) -> None:
        self.home = home
        self._log = log
        self._read = 0
        self._descriptors = descriptors
        first = log.with_name("first.md")
        first.write_text(FIRST)
        run("publish", str(first), "--home", str(home))
        if old:
            file = log.with_name("old.jsonl")
            file.write_text("".join(f"{json.dumps(row)}\n" for row in old_revisions(old)))
            run("import", str(file), "--home", str(home))
        every = [part for label in LABELS for part in ("--audience", label)]
        self.keys = {
            "author": self._key("author", *every),
            "evaluator": self._key("evaluator", *every),
            "reader": self._key("reader"),
            "reader staff": self._key("reader", "--audience", "staff"),
            "reader legal staff": self._key("reader", *every),
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.deaths = 0
        self.errors: Counter[str] = Counter()

    def start(self) -> float:
        """Starts it and returns the seconds until each of its workers was ready.

        The first to be ready answers alone while the others start, and all of the load would wait for it.
        """
        command = [*ASOF, "serve", "--port", str(self.port), "--home", str(self.home), "--workers", str(WORKERS)]
        # Whatever can answer must: every question has evidence or a reason that the model of this campaign knows.
        environment = {**os.environ, "ASOF_MIN_DENSE": "0", "ASOF_MIN_COVERAGE": "0", "ASOF_RECEIPT_MB": "16"}
        environment |= {"ASOF_RECEIPT_MB_PER_KEY": "8", "ASOF_VIEW_MB": str(VIEW_MB), "ASOF_LOG": "json"}

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self._descriptors, self._descriptors))

        with self._log.open("ab") as log:
            said = log.tell()
            self._process = subprocess.Popen(command, stderr=log, env=environment, preexec_fn=limited)
        began = time.monotonic()
        while (took := time.monotonic() - began) < STARTS_WITHIN:
            try:
                answer = httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False)
                if answer.status_code == 200 and self._log.read_bytes()[said:].count(READY) >= WORKERS:
                    return took
            except httpx.HTTPError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.end()
        raise SystemExit(f"The service did not become ready; {self._log} says why")

    def end(self) -> int:
        """Ends it as an operator would; the exit code."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(90)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def workers(self) -> list[int]:
        """The processes that answer."""
        return descendants(self._process.pid)[1:]  # the first is the one from which they are forked

    def views(self) -> str:
        """How many views the workers keep together, and how much of the room for them is taken."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False).text
        kept, size = (float(text.partition(f"\nasof_view{name} ")[2].split(maxsplit=1)[0]) for name in ("s", "_bytes"))
        return f"{kept:,.0f} in {size / 2**20:.0f} of {WORKERS * VIEW_MB} MB"

    def kill_one(self, chance: random.Random) -> float:
        """Kills a worker as the system would that lacks memory; the seconds until another says that it is ready."""
        said, began = self._log.stat().st_size, time.monotonic()
        os.kill(chance.choice(self.workers()), signal.SIGKILL)
        with self._log.open("rb") as log:
            log.seek(said)
            heard = b""
            while READY not in heard and time.monotonic() < began + STARTS_WITHIN:
                time.sleep(0.02)
                heard += log.read()
        return time.monotonic() - began

    def listen(self) -> None:
        """Counts what the log has told since the last time: workers that died, and errors by what was said."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = log.readlines()
            self._read += sum(map(len, lines))
        for line in lines:
            if not line.startswith(b"{"):  # what a process says that cannot start
                self.errors[line.decode(errors="replace").strip()[:160]] += 1
                continue
            if b'"error"' not in line or (said := json.loads(line)).get("level") != "error":
                continue
            self.deaths += said["event"] == "worker died"
            status = f", status {said['status']}" if "status" in said else ""
            self.errors[f"{said['event'][:100]}{status}"] += 1

    def _key(self, role: str, *audience: str) -> str:
        command = [*ASOF, "key", "create", "--role", role, *audience, "--json", "--home", str(self.home)]
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return str(json.loads(made)["text"])
