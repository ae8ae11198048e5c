"""Pages of the drafts that are kept: their list, one of them, and what becomes of it by its writer's hand."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.approving.kept_draft import KeptDraft
from policies.errors import UnknownDraft
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.pages.drafting.answered import (
    answered,
    done,
    draft_page,
    named_write,
    person_of,
    recorded,
    recorded_before,
    undated,
)
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.telling import DONE, STATES
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.approving.awaiting import drafts_page
from retriever.inspecting.golden_questions import GoldenFile

LISTED = 100
"""How many drafts a page lists."""


def keeping(asof: Asof, access: Access, pages: Pages, golden: GoldenFile | None) -> APIRouter:
    """The pages of drafts. One that the caller may not see is answered as one that is not there.

    The page of one leads to the `golden` questions of the service.
    """
    routes = APIRouter(include_in_schema=False)
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    looking = Annotated[Caller, Depends(to_look(access, Action.WRITE))]
    turns, plans = Turns("changes of drafts", at_once=4, most=32), Turns("plans", at_once=2, most=16)

    @routes.get("/drafts")
    async def list_drafts(request: Request, caller: looking) -> Response:
        """The caller's own drafts, and for an approver those that were handed in."""
        asked = request.query_params

        did = DONE.get(asked.get("did", ""))
        return await run_in_threadpool(listed, request, caller, asked.get("after"), did)

    @routes.get("/drafts/{draft_id}")
    async def show_draft(draft_id: str, request: Request, caller: looking) -> Response:
        """A draft: how far it has come, what it would change, what the lint finds, and what may be done with it."""
        return await plans(lambda: draft_page(asof, pages, request, caller, draft_id, golden))

    @routes.post("/drafts/{draft_id}/submit")
    async def submit(draft_id: str, request: Request, caller: author) -> Response:
        """Hands a draft in."""

        def submitted() -> Response:
            Author(asof, caller).submit(draft_id, None)
            return done(request, f"/drafts/{draft_id}", "submitted")

        return await answered(turns, request, submitted, lambda error: again(request, caller, draft_id, error))

    @routes.post("/drafts/{draft_id}/publish")
    async def publish(draft_id: str, request: Request, caller: author) -> Response:
        """Puts a draft in force that was approved, or whose policy needs no approval."""
        async with sent(request) as fields:
            digest = line(fields, "digest") or ""
        named = named_write(caller, "publish", draft_id, digest)

        def published() -> Response:
            if (before := recorded_before(asof, request, named)) is not None:
                return before
            writes = Author(asof, caller)
            approved = asof.ledger.drafts.standing(writes.seen(draft_id)).state == "approved"
            put = (writes.publish if approved else writes.publish_unapproved)(draft_id, digest, named)
            return recorded(request, put.events[0].tx if put.events else None)

        def refused(error: Exception) -> Response:
            # Of two presses at once, one finds the draft gone that the other has just published.
            if isinstance(error, UnknownDraft):
                return recorded_before(asof, request, named) or listed(request, caller, None, None, gone=True)
            return again(request, caller, draft_id, error)

        return await answered(turns, request, published, refused)

    @routes.get("/drafts/{draft_id}/delete")
    async def ask_delete(draft_id: str, request: Request, caller: looking) -> Response:
        """Says what a removal takes, before anything is removed; or why it would be refused."""

        def asked() -> Response:
            writes = Author(asof, caller)
            kept = writes.read(draft_id, list(View.of(request).audience))
            writes.check_removable(kept)
            return removal(request, caller, kept, False)

        return await answered(plans, request, asked, lambda error: again(request, caller, draft_id, error))

    @routes.post("/drafts/{draft_id}/delete")
    async def delete(draft_id: str, request: Request, caller: author) -> Response:
        """Removes a draft, and shows its words once more."""

        def deleted() -> Response:
            return removal(request, caller, Author(asof, caller).delete(draft_id, None), True)

        return await answered(turns, request, deleted, lambda error: again(request, caller, draft_id, error))

    def listed(request: Request, caller: Caller, after: str | None, did: str | None, *, gone: bool = False) -> Response:
        view = View.of(request, asof.calendar)
        return pages.page(
            request,
            caller,
            "drafts.html",
            status=404 if gone else 200,
            view=view,
            bar_action="/drafts",
            bar_hidden=[],
            found=drafts_page(asof.ledger, Author(asof, caller).viewer(list(view.audience)), after, LISTED),
            did=did,
            gone=gone,
            draft_states=STATES,
            person=person_of(caller),
        )

    def removal(request: Request, caller: Caller, kept: KeptDraft, gone: bool) -> Response:
        view = undated(request, asof.calendar)
        return pages.page(request, caller, "draft_delete.html", view=view, kept=kept, gone=gone, with_bar=False)

    def again(request: Request, caller: Caller, draft_id: str, error: Exception) -> Response:
        return draft_page(asof, pages, request, caller, draft_id, golden, error=error)

    return routes
