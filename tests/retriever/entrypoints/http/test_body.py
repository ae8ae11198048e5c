"""What every body is held to: a small one costs little however wrong it is, and no number or text of it is a fault."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.body import MOST_FACTS, MOST_FIELDS, MOST_LABELS, MOST_POLICIES
from retriever.entrypoints.http.problems import MOST_TOLD
from retriever.entrypoints.http.requests import AuthoredFiles, KnowledgeRequest, RetrieveRequest
from retriever.traces.trace import Trace
from tests.retriever.homes import Home

MANY = 20_000
NUMBERED = {str(number): 1 for number in range(MANY)}
HUGE = (2**63 - 1, 2**63, 10**30)


@pytest.fixture
def service(home: Home) -> Iterator[TestClient]:
    home.publish("P-7", "Damaged items may be returned.", "2024-01-01")
    _, key = home.asof.key_ring.create(Role.ADMIN, ["public"], person="Ann Lee")
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    with TestClient(create_service(home.asof), "http://localhost", raise_server_exceptions=False) as client:
        client.headers.update(headers)
        yield client


def sent(service: TestClient, path: str, body: Any, **headers: str) -> httpx.Response:
    """The answer to a body as JSON in ASCII, which can hold a lone surrogate where UTF-8 cannot."""
    answer: httpx.Response = service.post(path, content=json.dumps(body).encode(), headers=headers)
    return answer


def knowledge(**condition: Any) -> dict[str, Any]:
    setting = {"top_k": 1}
    return {"knowledge_id": "*", "query": "q", "retrieval_setting": setting, "metadata_condition": condition}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (RetrieveRequest, {"query": "q", "audience": [1] * MANY}),
        (RetrieveRequest, {"query": "q", "audience": [1] * (MOST_LABELS - 1)}),
        (RetrieveRequest, {"query": "q", "audience": ["legal"] * MANY}),
        (RetrieveRequest, {"query": "q", "policies": [1] * MANY}),
        (RetrieveRequest, {"query": "q", "facts": NUMBERED}),
        (RetrieveRequest, {"query": "q", **NUMBERED}),
        (AuthoredFiles, {"files": [1] * MANY}),
        (KnowledgeRequest, knowledge(conditions=[1] * MANY)),
        (Trace, {"id": "t", "answer": "Yes.", "audience": [1] * MANY}),
        (Trace, {"id": "t", "answer": "Yes.", "facts": NUMBERED}),
        (Trace, {"id": "t", "answer": "Yes.", "evidence": [1] * MANY}),
        (Trace, {"id": "t", "answer": "Yes.", "retrieval": {"evidence": [1] * MANY}}),
        (Trace, {"id": "t", "answer": "Yes.", "claimed_actions": [1] * MANY}),
        (Trace, {"id": "t", "answer": "Yes.", "receipt": {"request": {"facts": NUMBERED}}}),
        (Trace, {"id": "t", "answer": "Yes.", **dict.fromkeys(NUMBERED, float("nan"))}),
    ],
)
def test_many_wrong_items_are_one_error(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    assert refused.value.error_count() == 1


def test_a_small_wrong_body_is_refused_in_few_words(service: TestClient) -> None:
    for body in ({"query": "q", "audience": [1] * MANY}, {"query": "q", **NUMBERED}, {"query": "q", "x" * 100_000: 1}):
        answer = sent(service, "/v1/retrieve", body)
        assert answer.status_code == 422
        assert len(answer.content) < 1_000
    assert len(sent(service, "/retrieval", knowledge(conditions=[{"name": [1] * MANY}])).content) < 1_000


def test_a_refusal_names_the_first_wrong_fields_and_counts_the_others(service: TestClient) -> None:
    names = [f"n{number}" for number in range(26)]
    answer = sent(service, "/v1/retrieve", {"query": "q", **dict.fromkeys(names, 1)})
    problem = answer.json()
    assert [it["field"] for it in problem["errors"]] == names[:20]
    assert problem["detail"].startswith("n0: Extra inputs are not permitted; n1: ")
    assert problem["detail"].endswith("; and 6 more")
    assert len(problem["errors"]) == MOST_TOLD


def test_long_lists_that_somebody_may_send_are_taken(service: TestClient) -> None:
    names = [f"P-{number}" for number in range(MOST_POLICIES)]
    labels = [f"label-{number}" for number in range(MOST_LABELS)]
    facts = {f"facet-{number}": "x" for number in range(MOST_FACTS)}
    body = {"query": "Are damaged items eligible?", "policies": names, "audience": labels, "facts": facts}
    assert sent(service, "/v1/retrieve", body).json()["evidence"]
    assert service.get("/v1/policies", params={"audience": labels}).status_code == 200
    assert service.get("/v1/policies", params={"audience": [*labels, "one-more"]}).status_code == 422


def test_what_dify_sends_beyond_its_fields_is_not_looked_at_however_much_it_is() -> None:
    assert KnowledgeRequest.model_validate({**knowledge(), **dict.fromkeys(map(str, range(MOST_FIELDS)), 1)})


def test_every_list_of_a_request_and_every_number_of_an_address_has_an_end(service: TestClient) -> None:
    document = service.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    waiting = [it["requestBody"]["content"]["application/json"]["schema"] for it in operations if "requestBody" in it]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        if (name := schema.get("$ref", "").rpartition("/")[2]) and name not in seen:
            seen.add(name)
            waiting.append(schemas[name])
        waiting += [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
        if schema.get("type") == "array":
            assert "maxItems" in schema, schema
            waiting.append(schema["items"])
        if schema.get("additionalProperties") not in (None, True, False, {}):
            assert "maxProperties" in schema, schema
    assert {"RetrieveRequest", "Condition", "AuthoredFiles", "UndoRequest", "Trace"} <= seen
    for parameter in (it for operation in operations for it in operation.get("parameters", ()) if it["in"] == "query"):
        for kind in parameter["schema"].get("anyOf", [parameter["schema"]]):
            assert kind["type"] != "integer" or "maximum" in kind, parameter["name"]
            assert kind["type"] != "array" or "maxItems" in kind, parameter["name"]


@pytest.mark.parametrize("number", HUGE)
def test_a_number_past_all_that_are_kept_is_refused_and_no_fault(service: TestClient, number: int) -> None:
    for path, body in (
        ("/v1/undo", {"tx": number}),
        ("/v1/undo", {"tx": number, "dry_run": True}),
        ("/v1/policies/P-7/correct", {"revision": number, "file": "words"}),
        ("/v1/policies/P-7/unschedule", {"revision": number}),
        ("/v1/policies/P-7/sign-off", {"revision": number}),
        ("/v1/retrieve", {"query": "q", "min_generation": number}),
        ("/v1/retrieve", {"query": "q", "k": number}),
        ("/retrieval", {"knowledge_id": "*", "query": "q", "retrieval_setting": {"top_k": number}}),
        ("/v1/traces", {"id": f"t-{number}", "answer": "Yes.", "trial": number, "tokens": {"prompt": number}}),
    ):
        assert sent(service, path, body).status_code == (201 if path == "/v1/traces" else 422), path
    for path in (
        "/v1/policies/P-7/revisions?limit={}",
        "/v1/policies/P-7/revisions?after={}",
        "/v1/policies/P-7/revisions/{}",
        "/v1/policies/P-7/diff?before={0}&after={0}",
        "/v1/policies?limit={}",
        "/v1/log?before={}",
        "/v1/log?limit={}",
        "/v1/changes?after={}",
        "/v1/changes?limit={}",
        "/v1/drafts?limit={}",
        "/v1/traces?limit={}",
        "/v1/scheduled?within={}",
        "/v1/due?within={}",
        "/log?before={}",
        "/search?q=x&k={}",
        "/changes/1/undo?after={}",
        "/calendar?month={}",
    ):
        assert service.get(path.format(number)).status_code == 422, path
    for path in ("/changes/{}", "/changes/{}/undo", "/p/P-7/{}", "/p/P-7/compare?a={}"):
        assert service.get(path.format(number)).status_code in (404, 422), path


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "k-1"}])
def test_a_lone_surrogate_is_refused_whether_the_write_has_a_name_or_none(
    service: TestClient, headers: dict[str, str]
) -> None:
    labels = {"audience": ["\ud800"]}
    for path, body in (
        ("/v1/policies/P-7/withdraw", {"from": "2026-01-01", **labels}),
        ("/v1/policies/P-7/restore", {"from": "2026-01-01", **labels}),
        ("/v1/policies/P-7/correct", {"revision": 1, "file": "words", **labels}),
        ("/v1/policies/P-7/unschedule", {"revision": 1, **labels}),
        ("/v1/policies/P-7/describe", {"owner": "returns", **labels}),
        ("/v1/policies/P-7/describe", {"review_by": "\ud800"}),
        ("/v1/policies/P-7/sign-off", {"revision": 1, **labels}),
        ("/v1/policies/P-7/sign-off", {"revision": 1, "note": "\ud800"}),
        ("/v1/policies/P-7/revisions", {"files": ["\ud800"]}),
        ("/v1/undo", labels),
        ("/v1/undo", {"note": "\ud800"}),
        ("/v1/drafts/d-1/approve", {"digest": "\ud800"}),
        ("/v1/drafts/d-1/publish", {"author": "\ud800"}),
    ):
        answer = sent(service, path, body, **headers)
        assert answer.status_code == 422, path
        assert "lone surrogate" in answer.json()["detail"], path


def test_of_an_authored_file_a_lone_surrogate_is_refused_by_its_line(service: TestClient) -> None:
    file = "---\npolicy: P-7\ntitle: P-7\n---\nWords \ud800.\n"
    problem = sent(service, "/v1/policies/P-7/revisions", {"files": [file]}).json()
    assert problem["code"] == "invalid_draft"
    assert problem["detail"].startswith("files[0], line 5: holds a lone surrogate (U+D800)")
