"""Routes for policy authors: what publishing would change, publishing, withdrawing."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from policies.change import Publish, Withdraw
from policies.errors import DraftError
from policies.named_write import NamedWrite
from policies.revision import Draft
from policies.sources.draft import one_line, parse_draft
from retriever.access.permissions import Action
from retriever.asking.query import query_instant
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.answers import PlanAnswer, WrittenAnswer
from retriever.entrypoints.http.requests import DraftRequest, PlanRequest, WithdrawRequest, answered, problems
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


def writing(asof: Asof, access: Access) -> APIRouter:
    """The routes that change what is recorded, and the one that says what a change would do."""
    routes = APIRouter(
        prefix="/v1", tags=["writing"], responses=problems(401, 403, 404, 408, 409, 410, 413, 429, 503, 504, 507)
    )
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    plans, writes = Turns("plans", at_once=2, most=16), Turns("writes", at_once=4, most=32)

    @routes.post("/plan", response_model=None, responses=answered(PlanAnswer))
    async def plan(request: PlanRequest, caller: author) -> JSONResponse:
        """What publishing authored files would change; nothing is recorded."""
        files = enumerate(request.files)
        drafts = await run_in_threadpool(lambda: [parse_draft(file, f"files[{number}]") for number, file in files])
        changes = [Publish(draft, request.replace_scheduled) for draft in drafts]

        def planned() -> JSONResponse:
            for draft in drafts:
                check_author(asof.ledger.timeline(), draft.policy_id, caller.writes_as)
            return JSONResponse(asof.plan(changes, caller.writes_as).content())

        return await plans(planned)

    @routes.post(
        "/policies/{policy_id}/revisions",
        status_code=201,
        response_model=None,
        responses=answered(WrittenAnswer, 201),
    )
    async def publish(
        policy_id: str, request: DraftRequest, caller: author, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Puts an authored file in force; returns once it is searchable."""
        change = Publish(await run_in_threadpool(_draft, policy_id, request), request.replace_scheduled)
        named = _named_write(caller, key, policy_id, request)

        def write() -> dict[str, Any]:
            if not recorded(named):
                check_author(asof.ledger.timeline(), policy_id, caller.writes_as)
            return written_content(asof.write([change], named=named), caller.writes_as)

        return await writes(write)

    @routes.post(
        "/policies/{policy_id}/withdraw",
        status_code=201,
        response_model=None,
        responses=answered(WrittenAnswer, 201),
    )
    async def withdraw(
        policy_id: str, request: WithdrawRequest, caller: author, key: IdempotencyKey = None
    ) -> dict[str, Any]:
        """Ends a policy, for good or for a period; its words stay for auditors."""
        start, end = query_instant(request.start, "from"), query_instant(request.until, "until")
        assert start is not None
        note = None if request.note is None else one_line(request.note, "note", "note")
        named = _named_write(caller, key, policy_id, request)

        def write() -> dict[str, Any]:
            if not recorded(named):
                timeline = asof.ledger.timeline()
                known_policy(timeline, policy_id, caller.labels(request.audience))
                check_author(timeline, policy_id, caller.writes_as)
            return written_content(asof.write([Withdraw(policy_id, start, end, note)], named=named), caller.writes_as)

        return await writes(write)

    def recorded(named: NamedWrite | None) -> bool:
        """Whether this same write was recorded before. Then its sender may get the answer again."""
        return named is not None and asof.ledger.recorded_write(named) is not None

    return routes


def _draft(policy_id: str, request: DraftRequest) -> Draft:
    draft = parse_draft(request.file, "file")
    if draft.policy_id != policy_id:
        raise DraftError("file", f"is of policy {draft.policy_id}, and was sent to {policy_id}")
    return draft


def _named_write(caller: Caller, key: str | None, policy_id: str, request: BaseModel) -> NamedWrite | None:
    if key is None:
        return None
    sent = f"{type(request).__name__} {policy_id} {request.model_dump_json()}"
    return NamedWrite.of(caller.key.id if caller.key else "", key, sent.encode())
