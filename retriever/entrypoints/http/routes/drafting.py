"""Routes for words that wait for another person's approval: kept, handed in, approved, rejected, signed off."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from policies.approving.kept_draft import KeptDraft
from policies.change import Publish
from policies.revision import VersionId
from policies.sources.draft import one_line, parse_draft
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers.drafting import DecidedAnswer, DraftAnswer, DraftItem, DraftPage
from retriever.entrypoints.http.answers.writing import WrittenAnswer
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.document import answered, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.requests import (
    ApproveRequest,
    DraftRequest,
    RejectRequest,
    SignOffRequest,
    SubmitRequest,
)
from retriever.entrypoints.http.routes.writing import IdempotencyKey, named_write
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.approving.awaiting import draft_content, drafts_page, seen_draft, shown_draft
from retriever.inspecting.inspection import written_content
from retriever.inspecting.linting import lint_content

if TYPE_CHECKING:
    from indexer.writer import Written

PUBLISHED = {**answered(DecidedAnswer, 201), 200: {"model": DecidedAnswer, "description": "Approved, not published"}}


def drafting(asof: Asof, access: Access) -> APIRouter:
    """The routes of drafts. One that the caller may not see is answered as one that is not there."""
    routes = APIRouter(prefix="/v1", tags=["drafts"], responses=to_callers(404, 409))
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    approver = Annotated[Caller, Depends(access.to(Action.APPROVE))]
    turns = Turns("changes of drafts", at_once=4, most=32)

    @routes.get("/drafts", response_model=None, responses=answered(DraftPage))
    async def list_drafts(
        caller: author,
        audience: Audience = None,
        after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many drafts a page holds.")] = 100,
    ) -> LargeJSON:
        """The caller's own drafts, and for an approver those that were handed in; of what they may read."""
        return await run_in_threadpool(
            lambda: LargeJSON(drafts_page(asof.ledger, Author(asof, caller).viewer(audience), after, limit))
        )

    @routes.post("/drafts", status_code=201, response_model=None, responses=answered(DraftItem, 201))
    async def keep_draft(request: DraftRequest, caller: author) -> dict[str, Any]:
        """Keeps an authored file as a draft. Nothing of it is in force or found."""
        draft = await run_in_threadpool(lambda: parse_draft(request.file, "file", asof.calendar))

        def keep() -> dict[str, Any]:
            given = _line(request.author, "author")
            return content(Author(asof, caller).keep(draft, given, replace_scheduled=request.replace_scheduled))

        return await turns(keep)

    @routes.get("/drafts/{draft_id}", response_model=None, responses=answered(DraftAnswer))
    async def get_draft(draft_id: str, caller: author, audience: Audience = None) -> LargeJSON:
        """A draft with its words, what they change of the revision whose place it takes, and what the lint finds."""

        def read() -> LargeJSON:
            seen = Author(asof, caller).viewer(audience)
            kept = seen_draft(asof.ledger, draft_id, seen)
            shown = shown_draft(asof.ledger, kept, asof.clock(), lambda: asof.splitter)
            changes = [Publish(kept.draft, kept.replace_scheduled)] if shown["text"] else []
            return LargeJSON(shown | lint_content(asof.lint(changes, seen.labels)))

        return await run_in_threadpool(read)

    @routes.put("/drafts/{draft_id}", response_model=None, responses=answered(DraftItem))
    async def edit_draft(draft_id: str, request: DraftRequest, caller: author) -> dict[str, Any]:
        """Gives a draft other words, on what holds now. An approval or submission of its earlier words is void."""
        draft = await run_in_threadpool(lambda: parse_draft(request.file, "file", asof.calendar))

        def edit() -> dict[str, Any]:
            given, author = _line(request.author, "author"), Author(asof, caller)
            return content(author.edit(draft_id, draft, given, replace_scheduled=request.replace_scheduled))

        return await turns(edit)

    @routes.delete("/drafts/{draft_id}", response_model=None, responses=answered(DraftItem))
    async def delete_draft(draft_id: str, caller: author, audience: Audience = None) -> dict[str, Any]:
        """Removes a draft for good; who wrote it may, and an admin."""
        return await turns(lambda: content(Author(asof, caller).delete(draft_id, audience)))

    @routes.post("/drafts/{draft_id}/submit", response_model=None, responses=answered(DraftItem))
    async def submit_draft(draft_id: str, request: SubmitRequest, caller: author) -> dict[str, Any]:
        """Hands a draft in, for another person to approve."""

        def submit() -> dict[str, Any]:
            return content(Author(asof, caller).submit(draft_id, _line(request.author, "author")))

        return await turns(submit)

    @routes.post("/drafts/{draft_id}/approve", status_code=201, response_model=None, responses=PUBLISHED)
    async def approve_draft(
        draft_id: str, request: ApproveRequest, caller: approver, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Approves a draft that somebody else wrote, and publishes it; with `later`, only approves it."""
        note, author = _line(request.note, "note"), Author(asof, caller)

        def approve() -> LargeJSON:
            if request.later:
                approved = author.approve_for_later(draft_id, request.digest, note)
                return LargeJSON({"draft": content(approved), "written": None})
            named = named_write(caller, key, draft_id, request)
            return published(draft_id, author.approve(draft_id, request.digest, note, named), caller)

        return await turns(approve)

    @routes.post("/drafts/{draft_id}/publish", status_code=201, response_model=None, responses=PUBLISHED)
    async def publish_draft(
        draft_id: str, request: SubmitRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Puts a draft in force that was approved for later."""
        named = named_write(caller, key, draft_id, request)
        return await turns(lambda: published(draft_id, Author(asof, caller).publish(draft_id, None, named), caller))

    @routes.post("/drafts/{draft_id}/reject", response_model=None, responses=answered(DraftItem))
    async def reject_draft(draft_id: str, request: RejectRequest, caller: approver) -> dict[str, Any]:
        """Gives a draft back to its writer, with a reason."""
        reason = one_line(request.reason, "reason", "reason")
        return await turns(lambda: content(Author(asof, caller).reject(draft_id, reason)))

    @routes.post(
        "/policies/{policy_id}/sign-off", status_code=201, response_model=None, responses=answered(WrittenAnswer, 201)
    )
    async def sign_off_revision(
        policy_id: str, request: SignOffRequest, caller: approver, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Says that another person has read what was published without its approval."""
        named = named_write(caller, key, policy_id, request)
        note = _line(request.note, "note")

        def sign_off() -> dict[str, Any]:
            version, labels = VersionId(policy_id, request.revision), caller.labels(request.audience)
            written = Author(asof, caller).sign_off(version, labels, note, named)
            return written_content(written, caller.writes_as)

        return await turns(sign_off)

    def published(draft_id: str, written: "Written", caller: Caller) -> LargeJSON:
        draft = content(asof.drafts().find(draft_id))
        return LargeJSON({"draft": draft, "written": written_content(written, caller.writes_as)}, 201)

    def content(kept: KeptDraft) -> dict[str, Any]:
        return draft_content(asof.ledger, kept)

    return routes


def _line(text: str | None, field: str) -> str | None:
    return None if text is None else one_line(text, field, field)
