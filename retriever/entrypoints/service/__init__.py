"""The HTTP service: the library's answers as JSON, its errors as problem details."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from retriever.bootstrap import Asof
from retriever.entrypoints.service.access import Access
from retriever.entrypoints.service.asking import asking
from retriever.entrypoints.service.gate import Gate
from retriever.entrypoints.service.measuring import Measures
from retriever.entrypoints.service.operating import operating
from retriever.entrypoints.service.problems import handle_errors
from retriever.entrypoints.service.reading import reading
from retriever.entrypoints.service.recording import recording
from retriever.entrypoints.service.writing import writing


def create_service(asof: Asof, *, keys_required: bool = False) -> FastAPI:
    """The service over one home folder; the model is loaded before the first request is taken."""

    receipts = asof.receipts()

    @asynccontextmanager
    async def opened(service: FastAPI) -> AsyncIterator[None]:
        ready = await run_in_threadpool(asof.now_views)
        with ready, receipts or nullcontext():
            yield

    service = FastAPI(
        title="Asof",
        version="0.1.0",
        summary="Which words of which policy were in force at this instant, and can I prove it?",
        lifespan=opened,
    )
    measures = Measures()
    access = Access(asof.key_ring, asof.audit, keys_required)
    for routes in (
        asking(asof, access, measures, receipts),
        reading(asof, access),
        writing(asof, access),
        recording(asof, access, receipts),
        operating(asof, measures),
    ):
        service.include_router(routes)
    handle_errors(service)
    measures.watch(service)
    access.watch(service)
    service.add_middleware(Gate)
    return service
