"""Routes for what a model made of its evidence: traces handed in, and looked at by evaluators."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers import StoredTrace, TracePage
from retriever.entrypoints.http.requests import answered, problems
from retriever.errors import UnknownTrace
from retriever.traces.receipt_store import ReceiptStore, known_receipt, unknown_receipt
from retriever.traces.store import Stored, taken
from retriever.traces.trace import Trace, with_receipt


def recording(asof: Asof, access: Access, receipts: ReceiptStore | None, at_once: CapacityLimiter) -> APIRouter:
    """The routes that keep traces and give them out. A trace with a receipt asks anew, so it counts among questions."""
    routes = APIRouter(prefix="/v1/traces", tags=["traces"], responses=problems(401, 403, 408, 413, 429, 503, 504, 507))
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
            if (before := asof.traces.earlier(trace)) is not None:
                if not before.readable(asof.ledger.timeline(), caller.labels([])):
                    raise taken(trace.id)
                return before.content(), False
            labels, whole, rests_on = caller.labels(trace.audience or []), trace, tuple[VersionId, ...]()
            if trace.receipt_id is not None:
                receipt = known_receipt(receipts, trace.receipt_id, labels)
                replay = asof.replay(receipt, labels)
                if replay.verdict == "not_readable":
                    raise unknown_receipt(receipts)
                whole, rests_on = with_receipt(trace, receipt, replay), replay.rests_on
            erased = len(asof.ledger.timeline().erased)
            kept, new = asof.traces.add(whole, whole.request.audience or labels, trace, rests_on, erased)
            if kept.quotes(gone := asof.ledger.timeline().erased) and asof.traces.forget(gone):
                kept = asof.traces.find(kept.trace["id"]) or kept
            return kept.content(), new

        content, new = await to_thread.run_sync(write, limiter=at_once if trace.receipt_id else None)
        response.status_code = 201 if new else 200
        return content

    @routes.get("", response_model=None, responses=answered(TracePage) | problems(404))
    async def traces(
        caller: evaluator,
        audience: Audience = None,
        after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many traces a page holds.")] = 100,
    ) -> dict[str, Any]:
        """Every trace that the caller may see, in the order of arrival, a page at a time."""

        def read() -> dict[str, Any]:
            timeline, labels = asof.ledger.timeline(), caller.labels(audience or [])
            place = 0 if after is None else visible(after, timeline, labels).place
            rows = (row for row in asof.traces.after(place, labels) if row.readable(timeline, labels))
            page = [row.content() for row in islice(rows, limit + 1)]
            shown = page[:limit]
            return {"traces": shown, "next": shown[-1]["id"] if len(page) > limit else None}

        return await run_in_threadpool(read)

    @routes.get("/{trace_id:path}", response_model=None, responses=answered(StoredTrace) | problems(404))
    async def one(trace_id: str, caller: evaluator, audience: Audience = None) -> dict[str, Any]:
        """One trace."""
        labels = caller.labels(audience or [])
        return await run_in_threadpool(lambda: visible(trace_id, asof.ledger.timeline(), labels).content())

    def visible(id: str, timeline: Timeline, labels: Sequence[str]) -> Stored:
        found = asof.traces.find(id)
        if found is None or not found.readable(timeline, labels):
            raise UnknownTrace(f"There is no trace {id!r}")
        return found

    return routes
