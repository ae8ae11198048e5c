"""Routes for the model boundary: evidence, citations, receipts."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from retriever.bootstrap import Asof
from retriever.entrypoints.service.measuring import Measures
from retriever.errors import Behind
from retriever.query import parse_query
from retriever.wire import CitationRequest, ReplayRequest, RetrieveRequest, problems

WAIT = 2.0
"""Seconds that a question waits for the generation that it wants at least."""


def asking(asof: Asof, measures: Measures) -> APIRouter:
    """The routes that answer questions from what is in force."""
    routes = APIRouter(prefix="/v1", tags=["asking"], responses=problems(409, 413, 429, 503))

    @routes.post("/retrieve")
    async def retrieve(request: RetrieveRequest) -> dict[str, Any]:
        """The passages in force at a date that answer a question, with a receipt."""
        query = parse_query(request.model_dump(exclude={"explain", "min_generation"}))
        if request.min_generation is not None:
            await _reached(asof, request.min_generation)

        def answer() -> dict[str, Any]:
            found = asof.retriever.retrieve(query)
            measures.answered(found)
            content = found.content()
            return {**content, "explain": asof.retriever.explain(query)} if request.explain else content

        return await run_in_threadpool(answer)

    @routes.post("/citations/verify")
    async def verify(request: CitationRequest) -> dict[str, Any]:
        """Whether a citation exists, was in force at a date and holds a quote; else what the version in force says."""

        def check() -> dict[str, Any]:
            return asof.cite(
                request.citation,
                request.quote,
                as_of=request.as_of,
                known_at=request.known_at,
                audience=request.audience,
            ).content()

        return await run_in_threadpool(check)

    @routes.post("/receipts/replay")
    async def replay(request: ReplayRequest) -> dict[str, Any]:
        """The request of a receipt asked again: the same evidence byte for byte, or the cause why not."""
        return await run_in_threadpool(lambda: asof.replay(request.receipt, request.audience).content())

    return routes


async def _reached(asof: Asof, generation: int) -> None:
    """Returns once the index covers a generation; Behind where it does not within `WAIT` seconds."""
    deadline = time.monotonic() + WAIT
    while (number := (await run_in_threadpool(asof.index.current)).number) < generation:
        if time.monotonic() >= deadline:
            raise Behind(f"The index covers generation {number}, and {generation} did not appear in {WAIT:g} seconds")
        await asyncio.sleep(0.01)
