"""Requests that the page of another site makes a browser send."""

import pytest
from starlette.testclient import TestClient

from retriever.entrypoints.http.app import create_service
from tests.retriever.homes import Home

ELSEWHERE = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}


@pytest.mark.parametrize("required", [True, False])
def test_where_no_key_is_asked_for_no_route_takes_what_another_site_sends(home: Home, required: bool) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    service = create_service(home.asof, keys_required=required)
    with TestClient(service, "http://localhost") as client:
        sent = client.post("/v1/undo", json={}, headers=ELSEWHERE)
        assert (sent.status_code, sent.json()["code"]) == ((401, "unauthorized") if required else (403, "cross_site"))
        assert client.get("/livez", headers=ELSEWHERE).status_code == 200


def test_programs_send_to_routes_as_before(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    with TestClient(create_service(home.asof), "http://localhost") as client:
        assert client.post("/v1/undo", json={"dry_run": True}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://]", "http://[::zz]"])
def test_an_origin_that_is_no_address_is_refused_as_one_from_elsewhere(home: Home, origin: str) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    service = create_service(home.asof)
    with TestClient(service, "http://localhost", raise_server_exceptions=False) as client:
        for path in ("/v1/undo", "/v1/retrieve", "/sign-in", "/drafts/new"):
            sent = client.post(path, json={}, headers={"origin": origin})
            assert sent.status_code == 403, path
        assert client.get("/", headers={"origin": origin}).status_code == 200
