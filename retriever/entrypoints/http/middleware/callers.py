"""Who calls, found out before anything else is done for a request."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.entrypoints.http.access import Access, Refused
from retriever.errors import KeysUnreadable

LIMITED = ("/v1", "/retrieval", "/mcp")
"""The beginnings of paths that need a caller and a place in the gate; how the service is can always be asked."""


class Known:
    """An ASGI middleware outside the gate. Who has no good key takes no place in it, and their body is not read.

    It leaves the caller, or what speaks against them, in the request's `state.caller`; the route answers.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(LIMITED):
            request = Request(scope)
            address = request.client.host if request.client else ""
            try:
                request.state.caller = await self._access.caller(request.headers.get("authorization"), address)
            except (Refused, KeysUnreadable) as error:
                request.state.caller = error
                receive = _nothing
        await self._app(scope, receive, send)


def refused(scope: Scope) -> bool:
    """Whether the request's caller has no good key."""
    return isinstance(scope.get("state", {}).get("caller"), Exception)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
