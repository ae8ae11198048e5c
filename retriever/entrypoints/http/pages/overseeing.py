"""What was done, and how the service is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.home_status import home_status
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.number import number_in
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.errors import BadQuery
from retriever.inspecting.log import log_page

LISTED = 100
"""How many events a page lists."""


def overseeing(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The log for those who may read, health for those who operate the service."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]
    operator = Annotated[Caller, Depends(access.to(Action.OPERATE))]

    @routes.get("/log")
    async def show_log(request: Request, caller: reader) -> Response:
        """Every event with who, when, what and why, the newest first."""
        asked = request.query_params
        policy, before = asked.get("policy", "").strip() or None, asked.get("before", "").strip()

        def page() -> Response:
            view = View.of(request, asof.calendar)
            labels = caller.labels(view.audience)
            found = log_page(
                asof.ledger,
                policy,
                labels,
                since=asked.get("since") or None,
                until=asked.get("until") or None,
                before=_tx(before) if before else None,
                limit=LISTED,
                operates=caller.operates,
            )
            return pages.page(
                request,
                caller,
                "log.html",
                view=view,
                found=found,
                asked={"policy": policy, "since": asked.get("since"), "until": asked.get("until")},
            )

        return await run_in_threadpool(page)

    @routes.get("/health")
    async def show_health(request: Request, caller: operator) -> Response:
        """What the home holds, up to where it is searchable, and what is wrong."""

        def page() -> Response:
            state = request.app.state
            wrong = [it for it in (state.warm_views.problem(), state.segment_checks.problem()) if it is not None]
            return pages.page(request, caller, "health.html", status_of=home_status(asof, files=False), wrong=wrong)

        return await run_in_threadpool(page)

    return routes


def _tx(text: str) -> int:
    if (number := number_in(text)) is None:
        raise BadQuery("before", f"is {text[:40]!r}; take the address that a page of the log gives")
    return number
