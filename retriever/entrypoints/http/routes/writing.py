"""Routes for policy authors: what publishing would change, publishing, withdrawing, restoring."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import to_json

from policies.change import Publish, Restore, Withdraw
from policies.errors import DraftError
from policies.named_write import NamedWrite
from policies.revision import Draft
from policies.sources.draft import one_line, parse_draft
from retriever.access.permissions import Action
from retriever.asking.query import query_instant
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.answers.writing import PlanAnswer, WrittenAnswer
from retriever.entrypoints.http.document import answered, to_callers
from retriever.entrypoints.http.requests import AuthoredFiles, RestoreRequest, WithdrawRequest
from retriever.entrypoints.http.turns import Turns
from retriever.inspecting.inspection import check_author, known_policy, written_content

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[\\x21-\\x7e]{1,255}$",
        description="A name of yours for this write, such as a UUID: sent again within seven days, it records nothing "
        "and says what it came to. 422 where another request was sent under it.",
    ),
]

WRITTEN = answered(WrittenAnswer, 201)


def writing(asof: Asof, access: Access) -> APIRouter:
    """The routes that change what is recorded, and the one that says what a change would do."""
    routes = APIRouter(prefix="/v1", tags=["writing"], responses=to_callers(404, 409))
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    plans, writes = Turns("plans", at_once=2, most=16), Turns("writes", at_once=4, most=32)

    @routes.post("/plan", response_model=None, responses=answered(PlanAnswer))
    async def plan(request: AuthoredFiles, caller: author) -> JSONResponse:
        """What publishing authored files would change; nothing is recorded."""
        drafts = await run_in_threadpool(_drafts, request)
        changes = [Publish(draft, request.replace_scheduled) for draft in drafts]

        def planned() -> JSONResponse:
            for draft in drafts:
                check_author(asof.ledger.timeline(), draft.policy_id, caller.writes_as)
            return JSONResponse(asof.plan(changes, caller.writes_as).content())

        return await plans(planned)

    @routes.post("/policies/{policy_id}/revisions", status_code=201, response_model=None, responses=WRITTEN)
    async def publish_revision(
        policy_id: str, request: AuthoredFiles, caller: author, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Puts authored files of a policy in force, all of them or none; returns once they are searchable."""
        drafts = await run_in_threadpool(_drafts, request, policy_id)
        changes = [Publish(replace(draft, author=caller.name), request.replace_scheduled) for draft in drafts]
        named = _named_write(caller, key, policy_id, request)

        def write() -> dict[str, Any]:
            if not recorded(named):
                check_author(asof.ledger.timeline(), policy_id, caller.writes_as)
            return written_content(asof.write(changes, named=named), caller.writes_as)

        return await writes(write)

    @routes.post("/policies/{policy_id}/withdraw", status_code=201, response_model=None, responses=WRITTEN)
    async def withdraw_policy(
        policy_id: str, request: WithdrawRequest, caller: author, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Ends a policy, for good or for a period; its words stay for auditors."""
        start, end = query_instant(request.start, "from"), query_instant(request.until, "until")
        assert start is not None
        change = Withdraw(policy_id, start, end, _note(request.note), caller.name)
        return await changed(change, caller, request, key)

    @routes.post("/policies/{policy_id}/restore", status_code=201, response_model=None, responses=WRITTEN)
    async def restore_policy(
        policy_id: str, request: RestoreRequest, caller: author, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Ends a withdrawal: the words that it hides are in force again."""
        start = query_instant(request.start, "from")
        assert start is not None
        return await changed(Restore(policy_id, start, _note(request.note), caller.name), caller, request, key)

    async def changed(
        change: Withdraw | Restore, caller: Caller, request: WithdrawRequest | RestoreRequest, key: str | None
    ) -> dict[str, Any]:
        """What was recorded of a change to a policy that the caller knows and may change."""
        policy_id = change.policy_id
        named = _named_write(caller, key, policy_id, request)

        def write() -> dict[str, Any]:
            if not recorded(named):
                timeline = asof.ledger.timeline()
                known_policy(timeline, policy_id, caller.labels(request.audience))
                check_author(timeline, policy_id, caller.writes_as)
            return written_content(asof.write([change], named=named), caller.writes_as)

        return await writes(write)

    def recorded(named: NamedWrite | None) -> bool:
        """Whether this same write was recorded before. Then its sender may get the answer again."""
        return named is not None and asof.ledger.recorded_write(named) is not None

    return routes


def _drafts(request: AuthoredFiles, policy_id: str | None = None) -> list[Draft]:
    """The drafts in the files; DraftError if one is of another policy than `policy_id`."""
    drafts = [parse_draft(file, f"files[{number}]") for number, file in enumerate(request.files)]
    for number, draft in enumerate(drafts):
        if policy_id not in (None, draft.policy_id):
            raise DraftError(f"files[{number}]", f"is of policy {draft.policy_id}, and was sent to {policy_id}")
    return drafts


def _note(text: str | None) -> str | None:
    return None if text is None else one_line(text, "note", "note")


def _named_write(caller: Caller, key: str | None, policy_id: str, request: BaseModel) -> NamedWrite | None:
    if key is None:
        return None
    sent = f"{type(request).__name__} {policy_id} {request.model_dump_json()}"
    if isinstance(request, AuthoredFiles) and len(request.files) == 1:  # as before, so that names outlast an update
        alone = {"file": request.files[0], "replace_scheduled": request.replace_scheduled}
        sent = f"DraftRequest {policy_id} {to_json(alone).decode()}"
    return NamedWrite.of(caller.key.id if caller.key else "", key, sent.encode())
