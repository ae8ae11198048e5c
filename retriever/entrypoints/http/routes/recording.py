"""Routes for traces, which say what a model made of its evidence. Evaluators send and read them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import any_schema

from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import MOST_LISTED, Access, Audience, Caller
from retriever.entrypoints.http.answers.recording import StoredTrace, TracePage
from retriever.entrypoints.http.document import answered, problems, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.waiting.turns import InTurn, Turns
from retriever.errors import UnknownTrace
from retriever.traces.receipt_store import ReceiptStore, known_receipt, unknown_receipt
from retriever.traces.store import Stored, taken
from retriever.traces.trace import Trace, with_receipt

PAGE_CHARACTERS = 8_000_000
"""A page of traces ends before the trace with which it would be longer, as JSON. It has one trace at least."""


class _AsTrace:
    """A body that is documented as a trace, and checked by `checked` alone: a trace may be megabytes, and while the
    thread that takes all requests checks it, nothing else runs."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return any_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(Trace.__pydantic_core_schema__)


SentTrace = Annotated[Any, _AsTrace, Body()]


def checked(sent: Any) -> Trace:
    """The trace of a body; RequestValidationError where it is none."""
    try:
        return Trace.model_validate(sent)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        raise RequestValidationError(found) from error


def recording(asof: Asof, access: Access, receipts: ReceiptStore | None, in_turn: InTurn) -> APIRouter:
    """The routes that keep and return traces. A trace with a receipt replays its question, so it counts as a question.

    A reader of traces may have to wait for a writer, so both share one queue.
    """
    routes = APIRouter(prefix="/v1/traces", tags=["traces"], responses=to_callers())
    evaluator = Annotated[Caller, Depends(access.to(Action.TRACE))]
    turns = Turns("requests for traces", at_once=4, most=64)

    @routes.post(
        "",
        status_code=201,
        response_model=None,
        responses=answered(StoredTrace) | answered(StoredTrace, 201) | problems(404, 409),
    )
    async def keep_trace(sent: SentTrace, caller: evaluator) -> LargeJSON:
        """Keeps a trace; with `receipt_id`, together with that receipt and the citations of its evidence.

        The same trace again is no change. Of a retrieval the receipt and the citations are kept: the ledger has the
        words, and an erasure reaches them there.
        """

        def earlier() -> LargeJSON | None:
            if (before := asof.traces.earlier(trace)) is None:
                return None
            if not before.readable(asof.ledger.timeline(), caller.labels([])):
                raise taken(trace.id)
            return LargeJSON(before.content())

        trace = await run_in_threadpool(checked, sent)
        labels = caller.labels(trace.audience or [])

        def with_evidence(receipt_id: str) -> tuple[Trace, tuple[VersionId, ...]]:
            receipt = known_receipt(receipts, receipt_id, labels)
            replay = asof.replay(receipt, labels)
            if replay.verdict == "not_readable":
                raise unknown_receipt(receipts)
            return with_receipt(trace, receipt, replay), replay.rests_on

        def add(whole: Trace, rests_on: tuple[VersionId, ...]) -> LargeJSON:
            erased = asof.ledger.timeline().erased
            kept, new = asof.traces.add(whole, whole.request.audience or labels, trace, rests_on, erased)
            timeline = asof.ledger.timeline()
            lost = kept.quotes(timeline.erased) and asof.traces.forget(timeline.erased)
            if lost and kept.readable(timeline, labels):  # else nobody is told that there was such a revision
                kept = asof.traces.find(kept.trace["id"]) or kept
            return LargeJSON(kept.content(), 201 if new else 200)

        if (known := await turns(earlier)) is not None:
            return known
        whole, rests_on = trace, tuple[VersionId, ...]()
        if (receipt_id := trace.receipt_id) is not None:
            whole, rests_on = await in_turn(lambda: with_evidence(receipt_id))
        return await turns(lambda: add(whole, rests_on))

    @routes.get("", response_model=None, responses=answered(TracePage) | problems(404))
    async def list_traces(
        caller: evaluator,
        audience: Audience = None,
        after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many traces a page holds.")] = 100,
    ) -> LargeJSON:
        """Every trace that the caller may see, in the order of arrival, a page at a time.

        A page ends early where its traces are long, so follow `next` until it is null.
        """

        def read() -> LargeJSON:
            timeline, labels = asof.ledger.timeline(), caller.labels(audience or [])
            place = 0 if after is None else visible(after, timeline, labels).place
            rows = (row for row in asof.traces.after(place, labels) if row.readable(timeline, labels))
            page, characters, more = list[dict[str, Any]](), 0, False
            for row in rows:
                characters += row.characters
                if more := len(page) == limit or bool(page and characters > PAGE_CHARACTERS):
                    break
                page.append(row.content())
            return LargeJSON({"traces": page, "next": page[-1]["id"] if more else None})

        return await turns(read)

    @routes.get("/{trace_id:path}", response_model=None, responses=answered(StoredTrace) | problems(404))
    async def get_trace(trace_id: str, caller: evaluator, audience: Audience = None) -> LargeJSON:
        """One trace."""
        labels = caller.labels(audience or [])
        return await turns(lambda: LargeJSON(visible(trace_id, asof.ledger.timeline(), labels).content()))

    def visible(id: str, timeline: Timeline, labels: Sequence[str]) -> Stored:
        found = asof.traces.find(id)
        if found is None or not found.readable(timeline, labels):
            raise UnknownTrace(f"There is no trace {id!r}")
        return found

    return routes
