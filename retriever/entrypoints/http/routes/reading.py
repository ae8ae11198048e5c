"""Routes that show what is recorded: policies, their revisions, and what changed between two."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.errors import UnknownPolicy
from policies.revision import POLICY_ID, VersionId
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers.reading import Difference, History, PolicyPage, ShownRevision
from retriever.entrypoints.http.body import MOST_NUMBER, MOST_REVISIONS
from retriever.entrypoints.http.document import Responses, answered, problems, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.requests import entity_tag
from retriever.errors import BadQuery
from retriever.inspecting.inspection import policies_page, shown_revision
from retriever.inspecting.log import history_with_events

UNCHANGED: Responses = {304: {"description": "It is as the tag says."}}

AsOf = Annotated[str | None, Query(description="A date (in the home's zone) or RFC 3339, asked about. Default now.")]


def reading(asof: Asof, access: Access) -> APIRouter:
    """The routes that show what is recorded to those who may read it."""
    routes = APIRouter(prefix="/v1/policies", tags=["reading"], responses=to_callers())
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("", response_model=None, responses=answered(PolicyPage))
    async def list_policies(
        caller: reader,
        as_of: AsOf = None,
        audience: Audience = None,
        after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many policies a page holds.")] = 100,
    ) -> LargeJSON:
        """Each policy by id with what is in force of it, a page at a time."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: LargeJSON(policies_page(asof.ledger, as_of, asof.clock(), labels, after, limit))
        )

    @routes.get("/{policy_id}", response_model=None, responses=UNCHANGED | answered(ShownRevision) | problems(404, 410))
    async def get_policy(
        policy_id: str, caller: reader, request: Request, as_of: AsOf = None, audience: Audience = None
    ) -> Response:
        """The revision of a policy in force at a date, with its words and passages."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: _tagged(request, shown_revision(asof.ledger, _id(policy_id), as_of, None, asof.clock(), labels))
        )

    @routes.get("/{policy_id}/revisions", response_model=None, responses=answered(History) | problems(404))
    async def list_revisions(
        policy_id: str,
        caller: reader,
        audience: Audience = None,
        after: Annotated[int, Query(ge=0, le=MOST_NUMBER, description="The `next` of the page before.")] = 0,
        limit: Annotated[
            int | None, Query(ge=1, le=MOST_NUMBER, description="How many events a page holds. Default all.")
        ] = None,
    ) -> LargeJSON:
        """Every period of a policy on both clocks, and every event, by when it was recorded; or a page of them."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: LargeJSON(history_with_events(asof.ledger, _id(policy_id), labels, after, limit))
        )

    @routes.get(
        "/{policy_id}/revisions/{number}",
        response_model=None,
        responses=UNCHANGED | answered(ShownRevision) | problems(404, 410),
    )
    async def get_revision(
        policy_id: str, number: int, caller: reader, request: Request, audience: Audience = None
    ) -> Response:
        """One revision with its words and passages."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(
            lambda: _tagged(
                request, shown_revision(asof.ledger, _name(policy_id, number), None, None, asof.clock(), labels)
            )
        )

    @routes.get("/{policy_id}/diff", response_model=None, responses=answered(Difference) | problems(404, 410))
    async def diff_revisions(
        policy_id: str,
        caller: reader,
        before: Annotated[int, Query(ge=1, le=MOST_REVISIONS, description="The number of the earlier revision.")],
        after: Annotated[int, Query(ge=1, le=MOST_REVISIONS, description="The number of the later revision.")],
        audience: Audience = None,
    ) -> LargeJSON:
        """What changed between two revisions, passage by passage."""
        was, now = (_name(policy_id, number) for number in (before, after))
        return await run_in_threadpool(lambda: LargeJSON(asof.diff(was, now, caller.labels(audience or []))))

    return routes


def _id(policy_id: str) -> str:
    if not POLICY_ID.fullmatch(policy_id):
        raise UnknownPolicy(f"There is no policy {policy_id!r}")
    return policy_id


def _name(policy_id: str, number: int) -> str:
    if not 1 <= number < 1_000_000_000:
        raise BadQuery("revision", f"is {number}; give the number of a revision, from 1")
    return str(VersionId(_id(policy_id), number))


def _tagged(request: Request, content: dict[str, Any]) -> Response:
    """The content with its tag; 304 without a body if the caller has it already."""
    headers = {"etag": entity_tag(content)}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return LargeJSON(content, headers=headers)
