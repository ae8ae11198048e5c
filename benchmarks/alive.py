"""How long `/livez` waits while the service publishes, shows, compares and is asked texts made to be hard."""

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks._data import ASOF, run
from benchmarks._hostile_text import FAMILIES

AIM = 100
"""Milliseconds that `/livez` may wait for anything."""

EVERY = 0.01
"""Seconds between two looks."""

QUESTION = 20_000
"""Characters that a question or a quotation may have."""


class Waited(NamedTuple):
    """The longest wait for `/livez` while one thing was done, in milliseconds, and the seconds that this took."""

    longest: float
    seconds: float
    status: int
    family: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", nargs="?", help="as for other benchmarks; nothing of it is read")
    arguments.add_argument("--size", type=int, default=100_000, help="characters of a text (default %(default)s)")
    arguments.add_argument(
        "--family", nargs="+", metavar="NAME", choices=FAMILIES, default=list(FAMILIES), help="default all"
    )
    given = arguments.parse_args()
    found: dict[str, list[Waited]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory(prefix="asof-bench-") as folder,
        served(Path(folder)) as port,
        looking(port) as longest,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90) as client,
    ):
        time.sleep(3)
        print(f"while nothing is done, {longest():.0f} ms")

        def measure(name: str, what: str, ask: Callable[[], httpx.Response]) -> Waited:
            began = time.monotonic()
            status = ask().status_code
            took = time.monotonic() - began
            found[name].append(Waited(longest(), took, status, what))
            return found[name][-1]

        for number, family in enumerate(given.family):
            for name, ask in steps(client, f"H-{number}", FAMILIES[family](given.size)):
                if (waited := measure(name, family, ask).longest) > AIM:
                    print(f"over {AIM} ms: {name}, {family}: {waited:.0f}", flush=True)
        for what, ask in bodies(client):
            it = measure("reads a body", what, ask)
            print(f"a body of {what}: {it.longest:.0f} ms, answered {it.status}", flush=True)
    print(
        f"\n{'while it':<20} {'times':>5} {'p50 ms':>7} {'longest':>7} {'of':<22} {'over':>4} {'slowest s':>9}  answers"
    )
    for name, waits in found.items():
        worst = max(waits)
        answers = ", ".join(map(str, sorted({it.status for it in waits})))
        print(
            f"{name:<20} {len(waits):>5} {statistics.median(it.longest for it in waits):>7.0f} {worst.longest:>7.0f} "
            f"{worst.family:<22} {sum(it.longest > AIM for it in waits):>4} "
            f"{max(it.seconds for it in waits):>9.1f}  {answers}"
        )


def steps(client: httpx.Client, policy: str, text: str) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
    """What is done with a text, in this order, each with its name."""
    path = f"/v1/policies/{policy}"
    first, second = (
        {"file": f"---\npolicy: {policy}\ntitle: Returns\neffective: {day}\n---\nBegins.\n\n{words}\n"}
        for day, words in (("2024-01-01", text), ("2025-01-01", text[::-1]))
    )
    asked = {"query": text[:QUESTION], "policies": [policy], "as_of": "2024-06-01"}
    quoted = {"citation": f"{policy}@1#1", "quote": text[:QUESTION], "as_of": "2024-06-01"}
    dify = {
        "knowledge_id": policy,
        "query": "How does it begin?",
        "retrieval_setting": {"top_k": 5, "score_threshold": 0},
    }
    trace = {"id": policy, "question": "?", "evidence": [f"{policy}@1#1"], "answer": text}
    yield "plans", lambda: client.post("/v1/plan", json={"files": [first["file"]]})
    yield "publishes", lambda: client.post(f"{path}/revisions", json=first)
    yield "publishes another", lambda: client.post(f"{path}/revisions", json=second)
    yield "is asked with it", lambda: client.post("/v1/retrieve", json=asked)
    yield "is asked about it", lambda: client.post("/v1/retrieve", json={**asked, "query": "How does it begin?"})
    yield "answers Dify", lambda: client.post("/retrieval", json=dify)
    yield "checks a quotation", lambda: client.post("/v1/citations/verify", json=quoted)
    yield "shows it", lambda: client.get(f"{path}/revisions/1")
    yield "shows its page", lambda: client.get(f"/p/{policy}/1")
    yield "compares", lambda: client.get(f"{path}/diff", params={"before": 1, "after": 2})
    yield "compares on a page", lambda: client.get(f"/p/{policy}/compare", params={"a": "1", "b": "2"})
    yield "keeps a trace", lambda: client.post("/v1/traces", json=trace)


def bodies(client: httpx.Client) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
    """Bodies made to be hard: within the limits of the service, and far past them."""
    kind = {"content-type": "application/json"}
    for what, content in {
        "90,000 lists": b"[]," * 90_000 + b"[]",
        "290,000 numbers": b"0," * 290_000 + b"0",
        "1,300,000 lists": b"[]," * 1_300_000 + b"[]",
        "2,000,000 numbers": b"0," * 2_000_000 + b"0",
        "1,400 numbers of 4,300 digits": b",".join([b"9" * 4300] * 1400),
        "9,000 numbers of 640 digits": b",".join([b"9" * 640] * 9000),
    }.items():
        trace = b'{"id": "%d", "answer": "?", "others": [%s]}' % (len(content), content)
        yield what, lambda trace=trace: client.post("/v1/traces", content=trace, headers=kind)
    form = {"content-type": "application/x-www-form-urlencoded", "origin": str(client.base_url).rstrip("/")}
    yield "6,000,000 empty fields", lambda: client.post("/sign-in", content=b"&" * 6_000_000, headers=form)


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The port of `asof serve` over a home with one small policy."""
    first = folder / "first.md"
    first.write_text("---\npolicy: FIRST\ntitle: Returns\n---\nA parcel is accepted within 7 days.\n")
    run("publish", str(first), "--home", str(folder / "home"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [*ASOF, "serve", "--port", str(port), "--home", str(folder / "home")]
    environment = {**os.environ, "ASOF_MIN_DENSE": "0", "ASOF_MIN_COVERAGE": "0"}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit("the service did not become ready")
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def looking(port: int) -> Iterator[Callable[[], float]]:
    """Looks at `/livez` from a process of its own; what is yielded gives the longest wait since it last did, in ms."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=look, args=(port, theirs), daemon=True)
    process.start()

    def longest() -> float:
        ours.send(None)
        return float(ours.recv())

    longest()
    try:
        yield longest
    finally:
        process.kill()
        process.join()


def look(port: int, parent: Connection) -> None:
    """Asks again and again, and tells whoever asks the longest wait in milliseconds."""
    connection, longest = http.client.HTTPConnection("127.0.0.1", port), 0.0
    while True:
        began = time.monotonic()
        try:
            connection.request("GET", "/livez")
            json.load(connection.getresponse())
        except (OSError, http.client.HTTPException):
            connection.close()
            continue
        longest = max(longest, (time.monotonic() - began) * 1e3)
        if parent.poll():
            parent.recv()
            parent.send(longest)
            longest = 0.0
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
