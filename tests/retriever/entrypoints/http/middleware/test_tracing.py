"""Spans of a request and its stages, as the SDK's own exporter in memory has them."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.middleware.tracing import Tracing, tracing_to
from retriever.entrypoints.process.serving import configured_tracing, wanted_exporters
from retriever.errors import BadSetting, MissingExtra
from tests.retriever.homes import Home

QUESTION = "May Ann return zanzibar parcels?"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def spans_of(home: Home, *requests: tuple[str, str]) -> Sequence[ReadableSpan]:
    """The spans of requests, each a method and a path, to a service of which one route fails."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    service = create_service(home.asof, tracing=Tracing(provider))

    @service.get("/v1/fails")
    def fails() -> None:
        raise ValueError(QUESTION)

    async def ask() -> None:
        transport = httpx.ASGITransport(service, raise_app_exceptions=False)
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        async with (
            service.router.lifespan_context(service),
            httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client,
        ):
            for method, path in requests:
                await client.request(method, path, json={"query": QUESTION} if method == "POST" else None)

    asyncio.run(ask())
    return exporter.get_finished_spans()


def test_request_has_a_span_below_the_callers_and_stages_below_it(home: Home) -> None:
    home.publish("P-7", "Damaged zanzibar parcels are returned.", "2025-01-01")
    found = {span.name: span for span in spans_of(home, ("POST", "/v1/retrieve"))}
    asked = found["POST /v1/retrieve"]
    assert asked.kind == SpanKind.SERVER
    assert (f"{asked.context.trace_id:032x}", f"{asked.parent.span_id:016x}" if asked.parent else None) == (
        TRACE,
        PARENT,
    )
    assert dict(asked.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/retrieve",
        "http.response.status_code": 200,
        "asof.generation": 1,
    }
    parents = {name: span.parent.span_id if span.parent else None for name, span in found.items() if span is not asked}
    rank = found["rank"].context.span_id
    assert parents == {
        "eligible": asked.context.span_id,
        "view": asked.context.span_id,
        "rank": asked.context.span_id,
        "encode": rank,
        "evidence": asked.context.span_id,
    }


def test_error_is_told_by_its_kind(home: Home) -> None:
    home.publish("P-7", "Damaged zanzibar parcels are returned.", "2025-01-01")
    [failed] = spans_of(home, ("GET", "/v1/fails"))
    assert failed.status.status_code == StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "ValueError"
    assert (failed.attributes or {})["http.response.status_code"] == 500


def test_no_span_holds_a_question_words_or_an_address(home: Home) -> None:
    home.publish("P-7", "Damaged zanzibar parcels are returned.", "2025-01-01")
    spans = spans_of(
        home,
        ("POST", "/v1/retrieve"),
        ("GET", "/v1/fails"),
        ("GET", "/v1/policies/zanzibar"),
        ("ZANZIBAR", "/zanzibar"),
    )
    assert len(spans) == 9
    text = "".join(json.dumps(json.loads(span.to_json())) for span in spans).lower()
    assert "ann" not in text.replace("channel", "")
    assert "zanzibar" not in text


@pytest.mark.parametrize(
    ("environment", "exporters"),
    [
        ({}, ()),
        ({"OTEL_SERVICE_NAME": "asof"}, ()),
        ({"ASOF_OTEL": "1"}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "console"}, ("console",)),
        ({"OTEL_TRACES_EXPORTER": "otlp, console"}, ("otlp", "console")),
        ({"OTEL_TRACES_EXPORTER": "none", "ASOF_OTEL": "1"}, ()),
        ({"OTEL_SDK_DISABLED": "true", "ASOF_OTEL": "1"}, ()),
    ],
)
def test_spans_go_nowhere_unless_the_environment_says_where(
    environment: Mapping[str, str], exporters: tuple[str, ...]
) -> None:
    assert wanted_exporters(environment) == exporters


def test_exporter_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(BadSetting, match="OTEL_TRACES_EXPORTER is 'zipkin'"):
        tracing_to(["zipkin"])


def test_what_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_OTEL", "1")
    monkeypatch.setitem(sys.modules, "retriever.entrypoints.http.middleware.tracing", None)
    with pytest.raises(MissingExtra, match=r"asof\[otel\]"):
        configured_tracing()
