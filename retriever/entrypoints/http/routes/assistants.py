"""The tools of assistants over HTTP: `POST /mcp`, for holders of keys, with their labels."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.assistants.mcp_server import create_server
from retriever.entrypoints.assistants.tools import OnAnswer, Reader
from retriever.entrypoints.http.access import Access
from retriever.entrypoints.http.waiting.turns import InTurn


class Assistants:
    """An ASGI application for `POST /mcp`, while it is open. Each request is independent: no sessions, no streams.

    The library's own guard against DNS rebinding is off: the service guards every route (`hosts`).
    """

    def __init__(
        self,
        asof: Asof,
        access: Access,
        on_answer: OnAnswer,
        in_turn: InTurn,
        facts: Mapping[str, str],
    ) -> None:
        server = create_server(asof, lambda request: _reader(request, facts), on_answer, in_turn)
        from mcp.server.transport_security import TransportSecuritySettings

        unguarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=unguarded)
        self._sessions = server.session_manager
        self.route = Route("/mcp", endpoint=self, methods=["POST"], include_in_schema=False)
        self._checks = [access.to(action) for action in (Action.READ, Action.ASK)]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """A context inside which the tools answer. It can be entered only once."""
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self.route  # the measures count by route
        request = Request(scope)
        for check in self._checks:
            request.state.caller = await check(request)
        await self._sessions.handle_request(scope, receive, send)


def _reader(request: Any, facts: Mapping[str, str]) -> Reader:
    """The sender of a request, with all labels of their key."""
    return Reader(request.state.caller.labels([]), facts)
