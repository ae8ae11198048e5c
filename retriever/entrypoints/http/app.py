"""The HTTP service: the library's answers as JSON, its errors as problem details."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from structlog.typing import FilteringBoundLogger

from retriever.bootstrap import Asof
from retriever.config import Limits
from retriever.entrypoints.http.access import Access
from retriever.entrypoints.http.document import Documented
from retriever.entrypoints.http.middleware.auditing import Audited
from retriever.entrypoints.http.middleware.callers import Known
from retriever.entrypoints.http.middleware.current_request import key_id
from retriever.entrypoints.http.middleware.heads import HeadAsGet
from retriever.entrypoints.http.middleware.hosts import LoopbackOnly
from retriever.entrypoints.http.middleware.limits import Limited
from retriever.entrypoints.http.middleware.measuring import Measures
from retriever.entrypoints.http.middleware.observing import Drain, Observed, observed_stages
from retriever.entrypoints.http.middleware.origins import FromHere
from retriever.entrypoints.http.middleware.shared_measures import Others
from retriever.entrypoints.http.pages.coming import coming
from retriever.entrypoints.http.pages.comparing import comparing
from retriever.entrypoints.http.pages.drafting.approving import approving as approving_pages
from retriever.entrypoints.http.pages.drafting.keeping import keeping
from retriever.entrypoints.http.pages.drafting.questions import questions
from retriever.entrypoints.http.pages.drafting.signing_off import signing_off
from retriever.entrypoints.http.pages.drafting.taking_back import taking_back
from retriever.entrypoints.http.pages.drafting.writing import writing as writing_pages
from retriever.entrypoints.http.pages.dressing import Dressed, Errors
from retriever.entrypoints.http.pages.files import files
from retriever.entrypoints.http.pages.keys.holders import holders
from retriever.entrypoints.http.pages.keys.making import making
from retriever.entrypoints.http.pages.keys.revoking import revoking
from retriever.entrypoints.http.pages.overseeing import overseeing
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.policies import policies
from retriever.entrypoints.http.pages.policy_words import forget_policy_words
from retriever.entrypoints.http.pages.searching import searching
from retriever.entrypoints.http.pages.signing_in import signing_in
from retriever.entrypoints.http.pages.timelines import timelines
from retriever.entrypoints.http.problems import handle_errors
from retriever.entrypoints.http.routes.asking import asking
from retriever.entrypoints.http.routes.assistants import Assistants
from retriever.entrypoints.http.routes.changes import changes
from retriever.entrypoints.http.routes.dify import dify
from retriever.entrypoints.http.routes.drafting import drafting
from retriever.entrypoints.http.routes.feeds import feeds
from retriever.entrypoints.http.routes.operating import operating
from retriever.entrypoints.http.routes.reading import reading
from retriever.entrypoints.http.routes.recording import recording
from retriever.entrypoints.http.routes.upcoming import upcoming
from retriever.entrypoints.http.routes.writing import writing
from retriever.entrypoints.http.waiting.arrivals import Arrivals
from retriever.entrypoints.http.waiting.turns import InTurn
from retriever.evidence.answer import Answer
from retriever.inspecting.golden_questions import GoldenFile
from retriever.live.background import Background

if TYPE_CHECKING:
    from retriever.entrypoints.http.middleware.tracing import Tracing

logger = logging.getLogger(__name__)


TELL_EVERY = 1.0
"""Seconds between two reports of this worker's measures to the others."""


