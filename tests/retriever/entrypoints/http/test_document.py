"""The OpenAPI document: names as people say them, one problem for every error, and who needs a key."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from policies.named_write import NamedWrite
from retriever.access.permissions import Role
from retriever.config import Limits
from retriever.entrypoints.http.app import create_service
from tests.retriever.homes import Home
from tests.root import ROOT

HTTP_PAGE = (ROOT / "docs" / "http.md").read_text()
OPEN = {"/livez", "/readyz", "/metrics"}
OPERATIONS = {
    "retrieve": "POST /v1/retrieve",
    "verify_citation": "POST /v1/citations/verify",
    "replay_receipt": "POST /v1/receipts/replay",
    "get_receipt": "GET /v1/receipts/{id}",
    "list_policies": "GET /v1/policies",
    "get_policy": "GET /v1/policies/{policy_id}",
    "list_revisions": "GET /v1/policies/{policy_id}/revisions",
    "get_revision": "GET /v1/policies/{policy_id}/revisions/{number}",
    "diff_revisions": "GET /v1/policies/{policy_id}/diff",
    "list_scheduled": "GET /v1/scheduled",
    "list_due": "GET /v1/due",
    "list_log": "GET /v1/log",
    "list_changes": "GET /v1/changes",
    "get_feed": "GET /feed.atom",
    "get_calendar": "GET /calendar.ics",
    "plan": "POST /v1/plan",
    "publish_revision": "POST /v1/policies/{policy_id}/revisions",
    "withdraw_policy": "POST /v1/policies/{policy_id}/withdraw",
    "restore_policy": "POST /v1/policies/{policy_id}/restore",
    "correct_revision": "POST /v1/policies/{policy_id}/correct",
    "unschedule_revision": "POST /v1/policies/{policy_id}/unschedule",
    "describe_policy": "POST /v1/policies/{policy_id}/describe",
    "undo": "POST /v1/undo",
    "list_drafts": "GET /v1/drafts",
    "keep_draft": "POST /v1/drafts",
    "get_draft": "GET /v1/drafts/{draft_id}",
    "edit_draft": "PUT /v1/drafts/{draft_id}",
    "delete_draft": "DELETE /v1/drafts/{draft_id}",
    "submit_draft": "POST /v1/drafts/{draft_id}/submit",
    "approve_draft": "POST /v1/drafts/{draft_id}/approve",
    "publish_draft": "POST /v1/drafts/{draft_id}/publish",
    "reject_draft": "POST /v1/drafts/{draft_id}/reject",
    "sign_off_revision": "POST /v1/policies/{policy_id}/sign-off",
    "keep_trace": "POST /v1/traces",
    "list_traces": "GET /v1/traces",
    "get_trace": "GET /v1/traces/{trace_id}",
    "retrieve_knowledge": "POST /retrieval",
    "is_alive": "GET /livez",
    "is_ready": "GET /readyz",
    "get_metrics": "GET /metrics",
}
BODIES: dict[str, dict[str, Any]] = {
    "retrieve": {"query": "q"},
    "verify_citation": {"citation": "P-7@1#1"},
    "replay_receipt": {"receipt": {}},
    "plan": {"files": ["words"]},
    "publish_revision": {"files": ["words"]},
    "withdraw_policy": {"from": "2025-01-01"},
    "restore_policy": {"from": "2025-01-01"},
    "correct_revision": {"revision": 1, "file": "words"},
    "unschedule_revision": {"revision": 1},
    "describe_policy": {"owner": "returns-team"},
    "undo": {},
    "keep_draft": {"file": "words"},
    "edit_draft": {"file": "words"},
    "submit_draft": {},
    "approve_draft": {"digest": "0"},
    "publish_draft": {},
    "reject_draft": {"reason": "no"},
    "sign_off_revision": {"revision": 1},
    "keep_trace": {"id": "t-1", "answer": "Yes."},
    "retrieve_knowledge": {"knowledge_id": "*", "query": "q", "retrieval_setting": {"top_k": 1}},
}
"""A body that each operation takes, whatever comes of it."""


@pytest.fixture
def with_keys(home: Home) -> Iterator[TestClient]:
    """A service that needs keys and takes bodies of at most 1,000 bytes."""
    home.publish("P-7", "Damaged items may be returned.", "2024-01-01")
    service = create_service(home.asof, keys_required=True, limits=Limits(most_bytes=1000))
    with TestClient(service, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def without_keys(home: Home) -> Iterator[TestClient]:
    home.publish("P-7", "Damaged items may be returned.", "2024-01-01")
    with TestClient(create_service(home.asof), "http://localhost") as client:
        yield client


def document(service: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = service.get("/openapi.json").json()
    return found


def operations(service: TestClient) -> dict[str, dict[str, Any]]:
    """Each operation of the document by its id, with its method and path."""
    return {
        described["operationId"]: {**described, "method": method.upper(), "path": path}
        for path, methods in document(service)["paths"].items()
        for method, described in methods.items()
    }


def refused(service: TestClient, described: dict[str, Any], **sent: Any) -> httpx.Response:
    """What the service refuses, checked: the document names the status, and the form is the one that it names."""
    path = described["path"].replace("{policy_id}", "P-7").replace("{number}", "1")
    answer: httpx.Response = service.request(described["method"], path, **sent)
    assert answer.status_code >= 400, described["operationId"]
    named = described["responses"][str(answer.status_code)]["content"]
    [kind] = [kind for kind in named if kind == answer.headers["content-type"]]
    name = {"application/problem+json": "Problem", "application/json": "KnowledgeProblem"}[kind]
    assert named[kind]["schema"] == {"$ref": f"#/components/schemas/{name}"}
    assert kind == "application/problem+json" or described["path"] == "/retrieval"
    return answer


def key(home: Home, role: Role) -> dict[str, str]:
    _, text = home.asof.key_ring.create(role, ["public"], person="Ann Lee")
    return {"authorization": f"Bearer {text}"}


def test_operations_are_named_as_people_name_them(with_keys: TestClient) -> None:
    found = {name: f"{described['method']} {described['path']}" for name, described in operations(with_keys).items()}
    assert found == OPERATIONS


def test_the_page_on_http_has_every_field_that_authors_send(without_keys: TestClient) -> None:
    whole = document(without_keys)
    rows = re.findall(r"^\| [^|]+ \| `(/v1/[^`]+)` \| (.+) \|$", HTTP_PAGE, re.MULTILINE)
    told = {path: set(re.findall(r"`(\w+)`", fields)) for path, fields in rows}
    sent = {}
    for described in operations(without_keys).values():
        if described["tags"] == ["writing"]:
            schema = described["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            sent[described["path"]] = set(whole["components"]["schemas"][schema]["properties"])
    assert told == sent


def test_the_example_of_publishing_on_the_page_on_http_publishes(without_keys: TestClient) -> None:
    example = re.search(r"curl -s localhost:8765(/v1/policies/\S+) .*?-d '(.*?)'", HTTP_PAGE, re.DOTALL)
    assert example is not None
    answer = without_keys.post(example[1], content=example[2], headers={"content-type": "application/json"})
    assert answer.status_code == 201
    assert [event["version"] for event in answer.json()["events"]] == ["P-7@2"]


def test_where_keys_are_required_each_route_but_the_probes_names_the_key(with_keys: TestClient) -> None:
    whole = document(with_keys)
    assert whole["components"]["securitySchemes"] == {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "asof_ID_SECRET",
            "description": "A key of `asof key create`.",
        }
    }
    for described in operations(with_keys).values():
        assert described.get("security") == (None if described["path"] in OPEN else [{"bearer": []}])


def test_where_no_keys_are_required_one_may_be_sent(without_keys: TestClient) -> None:
    for described in operations(without_keys).values():
        assert described.get("security") == (None if described["path"] in OPEN else [{}, {"bearer": []}])
    named = operations(without_keys)["retrieve"]
    answer = refused(without_keys, named, json={"query": "q"}, headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_every_error_is_the_one_problem_but_what_dify_reads(with_keys: TestClient) -> None:
    whole = document(with_keys)
    assert {"Problem", "InvalidField"} <= whole["components"]["schemas"].keys()
    assert "HTTPValidationError" not in whole["components"]["schemas"]
    for described in operations(with_keys).values():
        for status, response in described["responses"].items():
            if int(status) < 400:
                continue
            forms = {kind: content["schema"]["$ref"] for kind, content in response["content"].items()}
            problem = {"application/problem+json": "#/components/schemas/Problem"}
            for_dify = {"application/json": "#/components/schemas/KnowledgeProblem"}
            assert forms in (
                [for_dify, for_dify | problem, problem] if described["path"] == "/retrieval" else [problem]
            )


def test_what_is_refused_for_want_of_a_key_is_documented(with_keys: TestClient, home: Home) -> None:
    for name, described in operations(with_keys).items():
        if described["path"] not in OPEN:
            answer = refused(with_keys, described, json=BODIES.get(name))
            assert answer.status_code == (403 if described["path"] == "/retrieval" else 401)
    admin = key(home, Role.ADMIN)
    (home.path / "keys.json").write_text("torn")
    for name, described in operations(with_keys).items():
        if described["path"] not in OPEN:
            assert refused(with_keys, described, json=BODIES.get(name), headers=admin).status_code == 503


def test_403_is_documented_where_some_role_gets_it(with_keys: TestClient, home: Home) -> None:
    keys = [key(home, role) for role in Role]
    for name, described in operations(with_keys).items():
        if described["path"] in OPEN | {"/retrieval"}:
            continue
        path = described["path"].replace("{policy_id}", "P-7").replace("{number}", "1")
        statuses = {
            with_keys.request(described["method"], path, json=BODIES.get(name), headers=headers).status_code
            for headers in keys
        }
        assert (403 in statuses) == ("403" in described["responses"]), name


def test_what_limits_and_validation_refuse_is_documented_on_every_route(with_keys: TestClient, home: Home) -> None:
    admin = key(home, Role.ADMIN)
    for name, described in operations(with_keys).items():
        assert refused(with_keys, described, content=b"x" * 1001, headers=admin).status_code == 413
        if name in BODIES:
            answer = refused(with_keys, described, json=[], headers=admin)
            assert answer.status_code == 422
            if described["path"] != "/retrieval":
                assert answer.json()["errors"][0].keys() == {"field", "problem"}
        elif described["path"] not in OPEN:
            parameters = {"audience": " ", **({"before": 1, "after": 1} if name == "diff_revisions" else {})}
            assert refused(with_keys, described, params=parameters, headers=admin).status_code == 422


def test_names_of_other_machines_are_refused_where_no_keys_are_required(without_keys: TestClient) -> None:
    for described in operations(without_keys).values():
        answer = refused(without_keys, described, json={}, headers={"host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")


def test_where_keys_are_required_a_service_answers_to_any_name(with_keys: TestClient) -> None:
    for described in operations(with_keys).values():
        assert "421" not in described["responses"]
    assert with_keys.get("/livez", headers={"host": "policies.example"}).status_code == 200


def test_no_field_has_a_default_that_a_generator_takes_for_its_presence(with_keys: TestClient) -> None:
    schemas = document(with_keys)["components"]["schemas"]
    fields = [field for schema in schemas.values() for field in schema.get("properties", {}).values()]
    assert not any("default" in field for field in fields)
    asked = schemas["RetrieveRequest"]
    assert asked["required"] == ["query"]
    assert asked["properties"]["k"]["description"] == "How many blocks at most. Default 5."
    assert asked["properties"]["order"]["description"] == 'rank, or edges. Default "rank".'


def test_a_name_that_was_given_to_one_file_before_names_it_still(without_keys: TestClient, home: Home) -> None:
    """The bytes that a name stood for, before `files` took the place of `file`, are written out here."""
    file = "---\npolicy: P-8\ntitle: Gäste\n---\nWords.\n"
    body = {"files": [file]}
    answer = without_keys.post("/v1/policies/P-8/revisions", json=body, headers={"idempotency-key": "k-1"})
    assert answer.status_code == 201
    text = r"---\npolicy: P-8\ntitle: Gäste\n---\nWords.\n"
    before = f'DraftRequest P-8 {{"file":"{text}","replace_scheduled":false}}'
    assert home.asof.ledger.recorded_write(NamedWrite.of("", "k-1", before.encode())) is not None
