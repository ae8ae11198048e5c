"""The route by which other programs follow what is recorded."""

import time
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller, check_still
from retriever.entrypoints.http.answers.upcoming import ChangesPage
from retriever.entrypoints.http.document import answered, problems, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.waiting.arrivals import Arrivals
from retriever.inspecting.log import changes_page

MOST_WAIT = 50
"""Seconds that a request may ask to wait."""

OF_THE_LIMIT = 0.8
"""The part of a request's time limit that it may wait at most; the rest is for its answer."""


def changes(asof: Asof, access: Access, arrivals: Arrivals, request_seconds: float) -> APIRouter:
    """The route of what was recorded after a transaction. A request that waits holds no thread."""
    routes = APIRouter(prefix="/v1", tags=["reading"], responses=to_callers())
    reader = Annotated[Caller, Depends(access.to(Action.READ))]
    reading = CapacityLimiter(2)

    @routes.get("/changes", response_model=None, responses=answered(ChangesPage) | problems(409))
    async def list_changes(
        caller: reader,
        after: Annotated[int, Query(ge=0, le=2**53, description="The `next` of the answer before; 0 at first.")] = 0,
        wait: Annotated[
            int, Query(ge=0, le=MOST_WAIT, description="Seconds to wait for an event where there is none yet.")
        ] = 0,
        audience: Audience = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many events at most.")] = 100,
    ) -> LargeJSON:
        """The events after a transaction that the caller may know of, in order; each is searchable already.

        Where there is none and `wait` is given, the answer comes with the first one, or empty after so many seconds.
        """
        labels = caller.labels(audience or [])

        def read() -> dict[str, Any]:
            check_still(asof.key_ring, caller)  # who waits may have lost their key meanwhile
            return changes_page(asof.ledger, labels, after, limit, asof.index.newest().number)

        key = caller.key.id if caller.key is not None else None
        until = time.monotonic() + min(wait, OF_THE_LIMIT * request_seconds)
        while True:
            page = await to_thread.run_sync(read, limiter=reading)
            if page["events"] or not wait or not await arrivals.newer(after := page["next"], until, key):
                return LargeJSON(page)

    return routes
