"""Refuses what pages of other sites make a browser send, where the browser's rights would do."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from retriever.entrypoints.http.browsing import SAFE, is_from_elsewhere, is_page
from retriever.entrypoints.http.problems import problem


class FromHere:
    """An ASGI middleware. A page's forms are taken from this service's own pages alone.

    Without keys, whoever reaches the service may write. Then a page of another site may send nothing to any route.
    """

    def __init__(self, app: ASGIApp, keys_required: bool) -> None:
        self._app = app
        self._keys_required = keys_required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            page = is_page(scope["path"])
            headers = Headers(scope=scope)
            if (page or not self._keys_required) and is_from_elsewhere(headers, of_a_page=page):
                detail = "A page of another site sent it. Open the page of this service itself and send it from there"
                await problem(403, "cross_site", "Not sent from here", detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)
