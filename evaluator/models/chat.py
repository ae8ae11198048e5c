"""The one client of OpenAI-compatible endpoints: it repeats what may pass, and asks in the dialect that is understood.

An endpoint that refuses a field is asked without it, and the finding is kept for its model. The `openai` package sends
the requests and reads the streams; its own repeats are off.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import httpx

from evaluator.errors import EvaluatorError
from evaluator.models.address import BadEndpoint, base_url
from evaluator.models.dialect import REFUSALS, ChatRequest, Dialect
from evaluator.models.reason import reason_of, without_keys
from evaluator.models.reply import (
    LARGEST,
    NoCompletion,
    Reply,
    error_status,
    made_reply,
    parse_reply,
    said_and_thought,
    token_counts,
)
from retriever.client.retries import CUT_OFF, NOT_CONNECTED, Retries

AGAIN_STATUSES = (408, 429, 500, 502, 503, 504)
AGAIN_ERRORS = (*NOT_CONNECTED, *CUT_OFF)
REFUSED = (401, 403, 404)
"""The statuses that every other call would get too: a key is missing, or a path or model does not exist."""

TO_TELL = 2
"""A 500 may pass, and may be the refusal of a field: it is sent so often before it counts as a refusal."""

LEFT_FOR = 1.0
"""Seconds for what is still under way in a loop that closes."""

Kind = Literal["refused", "busy", "late", "away", "at_fault", "no_completion"]


def patient(most: int, *, late: bool = False) -> Retries:
    """So many repeats for endpoints that are busy or broken, since that may pass; with `late`, for silent ones too."""
    errors = (*AGAIN_ERRORS, httpx.TimeoutException) if late else AGAIN_ERRORS
    return Retries(most, first=0.5, longest=60.0, statuses=AGAIN_STATUSES, errors=errors, insistent=True)


class NoAnswer(EvaluatorError):
    """A call has no answer. `kind` says whether others would fare alike, `reason` what the endpoint said."""

    def __init__(self, kind: Kind, detail: str, reason: str = "", status: int | None = None) -> None:
        super().__init__(detail)
        self.kind, self.reason, self.status = kind, reason, status


@dataclass(frozen=True, slots=True)
class _Failed:
    """One send without an answer, in the terms of `Retries`, and the reason that the endpoint gave."""

    outcome: httpx.Response | httpx.RequestError
    reason: str

    @property
    def status(self) -> int | None:
        return self.outcome.status_code if isinstance(self.outcome, httpx.Response) else None


class Chat:
    """An endpoint, asked from one event loop. `seconds` is the limit of one send, and of each repeat.

    `endpoint` is a base URL such as http://localhost:8000/v1; `key` goes with each call where there is one;
    `transport` stands in for the network.
    """

    def __init__(
        self,
        endpoint: str,
        key: str | None = None,
        *,
        seconds: float = 60.0,
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: Any = None,
    ) -> None:
        self.url = base_url(endpoint)
        self._key, self._seconds, self._sleep = key, seconds, sleep
        self._retries = retries or patient(2)
        self._client, self._transport_errors = _connected(self.url, key, transport)
        self._dialects: dict[str, Dialect] = {}

    async def aclose(self) -> None:
        await self._client.close()

    async def ask(self, request: ChatRequest, within: float | None = None) -> Reply:
        """The endpoint's answer, within so many seconds for all sends together; NoAnswer where there is none."""
        try:
            async with asyncio.timeout(within):
                return await self._ask(request)
        except TimeoutError:
            raise NoAnswer("late", f"no whole answer within {within:g} s") from None

    async def _ask(self, request: ChatRequest) -> Reply:
        started = time.monotonic()
        known = self._dialects.get(request.model, Dialect())
        waiting, tried, sent = deque([known]), set[Dialect](), 0
        first: _Failed | None = None
        while waiting:
            dialect = waiting.popleft()
            if dialect in tried:
                continue
            tried.add(dialect)
            outcome, sends = await self._repeated(dialect, request, started, TO_TELL if first is None else 1)
            sent += sends
            if isinstance(outcome, Reply):
                self._dialects[request.model] = dialect
                return replace(outcome, stepped_down=dialect.words(request))
            if (step := dialect.named(request, outcome.status, outcome.reason)) is not None:
                waiting.appendleft(step)
            elif first is None:
                waiting.extend(dialect.others(request, outcome.status, outcome.reason))
            elif outcome.status not in REFUSALS:
                first = outcome
                break
            first = first or outcome
        assert first is not None
        raise self._no_answer(first, sent)

    async def _repeated(
        self, dialect: Dialect, request: ChatRequest, started: float, to_tell: int
    ) -> "tuple[Reply | _Failed, int]":
        """The last outcome in one dialect, and how many sends it took.

        A refusal that another dialect may answer is not repeated; one that names no field is, up to `to_tell` sends.
        """
        sent = 0
        while True:
            outcome = await self._send(dialect.body(request), started)
            sent += 1
            if isinstance(outcome, Reply) or dialect.named(request, outcome.status, outcome.reason) is not None:
                return outcome, sent
            wait = self._retries.wait(sent, outcome.outcome)
            unnamed = sent >= to_tell and any(dialect.others(request, outcome.status, outcome.reason))
            if wait is None or unnamed:
                return outcome, sent
            await self._sleep(wait)

    async def _send(self, body: dict[str, Any], started: float) -> "Reply | _Failed":
        """The reply, or what one send met; NoAnswer where something came that is no chat completion."""
        import openai

        own: dict[str, Any] = {name: body.pop(name) for name in ("model", "messages", "stream") if name in body}
        own |= {} if self._key else {"extra_headers": {"Authorization": openai.Omit()}}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.chat.completions.with_streaming_response.create(**own, extra_body=body) as response,
            ):
                if response.headers.get("content-type", "").startswith("text/event-stream"):
                    return await _streamed(await response.parse(), started)
                content = await _whole(response)
                if (status := error_status(content)) is not None:
                    return _Failed(httpx.Response(status), reason_of(content, self._key))
                return parse_reply(content)
        except (TimeoutError, openai.APITimeoutError):
            return _Failed(httpx.ReadTimeout(f"no answer within {self._seconds:g} s"), "")
        except openai.APIStatusError as error:
            wait = error.response.headers.get("retry-after")
            headers = {} if wait is None else {"retry-after": wait}
            reason = reason_of(error.response.content[:LARGEST], self._key)
            return _Failed(httpx.Response(error.status_code, headers=headers), reason)
        except openai.APIConnectionError as error:
            return _Failed(_broken(error.__cause__ or error), "")
        except openai.APIError as error:
            said = without_keys(error.body if isinstance(error.body, str) else str(error.message), self._key)
            raise NoAnswer("no_completion", f"the stream broke off: {said}", said) from error
        except self._transport_errors as error:
            return _Failed(_broken(error), "")
        except NoCompletion as error:
            said = without_keys(str(error), self._key)
            raise NoAnswer("no_completion", f"HTTP 200, but {said}", said) from error

    def _no_answer(self, failed: _Failed, sent: int) -> NoAnswer:
        outcome = failed.outcome
        sends = f"{sent} send{'s' if sent > 1 else ''}"
        if isinstance(outcome, httpx.Response):
            status = outcome.status_code
            kind: Kind = "refused" if status in REFUSED else "busy" if status in self._retries.statuses else "at_fault"
            said = f": {failed.reason}" if failed.reason else ", without a reason"
            hint = " (does the base URL end in /v1?)" if status == 404 and "/v" not in self.url else ""
            return NoAnswer(kind, f"HTTP {status} after {sends}{said}{hint}", failed.reason, status)
        if isinstance(outcome, httpx.TimeoutException):
            return NoAnswer("late", f"{type(outcome).__name__} after {sends}: {outcome}")
        return NoAnswer("away", f"{type(outcome).__name__} after {sends}: {outcome}; is a server running there?")


