"""Counts and times for Prometheus: requests by route and status, answers by reason, the generation, the views kept."""

import time

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.middleware.base import RequestResponseEndpoint

from retriever.answer import Answer
from retriever.bootstrap import Asof

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Measures:
    """The measures of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "asof_request_seconds", "Time to answer", ("route", "status"), registry=self.registry, buckets=SECONDS
        )
        self._answers = Counter("asof_answers", "Answers by outcome", ("outcome",), registry=self.registry)
        self._generation = Gauge("asof_generation", "The generation that answers", registry=self.registry)
        self._views = Gauge("asof_views", "Eligible views kept", registry=self.registry)
        self._view_bytes = Gauge("asof_view_bytes", "What they cost", registry=self.registry)

    def answered(self, answer: Answer) -> None:
        """Counts an answer as `evidence`, or by the reason why there is none."""
        self._answers.labels("evidence" if answer.nothing is None else answer.nothing.reason).inc()

    def text(self, asof: Asof) -> bytes:
        """All of them in Prometheus's text format."""
        generation = asof.index.current()
        self._generation.set(generation.number)
        count, size = generation.views.cost
        self._views.set(count)
        self._view_bytes.set(size)
        return generate_latest(self.registry)

    def watch(self, service: FastAPI) -> None:
        """Times every request from now on, by the route that it met."""

        @service.middleware("http")
        async def timed(request: Request, call_next: RequestResponseEndpoint) -> Response:
            before = time.perf_counter()
            response = await call_next(request)
            route = request.scope.get("route")
            name = getattr(route, "path", "none")
            self._seconds.labels(name, str(response.status_code)).observe(time.perf_counter() - before)
            return response
