"""Routes for whoever runs the service: is it alive, is it ready."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from retriever.bootstrap import Asof
from retriever.entrypoints.http.middleware.measuring import Measures
from retriever.entrypoints.http.middleware.observing import Drain
from retriever.entrypoints.http.problems import problem
from retriever.entrypoints.http.requests import problems


def operating(asof: Asof, measures: Measures, drain: Drain) -> APIRouter:
    """The routes that say how the service is."""
    routes = APIRouter(tags=["operating"])

    @routes.get("/livez")
    async def livez() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "alive"}

    @routes.get("/readyz", responses=problems(503))
    async def readyz() -> Any:
        """Whether questions can be answered, and from which generation: the model is warm, the index caught up."""
        if drain.begun:
            return problem(503, "ending", "The service is about to end", "Send requests elsewhere")
        number = await run_in_threadpool(lambda: asof.index.current().number)
        return {"status": "ready", "generation": number}

    @routes.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Counts and times in Prometheus's text format."""
        return PlainTextResponse(await run_in_threadpool(measures.text))

    return routes
