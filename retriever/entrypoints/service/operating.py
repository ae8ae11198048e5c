"""Routes for whoever runs the service: is it alive, is it ready."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from retriever.bootstrap import Asof
from retriever.wire import problems


def operating(asof: Asof) -> APIRouter:
    """The routes that say how the service is."""
    routes = APIRouter(tags=["operating"])

    @routes.get("/livez")
    async def livez() -> dict[str, str]:
        """Whether the process answers at all."""
        return {"status": "alive"}

    @routes.get("/readyz", responses=problems(503))
    async def readyz(request: Request) -> dict[str, Any]:
        """Whether questions can be answered, and from which generation: the model is warm, the index caught up."""
        number = await run_in_threadpool(lambda: asof.index.current().number)
        return {"status": "ready", "generation": number}

    return routes
