"""The page of what was recorded, and the way back: what an undo would come to, and the undo."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from policies.change import Undo
from policies.revision import VersionId
from policies.sources.draft import one_line
from retriever.access.authority import authority_of
from retriever.access.permissions import Action, may
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.number import number_in
from retriever.entrypoints.http.pages.drafting.answered import (
    answered,
    mark,
    named_write,
    recorded,
    recorded_before,
    undated,
)
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.telling import REFUSED, status_of, told
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.errors import BadQuery
from retriever.inspecting.both_clocks import proposed_and_told
from retriever.inspecting.log import commit_page
from retriever.inspecting.standing.reading import states_now

LISTED = 100
"""How many events of a commit a page says, and how many changes of an undo."""

STAYING = ("settings", "sign_off")
"""Events that no undo takes back, and that nothing is said about on its page."""


def taking_back(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The pages of one commit."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    looking = Annotated[Caller, Depends(to_look(access, Action.WRITE))]
    turns = Turns("writes", at_once=4, most=32)

    @routes.get("/changes/{tx}")
    async def show_change(tx: str, request: Request, caller: reader) -> Response:
        """What was recorded together with a transaction, and the way back."""

        def page() -> Response:
            view = View.of(request, asof.calendar)
            theirs = labels(request, caller)
            found = _found(asof, _transaction(tx), theirs, caller.operates)
            events = found["events"]
            versions = [VersionId.parse(it["version"]) for it in events if it["version"]]
            standing = states_now(asof.ledger, versions, asof.clock(), theirs)
            return pages.page(
                request,
                caller,
                "recorded.html",
                view=view,
                bar_hidden=[],
                events=events,
                more=found["more"],
                standing={str(version): state for version, state in standing.items()},
                tx=events[0]["tx"],
                writes=(caller.key is None or may(caller.key.role, Action.WRITE))
                and all(it["kind"] not in STAYING for it in events),
            )

        return await run_in_threadpool(page)

    @routes.get("/changes/{tx}/undo")
    async def ask_undo(tx: str, request: Request, caller: looking) -> Response:
        """What would be answered otherwise without this commit; nothing is recorded."""
        after = _after(request.query_params.get("after"))
        return await run_in_threadpool(rehearsed, request, caller, _transaction(tx), after=after)

    @routes.post("/changes/{tx}/undo")
    async def undo(tx: str, request: Request, caller: author) -> Response:
        """Takes the commit back."""
        number = _transaction(tx)
        async with sent(request) as fields:
            note, seen = line(fields, "note"), line(fields, "seen") or ""
        named = named_write(caller, "undo", str(number), seen)

        def undone() -> Response:
            if (before := recorded_before(asof, request, named)) is not None:
                return before
            why = None if note is None else one_line(note, "note", "note")
            change = Author(asof, caller).undoable(Undo(number, why, caller.name), labels(request, caller))
            written = asof.write([change], named=named, authority=Author(asof, caller).authority)
            return recorded(request, written.events[0].tx if written.events else None)

        return await answered(
            turns, request, undone, lambda error: rehearsed(request, caller, number, error, note or "")
        )

    def labels(request: Request, caller: Caller) -> tuple[str, ...]:
        return caller.labels(View.of(request).audience)

    def rehearsed(
        request: Request, caller: Caller, tx: int, error: Exception | None = None, said: str = "", *, after: int = 0
    ) -> Response:
        found: dict[str, Any] = {"events": [], "changes": [], "generation": 0}
        try:
            change = Author(asof, caller).undoable(Undo(tx, None, caller.name), labels(request, caller))
            proposal = asof.ledger.propose([change])
            asof.ledger.check_allowed(proposal, authority_of(caller.key))
            found = proposed_and_told(proposal, asof.ledger)
        except REFUSED as refusal:
            error = error or refusal
        return pages.page(
            request,
            caller,
            "undo.html",
            status=200 if error is None else status_of(error),
            view=undated(request, asof.calendar),
            with_bar=False,
            tx=tx,
            found=found,
            shown=found["changes"][after : after + LISTED],
            after=after,
            most=LISTED,
            seen=mark(),
            refused=None if error is None else told(error),
            said=said,
        )

    return routes


def _found(asof: Asof, tx: int, labels: tuple[str, ...], operates: bool) -> dict[str, Any]:
    found = commit_page(asof.ledger, tx, labels, LISTED, operates)
    if not found["events"]:
        raise _unknown(str(tx))
    return found


def _transaction(text: str) -> int:
    if (tx := number_in(text)) is None:
        raise _unknown(text)
    return tx


def _after(text: str | None) -> int:
    """After how many changes the page goes on."""
    if text is None:
        return 0
    if (after := number_in(text)) is None:
        raise BadQuery("after", f"is {text[:40]!r}; take the address that the page of the undo gives")
    return after


def _unknown(tx: str) -> HTTPException:
    return HTTPException(404, f"There is no transaction {tx[:20]}; /log lists what you may know of")
