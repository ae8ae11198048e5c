"""Routes for words that wait for another person's approval: kept, handed in, approved, rejected, signed off."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from policies.approving.drafts import unknown
from policies.approving.kept_draft import KeptDraft
from policies.change import Approve, Publish, SignOff
from policies.revision import Draft, VersionId
from policies.sources.draft import one_line, parse_draft
from retriever.access.authority import authority_of, writer
from retriever.access.permissions import Action, may
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers.drafting import DecidedAnswer, DraftAnswer, DraftItem, DraftPage
from retriever.entrypoints.http.answers.writing import WrittenAnswer
from retriever.entrypoints.http.document import answered, to_callers
from retriever.entrypoints.http.requests import (
    ApproveRequest,
    DraftRequest,
    RejectRequest,
    SignOffRequest,
    SubmitRequest,
)
from retriever.entrypoints.http.routes.writing import IdempotencyKey, named_write
from retriever.entrypoints.http.turns import Turns
from retriever.inspecting.approving.awaiting import (
    Viewer,
    check_writes,
    draft_content,
    drafts_page,
    may_write_over,
    seen_draft,
    shown_draft,
)
from retriever.inspecting.inspection import known_version, written_content
from retriever.inspecting.linting import lint_content

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
    ) -> dict[str, Any]:
        """The caller's own drafts, and for an approver those that were handed in; of what they may read."""
        return await run_in_threadpool(drafts_page, asof.ledger, viewer(caller, audience), after, limit)

    @routes.post("/drafts", status_code=201, response_model=None, responses=answered(DraftItem, 201))
    async def keep_draft(request: DraftRequest, caller: author) -> dict[str, Any]:
        """Keeps an authored file as a draft. Nothing of it is in force or found."""
        draft = await run_in_threadpool(lambda: parse_draft(request.file, "file", asof.calendar))

        def keep() -> dict[str, Any]:
            person = written_by(caller, request.author, draft)
            return content(asof.drafts().keep(draft, person, replace_scheduled=request.replace_scheduled))

        return await turns(keep)

    @routes.get("/drafts/{draft_id}", response_model=None, responses=answered(DraftAnswer))
    async def get_draft(draft_id: str, caller: author, audience: Audience = None) -> dict[str, Any]:
        """A draft with its words, what they change of its base, and what the lint finds."""

        def read() -> dict[str, Any]:
            seen = viewer(caller, audience)
            kept = seen_draft(asof.ledger, draft_id, seen)
            shown = shown_draft(asof.ledger, kept, lambda: asof.splitter)
            changes = [Publish(kept.draft, kept.replace_scheduled)] if shown["text"] else []
            return shown | lint_content(asof.lint(changes, seen.labels))

        return await run_in_threadpool(read)

    @routes.put("/drafts/{draft_id}", response_model=None, responses=answered(DraftItem))
    async def edit_draft(draft_id: str, request: DraftRequest, caller: author) -> dict[str, Any]:
        """Gives a draft other words, on what holds now. An approval or submission of its earlier words is void."""
        draft = await run_in_threadpool(lambda: parse_draft(request.file, "file", asof.calendar))

        def edit() -> dict[str, Any]:
            seen(draft_id, caller)
            person = written_by(caller, request.author, draft)
            return content(asof.drafts().edit(draft_id, draft, person, replace_scheduled=request.replace_scheduled))

        return await turns(edit)

    @routes.delete("/drafts/{draft_id}", response_model=None, responses=answered(DraftItem))
    async def delete_draft(draft_id: str, caller: author, audience: Audience = None) -> dict[str, Any]:
        """Removes a draft for good; who wrote it may, and an admin."""
        labels = caller.labels(audience or [])

        def delete() -> dict[str, Any]:
            kept = seen(draft_id, caller)
            if caller.key is not None and not may_write_over(
                asof.ledger.timeline(), kept.policy_id, kept.draft.audience, labels
            ):
                raise unknown(draft_id)
            was = content(kept)
            everyone = authority_of(caller.key).decides or caller.key is None
            asof.drafts().delete(draft_id, None if everyone else (caller.key and caller.key.person) or "")
            return was

        return await turns(delete)

    @routes.post("/drafts/{draft_id}/submit", response_model=None, responses=answered(DraftItem))
    async def submit_draft(draft_id: str, request: SubmitRequest, caller: author) -> dict[str, Any]:
        """Hands a draft in, for another person to approve."""

        def submit() -> dict[str, Any]:
            kept = seen(draft_id, caller)
            person = writer(caller.key, _line(request.author, "author") or kept.writers[-1].person)
            return content(asof.drafts().submit(draft_id, person))

        return await turns(submit)

    @routes.post("/drafts/{draft_id}/approve", status_code=201, response_model=None, responses=PUBLISHED)
    async def approve_draft(
        draft_id: str, request: ApproveRequest, caller: approver, key: IdempotencyKey = None
    ) -> JSONResponse:
        """Approves a draft that somebody else wrote, and publishes it; with `later`, only approves it."""
        note, authority = _line(request.note, "note"), authority_of(caller.key)

        def approve() -> JSONResponse:
            if request.later:
                seen(draft_id, caller)
                approved = asof.drafts().approve_for_later(draft_id, authority, request.digest, note)
                return JSONResponse({"draft": content(approved), "written": None})
            named = named_write(caller, key, draft_id, request)
            return published(Approve(draft_id, authority, request.digest, note), caller, named)

        return await turns(approve)

    @routes.post("/drafts/{draft_id}/publish", status_code=201, response_model=None, responses=PUBLISHED)
    async def publish_draft(
        draft_id: str, request: SubmitRequest, caller: author, key: IdempotencyKey = None
    ) -> JSONResponse:
        """Puts a draft in force that was approved for later."""
        named = named_write(caller, key, draft_id, request)
        return await turns(lambda: published(Approve(draft_id), caller, named))

    @routes.post("/drafts/{draft_id}/reject", response_model=None, responses=answered(DraftItem))
    async def reject_draft(draft_id: str, request: RejectRequest, caller: approver) -> dict[str, Any]:
        """Gives a draft back to its writer, with a reason."""
        reason, authority = one_line(request.reason, "reason", "reason"), authority_of(caller.key)

        def reject() -> dict[str, Any]:
            seen(draft_id, caller)
            return content(asof.drafts().reject(draft_id, authority, reason))

        return await turns(reject)

    @routes.post(
        "/policies/{policy_id}/sign-off", status_code=201, response_model=None, responses=answered(WrittenAnswer, 201)
    )
    async def sign_off_revision(
        policy_id: str, request: SignOffRequest, caller: approver, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Says that another person has read what was published without its approval."""
        named = named_write(caller, key, policy_id, request)
        note, authority = _line(request.note, "note"), authority_of(caller.key)

        def sign_off() -> dict[str, Any]:
            labels = caller.labels(request.audience)
            version = known_version(asof.ledger.timeline(), VersionId(policy_id, request.revision), labels)
            written = asof.write([SignOff(version, authority, note)], named=named, authority=authority)
            return written_content(written, caller.writes_as)

        return await turns(sign_off)

    def published(change: Approve, caller: Caller, named: Any) -> JSONResponse:
        """What was recorded of a draft that the caller may see; the same again for the same write."""
        if named is None or asof.ledger.recorded_write(named) is None:
            seen(change.draft_id, caller)
        written = asof.write([change], named=named, authority=change.authority)
        draft = content(asof.drafts().find(change.draft_id))
        return JSONResponse({"draft": draft, "written": written_content(written, caller.writes_as)}, 201)

    def written_by(caller: Caller, given: str | None, draft: Draft) -> str:
        """Who writes a draft that is theirs to write."""
        if caller.key is not None:
            check_writes(asof.ledger.timeline(), draft, caller.labels([]))
        return writer(caller.key, _line(given, "author"))

    def seen(draft_id: str, caller: Caller) -> KeptDraft:
        """The draft that a caller changes. Without a key they have the ledger's file, and so may change all."""
        return seen_draft(asof.ledger, draft_id, Viewer() if caller.key is None else viewer(caller, None))

    def content(kept: KeptDraft) -> dict[str, Any]:
        return draft_content(asof.ledger, kept)

    return routes


def viewer(caller: Caller, audience: list[str] | None) -> Viewer:
    """What the caller may see of drafts."""
    if caller.key is None:
        return Viewer(caller.labels(audience or []), all_states=True)
    approves = may(caller.key.role, Action.APPROVE)
    return Viewer(caller.labels(audience or []), caller.key.person, approves)


def _line(text: str | None, field: str) -> str | None:
    return None if text is None else one_line(text, field, field)
