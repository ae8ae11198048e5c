"""The HTTP service: the library's answers as JSON, its errors as problem details."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from retriever.answer import Answer
from retriever.bootstrap import Asof
from retriever.entrypoints.service.access import Access
from retriever.entrypoints.service.asking import AT_ONCE, asking
from retriever.entrypoints.service.assistants import Assistants
from retriever.entrypoints.service.gate import Gate
from retriever.entrypoints.service.knowledge import knowledge
from retriever.entrypoints.service.measuring import Measures
from retriever.entrypoints.service.operating import operating
from retriever.entrypoints.service.problems import handle_errors
from retriever.entrypoints.service.reading import reading
from retriever.entrypoints.service.recording import recording
from retriever.entrypoints.service.writing import writing


def create_service(
    asof: Asof, *, keys_required: bool = False, facts: Mapping[str, str] | None = None, mcp: bool = False
) -> FastAPI:
    """The service over one home folder; the model is loaded before the first request is taken.

    `facts` hold for callers that cannot name any. With `mcp` assistants find their tools at /mcp.
    """
    measures = Measures()
    access = Access(asof.key_ring, asof.audit, keys_required)
    at_once = CapacityLimiter(AT_ONCE)
    receipts = asof.receipts()

    def noted(answer: Answer, content: Mapping[str, Any]) -> None:
        measures.answered(answer)
        if receipts is not None:
            receipts.keep(content["receipt"])

    assistants = Assistants(asof, access, noted, at_once, facts or {}, keys_required) if mcp else None

    @asynccontextmanager
    async def opened(service: FastAPI) -> AsyncIterator[None]:
        ready = await run_in_threadpool(asof.now_views)
        with ready, receipts or nullcontext():
            async with assistants.open() if assistants else nullcontext():
                yield

    service = FastAPI(
        title="Asof",
        version="0.1.0",
        summary="Which words of which policy were in force at this instant, and can I prove it?",
        lifespan=opened,
    )
    for routes in (
        asking(asof, access, measures, receipts, at_once),
        reading(asof, access),
        writing(asof, access),
        recording(asof, access, receipts),
        knowledge(asof, access, noted, at_once, facts or {}),
        operating(asof, measures),
    ):
        service.include_router(routes)
    if assistants is not None:
        service.router.routes.append(assistants.route)
    handle_errors(service)
    measures.watch(service)
    access.watch(service)
    service.add_middleware(Gate)
    return service
