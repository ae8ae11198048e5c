"""A service with keys: nobody without one, no role past its table, no labels past the key's."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.bootstrap import Asof
from retriever.entrypoints.http.app import create_service
from retriever.evidence.evidence import receipt_id
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving_here

PARAMETERS = {"/v1/policies/{policy_id}/diff": {"before": 1, "after": 1}}
SECRET = "Clandestine lawyers keep zanzibar parcels."
BODIES: dict[str, dict[str, Any]] = {
    "/v1/retrieve": {"query": "Who keeps zanzibar parcels?", "explain": True, "audience": ["legal"]},
    "/v1/citations/verify": {"citation": "S-1@1#1", "quote": SECRET, "audience": ["legal"]},
    "/retrieval": {"knowledge_id": "*", "query": "Who keeps zanzibar parcels?", "retrieval_setting": {"top_k": 9}},
    "/v1/policies/{policy_id}/withdraw": {"from": "2026-01-01", "audience": ["legal"]},
    "/v1/policies/{policy_id}/restore": {"from": "2026-01-01", "audience": ["legal"]},
    "/v1/policies/{policy_id}/unschedule": {"revision": 1, "audience": ["legal"]},
    "/v1/policies/{policy_id}/describe": {"owner": "lawyers", "audience": ["legal"]},
    "/v1/policies/{policy_id}/correct": {
        "revision": 1,
        "file": "---\npolicy: S-1\ntitle: Other\n---\nOther words.\n",
        "audience": ["legal"],
    },
    "/v1/undo": {"tx": 2, "audience": ["legal"]},
    "/v1/policies/{policy_id}/sign-off": {"revision": 1},
    "/v1/drafts/{draft_id}/submit": {},
    "/v1/drafts/{draft_id}/approve": {"digest": "0" * 64},
    "/v1/drafts/{draft_id}/publish": {},
    "/v1/drafts/{draft_id}/reject": {"reason": "no"},
}

PROBES = ("/livez", "/readyz", "/metrics")


def file(policy: str, words: str, effective: str = "2024-01-01", **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in front.items()) + f"---\n{words}\n"


SECRET_FILE = file("S-1", SECRET, "2024-02-03", audience="[legal]", review_by="2024-02-03")


DRAFT_FILE = file("S-1", f"{SECRET} Clandestinely.", "2991-02-03", audience="[legal]")


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    contents = (
        file("P-7", "Damaged items may be returned within 7 days."),
        SECRET_FILE,
        file("S-1", "Clandestine parcels come later.", "2990-02-03", audience="[legal]", until="2990-03-04"),
        file("M-1", "Mixed words for all."),
        file("M-1", "Mixed words for lawyers.", "2024-06-07", audience="[legal]"),
    )
    for number, content in enumerate(contents):
        (folder / f"{number}.md").write_text(content)
        run("publish", folder / f"{number}.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    """A key of each role with public labels, and `legal`, an author's with that label."""
    made = {}
    for name, options in {
        **{role: ("--role", role) for role in ("reader", "evaluator")},
        "author": ("--role", "author", "--person", "Al Thor"),
        "admin": ("--role", "admin", "--person", "Ada Min"),
        "approver": ("--role", "approver", "--person", "Ann Lee"),
        "legal": ("--role", "author", "--audience", "legal", "--person", "Lea Gal"),
        "counsel": ("--role", "admin", "--audience", "legal"),
        "feed": ("--role", "feed"),
    }.items():
        said = run("key", "create", *options, "--home", home).stdout.split()[0]
        made[name] = said.partition("token=")[2] or said
    return made


@pytest.fixture(scope="module")
def service(home: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def routes(service: httpx.Client) -> list[tuple[str, str]]:
    """Every method and path that the OpenAPI document names, but those that say how the service is."""
    paths = service.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in paths.items() if path not in PROBES for method in methods]


def address(path: str) -> str:
    return path.replace("{policy_id}", "S-1").replace("{number}", "1")


