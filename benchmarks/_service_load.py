"""The load generator of the service's benchmark, in a process of its own: prints one JSON object."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from retriever.client import AsyncClient, ClientError, Retries

Body = dict[str, Any]

SENDERS = 32
"""Connections of an open loop: a client each, since one pool of many spends its time looking for a free one."""

PUBLISHES_A_SECOND = 5
POLICIES = 3


def main() -> None:
    url, file, kind, much, seconds = sys.argv[1:6]
    kinds: dict[str, Callable[[str, Sequence[Body], float, float], Awaitable[dict[str, Any]]]] = {
        "open": open_loop,
        "closed": closed_loop,
        "authors": while_authors_publish,
        "retrying": retrying,
    }
    cases = map(json.loads, Path(file).read_text().splitlines())
    bodies = [{"query": case["query"], "as_of": case["as_of"]} for case in cases]
    print(json.dumps(asyncio.run(kinds[kind](url, bodies, float(much), float(seconds)))))


class Met:
    """What a load met: milliseconds of each answer, and how many had which status (0: none came)."""

    def __init__(self) -> None:
        self.spent: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.receipts: list[Body] = []

    async def ask(self, client: httpx.AsyncClient, body: Body, due: float | None = None) -> None:
        before = time.perf_counter() if due is None else due
        try:
            answer = await client.post("/v1/retrieve", json=body)
        except httpx.HTTPError:
            self.statuses[0] += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.spent.append((time.perf_counter() - before) * 1e3)
            self.receipts.append(answer.json()["receipt"])

    def content(self, took: float) -> dict[str, Any]:
        p50, p95, p99 = np.percentile(self.spent, [50, 95, 99])
        busy, right = self.statuses[429], self.statuses[200]
        errors = self.statuses.total() - busy - right
        return {"rate": right / took, "p50": p50, "p95": p95, "p99": p99, "busy": busy, "errors": errors}


async def open_loop(url: str, bodies: Sequence[Body], rate: float, seconds: float) -> dict[str, Any]:
    """Questions come at a rate, whatever becomes of those before; time counts from when each was due."""
    met = Met()
    took = await _open_loop(met, url, bodies, rate, seconds)
    return met.content(took)


async def closed_loop(url: str, bodies: Sequence[Body], connections: float, seconds: float) -> dict[str, Any]:
    """Each connection asks its next question when it has its answer."""
    met, numbers, began = Met(), iter(range(1 << 30)), time.perf_counter()

    async def worker(client: httpx.AsyncClient) -> None:
        while time.perf_counter() < began + seconds:
            await met.ask(client, bodies[next(numbers) % len(bodies)])

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(url)) for _ in range(int(connections))]
        await asyncio.gather(*map(worker, clients))
        return met.content(time.perf_counter() - began)


async def while_authors_publish(url: str, bodies: Sequence[Body], rate: float, seconds: float) -> dict[str, Any]:
    """An open loop, about now, while authors publish five revisions a second; then every receipt is asked again.

    A receipt that does not give the same bytes again was answered from a mix of generations, or the past changed.
    """
    met, publishing = Met(), Met()
    async with _client(url) as author, _client(url) as auditor:
        ends = time.perf_counter() + seconds

        async def publish() -> None:
            number = 0
            while (due := time.perf_counter()) < ends:
                policy, number = f"BENCH-{number % POLICIES}", number + 1
                words = "\n\n".join(f"Revision {number} says this of {body['query']}" for body in bodies[number::97])
                file = f"---\npolicy: {policy}\ntitle: Benchmark\n---\n{words}\n"
                sent = await author.post(f"/v1/policies/{policy}/revisions", json={"file": file})
                publishing.statuses[sent.status_code] += 1
                publishing.spent.append((time.perf_counter() - due) * 1e3)
                await asyncio.sleep(max(0.0, due + 1 / PUBLISHES_A_SECOND - time.perf_counter()))

        now = [{"query": body["query"]} for body in bodies]
        author_at_work = asyncio.create_task(publish())
        took = await _open_loop(met, url, now, rate, seconds)
        await author_at_work
        verdicts: Counter[str] = Counter()
        for receipt in met.receipts:
            again = await auditor.post("/v1/receipts/replay", json={"receipt": receipt})
            verdicts[again.json().get("verdict", str(again.status_code))] += 1
    generations = len({receipt["generation"] for receipt in met.receipts})
    published = publishing.statuses[201]
    return {
        **met.content(took),
        "published": published,
        "publish_errors": publishing.statuses.total() - published,
        "publish_p50": float(np.median(publishing.spent)),
        "generations": generations,
        "verdicts": dict(verdicts),
    }


async def retrying(url: str, bodies: Sequence[Body], connections: float, seconds: float) -> dict[str, Any]:
    """Clients that ask again go on through whatever happens to the service; how many answers were not the first one.

    Prints a line when the first answers are there, for whoever wants to kill the service from then on.
    """
    patient = Retries(most=12, first=0.05, longest=1.0)
    async with AsyncClient(url, retries=patient) as asof:
        known_at = (await asof.retrieve("?")).receipt.request["known_at"]
        asked = [{**body, "known_at": known_at} for body in bodies[:200]]
        first = [(await asof.retrieve(**body)).receipt.evidence_digest for body in asked]
        print("ready", flush=True)
        ends, wrong, failed, answers = time.monotonic() + seconds, 0, 0, 0

        async def worker(start: int) -> None:
            nonlocal wrong, failed, answers
            number = start
            while time.monotonic() < ends:
                place = number % len(asked)
                try:
                    found = await asof.retrieve(**asked[place])
                except ClientError:
                    failed += 1
                else:
                    answers += 1
                    wrong += found.receipt.evidence_digest != first[place]
                number += 1

        await asyncio.gather(*(worker(51 * start) for start in range(int(connections))))
    return {"answers": answers, "wrong": wrong, "failed": failed}


async def _open_loop(met: Met, url: str, bodies: Sequence[Body], rate: float, seconds: float) -> float:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(url)) for _ in range(SENDERS)]
        began, tasks = time.perf_counter(), []
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(met.ask(clients[number % SENDERS], bodies[number % len(bodies)], due)))
        await asyncio.gather(*tasks)
        return time.perf_counter() - began


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, verify=False)


if __name__ == "__main__":
    main()
