"""A gate lets so many requests in at once, for so long, and tells the others why not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from retriever.access.keys import Key
from retriever.access.permissions import Action, Role
from retriever.config import Limits
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.middleware.limits import MOST_FOR_ALL, MOST_ITEMS, MOST_VALUES, Limited


class App:
    """Answers a request once it is released; `inside` is how many it works on."""

    def __init__(self, action: Action | None = None) -> None:
        self.released = asyncio.Event()
        self.action = action
        self.inside = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside += 1
        scope.setdefault("state", {})["action"] = self.action
        while (await receive()).get("more_body"):
            pass
        await self.released.wait()
        self.inside -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def through(app: App, **limits: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Limited(app, Limits(**limits))), base_url="http://asof"
    ) as client:
        yield client


async def statuses(most: int, asked: int, path: str) -> list[tuple[int, str | None]]:
    """The status and Retry-After of requests sent at once to an app that answers when all have been taken in."""
    app = App()
    async with through(app, most_at_once=most) as client:
        waiting = [asyncio.create_task(client.get(path)) for _ in range(asked)]
        await asyncio.sleep(0.05)
        app.released.set()
        answers = await asyncio.gather(*waiting)
    return sorted((answer.status_code, answer.headers.get("retry-after")) for answer in answers)


@pytest.mark.parametrize("path", ["/v1/retrieve", "/retrieval", "/mcp"])
def test_requests_past_the_limit_are_told_to_come_back(path: str) -> None:
    assert asyncio.run(statuses(2, 5, path)) == [(200, None)] * 2 + [(429, "1")] * 3


def test_requests_of_one_key_leave_room_for_others() -> None:
    async def ask() -> list[int]:
        app = App()

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            name = dict(scope["headers"])[b"who"].decode()
            scope.setdefault("state", {})["caller"] = Caller(Key(name, Role.READER, ("public",), 0))
            await limited(scope, receive, send)

        limited = Limited(app, Limits(most_at_once=4))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(known), base_url="http://asof") as client:
            senders = ["a", "a", "a", "a", "b", "b"]
            waiting = [asyncio.create_task(client.get("/v1/retrieve", headers={"who": sender})) for sender in senders]
            await asyncio.sleep(0.05)
            app.released.set()
            answers = [answer.status_code for answer in await asyncio.gather(*waiting)]
            again = await client.get("/v1/retrieve", headers={"who": "a"})
        return [*answers, again.status_code]

    assert asyncio.run(ask()) == [200, 200, 200, 429, 200, 429, 200]


def test_probes_always_get_through() -> None:
    assert asyncio.run(statuses(2, 5, "/livez")) == [(200, None)] * 5


@pytest.mark.parametrize(
    ("action", "code"),
    [(None, "too_slow"), (Action.ASK, "too_slow"), (Action.READ, "too_slow"), (Action.WRITE, "outcome_unknown")],
)
def test_answer_that_takes_too_long_is_a_problem_that_says_whether_anything_may_be_recorded(
    action: Action | None, code: str
) -> None:
    async def ask() -> httpx.Response:
        app = App(action)
        async with through(app, request_seconds=0.05) as client:
            asked = asyncio.create_task(client.post("/v1/x", json={}))
            await asyncio.sleep(0.15)
            assert app.inside == 1  # what was begun is not given up
            app.released.set()
            return await asked

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["code"]) == (504, code)


def test_request_that_goes_on_after_its_problem_still_counts_as_worked_on() -> None:
    async def ask() -> list[int]:
        app = App()
        async with through(app, request_seconds=0.05, most_at_once=1) as client:
            first = asyncio.create_task(client.get("/v1/x"))
            await asyncio.sleep(0.15)
            second = await client.get("/v1/x")
            app.released.set()
            return [(await first).status_code, second.status_code, (await client.get("/v1/x")).status_code]

    assert asyncio.run(ask()) == [504, 429, 200]


def test_body_that_trickles_in_is_cut_off_and_one_that_is_whole_is_not() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x"
            await asyncio.sleep(0.02)

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        app = App()
        app.released.set()
        async with through(app, body_seconds=0.1) as client:
            slow = await client.post("/v1/x", content=trickle())
            app.released.clear()
            whole = asyncio.create_task(client.post("/v1/x", content=b"x" * 10))
            await asyncio.sleep(0.2)
            app.released.set()
            return slow, await whole

    slow, whole = asyncio.run(ask())
    assert (slow.status_code, slow.json()["code"], slow.headers["connection"]) == (408, "slow_body", "close")
    assert whole.status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * MOST_VALUES, 200),
        (b"[" * (MOST_VALUES + 1), 413),
        (b"{" * 60_000 + b"[" * 60_000, 413),
        (b"," * MOST_ITEMS, 200),
        (b"0," * (MOST_ITEMS + 1), 413),
    ],
)
def test_a_body_of_more_values_than_are_read_in_a_moment_is_too_large(body: bytes, status: int) -> None:
    answer = asyncio.run(sent(body, "/v1/traces"))
    assert answer.status_code == status
    assert status == 200 or "objects and lists" in answer.json()["detail"]


@pytest.mark.parametrize(("size", "status"), [(MOST_FOR_ALL, 200), (MOST_FOR_ALL + 1, 413)])
def test_who_has_no_key_sends_little(size: int, status: int) -> None:
    answer = asyncio.run(sent(b"&" * size, "/sign-in"))
    assert answer.status_code == status
    assert status == 200 or answer.json()["detail"] == "Over the limit of 16,384 bytes"
    assert asyncio.run(sent(b"&" * size, "/v1/retrieve")).status_code == 200


async def sent(body: bytes, path: str) -> httpx.Response:
    app = App()
    app.released.set()
    async with through(app) as client:
        return await client.post(path, content=body)
