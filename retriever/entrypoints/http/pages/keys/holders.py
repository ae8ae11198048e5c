"""The page that lists the keys: who may call, in which role and with which labels, until when, last used when."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.pages.keys.rights import lacking
from retriever.entrypoints.http.pages.page import Pages


def holders(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The list of keys, the newest first. No text of a key is in it, since none is kept."""
    routes = APIRouter(include_in_schema=False)
    operator = Annotated[Caller, Depends(access.to(Action.OPERATE))]

    @routes.get("/keys")
    async def show_keys(request: Request, caller: operator) -> Response:
        """Every key, also expired and revoked ones."""
        named = request.query_params.get("revoked", "")

        def page() -> Response:
            ring = asof.key_ring
            keys = [ring.content(key) for key in reversed(ring.keys())]
            revoked = next((key for key in keys if key["id"] == named and key["revoked"] is not None), None)
            return pages.page(
                request, caller, "keys.html", keys=keys, revoked=revoked, lacking=lacking(ring, caller), bar_hidden=[]
            )

        return await run_in_threadpool(page)

    return routes
