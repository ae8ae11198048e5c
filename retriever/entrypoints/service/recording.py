"""Routes for what a model made of its evidence: traces handed in, and looked at by evaluators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from retriever.bootstrap import Asof
from retriever.entrypoints.service.access import Access, Caller
from retriever.errors import UnknownTrace
from retriever.permissions import Action
from retriever.traces.receipt_store import ReceiptStore, known_receipt
from retriever.traces.trace import Trace, with_receipt
from retriever.wire import answered, problems
from retriever.wire_answers import StoredTrace, TracePage

MOST_LISTED = 500
MOST_LOOKED_AT = 5000
"""Traces that one request goes through, where the caller may read few of them."""

Audience = Annotated[list[str] | None, Query(description="Access labels of the reader, besides public; repeatable.")]


def recording(asof: Asof, access: Access, receipts: ReceiptStore | None) -> APIRouter:
    """The routes that keep traces and give them out."""
    routes = APIRouter(prefix="/v1/traces", tags=["traces"], responses=problems(401, 403, 408, 413, 429, 503, 504))
    evaluator = Annotated[Caller, Depends(access.to(Action.TRACE))]

    @routes.post(
        "",
        status_code=201,
        response_model=None,
        responses=answered(StoredTrace) | answered(StoredTrace, 201) | problems(404, 409, 413),
    )
    async def keep(trace: Trace, caller: evaluator, response: Response) -> dict[str, Any]:
        """Keeps a trace; with `receipt_id`, together with that receipt and the citations of its evidence.

        The same trace again is no change. Of a retrieval the receipt and the citations are kept: the ledger has the
        words, and an erasure reaches them there.
        """

        def write() -> tuple[dict[str, Any], bool]:
            labels = caller.labels(trace.audience or [])
            whole = trace
            if trace.receipt_id is not None:
                receipt = known_receipt(receipts, trace.receipt_id, labels)
                whole = with_receipt(trace, receipt, asof.replay(receipt, labels))
            kept, new = asof.traces.add(whole, whole.request.audience or labels)
            if erased := asof.ledger.timeline().erased & whole.versions():
                asof.traces.forget(erased)
            return kept.content(), new

        content, new = await run_in_threadpool(write)
        response.status_code = 201 if new else 200
        return content

    @routes.get("", response_model=None, responses=answered(TracePage))
    async def traces(
        caller: evaluator,
        audience: Audience = None,
        after: Annotated[int, Query(ge=0, le=2**62, description="The `next` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many traces a page holds.")] = 100,
    ) -> dict[str, Any]:
        """Every trace that the caller may see, in the order of arrival, a page at a time."""

        def read() -> dict[str, Any]:
            timeline, labels = asof.ledger.timeline(), caller.labels(audience or [])
            page: list[dict[str, Any]] = []
            place, left = after, MOST_LOOKED_AT
            while left and len(page) < limit:
                rows = list(asof.traces.after(place, min(left, MOST_LISTED)))
                for row in rows:
                    if row.readable(timeline, labels):
                        page.append(row.content())
                    place = row.place
                    if len(page) == limit:
                        break
                left -= len(rows)
                if not rows:
                    return {"traces": page, "next": None}
            return {"traces": page, "next": place}

        return await run_in_threadpool(read)

    @routes.get("/{trace_id}", response_model=None, responses=answered(StoredTrace) | problems(404))
    async def one(trace_id: str, caller: evaluator, audience: Audience = None) -> dict[str, Any]:
        """One trace."""

        def read() -> dict[str, Any]:
            found = asof.traces.find(trace_id)
            if found is None or not found.readable(asof.ledger.timeline(), caller.labels(audience or [])):
                raise UnknownTrace(f"There is no trace {trace_id!r}")
            return found.content()

        return await run_in_threadpool(read)

    return routes