def test_no_route_lets_a_caller_without_a_valid_key_through(service: httpx.Client, keys: dict[str, str]) -> None:
    walked = routes(service)
    assert len(walked) >= 15
    for method, path in walked:
        for headers in ({}, bearer("asof_1a2b3c4d_nonsense"), {"authorization": f"Basic {keys['admin']}"}):
            refused = service.request(method, address(path), headers=headers, json={} if method == "post" else None)
            if path == "/retrieval":  # which says it in Dify's words
                assert (refused.status_code, refused.json()["error_code"] in (1001, 1002)) == (403, True)
                continue
            problem(refused, 401, "unauthorized")
            assert refused.headers["www-authenticate"] == "Bearer"


def test_probes_need_no_key(service: httpx.Client) -> None:
    for path in PROBES:
        assert service.get(path).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("reader", 403), ("evaluator", 403), ("author", 200), ("approver", 200), ("admin", 200)]
)
def test_only_authors_plan(service: httpx.Client, keys: dict[str, str], role: str, status: int) -> None:
    sent = service.post("/v1/plan", json={"files": [file("N-1", "Words.")]}, headers=bearer(keys[role]))
    assert sent.status_code == status
    if status == 403:
        problem(sent, 403, "forbidden")


@pytest.mark.parametrize("role", ["reader", "evaluator", "author", "approver", "admin"])
def test_everyone_asks_and_reads(service: httpx.Client, keys: dict[str, str], role: str) -> None:
    asked = service.post("/v1/retrieve", json={"query": "May damaged items be returned?"}, headers=bearer(keys[role]))
    assert asked.json()["evidence"][0]["citation"] == "P-7@1#1"
    assert service.get("/v1/policies/P-7", headers=bearer(keys[role])).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [("reader", 403), ("evaluator", 200), ("author", 403), ("approver", 403), ("admin", 200)]
)
def test_only_evaluators_look_at_traces(service: httpx.Client, keys: dict[str, str], role: str, status: int) -> None:
    assert service.get("/v1/traces", headers=bearer(keys[role])).status_code == status


ROLES = ("reader", "evaluator", "author", "approver", "admin", "feed")
"""Every role, with public labels alone."""


@pytest.mark.parametrize("role", ROLES)
def test_what_a_key_has_no_label_for_does_not_exist_on_any_route(
    service: httpx.Client, keys: dict[str, str], role: str
) -> None:
    """Asking for the label does not help. Walks the OpenAPI document, so a route that forgets the key fails here."""
    asked = {"query": "zanzibar parcels", "audience": ["legal"]}
    receipt = service.post("/v1/retrieve", json=asked, headers=bearer(keys["legal"])).json()["receipt"]
    bodies = {
        **BODIES,
        "/v1/receipts/replay": {"receipt": receipt, "audience": ["legal"]},
        "/v1/traces": {"id": "t-public", "answer": "", "receipt_id": receipt["id"], "audience": ["legal"]},
        "/v1/plan": {"files": [file("S-1", "New words.")]},
        "/v1/policies/{policy_id}/revisions": {"file": file("S-1", "New words.")},
        "/v1/drafts": {"file": file("S-1", "New words.")},
        "/v1/drafts/{draft_id}": {"file": file("S-1", "New words.")},
    }
    trace = {"id": f"t-legal-{role}", "answer": SECRET, "receipt_id": receipt["id"]}
    drafted = service.post("/v1/drafts", json={"file": DRAFT_FILE}, headers=bearer(keys["legal"])).json()["id"]
    service.post(f"/v1/drafts/{drafted}/submit", json={}, headers=bearer(keys["legal"])).raise_for_status()
    service.post("/v1/traces", json=trace, headers=bearer(keys["counsel"])).raise_for_status()
    for method, path in routes(service):
        parameters = {"audience": "legal", **PARAMETERS.get(path, {})} if method == "get" else None
        body = bodies[path] if method in ("post", "put") else None
        where = address(path).replace("{trace_id}", f"t-legal-{role}").replace("{id}", receipt["id"])
        where = where.replace("{draft_id}", drafted)
        answer = service.request(method, where, params=parameters, json=body, headers=bearer(keys[role]))
        assert "Clandestine" not in answer.text, path
        assert "2024-02-03" not in answer.text, path
        assert "2990-0" not in answer.text, path
        if answer.status_code == 403:
            assert role != "admin", path
            assert "S-1" not in answer.text, path
        elif "{policy_id}" in path or (method, path) in (("post", "/v1/plan"), ("post", "/v1/drafts")):
            problem(answer, 404, "unknown_policy")
        elif "{draft_id}" in path:
            problem(answer, 404, "unknown_draft")
        elif "{" in path or (method, path) == ("post", "/v1/traces"):
            assert answer.status_code == 404
        elif path != "/v1/citations/verify":  # which repeats the citation that it was asked about
            assert "S-1" not in answer.text, path


