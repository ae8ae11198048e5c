"""An OpenAI-compatible endpoint of chat completions, asked with time limits and repeats."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from evaluator.errors import EvaluatorError
from evaluator.positions.calls import Reply
from retriever.client.retries import CUT_OFF, NOT_CONNECTED, Retries

AGAIN_STATUSES = (408, 429, 500, 502, 503, 504)
AGAIN_ERRORS = (*NOT_CONNECTED, *CUT_OFF, httpx.TimeoutException)
REFUSED = (401, 403, 404)
"""What every other call would be answered too: a key that is missing, a path or a model that is not there."""

KEY_VARIABLE = "ASOF_ENDPOINT_KEY"


class EndpointRefused(EvaluatorError):
    """The endpoint answers no call of this sweep."""


class CallFailed(EvaluatorError):
    """One call has no answer, after all its repeats."""


def patient(most: int) -> Retries:
    """Repeats for what passes: busy, broken or silent endpoints."""
    return Retries(most=most, first=0.5, longest=60.0, statuses=AGAIN_STATUSES, errors=AGAIN_ERRORS)


def completions_url(endpoint: str) -> str:
    """The URL of chat completions, for a base URL such as http://localhost:8000/v1 or the whole of it."""
    bare = endpoint.rstrip("/")
    return bare if bare.endswith("/chat/completions") else f"{bare}/chat/completions"


def connected(key: str | None, timeout: float, concurrency: int) -> httpx.AsyncClient:
    """A client for so many calls at once."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    return httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go. `seconds` is the limit of one send; every repeat has it anew."""

    http: httpx.AsyncClient
    url: str
    retries: Retries
    seconds: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def ask(self, body: dict[str, Any]) -> Reply:
        """The endpoint's answer; CallFailed where it has none, EndpointRefused where it will have none for any call."""
        sent = 0
        while True:
            sent += 1
            outcome = await self._send(body)
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                return _reply(outcome)
            wait = self.retries.wait(sent, outcome)
            if wait is None:
                raise self._failure(outcome, sent)
            await self.sleep(wait)

    async def _send(self, body: dict[str, Any]) -> httpx.Response | httpx.RequestError:
        try:
            async with asyncio.timeout(self.seconds):
                return await self.http.post(self.url, json=body)
        except TimeoutError:
            return httpx.ReadTimeout(f"no answer within {self.seconds:g} s")
        except httpx.RequestError as error:
            return error

    def _failure(self, outcome: httpx.Response | httpx.RequestError, sent: int) -> EvaluatorError:
        if isinstance(outcome, httpx.Response):
            said = " ".join(outcome.text.split())[:200]
            problem = f"HTTP {outcome.status_code} after {sent} sends: {said}"
            if outcome.status_code in REFUSED:
                return EndpointRefused(f"{self.url} answered HTTP {outcome.status_code}: {said}. {_ADVICE}")
            return CallFailed(problem)
        return CallFailed(f"{type(outcome).__name__} after {sent} sends: {outcome}")


_ADVICE = f"Look at --endpoint and --model; a key is read from {KEY_VARIABLE}"


def _reply(response: httpx.Response) -> Reply:
    """What a chat completion says; a null content is an empty answer."""
    try:
        content = response.json()
        choice = content["choices"][0]
        answer = choice["message"].get("content")
        if not isinstance(answer, str | None):
            raise TypeError("content is no text")
        usage = content.get("usage") or {}
        tokens = (int(usage["prompt_tokens"]), int(usage["completion_tokens"])) if "prompt_tokens" in usage else None
        return Reply(answer or "", choice.get("finish_reason"), content.get("model"), tokens)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CallFailed(f"HTTP {response.status_code} with what is no chat completion: {error!r}") from error
