"""Where an OpenAI-compatible endpoint is, and the key that it is sent."""

import re

import httpx

from evaluator.errors import EvaluatorError

_PATH = "/chat/completions"
_KEY = re.compile(r"[!-~]+")


class BadEndpoint(EvaluatorError):
    """An endpoint or a key with which no call can be sent."""


def base_url(endpoint: str) -> str:
    """The URL before `/chat/completions`, from a base URL such as http://localhost:8000/v1 or from the whole URL."""
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host:
        raise BadEndpoint(
            f"The endpoint {endpoint!r} is no HTTP URL; write the whole URL, such as http://localhost:8000/v1"
        )
    return str(url.copy_with(path=url.path.rstrip("/").removesuffix(_PATH)))


def checked_key(key: str | None, variable: str) -> str | None:
    """The key, None without one. `variable` is the environment variable that holds it."""
    if key and not _KEY.fullmatch(key):
        raise BadEndpoint(f"{variable} holds white space or letters beyond ASCII, which no key has; set it to the key")
    return key or None
