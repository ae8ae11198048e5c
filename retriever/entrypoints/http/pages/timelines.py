"""The timeline of a policy on two clocks: drawn, and the same as a table."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.instant import format_instant
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.pages.page import Pages, date
from retriever.entrypoints.http.pages.rectangles import HEIGHT, WIDTH, Cell, drawn
from retriever.entrypoints.http.pages.view import View
from retriever.inspecting.log import history_with_events
from retriever.inspecting.standing.reading import policy_read

MOST_DRAWN = 400
"""How many rectangles are drawn: the newest. The table below has all."""

LETTER, LINE = 7.0, 16.0
"""How wide a letter in a rectangle is, and how high a line, at most."""


def timelines(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The page of a policy's timeline."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("/p/{policy_id}/timeline")
    async def show_timeline(policy_id: str, request: Request, caller: reader) -> Response:
        """What was said of every instant, and when it was known."""

        def page() -> Response:
            view = View.of(request, asof.calendar)
            now, labels = asof.clock(), caller.labels(view.audience)
            here = policy_read(asof.ledger, policy_id, now, labels, as_of=view.as_of, known_at=view.known_at)
            history = history_with_events(asof.ledger, policy_id, labels)
            drawing = drawn(history["periods"][-MOST_DRAWN:])
            cells = [_cell(cell, here["policy_id"], view) for cell in drawing.cells]
            return pages.page(
                request,
                caller,
                "timeline.html",
                view=view,
                here=here,
                cells=cells,
                left_out=max(0, len(history["periods"]) - MOST_DRAWN),
                periods=[_row(period, here["policy_id"], view) for period in history["periods"]],
                events=history["events"],
                across=[(place, view.calendar.day(at).isoformat()) for place, at in drawing.across],
                up=[(place, date(format_instant(at), view.calendar)[:16]) for place, at in drawing.up],
                width=WIDTH,
                height=HEIGHT,
                bar_points=here["points"],
            )

        return await run_in_threadpool(page)

    return routes


def _row(period: dict[str, Any], policy_id: str, view: View) -> dict[str, Any]:
    """A period, what it shows, and the address of the page that shows it."""
    shown = "withdrawn" if period["revision"] is None else f"{policy_id}@{period['revision']}"
    # What is known now is shown without known-at: later knowledge belongs to it.
    there = view.at(period["valid_from"], period["recorded_from"] if period["recorded_to"] else None)
    return {**period, "shown": shown, "href": there.link(f"/p/{policy_id}")}


def _cell(cell: Cell, policy_id: str, view: View) -> dict[str, Any]:
    row = _row(dict(cell.period), policy_id, view)
    end = f"until {date(row['valid_to'], view.calendar)}" if row["valid_to"] else "with no end set"
    known = f"from {date(row['recorded_from'], view.calendar)}"
    known += f" until {date(row['recorded_to'], view.calendar)}" if row["recorded_to"] else " until now"
    title = f" ({row['title']})" if row["title"] else ""
    said = f"{row['shown']}{title} from {date(row['valid_from'], view.calendar)} {end}, as known {known}."
    if cell.corrects:
        said += " It changed what was said of the past."
    state = "erased" if row["erased"] else "withdrawn" if row["revision"] is None else "in_force"
    classes = [state if cell.is_open else "superseded", *([] if cell.is_open else ["past"])]
    return {
        **row,
        "said": said,
        "x": round(cell.x, 1),
        "y": round(cell.y, 1),
        "width": round(cell.width, 1),
        "height": round(cell.height, 1),
        "classes": " ".join([*classes, *(["correction"] if cell.corrects else [])]),
        "corrects": cell.corrects,
        "label": _label(row, cell),
    }


def _label(row: dict[str, Any], cell: Cell) -> str:
    """What a rectangle shows, as long as there is room: the version, or its number alone."""
    names = (row["shown"],) if row["revision"] is None else (row["shown"], f"@{row['revision']}")
    fitting = (name for name in names if len(name) * LETTER + 8 <= cell.width and cell.height >= LINE)
    return next(fitting, "")
