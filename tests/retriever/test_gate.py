"""A gate lets so many requests in at once, and tells the others to come back."""

import asyncio
from typing import Any

import httpx
import pytest

from retriever.entrypoints.service.gate import Gate


async def statuses(most: int, asked: int, path: str) -> list[tuple[int, str | None]]:
    """The status and Retry-After of requests sent at once to an app that answers when all have been taken in."""
    released = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(Gate(app, most_at_once=most))
    async with httpx.AsyncClient(transport=transport, base_url="http://asof") as client:
        waiting = [asyncio.create_task(client.get(path)) for _ in range(asked)]
        await asyncio.sleep(0.05)
        released.set()
        answers = await asyncio.gather(*waiting)
    return sorted((answer.status_code, answer.headers.get("retry-after")) for answer in answers)


@pytest.mark.parametrize("path", ["/v1/retrieve", "/retrieval", "/mcp"])
def test_requests_past_the_limit_are_told_to_come_back(path: str) -> None:
    assert asyncio.run(statuses(2, 5, path)) == [(200, None)] * 2 + [(429, "1")] * 3


def test_probes_always_get_through() -> None:
    assert asyncio.run(statuses(2, 5, "/livez")) == [(200, None)] * 5
