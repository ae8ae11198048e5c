"""Routes for policy authors: what publishing would change, publishing, withdrawing; correcting and taking back."""

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from pydantic_core import to_json

from policies.change import Correct, Describe, Publish, Restore, Undo, Unschedule, Withdraw
from policies.errors import DraftError, RevisionBegan
from policies.named_write import NamedWrite
from policies.revision import Draft, VersionId
from policies.sources.draft import one_line, parse_draft
from retriever.access.permissions import Action
from retriever.asking.query import query_end, query_instant
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.answers.writing import ChangedAnswer, CorrectedAnswer, PlanAnswer, PublishedAnswer
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.document import answered, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.requests import (
    AmendingRequest,
    AuthoredFiles,
    CorrectRequest,
    DescribeRequest,
    RestoreRequest,
    UndoRequest,
    UnscheduleRequest,
    WithdrawRequest,
)
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.both_clocks import proposed_and_told, recorded_and_told, with_its_commit
from retriever.inspecting.inspection import check_author, known_policy, written_content
from retriever.inspecting.linting import lint_content, refuse

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[\\x21-\\x7e]{1,255}$",
        description="A name of yours for this write, such as a UUID: sent again within seven days, it records nothing "
        "and says what it came to. 422 where another request was sent under it.",
    ),
]

Amendment: TypeAlias = Correct | Unschedule | Describe | Undo | Withdraw | Restore
AmendRequest: TypeAlias = AmendingRequest | WithdrawRequest | RestoreRequest

PUBLISHED = answered(PublishedAnswer, 201)
CHANGED = {**answered(ChangedAnswer, 201), 200: {"model": ChangedAnswer, "description": "What a dry run says"}}
CORRECTED = {**answered(CorrectedAnswer, 201), 200: {"model": CorrectedAnswer, "description": "What a dry run says"}}


