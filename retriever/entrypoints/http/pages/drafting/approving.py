"""Pages on which another person's words are approved, or given back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.approving.authority import same_person
from policies.errors import UnknownDraft
from policies.sources.draft import one_line
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
)
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.shown import is_own
from retriever.entrypoints.http.pages.drafting.telling import DONE, STATES
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.approving.awaiting import listed_drafts
from retriever.inspecting.approving.signatures import unreviewed_content
from retriever.inspecting.golden_questions import GoldenFile


def approving(asof: Asof, access: Access, pages: Pages, golden: GoldenFile | None) -> APIRouter:
    """The inbox of approvers, and their decisions."""
    routes = APIRouter(include_in_schema=False)
    approver = Annotated[Caller, Depends(access.to(Action.APPROVE))]
    looking = Annotated[Caller, Depends(to_look(access, Action.APPROVE))]
    turns = Turns("decisions", at_once=4, most=32)

    @routes.get("/approvals")
    async def list_approvals(request: Request, caller: looking) -> Response:
        """What others handed in, oldest first, or published without approval, and what is approved or became void."""
        return await run_in_threadpool(inbox, request, caller)

    @routes.post("/drafts/{draft_id}/approve")
    async def approve(draft_id: str, request: Request, caller: approver) -> Response:
        """Approves the words that the approver has read, and publishes them; with `later`, only approves them."""
        async with sent(request) as fields:
            digest, note, later = line(fields, "digest") or "", line(fields, "note"), line(fields, "later") == "1"
        named = named_write(caller, "approve", draft_id, digest)

        def approved() -> Response:
            author, why = Author(asof, caller), None if note is None else one_line(note, "note", "note")
            if later:
                author.approve_for_later(draft_id, digest, why)
                return done(request, f"/drafts/{draft_id}", "approved")
            if (before := recorded_before(asof, request, named)) is not None:
                return before
            put = author.approve(draft_id, digest, why, named)
            return recorded(request, put.events[0].tx if put.events else None)

        def refused(error: Exception) -> Response:
            return again(request, caller, draft_id, error, note=note, seen=digest)

        return await answered(turns, request, approved, refused)

    @routes.post("/drafts/{draft_id}/reject")
    async def reject(draft_id: str, request: Request, caller: approver) -> Response:
        """Gives a draft back to its writer, with a reason."""
        async with sent(request) as fields:
            reason = line(fields, "reason")

        def rejected() -> Response:
            Author(asof, caller).reject(draft_id, one_line(reason or "", "reason", "The reason"))
            return done(request, "/approvals", "rejected")

        def refused(error: Exception) -> Response:
            return again(request, caller, draft_id, error, reason=reason)

        return await answered(turns, request, rejected, refused)

    def again(request: Request, caller: Caller, draft_id: str, error: Exception, **said: str | None) -> Response:
        """The page of the draft with why nothing was done; the inbox where the draft is no longer there to see."""
        try:
            return draft_page(asof, pages, request, caller, draft_id, golden, error=error, **said)
        except UnknownDraft:
            return inbox(request, caller, 404, said.get("note") or said.get("reason"))

    def inbox(request: Request, caller: Caller, status: int = 200, said: str | None = None) -> Response:
        view, person = View.of(request, asof.calendar), person_of(caller)
        found: list[dict[str, Any]] = []
        forced: list[dict[str, Any]] = []
        if person is not None:
            forced = unreviewed_content(asof.ledger, caller.labels(view.audience))["unreviewed"]
            found = listed_drafts(asof.ledger, Author(asof, caller).viewer(list(view.audience)))["drafts"]
        others = sorted((it for it in found if not is_own(it, person)), key=lambda it: str(it["writers"][-1]["at"]))
        return pages.page(
            request,
            caller,
            "approvals.html",
            status=status,
            view=view,
            bar_action="/approvals",
            bar_hidden=[],
            waiting=[it for it in others if it["state"] == "submitted"],
            approved=[it for it in others if it["state"] == "approved"],
            forced=[it | {"own": same_person(person or "", it["person"])} for it in forced],
            void=[it for it in others if it["void"] is not None],
            draft_states=STATES,
            person=person,
            did=DONE.get(request.query_params.get("did", "")),
            gone=status == 404,
            said=said,
        )

    return routes
