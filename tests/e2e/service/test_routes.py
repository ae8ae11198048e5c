"""Every route of the service over real HTTP: what it gives, what it refuses, and what it hides."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.entrypoints.http.answers.writing import PlanAnswer
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving_here

PARAMETERS = {"/v1/policies/{policy_id}/diff": {"before": 1, "after": 1}}
SECRET = "Clandestine lawyers keep zanzibar parcels."


def file(policy: str, words: str, effective: str = "2024-01-01", **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in front.items()) + f"---\n{words}\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routes")
    files = {
        "1": file("P-7", "Damaged items may be returned within 7 days."),
        "2": file("P-7", "Damaged items may be returned within 30 days.", "2025-03-01"),
        "3": file("P-8", "Gifts may not be returned."),
        "4": file("S-1", SECRET, "2024-02-03", audience="[legal]"),
    }
    for name, content in files.items():
        (folder / f"{name}.md").write_text(content)
        run("publish", folder / f"{name}.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def get(service: httpx.Client, path: str, **parameters: Any) -> Any:
    found = service.get(path, params=parameters)
    assert found.status_code == 200, found.text
    return found.json()


def test_it_is_alive(service: httpx.Client) -> None:
    assert get(service, "/livez") == {"status": "alive"}


def test_policies_are_listed_a_page_at_a_time(service: httpx.Client) -> None:
    whole = get(service, "/v1/policies", as_of="2025-04-01")
    assert [(p["policy_id"], p["version"]) for p in whole["policies"]][:2] == [("P-7", "P-7@2"), ("P-8", "P-8@1")]
    first = get(service, "/v1/policies", as_of="2025-04-01", limit=1)
    assert ([p["policy_id"] for p in first["policies"]], first["next"]) == (["P-7"], "P-7")
    second = get(service, "/v1/policies", as_of="2025-04-01", limit=1, after=first["next"])
    assert [p["policy_id"] for p in second["policies"]] == ["P-8"]


def test_a_policy_is_the_revision_in_force_at_a_date(service: httpx.Client) -> None:
    assert get(service, "/v1/policies/P-7", as_of="2025-02-01")["version"] == "P-7@1"
    assert get(service, "/v1/policies/P-7", as_of="2025-04-01")["version"] == "P-7@2"
    problem(service.get("/v1/policies/P-404"), 404, "unknown_policy")
    problem(service.get("/v1/policies/P-7", params={"as_of": "2020-01-01"}), 404, "unknown_revision")
    problem(service.get("/v1/policies/P-7", params={"as_of": "soon"}), 422, "invalid_request")


def test_what_the_caller_has_already_is_not_sent_again(service: httpx.Client) -> None:
    for path in ("/v1/policies/P-7/revisions/1", "/v1/policies/P-8"):
        first = service.get(path)
        again = service.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert service.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_revisions_and_what_changed_between_two(service: httpx.Client) -> None:
    assert get(service, "/v1/policies/P-7/revisions")["revisions"] == 2
    one = get(service, "/v1/policies/P-7/revisions/1")
    assert one["passages"][0]["text"] == "Damaged items may be returned within 7 days."
    changed = get(service, "/v1/policies/P-7/diff", before=1, after=2)
    assert [passage["kind"] for passage in changed["passages"]] == ["reworded"]
    problem(service.get("/v1/policies/P-7/revisions/9"), 404, "unknown_revision")
    problem(service.get("/v1/policies/P-7/revisions/0"), 422, "invalid_request")


def test_a_citation_is_verified(service: httpx.Client) -> None:
    asked = {"citation": "P-7@2#1", "quote": "within 30 days", "as_of": "2025-04-01"}
    assert service.post("/v1/citations/verify", json=asked).json()["verdict"] == "supported"
    stale = service.post("/v1/citations/verify", json={**asked, "citation": "[P-7@1#1]", "quote": "within 7 days"})
    assert stale.json()["verdict"] == "not_supported"
    problem(service.post("/v1/citations/verify", json={"citation": "P-7"}), 422, "invalid_citation")


def test_a_receipt_is_asked_again(service: httpx.Client) -> None:
    asked = {"query": "May a damaged item be returned?", "as_of": "2025-02-01"}
    receipt = service.post("/v1/retrieve", json=asked).json()["receipt"]
    again = service.post("/v1/receipts/replay", json={"receipt": receipt}).json()
    assert (again["verdict"], again["answer"]["receipt"]["id"]) == ("same", receipt["id"])
    altered = {**receipt, "evidence_digest": "00" * 32}
    problem(service.post("/v1/receipts/replay", json={"receipt": altered}), 422, "invalid_receipt")


def test_explanations_come_on_request(service: httpx.Client) -> None:
    asked = {"query": "May a damaged item be returned?", "as_of": "2025-02-01"}
    assert "explain" not in service.post("/v1/retrieve", json=asked).json()
    found = service.post("/v1/retrieve", json={**asked, "explain": True}).json()["explain"]
    assert [policy["policy_id"] for policy in found["policies"]][:2] == ["P-7", "P-8"]
    assert found["passages"][0]["citation"] == "P-7@1#1"


def test_a_plan_records_nothing_and_a_publish_is_searchable_at_once(service: httpx.Client) -> None:
    content = file("N-1", "New umbrellas may be exchanged within 9 days.")
    plan = service.post("/v1/plan", json={"files": [content]}).json()
    assert plan["policies"][0]["revisions"][0]["version"] == "N-1@1"
    problem(service.get("/v1/policies/N-1"), 404, "unknown_policy")
    sent = service.post("/v1/policies/N-1/revisions", json={"file": content})
    assert (sent.status_code, sent.json()["events"][0]["version"]) == (201, "N-1@1")
    asked = {"query": "May umbrellas be exchanged?", "policies": ["N-1"]}
    answer = service.post("/v1/retrieve", json=asked).json()
    assert answer["evidence"][0]["citation"] == "N-1@1#1"
    assert answer["receipt"]["generation"] == sent.json()["generation"]
    again = service.post("/v1/policies/N-1/revisions", json={"file": content}).json()
    assert (again["events"], again["unchanged"]) == ([], ["N-1@1"])
    gone = service.post("/v1/policies/N-1/withdraw", json={"from": "2025-01-01", "note": "merged"})
    assert gone.status_code == 201
    assert service.post("/v1/retrieve", json=asked).json()["abstained"]["reason"] == "withdrawn"


def test_a_write_sent_again_under_its_key_is_recorded_once(service: httpx.Client) -> None:
    """Even where something else was published in between, so that the same file would be a new revision."""
    key = {"idempotency-key": "7c1f2f6e"}
    first = service.post("/v1/policies/I-1/revisions", json={"file": file("I-1", "One.")}, headers=key)
    service.post("/v1/policies/I-1/revisions", json={"file": file("I-1", "Two.")}).raise_for_status()
    again = service.post("/v1/policies/I-1/revisions", json={"file": file("I-1", "One.")}, headers=key)
    assert (again.status_code, again.json()["events"]) == (201, first.json()["events"])
    assert get(service, "/v1/policies/I-1")["version"] == "I-1@2"
    other = service.post("/v1/policies/I-1/revisions", json={"file": file("I-1", "Three.")}, headers=key)
    problem(other, 422, "idempotency_mismatch")
    gone = [service.post("/v1/policies/I-1/withdraw", json={"from": "2025-01-01"}, headers=key).status_code]
    assert gone == [422]
    problem(
        service.post("/v1/policies/I-1/revisions", json={"file": "x"}, headers={"idempotency-key": "a b"}),
        422,
        "invalid_request",
    )


def test_what_was_planned_is_published_with_the_same_words_all_of_it_or_none(service: httpx.Client) -> None:
    both = {"files": [file("F-1", "Seven days."), file("F-1", "Nine days.", "2025-01-01")]}
    planned = PlanAnswer.model_validate(service.post("/v1/plan", json=both).json())
    assert [revision.version for revision in planned.policies[0].revisions] == ["F-1@1", "F-1@2"]
    assert planned.policies[0].revisions[1].changes[0].kind == "reworded"
    before = service.get("/readyz").json()["generation"]
    other = {"files": [*both["files"], file("F-2", "Words.")]}
    refused = problem(service.post("/v1/policies/F-1/revisions", json=other), 422, "invalid_draft")
    assert refused["detail"] == "files[2]: is of policy F-2, and was sent to F-1"
    assert service.get("/readyz").json()["generation"] == before
    events = service.post("/v1/policies/F-1/revisions", json=both).json()["events"]
    assert [(event["version"], event["tx"]) for event in events] == [("F-1@1", before + 1), ("F-1@2", before + 2)]


@pytest.mark.parametrize(("one", "again"), [("file", "files"), ("files", "file")])
def test_one_file_may_be_spelled_as_before_and_is_the_same_write(service: httpx.Client, one: str, again: str) -> None:
    name = "O-1" if one == "file" else "O-2"
    bodies = {"file": {"file": file(name, "Words.")}, "files": {"files": [file(name, "Words.")]}}
    assert service.post("/v1/plan", json=bodies[one]).json()["policies"][0]["policy_id"] == name
    sent = [
        service.post(f"/v1/policies/{name}/revisions", json=bodies[spelling], headers={"idempotency-key": f"k-{name}"})
        for spelling in (one, again)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json()["events"] == sent[1].json()["events"] != []
    mixed = service.post(f"/v1/policies/{name}/revisions", json=bodies["file"] | bodies["files"])
    problem(mixed, 422, "invalid_request")


def test_what_a_withdrawal_hides_is_restored_from_a_date_on(service: httpx.Client) -> None:
    service.post("/v1/policies/R-1/revisions", json={"files": [file("R-1", "Umbrellas may be lent.")]})
    problem(service.post("/v1/policies/R-1/restore", json={"from": "2025-01-01"}), 409, "refused")
    service.post("/v1/policies/R-1/withdraw", json={"from": "2025-01-01"}).raise_for_status()
    body = {"from": "2025-02-01", "note": "lent again"}
    sent = [service.post("/v1/policies/R-1/restore", json=body, headers={"idempotency-key": "k-r-1"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    [event] = sent[0].json()["events"]
    assert (event["kind"], event["policy_id"], event["version"]) == ("restore", "R-1", None)
    assert event["periods"] == [{"revision": 1, "valid_from": "2025-02-01T00:00:00Z", "valid_to": None}]
    assert sent[1].json()["events"] == [event]
    problem(service.get("/v1/policies/R-1", params={"as_of": "2025-01-15"}), 404, "unknown_revision")
    assert get(service, "/v1/policies/R-1", as_of="2025-02-01")["version"] == "R-1@1"
    problem(service.post("/v1/policies/R-404/restore", json={"from": "2025-01-01"}), 404, "unknown_policy")
    problem(service.post("/v1/policies/R-1/restore", json={"from": "soon"}), 422, "invalid_request")


def test_what_was_recorded_is_corrected_described_and_taken_back(service: httpx.Client) -> None:
    service.post("/v1/policies/U-1/revisions", json={"file": file("U-1", "Skis are lent for 3 days.")})
    service.post("/v1/policies/U-1/revisions", json={"file": file("U-1", "Skis are lent for 4 days.", "2100-01-01")})

    def send(what: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {} if key is None else {"idempotency-key": key}
        answer = service.post(f"/v1/{what}", json=body, headers=headers)
        assert answer.status_code == (200 if body.get("dry_run") else 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    body = {"revision": 1, "file": file("U-1", "Skis are lent for 30 days."), "note": "30, not 3"}
    planned = send("policies/U-1/correct", {**body, "dry_run": True})
    corrected = [send("policies/U-1/correct", body, "k-u-1") for _ in range(2)]
    assert corrected[0]["events"] == corrected[1]["events"] == planned["events"]
    assert corrected[1]["changes"] == corrected[0]["changes"] == planned["changes"]
    assert [(it["was"], it["becomes"]) for it in planned["changes"]] == [("U-1@1", "U-1@3")]
    assert (planned["dry_run"], corrected[0]["dry_run"]) == (True, False)
    problem(service.post("/v1/policies/U-1/correct", json=body), 409, "refused")
    wrong = problem(
        service.post("/v1/policies/U-1/correct", json={**body, "file": file("U-2", "No.")}), 422, "invalid_draft"
    )
    assert "file: is of policy U-2" in wrong["detail"]

    described = send("policies/U-1/describe", {"owner": "ski-team", "review_by": "2026-06-01"})
    assert (described["changes"], described["events"][0]["kind"]) == ([], "describe")
    shown = get(service, "/v1/policies/U-1", as_of="2025-01-01")
    assert (shown["version"], shown["owner"], shown["review_by"]) == ("U-1@3", "ski-team", "2026-06-01T00:00:00Z")
    problem(service.post("/v1/policies/U-1/describe", json={}), 422, "invalid_request")
    assert "`POST /v1/policies/U-1/describe {" in problem(service.post("/v1/undo", json={}), 409, "refused")["detail"]

    [unscheduled] = send("policies/U-1/unschedule", {"revision": 2})["changes"]
    assert (unscheduled["was"], unscheduled["becomes"], unscheduled["valid_from"][:4]) == ("U-1@2", "U-1@3", "2100")
    undone = [send("undo", {}, "k-u-2") for _ in range(2)]
    assert undone[0]["events"] == undone[1]["events"]
    assert [(it["was"], it["becomes"]) for it in undone[1]["changes"]] == [("U-1@3", "U-1@2")]
    first = get(service, "/v1/policies/U-1/revisions")["periods"][0]["tx"]
    [gone] = send("undo", {"tx": first, "dry_run": True})["changes"]
    assert (gone["was"], gone["becomes"]) == ("U-1@3", "nothing")
    problem(service.post("/v1/undo", json={"tx": 99_999}), 409, "refused")


def test_a_file_that_cannot_be_published_is_refused(service: httpx.Client) -> None:
    problem(service.post("/v1/policies/X-1/revisions", json={"file": "no front matter"}), 422, "invalid_draft")
    other = problem(
        service.post("/v1/policies/X-1/revisions", json={"file": file("X-2", "Words.")}), 422, "invalid_draft"
    )
    assert "X-2" in other["detail"]
    problem(service.post("/v1/plan", json={"files": []}), 422, "invalid_request")
    problem(service.post("/v1/policies/X-1/withdraw", json={"from": "2026-01-01"}), 404, "unknown_policy")


def test_without_the_label_a_policy_does_not_exist_on_any_route(service: httpx.Client) -> None:
    """Walks the OpenAPI document, so that a route that forgets the labels fails here."""
    receipt = service.post("/v1/retrieve", json={"query": "zanzibar parcels", "audience": ["legal"]}).json()["receipt"]
    secret = get(service, "/v1/policies/S-1/revisions", audience="legal")["periods"][0]["tx"]
    bodies: dict[str, dict[str, Any]] = {
        "/v1/retrieve": {"query": "Who keeps zanzibar parcels?", "explain": True},
        "/v1/citations/verify": {"citation": "S-1@1#1", "quote": SECRET},
        "/v1/receipts/replay": {"receipt": receipt},
        "/retrieval": {"knowledge_id": "*", "query": "Who keeps zanzibar parcels?", "retrieval_setting": {"top_k": 9}},
        "/v1/policies/{policy_id}/withdraw": {"from": "2026-01-01"},
        "/v1/policies/{policy_id}/restore": {"from": "2026-01-01"},
        "/v1/policies/{policy_id}/unschedule": {"revision": 1},
        "/v1/policies/{policy_id}/describe": {"owner": "lawyers"},
        "/v1/policies/{policy_id}/correct": {"revision": 1, "file": file("S-1", "Other words.")},
        "/v1/undo": {"tx": secret},
        "/v1/policies/{policy_id}/sign-off": {"revision": 1},
        "/v1/drafts/{draft_id}": {"file": file("S-1", "Other words.")},
        "/v1/drafts/{draft_id}/submit": {},
        "/v1/drafts/{draft_id}/approve": {"digest": "0"},
        "/v1/drafts/{draft_id}/publish": {},
        "/v1/drafts/{draft_id}/reject": {"reason": "no"},
        "/v1/drafts": {},
        "/v1/traces": {"id": "t-public", "answer": "", "receipt_id": receipt["id"]},
        # What an author publishes is the author's own to name; without keys every caller is one.
        "/v1/plan": {},
        "/v1/policies/{policy_id}/revisions": {},
    }
    trace = {"id": "t-legal", "answer": SECRET, "receipt_id": receipt["id"], "audience": ["legal"]}
    assert service.post("/v1/traces", json=trace).json()["evidence"][0] == "S-1@1#1"
    walked = 0
    for path, methods in get(service, "/openapi.json")["paths"].items():
        address = path.replace("{policy_id}", "S-1").replace("{number}", "1")
        address = address.replace("{trace_id}", "t-legal").replace("{id}", receipt["id"])
        for method in methods:
            body = None if method == "get" else bodies[path]
            if body == {}:
                continue
            answer = service.request(
                method, address, params=PARAMETERS.get(path) if method == "get" else None, json=body
            )
            text = answer.text
            assert "Clandestine" not in text, path
            assert "2024-02-03" not in text, path
            if "{policy_id}" in path:
                assert problem(answer, 404, "unknown_policy")
            elif "{" in path or (path == "/v1/traces" and method == "post"):
                assert answer.status_code == 404
            elif path != "/v1/citations/verify":  # which repeats the citation that it was asked about
                assert "S-1" not in text, path
            walked += 1
    assert walked >= 14


def test_with_the_label_it_does(service: httpx.Client) -> None:
    assert get(service, "/v1/policies/S-1", audience="legal")["text"].rstrip().endswith(SECRET)
    listed = get(service, "/v1/policies", audience="legal")["policies"]
    assert "S-1" in [policy["policy_id"] for policy in listed]


def test_a_question_may_want_a_generation_at_least(service: httpx.Client) -> None:
    asked = {"query": "May a damaged item be returned?", "as_of": "2025-02-01"}
    number = service.post("/v1/retrieve", json=asked).json()["receipt"]["generation"]
    assert service.post("/v1/retrieve", json={**asked, "min_generation": number}).status_code == 200
    late = problem(service.post("/v1/retrieve", json={**asked, "min_generation": number + 1}), 409, "behind")
    assert f"generation {number}" in late["detail"]


def test_measures_count_answers_by_outcome_and_requests_by_route(service: httpx.Client) -> None:
    service.post("/v1/retrieve", json={"query": "q", "policies": ["P-404"]})
    text = service.get("/metrics").text
    assert 'asof_answers_total{outcome="unknown_policy"}' in text
    assert 'asof_request_seconds_count{route="/v1/retrieve",status="200"}' in text
    assert "asof_generation " in text
    assert "asof_view_bytes " in text


@pytest.mark.parametrize(("given", "kept"), [("abc-1", True), ("a b", False), ("x" * 65, False)])
def test_every_answer_has_a_request_id(service: httpx.Client, given: str, kept: bool) -> None:
    for path in ("/livez", "/v1/nothing"):
        found = service.get(path, headers={"x-request-id": given}).headers["x-request-id"]
        assert (found == given) == kept
        assert found


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_so(service: httpx.Client) -> None:
    large = b'{"query": "' + b"x" * (7 * 1024 * 1024) + b'"}'
    kind = {"content-type": "application/json"}
    problem(service.post("/v1/retrieve", content=large, headers=kind), 413, "too_large")
    pieces = (large[at : at + 65536] for at in range(0, len(large), 65536))
    problem(service.post("/v1/retrieve", content=pieces, headers=kind), 413, "too_large")
