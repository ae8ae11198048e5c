import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from evaluator.models.chat_completions import LARGEST, Reply
from evaluator.positions.endpoint import CallFailed, Endpoint, EndpointFailed, EndpointRefused, patient

GOOD = {"model": "m", "choices": [{"message": {"content": "red"}, "finish_reason": "stop"}]}


def asked(*outcomes: httpx.Response | httpx.RequestError, retries: int = 3) -> tuple[Reply | Exception, list[float]]:
    """What a call gives when its sends meet these outcomes, and how long it waited in between."""
    waits: list[float] = []
    left = iter(outcomes)

    def answer(request: httpx.Request) -> httpx.Response:
        outcome = next(left)
        if isinstance(outcome, httpx.RequestError):
            raise outcome
        return outcome

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def run() -> Reply:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await Endpoint(http, "http://reader/v1/chat/completions", patient(retries), 5, sleep).ask({})

    try:
        return asyncio.run(run()), waits
    except (CallFailed, EndpointRefused) as error:
        return error, waits


def good(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={**GOOD, **fields})


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503),
        httpx.ReadTimeout("late"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_what_passes_is_asked_again_after_growing_waits(passing: httpx.Response | httpx.RequestError) -> None:
    reply, waits = asked(passing, passing, good())
    assert reply == Reply("red", "stop", "m")
    first, second = waits
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0


def test_a_named_wait_is_kept_up_to_a_minute() -> None:
    assert asked(httpx.Response(429, headers={"retry-after": "17"}), good())[1] == [17.0]
    hour = httpx.Response(503, headers={"retry-after": "3600"})
    assert asked(hour, hour, good()) == (Reply("red", "stop", "m"), [60.0, 60.0])


def test_a_call_fails_with_its_last_outcome_when_its_repeats_are_used_up() -> None:
    failure, waits = asked(*[httpx.Response(500, text="out of\nmemory")] * 4)
    assert isinstance(failure, EndpointFailed)
    assert str(failure) == "HTTP 500 after 4 sends: out of memory"
    assert len(waits) == 3


def test_a_request_that_is_at_fault_is_not_sent_again() -> None:
    failure, waits = asked(httpx.Response(400, text="context length exceeded"))
    assert not isinstance(failure, EndpointFailed)
    assert str(failure) == "HTTP 400 after 1 sends: context length exceeded"
    assert waits == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_endpoint_that_refuses_every_call_says_what_to_look_at(status: int) -> None:
    refusal, _ = asked(httpx.Response(status, text="no such model"))
    assert isinstance(refusal, EndpointRefused)
    assert "no such model. Look at --endpoint and --model; a key is read from ASOF_ENDPOINT_KEY" in str(refusal)


def test_what_is_no_chat_completion_is_a_failure_and_not_an_empty_answer() -> None:
    failure, waits = asked(httpx.Response(200, text="<html>"))
    assert str(failure).startswith("HTTP 200, but the answer is no chat completion")
    assert waits == []


def test_an_answer_without_end_is_read_no_further_than_its_limit() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 16
            yield b" " * (1 << 16)

    failure, _ = asked(httpx.Response(200, content=endless()))
    assert str(failure) == "HTTP 200, but the answer is longer than 1,048,576 bytes"
    assert read <= LARGEST + (1 << 17)


def test_an_endpoint_that_sends_a_byte_now_and_then_is_late_all_the_same() -> None:
    async def slowly(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return good()

    async def run() -> Reply:
        async with httpx.AsyncClient(transport=httpx.MockTransport(slowly), timeout=None) as http:
            return await Endpoint(http, "http://reader", patient(0), 0.02).ask({})

    with pytest.raises(CallFailed, match=r"ReadTimeout after 1 sends: no answer within 0\.02 s"):
        asyncio.run(run())
