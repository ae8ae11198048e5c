"""What the service takes where much is recorded: a page of many policies; plan, publish and history of one of many."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from benchmarks.publishing import Timed
from policies.change import Publish
from policies.instant import format_instant, parse_instant
from policies.revision import Draft
from retriever.bootstrap import Asof
from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.process.serving import share_fairly

START = parse_instant("2000-01-01")
HALF_A_DAY = 43_200_000_000

RUNS = 7


def print_growth(policies: int, revisions: int) -> None:
    """Prints a line for each, in process over the service's routes: medians of warm runs, on the clock and of work.

    What a machine does besides shows on the clock alone.
    """
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
        many, long, slow = (Asof.at(Path(folder) / name) for name in ("many", "long", "slow"))
        many.writer(create=True)
        proposal = many.ledger.propose([Publish(draft(f"policy-{number:06}", 0)) for number in range(policies)])
        many.ledger.record(proposal, [[] for _ in proposal.drafts], "none")  # what is listed needs no index
        service = TestClient(create_service(many), "http://localhost")
        line(f"a page of {policies:,} policies", 30, lambda: answered(service.get("/v1/policies?limit=1")))

        long.__dict__["encoder"] = encoder = Timed(long.encoder)
        for first in range(0, revisions, 500):
            numbers = range(first, min(first + 500, revisions))
            long.write([Publish(draft("long", number)) for number in numbers])
        service = TestClient(create_service(long), "http://localhost")
        share_fairly()  # as in a process that serves
        planned, files = file(2 * revisions), map(file, range(revisions, 2 * revisions))
        path = "/v1/policies/long/revisions"

        def plan() -> None:
            answered(service.post("/v1/plan", json={"files": [planned]}))

        def publish() -> None:
            answered(service.post(path, json={"file": next(files)}), 201)

        line(f"plan at {revisions:,} revisions", 300, plan)
        line("publish there, besides encoding", 20, publish, encoder)
        line("history there", 50, lambda: answered(service.get(path)))
        line(
            "a page of 100 events of it", 50, lambda: answered(service.get(f"{path}?after={revisions // 2}&limit=100"))
        )

        slow.writer(create=True)
        for number in range(revisions):
            proposal = slow.ledger.propose([Publish(draft("long", number))])
            slow.ledger.record(proposal, [[]], "none")
            slow.ledger.timeline()  # a process that keeps it reads only what is new
        service = TestClient(create_service(slow), "http://localhost")
        line("the same, each published alone", 50, lambda: answered(service.get(path)))


def draft(policy_id: str, number: int) -> Draft:
    """A revision half a day after the one before it, with a sentence of its own beside one that all share."""
    text = f"Damaged items may be returned.\n\nWithin {number} days of their arrival."
    return Draft(policy_id, f"Title of {policy_id}", text, "bench", START + number * HALF_A_DAY)


def file(number: int) -> str:
    made = draft("long", number)
    assert made.valid_from is not None
    front = f"policy: long\ntitle: {made.title}\neffective: {format_instant(made.valid_from)}\n"
    return f"---\n{front}---\n{made.text}\n"


def answered(answer: Any, status: int = 200) -> None:
    if answer.status_code != status:
        raise SystemExit(f"{answer.request.url} answered {answer.status_code}: {answer.text[:300]}")


def line(what: str, aim: int, ask: Callable[[], None], encoder: Timed | None = None) -> None:
    """Prints the median of the clock and of the processor's work, without what the encoder took."""
    ask()
    clock, work = [], []
    for _ in range(RUNS):
        before, worked = time.perf_counter(), time.process_time()
        if encoder is not None:
            encoder.spent = 0.0
        ask()
        spent = encoder.spent if encoder is not None else 0.0
        clock.append(time.perf_counter() - before - spent)
        work.append(time.process_time() - worked - spent)
    took, worked = statistics.median(clock) * 1e3, max(0.0, statistics.median(work)) * 1e3
    print(f"{what:<36}{took:8.0f} ms, of work {worked:6.0f} ms   (aim {aim} ms)", flush=True)
