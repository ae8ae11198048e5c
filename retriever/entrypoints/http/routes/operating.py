"""Routes for the operator of the service: is it alive, is it ready?"""

from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from retriever.bootstrap import Asof
from retriever.entrypoints.http.answers.operating import Alive, Ready
from retriever.entrypoints.http.document import answered, problems
from retriever.entrypoints.http.middleware.measuring import Measures
from retriever.entrypoints.http.middleware.observing import Drain
from retriever.entrypoints.http.problems import problem


def operating(asof: Asof, measures: Measures, drain: Drain) -> APIRouter:
    """The routes that show the state of the service. They have their own threads, so they answer even under load."""
    routes = APIRouter(tags=["operating"])
    looking, measuring = CapacityLimiter(2), CapacityLimiter(1)

    @routes.get("/livez", response_model=None, responses=answered(Alive))
    async def is_alive() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "alive"}

    @routes.get("/readyz", response_model=None, responses=answered(Ready) | problems(503, 507))
    async def is_ready(request: Request) -> Any:
        """Whether questions can be answered, and from which generation: the model is warm, the index caught up."""
        if drain.begun:
            return problem(503, "ending", "The service is about to end", "Send requests elsewhere")
        state = request.app.state
        if (wrong := state.warm_views.problem() or state.segment_checks.problem()) is not None:
            return problem(503, "background_failed", "A thread of the service failed", wrong)
        number = await to_thread.run_sync(generation, limiter=looking)
        return {"status": "ready", "generation": number}

    def generation() -> int:
        """The generation that answers, after a check that the ledger and the keys can be read."""
        asof.ledger.timeline()
        asof.key_ring.keys()
        return asof.index.current().number

    @routes.get("/metrics", response_class=PlainTextResponse)
    async def get_metrics() -> Response:
        """Counts and times in Prometheus's text format."""
        return PlainTextResponse(await to_thread.run_sync(measures.text, limiter=measuring))

    return routes