class BlockingChat:
    """The same client for callers without an event loop, and for any number of their threads.

    The loop runs in a daemon thread, which ends with the process; `close`, or leaving it as a context, ends it before.
    """

    def __init__(self, chat: Chat) -> None:
        self.url = chat.url
        self._chat = chat
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chat", daemon=True)
        self._thread.start()

    def ask(self, request: ChatRequest, within: float | None = None) -> Reply:
        """As `Chat.ask`."""
        return asyncio.run_coroutine_threadsafe(self._chat.ask(request, within), self._loop).result()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """Closes the client, and what a stream leaves: generators that the loop closes later, one after another."""
        await self._chat.aclose()
        await self._loop.shutdown_asyncgens()
        await asyncio.sleep(0)
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=LEFT_FOR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _connected(url: str, key: str | None, transport: Any) -> tuple[Any, tuple[type[Exception], ...]]:
    """The package's client of an endpoint, and the errors of the transport that it lets through."""
    try:
        import openai
    except ImportError:
        raise BadEndpoint(
            "An endpoint is asked through the openai package, which is missing; install it: pip install 'asof[models]'"
        ) from None
    parts = httpx.URL(url)
    others: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
    client = openai.AsyncOpenAI(
        base_url=str(parts.copy_with(query=None)),
        default_query=dict(parts.params),
        api_key=key or "none",
        max_retries=0,
        timeout=None,
        default_headers=others,
        http_client=None if transport is None else openai.DefaultAsyncHttpxClient(transport=transport),
    )
    return client, (_transport().HTTPError, httpx.HTTPError)


def _transport() -> Any:
    """The package through which `openai` sends: httpx, or its newer name."""
    try:
        import httpx2
    except ImportError:
        return httpx
    return httpx2


def _broken(error: BaseException) -> httpx.RequestError:
    """The error as one that `Retries` knows, by the name that both transports give it."""
    known = httpx.ConnectError if "Connect" in type(error).__name__ else httpx.RemoteProtocolError
    return known(str(error) or type(error).__name__)


async def _whole(response: Any) -> bytes:
    """The body, read no further than shows that it is too long."""
    content = bytearray()
    async for part in response.iter_bytes():
        content += part
        if len(content) > LARGEST:
            break
    return bytes(content)


async def _streamed(stream: Any, started: float) -> Reply:
    """The reply of a stream of chunks, with the time to the first piece of the answer."""
    answer: list[str] = []
    thought: list[str] = []
    reason = model = usage = first = None
    length, refusal = 0, ""
    try:
        async for chunk in stream:
            event = chunk.model_dump(warnings=False)
            model, usage = event.get("model") or model, event.get("usage") or usage
            for choice in (event.get("choices") or [])[:1]:
                reason = choice.get("finish_reason") or reason
                delta = choice.get("delta") or {}
                piece, thinks = said_and_thought(delta)
                answer.append(piece)
                thought.append(thinks or "")
                refusal += delta.get("refusal") or ""
                if first is None and answer[-1]:
                    first = round((time.monotonic() - started) * 1000, 1)
                length += len(answer[-1]) + len(thought[-1])
            if length > LARGEST:
                raise NoCompletion(f"the answer is longer than {LARGEST:,} characters")
        text = "".join(answer)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoCompletion(f"the stream is no chat completion: {error!r}") from error
    reply = made_reply(text, "".join(thought) or None, reason, model, token_counts(usage))
    return replace(reply, first_token_ms=first, refusal=refusal or None)
