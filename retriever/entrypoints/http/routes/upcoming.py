"""Routes that say what comes next, what is due, and what was done."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers.upcoming import DueAnswer, LogPage, ScheduledAnswer
from retriever.entrypoints.http.document import answered, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.inspecting.due import WITHIN, due_items
from retriever.inspecting.log import log_page
from retriever.inspecting.scheduled import MOST_DAYS, scheduled_changes

Policy = Annotated[str | None, Query(description="Of this policy only.", examples=["P-7"])]
AsOf = Annotated[str | None, Query(description="Look from a date (in the home's zone) or RFC 3339. Default now.")]
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many to list at most.")]
A_DATE = "a date (in the home's zone) or RFC 3339."


def upcoming(asof: Asof, access: Access) -> APIRouter:
    """The routes about times: what will change, what is late, what was recorded; each for those who may read it."""
    routes = APIRouter(prefix="/v1", tags=["reading"], responses=to_callers(404))
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("/scheduled", response_model=None, responses=answered(ScheduledAnswer))
    async def list_scheduled(
        caller: reader,
        policy: Policy = None,
        as_of: AsOf = None,
        until: Annotated[str | None, Query(description=f"Only what changes before it: {A_DATE} Default all.")] = None,
        within: Annotated[int | None, Query(ge=1, le=MOST_DAYS, description="Or so many days ahead.")] = None,
        audience: Audience = None,
        limit: Limit = MOST_LISTED,
    ) -> LargeJSON:
        """What comes into force or ends, when, and by which revision; soonest first."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: LargeJSON(
                scheduled_changes(
                    asof.ledger,
                    asof.clock(),
                    labels,
                    policy=policy,
                    as_of=as_of,
                    until=until,
                    within=within,
                    limit=limit,
                )
            )
        )

    @routes.get("/due", response_model=None, responses=answered(DueAnswer))
    async def list_due(
        caller: reader,
        policy: Policy = None,
        as_of: AsOf = None,
        within: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How many days ahead to look.")] = WITHIN,
        audience: Audience = None,
        limit: Limit = MOST_LISTED,
    ) -> LargeJSON:
        """Reviews, ends that nothing follows, gaps, and withdrawn policies that others refer to."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: LargeJSON(
                due_items(asof.ledger, asof.clock(), labels, policy=policy, as_of=as_of, within=within, limit=limit)
            )
        )

    @routes.get("/log", response_model=None, responses=answered(LogPage))
    async def list_log(
        caller: reader,
        policy: Policy = None,
        since: Annotated[str | None, Query(description=f"Recorded at this instant or later: {A_DATE}")] = None,
        until: Annotated[str | None, Query(description=f"Recorded before this instant: {A_DATE}")] = None,
        before: Annotated[int | None, Query(ge=1, le=2**53, description="The `next` of the page before.")] = None,
        audience: Audience = None,
        limit: Limit = 100,
    ) -> LargeJSON:
        """Every event with who, when, what and why, the newest first, a page at a time; settings for admins."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: LargeJSON(
                log_page(
                    asof.ledger,
                    policy,
                    labels,
                    since=since,
                    until=until,
                    before=before,
                    limit=limit,
                    operates=caller.operates,
                )
            )
        )

    return routes
