"""What is around every page: headers that let nothing in from elsewhere, and errors as pages in place of problems."""

import json
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.browsing import is_page, local_address
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.problems import problem
from retriever.errors import BadQuery

_CLOSED = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src {images}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POLICY = _CLOSED.format(styles="'self'", images="'self'")
"""What a page may load and where it may send: nothing but this service, and no code or style inside the page."""

DOCS_POLICY = _CLOSED.format(styles="'self' 'unsafe-inline'", images="'self' data:")
"""The same for /docs, whose vendored viewer writes styles and draws icons by itself. Policies do not show there."""

_PROBLEM = b"application/problem+json"


class Errors:
    """Makes pages of problems."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def page(self, request: Request, problem: dict[str, Any], headers: MutableMapping[bytes, bytes]) -> Response:
        """A problem as a page; where signing in would help, the way there."""
        if problem["status"] == 401 and request.method == "GET":
            here = local_address(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
            there = "/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='')}"
            if "hx-request" in request.headers:
                return Response(status_code=401, headers={"hx-redirect": there})
            return RedirectResponse(there, 303)
        caller = getattr(request.state, "caller", None)
        known = caller if isinstance(caller, Caller) else None
        view = self._pages.view_without_ledger(request)
        answer = self._pages.page(request, known, "problem.html", status=problem["status"], view=view, problem=problem)
        if b"retry-after" in headers:
            answer.headers["retry-after"] = headers[b"retry-after"].decode("ascii")
        return answer

    def unexpected(self, request: Request, answer: JSONResponse) -> Response:
        """The answer to an error that nobody foresaw: a page where a page was asked for."""
        if not is_page(request.url.path):
            return answer
        page: HTMLResponse = self._pages.page(
            request,
            None,
            "problem.html",
            status=500,
            view=self._pages.view_without_ledger(request),
            problem=json.loads(bytes(answer.body)),
        )
        page.headers["content-security-policy"] = POLICY
        page.headers["cache-control"] = "no-store"
        return page


class Dressed:
    """An ASGI middleware around all that answers for pages.

    An address with more labels than links can carry is refused here, before anything is done that the next page says.
    """

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app = app
        self._errors = Errors(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_page(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _close(scope["path"], message)
            await send(message)

        request = Request(scope)
        try:
            View.of(request)
        except BadQuery as error:
            said = problem(422, "invalid_request", "The request cannot be accepted", str(error))
            await self._errors.page(request, json.loads(bytes(said.body)), {})(scope, receive, closed)
            return
        started: Message | None = None
        body = b""

        async def sent(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                if dict(message["headers"]).get(b"content-type") == _PROBLEM:
                    started = message
                    return
                _close(scope["path"], message)
            elif started is not None:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    answer = self._errors.page(request, json.loads(body), dict(started["headers"]))
                    await answer(scope, receive, closed)
                return
            await send(message)

        await self._app(scope, receive, sent)


def _close(path: str, message: Message) -> None:
    """Adds to the beginning of an answer what keeps a page to itself."""
    headers = MutableHeaders(scope=message)
    headers["content-security-policy"] = DOCS_POLICY if path == "/docs" else POLICY
    # Nothing is said to other sites. Within this one the browser has to say where a form comes from.
    headers["referrer-policy"] = "same-origin"
    headers["x-content-type-options"] = "nosniff"
    headers["x-frame-options"] = "DENY"
    headers["cross-origin-opener-policy"] = "same-origin"
    headers["cross-origin-resource-policy"] = "same-origin"
    headers.setdefault("cache-control", "no-store")
