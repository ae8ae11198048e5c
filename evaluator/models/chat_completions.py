"""Chat completions as OpenAI defined them: the URL, the key, and what a reply says."""

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

from evaluator.errors import EvaluatorError

LARGEST = 1 << 20
"""The most bytes of an answer's body; of a longer one only so much is read that it shows to be longer."""

_PATH = "/chat/completions"
_KEY = re.compile(r"[!-~]+")


class BadEndpoint(EvaluatorError):
    """An endpoint or a key with which no call can be sent."""


class NoCompletion(EvaluatorError):
    """The answer is no chat completion."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered; `tokens` are its counts of tokens sent and answered, where it gives them."""

    answer: str
    finish_reason: str | None = None
    model: str | None = None
    tokens: tuple[int, int] | None = None


def completions_url(endpoint: str) -> str:
    """The URL of chat completions, from a base URL such as http://localhost:8000/v1 or from the whole URL."""
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host:
        raise BadEndpoint(
            f"The endpoint {endpoint!r} is no HTTP URL; write the whole URL, such as http://localhost:8000/v1"
        )
    return str(url.copy_with(path=url.path.rstrip("/").removesuffix(_PATH) + _PATH))


def authorization(key: str | None, variable: str) -> dict[str, str]:
    """The header with the key; none without a key. `variable` is the environment variable that holds it."""
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
    """The counts of tokens; None where the endpoint does not give both as whole numbers."""
    counts = usage if isinstance(usage, dict) else {}
    sent, answered = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return (sent, answered) if type(sent) is int and type(answered) is int else None
