"""Chat completions as OpenAI defined them: where they are asked for, by which key, and what one says."""

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

from evaluator.errors import EvaluatorError

LARGEST = 1 << 20
"""Bytes that the body of an answer may have; of a longer one no more is read than shows that it is longer."""

_PATH = "/chat/completions"
_KEY = re.compile(r"[!-~]+")


class BadEndpoint(EvaluatorError):
    """An endpoint or its key that no call could be sent with."""


class NoCompletion(EvaluatorError):
    """What came is no chat completion."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered; `tokens` are those that it counted, sent and answered, where it says."""

    answer: str
    finish_reason: str | None = None
    model: str | None = None
    tokens: tuple[int, int] | None = None


def completions_url(endpoint: str) -> str:
    """The URL of chat completions, for a base URL such as http://localhost:8000/v1 or the whole of it."""
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host:
        raise BadEndpoint(
            f"The endpoint {endpoint!r} is no URL of HTTP; write all of it, such as http://localhost:8000/v1"
        )
    return str(url.copy_with(path=url.path.rstrip("/").removesuffix(_PATH) + _PATH))


def authorization(key: str | None, variable: str) -> dict[str, str]:
    """The header that carries the key which that environment variable holds; none without a key."""
    if not key:
        return {}
    if not _KEY.fullmatch(key):
        raise BadEndpoint(f"{variable} holds white space or letters beyond ASCII, which no key has; set it to the key")
    return {"authorization": f"Bearer {key}"}


def parse_reply(body: bytes) -> Reply:
    """What the first choice of a chat completion says; a null content is an empty answer."""
    if len(body) > LARGEST:
        raise NoCompletion(f"the answer is longer than {LARGEST:,} bytes")
    try:
        content = json.loads(body)
        choice = content["choices"][0]
        answer = choice["message"].get("content")
        if not isinstance(answer, str | None):
            raise TypeError("content is no text")
        return Reply(answer or "", choice.get("finish_reason"), content.get("model"), _tokens(content.get("usage")))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoCompletion(f"the answer is no chat completion: {error!r}") from error


def _tokens(usage: Any) -> tuple[int, int] | None:
    """The counts of an endpoint that gives both as whole numbers; an answer is as good without them."""
    counts = usage if isinstance(usage, dict) else {}
    sent, answered = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return (sent, answered) if type(sent) is int and type(answered) is int else None
