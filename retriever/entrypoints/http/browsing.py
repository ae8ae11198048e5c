"""What a browser sends for a page: which paths are pages, the cookie of its session, and where a request comes from."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from retriever.entrypoints.http.loopback import is_loopback

_PAGES = frozenset(
    ("/", "/search", "/calendar", "/log", "/drafts", "/approvals", "/keys", "/health", "/sign-in", "/sign-out", "/docs")
)
_BELOW = ("/p/", "/receipts/", "/drafts/", "/changes/", "/keys/", "/static/")
_FOR_ALL = frozenset(("/sign-in", "/sign-out", "/docs"))
_FILES = "/static/"

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def is_page(path: str) -> bool:
    """Whether a path is a page for people, or a file of one."""
    return path in _PAGES or path.startswith(_BELOW)


def is_for_all(path: str) -> bool:
    """Whether a page shows the same to everyone, and needs no caller."""
    return path in _FOR_ALL or path.startswith(_FILES)


def local_address(text: str | None) -> str:
    """An address of a page here, with its parameters; that of the first page in place of every other text."""
    if text is None or not text.startswith("/") or "\\" in text or any(ord(letter) < 33 for letter in text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:  # what stands for a host is none, such as in //[
        return "/"
    return text if not parts.netloc and is_page(parts.path) and not is_for_all(parts.path) else "/"


PLAIN, HOST_ONLY = "asof", "__Host-asof"
"""The names of the session's cookie. Browsers take the second only under TLS, and from this host alone."""


def is_under_tls(scope: Scope) -> bool:
    """Whether the browser reached this service by TLS, which a proxy may have ended.

    What a proxy says of it is not believed, since anyone can say so. The browser tells: a form's `Origin` has the
    scheme, and past this machine `Sec-Fetch-Site` is sent under TLS alone.
    """
    headers = Headers(scope=scope)
    if scope["scheme"] == "https" or headers.get("origin", "").startswith("https://"):
        return True
    return "sec-fetch-site" in headers and not is_loopback(headers.get("host", ""))


_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


def session_cookies(scope: Scope) -> dict[str, str]:
    """The cookies of a session that a request has, by their names."""
    pairs = (part.strip().partition("=") for part in "; ".join(Headers(scope=scope).getlist("cookie")).split(";"))
    return {name: value for name, _, value in pairs if name in (PLAIN, HOST_ONLY) and _TOKEN.fullmatch(value)}


def keep_session_cookies(scope: Scope) -> None:
    """Takes all other cookies out of a request.

    A framework reads all of them for each route, and for some it needs seconds: before Python 3.11.10 and 3.12.6 the
    time to take quotation marks away grows with the square of a value.
    """
    headers = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
    if len(headers) < len(scope["headers"]):
        ours = "; ".join(f"{name}={value}" for name, value in session_cookies(scope).items())
        scope["headers"] = [*headers, (b"cookie", ours.encode("ascii"))] if ours else headers


def session_token(scope: Scope) -> str | None:
    """The token of the session that a request names."""
    cookies = session_cookies(scope)
    found = cookies.get(HOST_ONLY)
    return cookies.get(PLAIN) if found is None and not is_under_tls(scope) else found


@asynccontextmanager
async def form_of(request: Request, *, max_fields: int, **bounds: int) -> AsyncIterator[FormData]:
    """The fields of a form, within bounds of Starlette's; a 400 where its charset is not that of the page.

    A form may name any codec, and some take minutes for a megabyte. Empty fields count too: each is read, and nothing
    else runs meanwhile.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(400, "A form is read as UTF-8; send it without a charset")
    if kind == b"application/x-www-form-urlencoded" and (await request.body()).count(b"&") >= max_fields:
        raise HTTPException(400, f"A form has at most {max_fields} fields")
    async with request.form(max_fields=max_fields, **bounds) as form:
        yield form


def is_from_elsewhere(headers: Mapping[str, str], *, of_a_page: bool) -> bool:
    """Whether a request that may change something was sent by the page of another site.

    Browsers say it in `Sec-Fetch-Site`, and where they leave that out, `Origin` names the sender. What says neither is
    no browser: for a form `of_a_page` it counts as from elsewhere, since programs have the routes under /v1.
    """
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in ("same-origin", "none")
    if (origin := headers.get("origin")) is not None:
        try:
            return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
        except ValueError:  # no browser sends it
            return True
    return of_a_page