def test_the_walk_has_every_route_that_tells_of_drafts_and_of_what_was_done(service: httpx.Client) -> None:
    """Each of them is one of the document, so the walk above asks it with every role."""
    told = {
        *(("get", f"/v1/{name}") for name in ("drafts", "drafts/{draft_id}", "changes", "log", "due", "scheduled")),
        *(("post", f"/v1/drafts/{{draft_id}}/{deed}") for deed in ("submit", "approve", "publish", "reject")),
        *((method, "/v1/drafts/{draft_id}") for method in ("put", "delete")),
        ("post", "/v1/policies/{policy_id}/sign-off"),
        ("get", "/feed.atom"),
        ("get", "/calendar.ics"),
    }
    assert told - set(routes(service)) == set()


def pages(home: Path) -> list[str]:
    """The address of every page that is no route of the document, with names in it, as the service has them."""
    found: list[str] = []
    waiting: list[Any] = list(create_service(Asof.at(home)).routes)
    while waiting:
        route = waiting.pop()
        waiting += getattr(getattr(route, "original_router", None), "routes", [])
        if "GET" in (getattr(route, "methods", None) or ()) and not getattr(route, "include_in_schema", True):
            found.append(route.path)
    return sorted(set(found))


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_of_what_a_key_has_no_label_for(
    service: httpx.Client, keys: dict[str, str], tmp_path: Path, role: str
) -> None:
    """Walks the pages of the service too. A draft of a hidden policy waits while they are asked for."""
    drafted = service.post("/v1/drafts", json={"file": DRAFT_FILE}, headers=bearer(keys["legal"])).json()["id"]
    service.post(f"/v1/drafts/{drafted}/submit", json={}, headers=bearer(keys["legal"])).raise_for_status()
    asked = {"query": "zanzibar parcels", "audience": ["legal"]}
    receipt = service.post("/v1/retrieve", json=asked, headers=bearer(keys["legal"])).json()["receipt"]["id"]
    walked = pages(tmp_path / "none")
    assert {"/", "/p/{policy_id}", "/p/{policy_id}/timeline", "/search", "/calendar", "/log", "/keys"} <= set(walked)
    given = {"audience": "legal", "a": "1", "b": "2", "q": "Who keeps zanzibar parcels?", "explain": "1"}
    for path in walked:
        where = re.sub(r"\{number[^}]*\}", "1", address(path))
        where = re.sub(r"\{\w*receipt\w*\}|\{id\}", receipt, where)
        answer = service.get(where, params=given, headers={**bearer(keys[role]), "accept": "text/html"})
        expected = {"/": 403 if role == "feed" else 200, "/p/{policy_id}": 403 if role == "feed" else 404}
        assert answer.status_code == expected.get(path, answer.status_code) < 500, path
        for trace in (
            "landestine",
            "2024-02-03",
            "2990-0",
            "2991-0",
            drafted,
            "Lea Gal" if role != "admin" else SECRET,
        ):
            assert trace not in answer.text, (path, trace)


def test_with_the_label_it_does(service: httpx.Client, keys: dict[str, str]) -> None:
    found = service.get("/v1/policies/S-1", headers=bearer(keys["legal"]))
    assert found.json()["text"].rstrip().endswith(SECRET)
    asked = service.post("/v1/retrieve", json={"query": "zanzibar parcels"}, headers=bearer(keys["legal"]))
    assert asked.json()["evidence"][0]["citation"] == "S-1@1#1"


