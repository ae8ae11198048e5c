"""What is noted of a request, and what its caller sees of an error that nobody expected."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.middleware.observing import Drain
from retriever.entrypoints.process.logs import service_log
from tests.retriever.homes import Home

QUESTION = "Is Ann dismissed?"


def asked(home: Home, drain: Drain) -> tuple[list[httpx.Response], list[dict[str, Any]]]:
    """The answers of a service in this process, one of whose routes fails, and the lines of its log."""
    stream = io.BytesIO()
    service = create_service(home.asof, drain=drain, log=service_log(stream, as_json=True))

    @service.get("/v1/fails")
    def fails() -> None:
        raise ValueError(QUESTION)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(service, raise_app_exceptions=False)
        async with (
            service.router.lifespan_context(service),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            return [await client.get(path, headers={"x-request-id": path[1:3]}) for path in ("/v1/fails", "/readyz")]

    return asyncio.run(ask()), [json.loads(line) for line in stream.getvalue().splitlines()]


def test_unexpected_error_is_a_problem_and_a_line_with_its_traceback(home: Home) -> None:
    home.publish("P-7", "Damaged items are eligible.", "2025-01-01")
    [failed, _], [line, _] = asked(home, Drain())
    assert (failed.status_code, failed.json()["code"], failed.headers["x-request-id"]) == (500, "internal_error", "v1")
    assert (line["status"], line["route"], line["error"], line["level"]) == (500, "/v1/fails", "ValueError", "error")
    assert "in fails" in line["traceback"]
    assert "Ann" not in json.dumps(line)
    assert "Ann" not in failed.text


@pytest.mark.parametrize(("damaged", "level"), [(False, "info"), (True, "error")])
def test_a_fault_that_an_assistant_is_told_with_status_200_is_a_line_of_level_error(
    home: Home, damaged: bool, level: str
) -> None:
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed: pip install 'asof[mcp]'")
    home.publish("P-7", "Damaged items are eligible.", "2025-01-01")
    stream = io.BytesIO()
    service = create_service(home.asof, mcp=True, log=service_log(stream, as_json=True))
    if damaged:
        home.asof.ledger._store._db.execute("update words set text = replace(text, 'are', 'is')")
    arguments = {"query": "damaged items", "as_of": "2025-02-01" if damaged else "no date"}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": arguments}}
    accepts = {"accept": "application/json, text/event-stream"}
    with TestClient(service, "http://localhost") as client:
        answer = client.post("/mcp", json=call, headers=accepts)
    [line] = [line for line in map(json.loads, stream.getvalue().splitlines()) if line.get("route") == "/mcp"]
    assert (answer.status_code, answer.json()["result"]["isError"]) == (200, True)
    assert (line["level"], "error" in line) == (level, damaged)


def test_service_that_is_about_to_end_is_not_ready_and_closes_connections(home: Home) -> None:
    home.publish("P-7", "Damaged items are eligible.", "2025-01-01")
    [_, ready], _ = asked(home, Drain(begun=True))
    assert (ready.status_code, ready.json()["code"], ready.headers["connection"]) == (503, "ending", "close")
    [_, ready], _ = asked(home, Drain())
    assert ready.status_code == 200
    assert "connection" not in ready.headers
