"""A service without keys answers to names of this machine only, so that no web page reaches it by one of its own."""

from starlette.types import ASGIApp, Receive, Scope, Send

from retriever.entrypoints.http.loopback import is_loopback
from retriever.entrypoints.http.problems import problem


class LoopbackOnly:
    """An ASGI middleware. A page's own name may be made to lead here (DNS rebinding); its browser sends that name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not all(map(is_loopback, _hosts(scope))):
            detail = "Without keys it answers to localhost and loopback addresses only; `asof key create` makes a key"
            await problem(421, "unknown_host", "This is no service of that name", detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _hosts(scope: Scope) -> list[str]:
    """The names it was asked under: one, or none from a program that is no browser (HTTP/1.0)."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