def test_a_key_may_ask_under_fewer_labels_than_it_holds(service: httpx.Client, keys: dict[str, str]) -> None:
    asked = {"query": "zanzibar parcels", "audience": ["public"], "policies": ["S-1"]}
    answer = service.post("/v1/retrieve", json=asked, headers=bearer(keys["legal"])).json()
    assert answer["abstained"]["reason"] == "unknown_policy"


def test_a_receipt_that_was_made_up_tells_no_date_and_no_existence(service: httpx.Client, keys: dict[str, str]) -> None:
    reader = bearer(keys["reader"])
    receipt = service.post("/v1/retrieve", json={"query": "parcels"}, headers=reader).json()["receipt"]
    told = []
    for policy, as_of in (("S-1", "2020-01-01"), ("S-1", "2024-03-01"), ("NONE-1", "2024-03-01")):
        asked = {**receipt["request"], "audience": ["legal"], "policies": [policy], "as_of": f"{as_of}T00:00:00Z"}
        made = {**receipt, "request": asked, "evidence_digest": "0" * 64}
        made["id"] = receipt_id(asked, made["pipeline"], made["evidence_digest"])
        told.append(service.post("/v1/receipts/replay", json={"receipt": made}, headers=reader).json())
    assert told[0] == told[1] == told[2]
    assert told[0]["verdict"] == "not_readable"


def test_a_receipt_takes_room_of_the_key_that_it_was_given_to(
    service: httpx.Client, keys: dict[str, str], home: Path
) -> None:
    asked = {"query": "Whose room does this receipt take?"}
    receipt = service.post("/v1/retrieve", json=asked, headers=bearer(keys["reader"])).json()["receipt"]
    kept: tuple[str] | None = None
    deadline = time.monotonic() + 20
    with closing(sqlite3.connect(f"file:{home / 'receipts.db'}?mode=ro", uri=True)) as file:
        while kept is None and time.monotonic() < deadline:
            time.sleep(0.05)
            kept = file.execute("select key from receipts where id = ?", [receipt["id"]]).fetchone()
    assert kept == (keys["reader"].split("_")[1],)


