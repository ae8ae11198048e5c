"""An OpenAI-compatible endpoint of chat completions, asked with time limits and repeats."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from evaluator.errors import EvaluatorError
from evaluator.models.chat_completions import LARGEST, NoCompletion, Reply, authorization, parse_reply
from retriever.client.retries import CUT_OFF, NOT_CONNECTED, Retries

AGAIN_STATUSES = (408, 429, 500, 502, 503, 504)
AGAIN_ERRORS = (*NOT_CONNECTED, *CUT_OFF, httpx.TimeoutException)
REFUSED = (401, 403, 404)
"""The codes that every other call would get too: a key is missing, or a path or model does not exist."""

KEY_VARIABLE = "ASOF_ENDPOINT_KEY"


class EndpointRefused(EvaluatorError):
    """The endpoint refuses every call of this sweep."""


class CallFailed(EvaluatorError):
    """One call has no answer after all its repeats."""


class EndpointFailed(CallFailed):
    """One call has no answer since the endpoint was busy, broken or silent each time; the next call may fail alike."""


def patient(most: int) -> Retries:
    """Repeats for endpoints that are busy, broken or silent, since that may pass."""
    return Retries(most, first=0.5, longest=60.0, statuses=AGAIN_STATUSES, errors=AGAIN_ERRORS, insistent=True)


def connected(key: str | None, timeout: float, concurrency: int) -> httpx.AsyncClient:
    """A client for so many calls at once."""
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    return httpx.AsyncClient(headers=authorization(key, KEY_VARIABLE), timeout=timeout, limits=limits)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go. `seconds` is the limit of one send, and of each repeat."""

    http: httpx.AsyncClient
    url: str
    retries: Retries
    seconds: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def ask(self, body: dict[str, Any]) -> Reply:
        """The endpoint's answer; CallFailed where there is none, EndpointRefused where no call would get one."""
        sent = 0
        while True:
            sent += 1
            outcome, content = await self._send(body)
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                try:
                    return parse_reply(content)
                except NoCompletion as error:
                    raise CallFailed(f"HTTP {outcome.status_code}, but {error}") from error
            wait = self.retries.wait(sent, outcome)
            if wait is None:
                raise self._failure(outcome, content, sent)
            await self.sleep(wait)

    async def _send(self, body: dict[str, Any]) -> tuple[httpx.Response | httpx.RequestError, bytes]:
        """The response or the error of one send, and the body, read up to its limit."""
        content = bytearray()
        try:
            async with asyncio.timeout(self.seconds), self.http.stream("POST", self.url, json=body) as response:
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > LARGEST:
                        break
                return response, bytes(content)
        except TimeoutError:
            return httpx.ReadTimeout(f"no answer within {self.seconds:g} s"), b""
        except httpx.RequestError as error:
            return error, b""

    def _failure(self, outcome: httpx.Response | httpx.RequestError, content: bytes, sent: int) -> EvaluatorError:
        if isinstance(outcome, httpx.Response):
            said = " ".join(content.decode(errors="replace").split())[:200]
            problem = f"HTTP {outcome.status_code} after {sent} sends: {said}"
            if outcome.status_code in REFUSED:
                return EndpointRefused(f"{self.url} answered HTTP {outcome.status_code}: {said}. {_ADVICE}")
            return EndpointFailed(problem) if outcome.status_code in self.retries.statuses else CallFailed(problem)
        return EndpointFailed(f"{type(outcome).__name__} after {sent} sends: {outcome}")


_ADVICE = f"Look at --endpoint and --model; a key is read from {KEY_VARIABLE}"
