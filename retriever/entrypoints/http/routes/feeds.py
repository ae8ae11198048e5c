"""What comes next for feed readers and calendars, which cannot send a header: their key stands in the address."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Audience, Caller
from retriever.entrypoints.http.document import Responses, problems
from retriever.inspecting.feeds.announcements import announced
from retriever.inspecting.feeds.formats import atom, calendar

Token = Annotated[
    str | None,
    Query(
        description="The token of `asof key feed`, where no `Authorization` can be sent. No other key is taken here."
    ),
]

HEADERS = {"cache-control": "private, max-age=300", "referrer-policy": "no-referrer"}


def feeds(asof: Asof, access: Access) -> APIRouter:
    """The feed and the calendar of scheduled changes and reviews, for those who may read them."""
    routes = APIRouter(tags=["feeds"], responses=problems(401, 422, 429, 503, 507))
    follower = Annotated[Caller, Depends(access.to(Action.FOLLOW))]

    @routes.get("/feed.atom", response_class=Response, responses=_text("application/atom+xml"))
    async def get_feed(request: Request, caller: follower, token: Token = None, audience: Audience = None) -> Response:
        """Scheduled changes, and reviews that are due within 30 days, as an Atom feed; what changed last first."""
        labels = caller.labels(audience or [])
        made = await run_in_threadpool(lambda: atom(announced(asof.ledger, asof.clock(), labels), asof.clock()))
        return _tagged(request, made, "application/atom+xml")

    @routes.get("/calendar.ics", response_class=Response, responses=_text("text/calendar"))
    async def get_calendar(
        request: Request, caller: follower, token: Token = None, audience: Audience = None
    ) -> Response:
        """Scheduled changes and reviews as a calendar (iCalendar) to subscribe to."""
        labels = caller.labels(audience or [])
        made = await run_in_threadpool(lambda: calendar(announced(asof.ledger, asof.clock(), labels)))
        return _tagged(request, made, "text/calendar")

    return routes


def _tagged(request: Request, body: bytes, media_type: str) -> Response:
    """The body with its tag; 304 without it if the caller has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={**HEADERS, "etag": tag})
    return Response(body, headers={**HEADERS, "etag": tag}, media_type=media_type)


def _text(media_type: str) -> Responses:
    """The answers in words only: client generators warn of each media type that they do not know."""
    return {
        200: {"description": f"What comes next, as {media_type}."},
        304: {"description": "It is as the tag says."},
    }