def test_a_rule_that_is_hidden_neither_begins_nor_ends_for_the_reader(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    hidden = file("M-2", "For lawyers.", "2025-06-01", audience="[legal]", until="2027-12-31")
    for content in (file("M-2", "For all.", until="2025-01-01"), hidden):
        service.post(
            "/v1/policies/M-2/revisions", json={"file": content}, headers=bearer(keys["legal"])
        ).raise_for_status()
    details = set()
    for as_of in ("2025-03-01", "2026-01-01", "2028-01-01"):
        listed = service.get("/v1/policies", params={"as_of": as_of}, headers=bearer(keys["reader"])).json()
        [found] = [policy for policy in listed["policies"] if policy["policy_id"] == "M-2"]
        assert (found["state"], found["next_change"]) == ("none", None)
        asked = {"query": "lawyers", "policies": ["M-2"], "as_of": as_of, "explain": True}
        explained = service.post("/v1/retrieve", json=asked, headers=bearer(keys["reader"])).json()["explain"]
        details.add(json.dumps(explained["policies"]))
    assert len(details) == 1


def test_a_trace_is_given_out_to_no_one_who_sends_its_id(
    service: httpx.Client, keys: dict[str, str], run: Run, home: Path
) -> None:
    counsel, evaluator = bearer(keys["counsel"]), bearer(keys["evaluator"])
    content = file("E-1", "Words to be erased.", audience="[legal]")
    service.post("/v1/policies/E-1/revisions", json={"file": content}, headers=bearer(keys["legal"])).raise_for_status()
    trace = {"id": "e-1", "answer": "a", "evidence": ["E-1@1#1"], "audience": ["legal"], "checkpoint": "hidden"}
    service.post("/v1/traces", json=trace, headers=counsel).raise_for_status()
    run("erase", "E-1@1", "--yes", "--reason", "a court order", "--home", home)
    problem(service.post("/v1/traces", json={"id": "e-1", "answer": "x"}, headers=evaluator), 409, "trace_exists")
    assert service.post("/v1/traces", json=trace, headers=counsel).json()["erased"] is True


def test_a_write_sent_again_is_answered_though_its_author_may_not_read_it(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    headers = {**bearer(keys["author"]), "idempotency-key": "k-hr"}
    content = {"file": file("H-1", "Only for others.", audience="[hr]")}
    sent = [service.post("/v1/policies/H-1/revisions", json=content, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]


def test_no_count_tells_an_author_that_guessed_words_stand_in_a_policy_they_may_not_read(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    guess = file("G-1", SECRET, title="Title of S-1")

    def to_embed(name: str) -> int:
        planned = service.post("/v1/plan", json={"files": [guess]}, headers=bearer(keys[name])).json()
        found: int = planned["policies"][0]["revisions"][0]["to_embed"]
        return found

    assert (to_embed("author"), to_embed("legal")) == (1, 0)
    written = service.post("/v1/policies/G-1/revisions", json={"file": guess}, headers=bearer(keys["author"]))
    assert written.status_code == 201
    assert "embedded" not in written.json()
    withdrawn = service.post("/v1/policies/G-1/withdraw", json={"from": "2020-01-01"}, headers=bearer(keys["author"]))
    assert withdrawn.status_code == 201
    assert "embedded" not in withdrawn.json()


def test_nothing_is_redirected_to_a_host_that_a_request_names(service: httpx.Client, keys: dict[str, str]) -> None:
    headers = {**bearer(keys["reader"]), "host": "evil.example"}
    assert "location" not in service.get("/v1/policies/", headers=headers, follow_redirects=False).headers


@pytest.mark.parametrize("note", ["a\ud800", "a\u0000b", "a\nb"])
def test_a_note_that_is_no_line_of_text_is_refused(service: httpx.Client, keys: dict[str, str], note: str) -> None:
    body = json.dumps({"from": "2029-01-01", "note": note})
    headers = {**bearer(keys["author"]), "idempotency-key": "k-note", "content-type": "application/json"}
    answer = service.post("/v1/policies/P-7/withdraw", content=body, headers=headers)
    assert 400 <= answer.status_code < 500


def test_a_policy_that_an_author_may_read_in_part_only_is_not_theirs_to_change(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    body = {"file": file("M-1", "Other words.", "2024-07-01")}
    refused = problem(
        service.post("/v1/policies/M-1/revisions", json=body, headers=bearer(keys["author"])), 409, "refused"
    )
    assert "2024-06-07" not in json.dumps(refused)
    sent = service.post("/v1/policies/M-1/revisions", json=body, headers=bearer(keys["legal"]))
    assert sent.status_code == 201


def test_writes_and_refusals_are_noted_down_and_never_a_key_or_words(
    service: httpx.Client, keys: dict[str, str], home: Path
) -> None:
    headers = {**bearer(keys["author"]), "x-request-id": "write-1"}
    words = "Umbrellas made of xylophones."
    assert (
        service.post("/v1/policies/N-9/revisions", json={"file": file("N-9", words)}, headers=headers).status_code
        == 201
    )
    service.post("/v1/plan", json={"files": []}, headers={**bearer(keys["reader"]), "x-request-id": "refused-1"})
    service.get("/v1/policies", headers={"x-request-id": "refused-2"})
    service.get("/v1/policies", headers={**bearer(keys["reader"]), "x-request-id": "read-1"})
    text = (home / "audit.jsonl").read_text()
    lines = {line["request_id"]: line for line in map(json.loads, text.splitlines())}
    assert (lines["write-1"]["status"], lines["write-1"]["action"]) == (201, "write")
    assert lines["refused-1"]["status"] == 403
    assert lines["refused-2"]["status"] == 401
    assert "read-1" not in lines
    assert "xylophones" not in text
    assert not any(key in text for key in keys.values())


def test_a_key_revoked_elsewhere_is_refused_at_once(service: httpx.Client, run: Run, home: Path) -> None:
    text = run("key", "create", "--role", "reader", "--home", home).stdout.split()[0]
    assert service.get("/v1/policies", headers=bearer(text)).status_code == 200
    run("key", "revoke", text.split("_")[1], "--home", home)
    problem(service.get("/v1/policies", headers=bearer(text)), 401, "unauthorized")
