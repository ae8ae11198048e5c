"""Routes for the model boundary: evidence, citations, receipts."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.answering.explanation import explained_answer
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.entrypoints.assistants.tools import OnAnswer
from retriever.entrypoints.http.access import Access, Audience, Caller
from retriever.entrypoints.http.answers.asking import AnswerReceipt, CitationCheck, ReplayAnswer, RetrieveAnswer
from retriever.entrypoints.http.document import answered, problems, to_callers
from retriever.entrypoints.http.large_json import LargeJSON
from retriever.entrypoints.http.requests import CitationRequest, ReplayRequest, RetrieveRequest
from retriever.entrypoints.http.waiting.turns import InTurn
from retriever.errors import Behind
from retriever.traces.receipt_store import ReceiptStore, known_receipt

WAIT = 2.0
"""Seconds that a question waits for its `min_generation`."""

LONGEST_PAUSE = 0.1
"""Seconds at most between two looks of a question that waits so."""


def asking(
    asof: Asof, access: Access, on_answer: OnAnswer, receipts: ReceiptStore | None, in_turn: InTurn
) -> APIRouter:
    """The routes that answer questions from what is in force, `in_turn`."""
    routes = APIRouter(prefix="/v1", tags=["asking"], responses=to_callers())
    asker = Annotated[Caller, Depends(access.to(Action.ASK))]

    @routes.post("/retrieve", response_model=None, responses=answered(RetrieveAnswer) | problems(409))
    async def retrieve(request: RetrieveRequest, caller: asker) -> LargeJSON:
        """The blocks of policies in force at a date that answer a question, with what governs them and a receipt."""
        fields = request.model_dump(exclude={"explain", "min_generation"})
        fields["audience"] = caller.labels(request.audience)
        if request.min_generation is not None:
            parse_query(fields)  # what cannot be asked is refused before anything is waited for
            await _reached(asof, request.min_generation)

        def answer() -> LargeJSON:
            found = asof.retriever.retrieve(parse_query(fields, asof.answering_calendar.zone))
            content = found.content()
            on_answer(found, content)
            explained = {"explain": explained_answer(asof.retriever, content)} if request.explain else {}
            return LargeJSON({**content, **explained})  # made here in the thread; the content is JSON already

        return await in_turn(answer)

    @routes.post("/citations/verify", response_model=None, responses=answered(CitationCheck))
    async def verify_citation(request: CitationRequest, caller: asker) -> LargeJSON:
        """Whether a citation exists, was in force at a date and holds a quote; else what the version in force says."""

        def check() -> LargeJSON:
            found = asof.cite(
                request.citation,
                request.quote,
                as_of=request.as_of,
                known_at=request.known_at,
                audience=caller.labels(request.audience),
            )
            return LargeJSON(found.content())

        return await in_turn(check)

    @routes.post("/receipts/replay", response_model=None, responses=answered(ReplayAnswer))
    async def replay_receipt(request: ReplayRequest, caller: asker) -> LargeJSON:
        """The request of a receipt asked again: the same evidence byte for byte, or the cause why not."""
        labels = caller.labels(request.audience)
        return await in_turn(lambda: LargeJSON(asof.replay(request.receipt, labels).content()))

    @routes.get("/receipts/{id}", response_model=None, responses=answered(AnswerReceipt) | problems(404))
    async def get_receipt(
        id: Annotated[str, Path(description="The `id` of a receipt.")], caller: asker, audience: Audience = None
    ) -> dict[str, Any]:
        """A receipt that was given out lately, to whoever holds all the labels that it was asked under."""
        return await run_in_threadpool(lambda: known_receipt(receipts, id, caller.labels(audience or [])))

    return routes


async def _reached(asof: Asof, generation: int) -> None:
    """Returns when the index covers a generation; Behind if this takes more than `WAIT` seconds."""
    deadline, pause = time.monotonic() + WAIT, 0.01
    while (number := (await run_in_threadpool(asof.index.current)).number) < generation:
        if time.monotonic() >= deadline:
            raise Behind(f"The index covers generation {number}, and {generation} did not appear in {WAIT:g} seconds")
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)
