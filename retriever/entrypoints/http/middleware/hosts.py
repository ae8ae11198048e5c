"""A service without keys answers only to names of this machine, so that no web page can reach it by another name."""

from starlette.types import ASGIApp, Receive, Scope, Send

from retriever.entrypoints.http.loopback import is_loopback
from retriever.entrypoints.http.problems import problem


class LoopbackOnly:
    """An ASGI middleware against DNS rebinding: a web page's name may lead here; the browser sends that name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not all(map(is_loopback, _hosts(scope))):
            detail = "Without keys it answers to localhost and loopback addresses only; `asof key create` makes a key"
            await problem(421, "unknown_host", "This is no service of that name", detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _hosts(scope: Scope) -> list[str]:
    """The host names of the request: one, or none from a program with HTTP/1.0, which is no browser."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
