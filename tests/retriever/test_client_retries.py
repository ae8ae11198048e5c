"""What a client does where the service is busy or does not answer: things that a real one cannot be made to do."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest

from retriever import client
from retriever.client import AsyncClient, Client, ProblemError, Unreachable

ANSWER = {"evidence": [], "abstained": None, "tokens": 0, "receipt": {"id": "r"}}
BUSY = {"type": "about:blank", "title": "Busy", "status": 503, "detail": "writing", "code": "busy"}

Step = httpx.Response | Exception


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)


def stepping(*steps: Step) -> tuple[Callable[[httpx.Request], httpx.Response], list[httpx.Request]]:
    """A transport's handler that answers, or fails, step by step; and the requests that it got."""
    remaining: Iterator[Step] = iter(steps)
    got: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        got.append(request)
        step = next(remaining)
        if isinstance(step, Exception):
            raise step
        return step

    return handle, got


def busy(**headers: str) -> httpx.Response:
    return httpx.Response(503, json=BUSY, headers=headers)


@pytest.mark.parametrize("step", [busy(), httpx.ReadError("broke"), httpx.ConnectError("refused")])
def test_a_question_is_asked_again(step: Step) -> None:
    handle, got = stepping(step, httpx.Response(200, json=ANSWER))
    with Client("http://asof", key="asof_k", transport=httpx.MockTransport(handle)) as asof:
        assert asof.retrieve("q").receipt == {"id": "r"}
    assert [request.headers["authorization"] for request in got] == ["Bearer asof_k"] * 2


def test_so_does_the_one_that_awaits() -> None:
    handle, got = stepping(busy(), httpx.ReadError("broke"), httpx.Response(200, json=ANSWER))

    async def ask() -> None:
        async with AsyncClient("http://asof", transport=httpx.MockTransport(handle)) as asof:
            await asof.retrieve("q")

    asyncio.run(ask())
    assert len(got) == 3


def test_it_waits_as_long_as_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    handle, _ = stepping(busy(**{"retry-after": "3"}), httpx.Response(200, json=ANSWER))
    with Client("http://asof", transport=httpx.MockTransport(handle)) as asof:
        asof.retrieve("q")
    assert waits == [3.0]


def test_tries_end() -> None:
    handle, got = stepping(*[busy() for _ in range(3)])
    with (
        Client("http://asof", retries=2, transport=httpx.MockTransport(handle)) as asof,
        pytest.raises(ProblemError, match="503 busy: writing"),
    ):
        asof.retrieve("q")
    assert len(got) == 3


@pytest.mark.parametrize("step", [busy(), httpx.ReadError("broke"), httpx.ReadTimeout("late")])
def test_what_may_have_been_written_is_not_sent_again(step: Step) -> None:
    handle, got = stepping(step)
    with (
        Client("http://asof", transport=httpx.MockTransport(handle)) as asof,
        pytest.raises((ProblemError, Unreachable)),
    ):
        asof.publish("P-7", "file")
    assert len(got) == 1


def test_what_was_never_sent_is() -> None:
    handle, got = stepping(httpx.ConnectError("refused"), httpx.Response(201, json={"events": []}))
    with Client("http://asof", transport=httpx.MockTransport(handle)) as asof:
        assert asof.publish("P-7", "file") == {"events": []}
    assert len(got) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_a_refusal_that_is_no_problem_is_one_all_the_same(body: bytes) -> None:
    handle, _ = stepping(httpx.Response(502, content=body))
    with (
        Client("http://asof", transport=httpx.MockTransport(handle)) as asof,
        pytest.raises(ProblemError, match="502 no_problem"),
    ):
        asof.policy("P-7")
