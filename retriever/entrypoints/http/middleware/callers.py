"""Finds the caller before anything else is done for a request."""

from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.access.sessions import Sessions
from retriever.entrypoints.http.access import Access, Caller, Refused
from retriever.entrypoints.http.browsing import is_for_all, is_page, keep_session_cookies, session_token
from retriever.entrypoints.http.problems import refusal
from retriever.errors import KeysUnreadable, StoreUnusable

FEEDS = ("/feed.atom", "/calendar.ics")
"""Paths where a key of role feed may stand in the address, as `token`."""

LIMITED = ("/v1", "/retrieval", "/mcp", *FEEDS)
"""Paths that begin so need a caller and a place within the limits, and so do pages. Other paths always answer: they
show the state."""


def is_limited(path: str) -> bool:
    """Whether a path needs a caller and a place within the limits."""
    return path.startswith(LIMITED) or (is_page(path) and not is_for_all(path))


class Known:
    """An ASGI middleware outside the limits. A caller without a good key takes no place there; their body is not read.

    It puts the caller, or the error for the caller, into the request's `state.caller`. The route answers. Only a caller
    who is to wait is answered here. A session of a browser counts for pages alone, never under /v1.
    """

    def __init__(self, app: ASGIApp, access: Access, sessions: Callable[[], Sessions]) -> None:
        self._app = app
        self._access = access
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            keep_session_cookies(scope)
        if scope["type"] == "http" and is_limited(scope["path"]):
            request = Request(scope)
            address = request.client.host if request.client else ""
            try:
                authorization = request.headers.get("authorization")
                token = request.query_params.get("token") if scope["path"] in FEEDS else None
                if authorization is None and token is not None:
                    request.state.caller = await self._access.follower(token, address)
                elif authorization is None and is_page(scope["path"]):
                    request.state.caller = await self._visitor(session_token(scope), address)
                else:
                    request.state.caller = await self._access.caller(authorization, address)
            except (Refused, KeysUnreadable, StoreUnusable) as error:
                if isinstance(error, Refused) and error.status == 429:  # many of them cost as little as can be
                    await refusal(error)(scope, _nothing, send)
                    return
                request.state.caller = error
                receive = _nothing
        await self._app(scope, receive, send)

    async def _visitor(self, token: str | None, address: str) -> Caller:
        """The caller who looks at a page; Refused if they are to sign in first, or sent too many unknown sessions."""
        if token is not None and (key := await run_in_threadpool(lambda: self._sessions().key(token))) is not None:
            return Caller(key)
        if self._access.required:
            if token is not None:
                self._access.failed(address)
            raise Refused(401, "unauthorized", "Sign in with a key of `asof key create`")
        return Caller()


def refused(scope: Scope) -> bool:
    """Whether the request's caller has no good key."""
    return isinstance(scope.get("state", {}).get("caller"), Exception)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