def writing(asof: Asof, access: Access) -> APIRouter:
    """The routes that change what is recorded, and the one that says what a change would do."""
    routes = APIRouter(prefix="/v1", tags=["writing"], responses=to_callers(404, 409))
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    plans, writes = Turns("plans", at_once=2, most=16), Turns("writes", at_once=4, most=32)

    @routes.post("/plan", response_model=None, responses=answered(PlanAnswer))
    async def plan(request: AuthoredFiles, caller: author) -> LargeJSON:
        """What publishing authored files would change; nothing is recorded."""
        drafts = await run_in_threadpool(_drafts, request, asof)
        changes = [Publish(draft, request.replace_scheduled) for draft in drafts]

        def planned() -> LargeJSON:
            for draft in drafts:
                check_author(asof.ledger.timeline(), draft.policy_id, caller.writes_as)
            findings = asof.lint(changes, caller.writes_as)
            if request.strict:
                refuse(findings, planned=True)
            return LargeJSON(asof.plan(changes, caller.writes_as).content() | lint_content(findings))

        return await plans(planned)

    @routes.post("/policies/{policy_id}/revisions", status_code=201, response_model=None, responses=PUBLISHED)
    async def publish_revision(
        policy_id: str, request: AuthoredFiles, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Puts authored files of a policy in force, all of them or none; returns once they are searchable."""
        drafts = await run_in_threadpool(_drafts, request, asof, policy_id)
        changes = [Publish(replace(draft, author=caller.name), request.replace_scheduled) for draft in drafts]
        named = named_write(caller, key, policy_id, request)

        def write() -> LargeJSON:
            again = recorded(named)
            if not again:
                check_author(asof.ledger.timeline(), policy_id, caller.writes_as)
            findings = asof.lint(changes, caller.writes_as)
            if request.strict and not again:
                refuse(findings)
            written = asof.write(changes, named=named, authority=Author(asof, caller).authority)
            return LargeJSON(written_content(written, caller.writes_as) | lint_content(findings), 201)

        return await writes(write)

    @routes.post("/policies/{policy_id}/withdraw", status_code=201, response_model=None, responses=CHANGED)
    async def withdraw_policy(
        policy_id: str, request: WithdrawRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Ends a policy, for good or for a period; its words stay for auditors."""
        zone = (await run_in_threadpool(lambda: asof.calendar)).zone
        start = query_instant(request.start, "from", zone)
        end = query_end(request.until, request.through, ("until", "through"), zone)
        assert start is not None
        change = Withdraw(policy_id, start, end, _note(request.note), caller.name)
        return await amended(change, policy_id, caller, request, key)

    @routes.post("/policies/{policy_id}/restore", status_code=201, response_model=None, responses=CHANGED)
    async def restore_policy(
        policy_id: str, request: RestoreRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Ends a withdrawal: the words that it hides are in force again."""
        zone = (await run_in_threadpool(lambda: asof.calendar)).zone
        start = query_instant(request.start, "from", zone)
        assert start is not None
        change = Restore(policy_id, start, _note(request.note), caller.name)
        return await amended(change, policy_id, caller, request, key)

    @routes.post("/policies/{policy_id}/correct", status_code=201, response_model=None, responses=CORRECTED)
    async def correct_revision(
        policy_id: str, request: CorrectRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Puts new words in the place of a revision, over the periods in which it is in force now."""
        draft = await run_in_threadpool(lambda: parse_draft(request.file, "file", asof.calendar))
        draft = replace(draft, author=caller.name)
        change = Correct(VersionId(policy_id, request.revision), draft, _note(request.note))
        return await amended(change, policy_id, caller, request, key)

    @routes.post("/policies/{policy_id}/unschedule", status_code=201, response_model=None, responses=CHANGED)
    async def unschedule_revision(
        policy_id: str, request: UnscheduleRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Cancels a revision that has not begun: it never comes into force, and what it would replace goes on."""
        change = Unschedule(VersionId(policy_id, request.revision), _note(request.note), caller.name)
        return await amended(change, policy_id, caller, request, key)

    @routes.post("/policies/{policy_id}/describe", status_code=201, response_model=None, responses=CHANGED)
    async def describe_policy(
        policy_id: str, request: DescribeRequest, caller: author, key: IdempotencyKey = None
    ) -> LargeJSON:
        """Sets owner, note or review date of a policy without a new revision, or clears them; no answer changes."""
        owner = None if request.owner is None else one_line(request.owner, "owner", "owner")
        zone = (await run_in_threadpool(lambda: asof.calendar)).zone
        due = query_instant(request.review_by, "review_by", zone)
        change = Describe(policy_id, owner, _note(request.note), due, caller.name, request.clears())
        return await amended(change, policy_id, caller, request, key)

    @routes.post("/undo", status_code=201, response_model=None, responses=CHANGED)
    async def undo(request: UndoRequest, caller: author, key: IdempotencyKey = None) -> LargeJSON:
        """Takes back a commit: from now on, everything is answered as if it had never been recorded.

        Without `tx`, that is the newest commit of which the caller may know all.
        """
        return await amended(Undo(request.tx, _note(request.note), caller.name), "", caller, request, key)

    async def amended(
        change: Amendment, policy_id: str, caller: Caller, request: AmendRequest, key: str | None
    ) -> LargeJSON:
        """What a change comes to that the caller may make, and what both clocks answer then."""
        named = None if request.dry_run else named_write(caller, key, policy_id, request)

        def rehearse() -> LargeJSON:
            asked = allowed(change, caller, request)
            lint = found(asked, caller, request, again=False)
            return LargeJSON(proposed_and_told(asof.ledger.propose([asked]), asof.ledger) | lint)

        def write() -> LargeJSON:
            again = recorded(named)
            asked = change if again else allowed(change, caller, request)
            lint = found(asked, caller, request, again)
            written = asof.write([asked], named=named, authority=Author(asof, caller).authority)
            return LargeJSON(recorded_and_told(asof.ledger, written, caller.writes_as) | lint, 201)

        def told() -> LargeJSON:
            try:
                return rehearse() if request.dry_run else write()
            except RevisionBegan as error:
                raise with_its_commit(error, asof.ledger, caller.writes_as) from error

        return await (plans if request.dry_run else writes)(told)

    def found(change: Amendment, caller: Caller, request: AmendRequest, again: bool) -> dict[str, Any]:
        """What the lint finds in the words of a correction, which strict refuses unless they are recorded already."""
        if not isinstance(request, CorrectRequest):
            return {}
        findings = asof.lint([change], caller.writes_as)
        if request.strict and not again:
            refuse(findings)
        return lint_content(findings)

    def allowed(change: Amendment, caller: Caller, request: AmendRequest) -> Amendment:
        """The change, of which the caller may know all; an undo names its transaction, so that it stays that one.

        For an undo, a commit of which the caller may not know all does not exist.
        """
        timeline, labels = asof.ledger.timeline(), caller.labels(request.audience)
        if isinstance(change, Undo):
            return Author(asof, caller).undoable(change, labels)
        policy_id = change.version.policy_id if isinstance(change, Correct | Unschedule) else change.policy_id
        known_policy(timeline, policy_id, labels)
        check_author(timeline, policy_id, caller.writes_as)
        return change

    def recorded(named: NamedWrite | None) -> bool:
        """Whether this same write was recorded before. Then its sender may get the answer again."""
        return named is not None and asof.ledger.recorded_write(named) is not None

    return routes


def _drafts(request: AuthoredFiles, asof: Asof, policy_id: str | None = None) -> list[Draft]:
    """The drafts in the files; DraftError if one is of another policy than `policy_id`."""
    calendar = asof.calendar
    drafts = [parse_draft(file, f"files[{number}]", calendar) for number, file in enumerate(request.files)]
    for number, draft in enumerate(drafts):
        if policy_id not in (None, draft.policy_id):
            raise DraftError(f"files[{number}]", f"is of policy {draft.policy_id}, and was sent to {policy_id}")
    return drafts


def _note(text: str | None) -> str | None:
    return None if text is None else one_line(text, "note", "note")


def named_write(caller: Caller, key: str | None, policy_id: str, request: BaseModel) -> NamedWrite | None:
    """The write that a caller names by a key, of a policy or a draft; None without a key."""
    if key is None:
        return None
    since_then = {"strict"} | ({"dry_run"} if isinstance(request, WithdrawRequest | RestoreRequest) else set())
    since_then |= {"through"} if getattr(request, "through", None) is None else set()
    sent = f"{type(request).__name__} {policy_id} {request.model_dump_json(exclude=since_then)}"
    if isinstance(request, DescribeRequest) and (clears := request.clears()):
        sent += f" clears {clears}"
    if isinstance(request, AuthoredFiles) and len(request.files) == 1:  # as before, so that names outlast an update
        alone = {"file": request.files[0], "replace_scheduled": request.replace_scheduled}
        sent = f"DraftRequest {policy_id} {to_json(alone).decode()}"
    return NamedWrite.of(caller.key.id if caller.key else "", key, sent.encode())
