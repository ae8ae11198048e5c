"""A language model behind an OpenAI-compatible endpoint, asked once, and once more where it is busy."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from boundary.contract import SCHEMA, SYSTEM, Reply, user_message
from retriever.client import Answer

BUSY = (429, 500, 502, 503, 504)
MOST_CHARACTERS = 200_000


class EndpointFailed(Exception):
    """No answer; `reason` is a code that stays."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """`url` ends before `/chat/completions`; `timeout` is in seconds, for all tries together."""

    url: str
    checkpoint: str
    key: str | None = None
    timeout: float = 30.0
    stream: bool = False

    def reply(self, question: str, facts: Mapping[str, str], found: Answer) -> Reply:
        """What the model writes under the contract; EndpointFailed where nothing came in time."""
        user = {"role": "user", "content": user_message(question, facts, found)}
        body: dict[str, Any] = {
            "model": self.checkpoint,
            "messages": [{"role": "system", "content": SYSTEM}, user],
            "temperature": 0,
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        }
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        started = time.monotonic()
        with httpx.Client(headers=headers) as http:
            try:
                first = self._asked(http, body, started, last=False)
                return first or self._asked(http, body, started, last=True) or Reply("")
            except httpx.TimeoutException as error:
                raise EndpointFailed("endpoint_timeout", f"no whole answer within {self.timeout:g} s") from error
            except httpx.HTTPError as error:
                raise EndpointFailed("endpoint_failed", f"{type(error).__name__}: {error}") from error
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise EndpointFailed("endpoint_failed", f"what came is no chat completion: {error!r}") from error

    def _asked(self, http: httpx.Client, body: dict[str, Any], started: float, last: bool) -> Reply | None:
        """The reply; None where it is worth another try, and this was not the last."""
        left = self.timeout - (time.monotonic() - started)
        if left <= 0:
            raise httpx.ReadTimeout("no time is left for another try")
        try:
            with http.stream("POST", f"{self.url.rstrip('/')}/chat/completions", json=body, timeout=left) as response:
                if response.status_code in BUSY and not last:
                    return None
                if response.status_code != 200:
                    raise EndpointFailed("endpoint_failed", f"the endpoint answered {response.status_code}")
                return self._received(response, started)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if last:
                raise
            return None

    def _received(self, response: httpx.Response, started: float) -> Reply:
        streamed = response.headers.get("content-type", "").startswith("text/event-stream")
        content, first = "", None
        for part in response.iter_text():
            content += part
            if time.monotonic() - started > self.timeout:
                raise httpx.ReadTimeout("the answer took too long")
            if len(content) > MOST_CHARACTERS:
                raise EndpointFailed("endpoint_failed", f"the answer has more than {MOST_CHARACTERS:,} characters")
            if streamed and first is None and any(map(_words, _events(content))):
                first = round((time.monotonic() - started) * 1000, 1)
        if streamed:
            events = list(_events(content))
            return Reply("".join(map(_words, events)), first, _tokens(events))
        whole = json.loads(content)
        return Reply(whole["choices"][0]["message"]["content"] or "", None, _tokens([whole]))


def _events(content: str) -> Iterator[dict[str, Any]]:
    """The events of the whole lines of a stream."""
    for line in content.split("\n")[:-1]:
        if line.startswith("data:") and (data := line[5:].strip()) != "[DONE]":
            yield json.loads(data)


def _words(event: dict[str, Any]) -> str:
    choices = event.get("choices") or [{"delta": {}}]
    return choices[0]["delta"].get("content") or ""


def _tokens(events: list[dict[str, Any]]) -> dict[str, int]:
    usage: dict[str, Any] = next((event["usage"] for event in reversed(events) if event.get("usage")), {})
    counts = {name: usage.get(f"{name}_tokens") for name in ("prompt", "completion")}
    return {name: count for name, count in counts.items() if isinstance(count, int) and count >= 0}
