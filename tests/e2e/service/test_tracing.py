"""Spans of a real process, sent to a collector over HTTP; and none where nobody asked for them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.command import Run
from tests.e2e.serving import served

QUESTION = "May Ann return damaged parcels?"


class Collector(HTTPServer):
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Take)


class Take(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "not asked for"])
def test_spans_reach_a_collector_where_they_are_asked_for(
    run: Run, tmp_path: Path, environment: dict[str, str], collector: Collector, asked: bool
) -> None:
    (tmp_path / "P-7.md").write_text("---\npolicy: P-7\ntitle: P-7\neffective: 2024-01-01\n---\nDamaged parcels.\n")
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}"} if asked else {}
    with served(tmp_path / "home", {**environment, **endpoint}) as service:
        assert service.client.post("/v1/retrieve", json={"query": QUESTION}).status_code == 200
        service.process.terminate()
        service.process.wait(20)
    sent = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    names = [
        span.name for part in sent for of in part.resource_spans for scope in of.scope_spans for span in scope.spans
    ]
    if asked:
        assert {"GET /readyz", "POST /v1/retrieve", "eligible", "rank", "encode"} <= set(names)
    else:
        assert names == []
    assert not any(b"Ann" in body for body in collector.bodies)
