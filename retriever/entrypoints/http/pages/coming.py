"""What comes next: scheduled changes, reviews and gaps, as a list and by months."""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.calendar import Calendar
from policies.instant import day_start, format_instant, parse_instant
from retriever.access.permissions import Action
from retriever.asking.query import query_instant
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.routes_for import on_pages
from retriever.errors import BadQuery
from retriever.inspecting.due import due_items
from retriever.inspecting.scheduled import scheduled_changes

CHANGES = {
    "begins": "comes into force",
    "returns": "comes into force again",
    "ends": "ends, and nothing follows",
    "withdrawn": "is withdrawn",
}
"""What a scheduled change does, in words."""

KINDS = {
    "review_overdue": "Review overdue",
    "review_soon": "Review due",
    "ends_without_successor": "Ends without a successor",
    "gap": "Gap",
    "withdrawn_soon": "Withdrawal to come",
    "withdrawn_but_referenced": "Withdrawn, but referred to",
    "unreviewed": "Published without its approval",
}
"""What is due, in words."""

LISTED = 500
WITHIN = 60
"""How many days ahead the list of what is due looks."""


def coming(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The calendar."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("/calendar")
    async def show_calendar(request: Request, caller: reader) -> Response:
        """What changes, and what asks for an author, from a date on."""
        asked = request.query_params

        def page() -> Response:
            view = View.of(request, asof.calendar)
            now, labels = asof.clock(), caller.labels(view.audience)
            given = query_instant(view.as_of, "as_of", view.calendar.zone)
            due = due_items(asof.ledger, now, labels, as_of=view.as_of, within=WITHIN, limit=LISTED)["due"]
            first = _month(asked.get("month"), view.calendar.day(now if given is None else given))
            return pages.page(
                request,
                caller,
                "calendar.html",
                view=view,
                scheduled=scheduled_changes(asof.ledger, now, labels, as_of=view.as_of, limit=LISTED),
                due=[it | {"detail": on_pages(it["detail"])} for it in due],
                changes=CHANGES,
                kinds=KINDS,
                within=WITHIN,
                month=_drawn(asof, first, labels, view.calendar),
            )

        return await run_in_threadpool(page)

    return routes


def _month(text: str | None, day: date) -> date:
    """The first day of the month that is asked for, or of the month of a day."""
    try:
        found = date.fromisoformat(f"{text or f'{day}'[:7]}-01")
    except ValueError:
        found = None
    if found is None or not 2 <= found.year <= 9998:
        raise BadQuery("month", f"is {text!r}; write a year and a month, such as 2025-03")
    return found


def _drawn(asof: Asof, first: date, labels: tuple[str, ...], days: Calendar) -> dict[str, Any]:
    """A month as weeks of days, each with what changes or is to be reviewed on it."""
    now = asof.clock()
    after = (first + timedelta(days=31)).replace(day=1)
    eve = format_instant(day_start(first, days.zone) - 1)
    changes = scheduled_changes(asof.ledger, now, labels, as_of=eve, until=f"{after}", limit=LISTED)["changes"]
    reviews = due_items(asof.ledger, now, labels, as_of=eve, within=32, limit=LISTED, references=False)["due"]
    on: dict[str, list[dict[str, Any]]] = {}
    for it in changes:
        on.setdefault(_day(it, days), []).append({**it, "said": CHANGES[it["change"]]})
    for it in reviews:
        if it["kind"] in ("review_soon", "review_overdue") and f"{first}" <= _day(it, days) < f"{after}":
            on.setdefault(_day(it, days), []).append({**it, "said": "is to be reviewed"})
    weeks = [
        [{"day": f"{day}", "within": day.month == first.month, "items": on.get(f"{day}", [])} for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return {
        "name": f"{first}"[:7],
        "weeks": weeks,
        "said": any(day["items"] and day["within"] for week in weeks for day in week),
        "before": f"{first - timedelta(days=1)}"[:7],
        "after": f"{after}"[:7],
        "today": f"{days.day(now)}",
    }


def _day(item: Mapping[str, Any], days: Calendar) -> str:
    """The day on which something happens."""
    return f"{days.day(parse_instant(item['at']))}"