def create_service(
    asof: Asof,
    *,
    keys_required: bool = False,
    facts: Mapping[str, str] | None = None,
    mcp: bool = False,
    golden: GoldenFile | None = None,
    abreast: int = 1,
    at_once: int = 3,
    limits: Limits | None = None,
    drain: Drain | None = None,
    log: FilteringBoundLogger | None = None,
    tracing: "Tracing | None" = None,
    others: Others | None = None,
) -> FastAPI:
    """The service over one home folder, at which `Asof.check_index` has been called.

    `facts` hold for callers that cannot send any. `mcp` serves the tools of assistants at /mcp. The pages of drafts ask
    the `golden` questions. Questions of callers are worked on `abreast`, and at most `at_once` where they take long;
    others wait without a thread. `drain` says that the service is about to end. Without a `log`, no line is written for
    a request; without `tracing`, no span. `others` are the other workers of the service.
    """
    measures = Measures(asof, others)
    telling = Background("asof-measures", measures.tell, TELL_EVERY) if others else nullcontext()
    drain = drain or Drain()
    access = Access(asof.key_ring, keys_required)
    in_turn = InTurn(abreast, at_once)
    receipts = asof.receipts()
    limits = limits or Limits()
    pages = Pages(asof, keys_required)
    arrivals = Arrivals(lambda: asof.index.newest().number, lambda: drain.begun)

    def on_answer(answer: Answer, content: Mapping[str, Any]) -> None:
        measures.answered(answer)
        if receipts is not None:
            rests_on = [item.version for item in answer.evidence]
            measures.receipt(kept=receipts.keep(content["receipt"], key_id(), rests_on))

    assistants = Assistants(asof, access, on_answer, in_turn, facts or {}) if mcp else None

    @asynccontextmanager
    async def opened(service: FastAPI) -> AsyncIterator[None]:
        if (lacking := asof.not_kept()) is not None:
            logger.warning("%s", lacking)
        service.state.warm_views = ready = await run_in_threadpool(asof.warm_views)
        service.state.segment_checks = checks = asof.segment_checks()
        asof.retriever.stages = observed_stages(measures, tracing)
        asof.retriever.on_erasure(forget_policy_words)
        with ready, checks, receipts or nullcontext(), telling:
            async with assistants.open() if assistants else nullcontext():
                yield
        if tracing is not None:
            await run_in_threadpool(tracing.close)

    service = Documented(
        keys_required=keys_required,
        title="Asof",
        version=version("asof"),
        summary="Which words of which policy were in force at this instant, and can I prove it?",
        lifespan=opened,
        docs_url=None,  # the pages have it, with what it needs
        redoc_url=None,
        redirect_slashes=False,  # a redirect would lead to any host that a request names
    )
    for routes in (
        asking(asof, access, on_answer, receipts, in_turn),
        reading(asof, access),
        upcoming(asof, access),
        changes(asof, access, arrivals, limits.request_seconds),
        feeds(asof, access),
        writing(asof, access),
        drafting(asof, access),
        recording(asof, access, receipts, in_turn),
        dify(asof, access, on_answer, in_turn, facts or {}),
        operating(asof, measures, drain),
        files(pages),
        signing_in(asof, access, pages),
        coming(asof, access, pages),
        comparing(asof, access, pages),
        overseeing(asof, access, pages),
        holders(asof, access, pages),
        making(asof, access, pages),
        revoking(asof, access, pages),
        writing_pages(asof, access, pages),
        keeping(asof, access, pages, golden),
        questions(asof, access, pages, golden),
        approving_pages(asof, access, pages, golden),
        taking_back(asof, access, pages),
        signing_off(asof, access, pages),
        timelines(asof, access, pages),
        policies(asof, access, pages),  # after comparing and timelines: /p/P-7/… is a revision where it is neither
        searching(asof, access, pages, on_answer, receipts, in_turn),
    ):
        service.include_router(routes)
    if assistants is not None:
        service.router.routes.append(assistants.route)
    handle_errors(service, Errors(pages).unexpected)
    # The middleware added last is the outermost.
    if not keys_required:
        service.add_middleware(LoopbackOnly)
    service.add_middleware(Limited, limits=limits)
    service.add_middleware(Known, access=access, sessions=lambda: asof.sessions)
    service.add_middleware(FromHere, keys_required=keys_required)
    service.add_middleware(Dressed, pages=pages)
    if asof.not_kept() is None:
        service.add_middleware(Audited, audit=asof.audit)
    service.add_middleware(Observed, measures=measures, drain=drain, log=log, tracing=tracing)
    service.add_middleware(HeadAsGet)
    return service
