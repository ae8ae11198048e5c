"""Spans of OpenTelemetry: one for each request, and a child span for each stage of its answer.

They hold the method, the route as a pattern, the status and the generation. They never hold an address, a question or
words. Of an exception, they hold only its kind.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

from retriever.errors import BadSetting

_W3C = TraceContextTextMapPropagator()


class Tracing:
    """Makes spans with a provider. The provider decides where they go. `close` sends the spans that are left."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("asof")

    def request(self, scope: Scope, method: str) -> AbstractContextManager[Span]:
        """The span of a request, as a child of the span that its `traceparent` names."""
        names = ("traceparent", "tracestate")
        carried = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name.decode() in names}
        return self._tracer.start_as_current_span(
            method,
            _W3C.extract(carried),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A span for a stage, as a child of the span of this thread's request."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
            yield

    def describe(
        self, span: Span, method: str, route: str, status: int, generation: int | None, error: BaseException | None
    ) -> None:
        """Records the outcome of a request in its span."""
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if generation is not None:
            span.set_attribute("asof.generation", generation)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
            span.set_attribute("error.type", str(status) if error is None else type(error).__qualname__)

    def close(self) -> None:
        self._provider.shutdown()


def tracing_to(exporters: Sequence[str]) -> Tracing:
    """Tracing by a provider that is set already; else by the SDK, which reads the other OTEL_* variables."""
    if isinstance(given := trace.get_tracer_provider(), TracerProvider):
        return Tracing(given)
    named = Resource.create({} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "asof"})
    provider = TracerProvider(resource=named)
    for name in exporters:
        exporter: SpanExporter
        if name == "otlp":
            exporter = OTLPSpanExporter()
        elif name == "console":
            exporter = ConsoleSpanExporter(out=sys.stderr)
        else:
            raise BadSetting(f"OTEL_TRACES_EXPORTER is {name!r}; give otlp, console or none")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(provider)
