"""A service killed with -9 while it is asked and written to: patient clients see no wrong answer and no lost write."""

import asyncio
import subprocess
import time
from pathlib import Path

import httpx

from retriever.client import AsyncClient, Retries
from tests.e2e.command import Run
from tests.e2e.serving import free_port, served_on, wait_until_ready

PATIENT = Retries(most=40, first=0.05, longest=0.5)
KILLS = 3


def file(policy: str, words: str) -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\n{words}\n"


async def load(url: str, killed: asyncio.Event) -> tuple[int, int, int, int]:
    """Answers, wrong answers, publishes, and publishes recorded twice, until it was killed often enough."""
    answers = wrong = published = twice = 0
    async with AsyncClient(url, retries=PATIENT) as asof:
        first = (await asof.retrieve("days", as_of="2024-06-01")).receipt
        known_at = first.request["known_at"]

        async def read() -> None:
            nonlocal answers, wrong
            while not killed.is_set():
                found = await asof.retrieve("days", as_of="2024-06-01", known_at=known_at)
                wrong += found.receipt.evidence_digest != first.evidence_digest
                answers += 1

        async def write() -> None:
            nonlocal published, twice
            while not killed.is_set():
                published += 1
                sent = await asof.publish("W-1", file("W-1", f"Returned within {published} days."))
                twice += sent["events"][0]["version"] != f"W-1@{published}"

        await asyncio.gather(read(), read(), write())
        revisions = (await asof.revisions("W-1"))["revisions"]
        assert revisions == published
    return answers, wrong, published, twice


def test_patient_clients_see_no_wrong_answer_and_lose_no_write(
    run: Run, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "P-7.md").write_text(file("P-7", "Damaged items are returned within 7 days."))
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    async def under_load() -> tuple[int, int, int, int]:
        killed = asyncio.Event()
        process = await asyncio.to_thread(started)
        loading = asyncio.create_task(load(url, killed))
        for _ in range(KILLS):
            await asyncio.sleep(0.7)
            process.kill()
            process.communicate()
            process = await asyncio.to_thread(started)
        await asyncio.sleep(0.5)
        killed.set()
        try:
            return await asyncio.wait_for(loading, 60)
        finally:
            process.terminate()
            process.communicate()

    def started() -> "subprocess.Popen[bytes]":
        process = served_on(port, tmp_path / "home", environment)
        with httpx.Client(base_url=url, trust_env=False) as client:
            wait_until_ready(client, lambda: process.poll() is None)
        return process

    began = time.monotonic()
    answers, wrong, published, twice = asyncio.run(under_load())
    assert (wrong, twice) == (0, 0)
    assert answers > 10
    assert published >= KILLS, f"{published} in {time.monotonic() - began:.0f} s"
