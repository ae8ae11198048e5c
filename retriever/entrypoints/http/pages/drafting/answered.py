"""What a form is answered with: the way to what was done, or the page again with all that was sent."""

import secrets
from collections.abc import Callable

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from policies.calendar import UTC_CALENDAR, Calendar
from policies.named_write import NamedWrite
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.pages.drafting.questions import golden_shown
from retriever.entrypoints.http.pages.drafting.shown import draft_shown
from retriever.entrypoints.http.pages.drafting.telling import DONE, REFUSED, STATES, status_of, told
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.golden_questions import GoldenFile


def undated(request: Request, calendar: Calendar = UTC_CALENDAR) -> View:
    """The view of a page that shows no date asked about; it tells dates by the calendar."""
    return View(audience=View.of(request).audience, calendar=calendar)


def person_of(caller: Caller) -> str | None:
    """Whom the caller's key names."""
    return None if caller.key is None else caller.key.person


async def answered(
    turns: Turns, request: Request, work: Callable[[], Response], refused: Callable[[Exception], Response]
) -> Response:
    """What the work comes to in its turn, or the page that a refusal leads to."""
    try:
        return await turns(work)
    except REFUSED as error:
        if status_of(error) >= 500:
            request.state.error = error
        return await run_in_threadpool(refused, error)


def done(request: Request, path: str, did: str) -> Response:
    """The way to a page that says what was done."""
    return RedirectResponse(undated(request).link(path, did=did), 303)


def recorded(request: Request, tx: int | None) -> Response:
    """The way to what was recorded; to the list of drafts where nothing was."""
    if tx is None:
        return done(request, "/drafts", "same")
    return RedirectResponse(undated(request).link(f"/changes/{tx}"), 303)


def named_write(caller: Caller, what: str, on: str, seen: str) -> NamedWrite:
    """The name of a write by a button, so that a second press is the same write."""
    return NamedWrite.of(caller.key.id if caller.key else "", f"page {what} {on} {seen}", b"page")


def mark() -> str:
    """What tells one showing of a form from the next one."""
    return secrets.token_hex(8)


def recorded_before(asof: Asof, request: Request, named: NamedWrite) -> Response | None:
    """The way to what this same write was recorded as before."""
    found = asof.ledger.recorded_write(named)
    return None if found is None else recorded(request, found[0][0].tx if found[0] else None)


def draft_page(
    asof: Asof,
    pages: Pages,
    request: Request,
    caller: Caller,
    draft_id: str,
    golden: GoldenFile | None,
    *,
    error: Exception | None = None,
    note: str | None = None,
    reason: str | None = None,
    seen: str | None = None,
) -> Response:
    """The page of a draft. `note`, `reason` and `seen` (the digest) are what a form was sent with that was refused."""
    view = View.of(request, asof.calendar)
    kept = Author(asof, caller).read(draft_id, list(view.audience))
    return pages.page(
        request,
        caller,
        "draft.html",
        status=200 if error is None else status_of(error),
        view=view,
        bar_action=f"/drafts/{draft_id}",
        bar_hidden=[],
        refused=None if error is None else told(error),
        did=None if error is not None else DONE.get(request.query_params.get("did", "")),
        said={"note": note or "", "reason": reason or ""},
        seen=None if seen is None or seen == kept.digest() else seen,
        draft_states=STATES,
        golden=golden_shown(asof, golden, caller, kept, view),
        **draft_shown(asof, caller, kept),
    )
