"""Readers and authors at the same time: no request fails, and what was known before never changes."""

import asyncio
import time
from pathlib import Path

from retriever.client import AsyncClient, Retries
from tests.e2e.command import Run
from tests.e2e.serving import serving

SECONDS = 4.0
QUESTIONS = [f"Within how many days are damaged items of kind {number} returned?" for number in range(10)]


def file(policy: str, words: str) -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\n{words}\n"


async def load(url: str) -> tuple[int, int, int]:
    """How many answers and publishes there were, and how many answers about the past differed from the first."""
    ends = time.monotonic() + SECONDS
    answers = published = changed = 0
    async with AsyncClient(url, retries=Retries(most=0)) as asof:
        known_at = (await asof.retrieve("days")).receipt.request["known_at"]
        first: dict[str, str] = {}

        async def read(offset: int) -> None:
            nonlocal answers, changed
            while time.monotonic() < ends:
                question = QUESTIONS[(answers + offset) % len(QUESTIONS)]
                past = await asof.retrieve(question, as_of="2024-06-01", known_at=known_at)
                digest = past.receipt.evidence_digest
                changed += first.setdefault(question, digest) != digest
                newest = await asof.retrieve(question)
                numbers = {item.policy_id: item.revision for item in newest.evidence}
                assert all(numbers[item.policy_id] == item.revision for item in newest.evidence)
                answers += 2

        async def write(policy: str) -> None:
            nonlocal published
            number = 0
            while time.monotonic() < ends:
                number += 1
                words = "\n\n".join(f"{question} {number} days, says {policy}." for question in QUESTIONS[:5])
                sent = await asof.publish(policy, file(policy, words))
                assert sent["events"][0]["version"] == f"{policy}@{number}"
                seen = await asof.retrieve(QUESTIONS[0], policies=[policy], min_generation=sent["generation"])
                assert {item.revision for item in seen.evidence} == {number}
                published += 1
                await asyncio.sleep(0.1)

        await asyncio.gather(read(0), read(3), read(7), write("W-1"), write("W-2"))
    return answers, published, changed


def test_no_request_fails_and_the_past_stays_as_it_was(run: Run, tmp_path: Path, environment: dict[str, str]) -> None:
    body = "\n\n".join(f"Damaged items of kind {number} are returned within {number} days." for number in range(2, 12))
    (tmp_path / "P-7.md").write_text(file("P-7", body))
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    with serving(tmp_path / "home", environment) as client:
        answers, published, changed = asyncio.run(load(str(client.base_url)))
    assert changed == 0
    assert answers > 50
    assert published > 5
