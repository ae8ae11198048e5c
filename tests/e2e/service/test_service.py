"""The service as a real process, asked over real HTTP."""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import problem, serving

QUESTION = {"query": "May a damaged item be returned?", "as_of": "2025-02-01", "k": 3}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    for policy, words in (("P-7", "Damaged items may be returned within 7 days."), ("P-8", "Gifts may not.")):
        (folder / f"{policy}.md").write_text(
            f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\n{words}\n"
        )
    run("publish", folder / "P-7.md", folder / "P-8.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def service(home: Path, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of `asof serve` over this home, once it is ready."""
    with serving(home, environment) as client:
        yield client


def test_readyz_names_the_generation(service: httpx.Client) -> None:
    ready = service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["generation"] >= 2


def test_answer_is_the_commands_answer(service: httpx.Client, run: Run, home: Path) -> None:
    answered = service.post("/v1/retrieve", json=QUESTION)
    assert answered.status_code == 200
    printed = run("retrieve", QUESTION["query"], "--as-of", "2025-02-01", "-k", 3, "--home", home, "--json").stdout
    assert answered.json() == json.loads(printed)
    assert len(answered.json()["receipt"]["evidence_digest"]) == 64


def test_abstaining_is_a_success(service: httpx.Client) -> None:
    answered = service.post("/v1/retrieve", json={"query": "q", "policies": ["P-404"]})
    assert answered.status_code == 200
    assert answered.json()["abstained"]["reason"] == "unknown_policy"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"question": "q"}, "question"),
        ({"query": None}, "query"),
        ({"query": " "}, "query"),
        ({"as_of": "soon"}, "as_of"),
        ({"as_of": "2025-02-30"}, "as_of"),
        ({"known_at": "2999-01-01"}, "known_at"),
        ({"k": 0}, "k"),
        ({"k": "many"}, "k"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"facts": {"region": ["US"]}}, "facts"),
        ({"policies": ["../x"]}, "policies"),
        ({"order": "random"}, "order"),
    ],
)
def test_bad_request_is_a_problem_that_names_the_field(
    service: httpx.Client, fields: dict[str, Any], named: str
) -> None:
    body = problem(service.post("/v1/retrieve", json={**QUESTION, **fields}), 422, "invalid_request")
    assert named in body["detail"]


def test_body_that_is_no_json_is_a_problem(service: httpx.Client) -> None:
    sent = service.post("/v1/retrieve", content=b"{", headers={"content-type": "application/json"})
    problem(sent, 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"query": ' + b"9" * 641 + b"}", "more than 640 digits"),
        (b'{"query": "\xff"}', "is not UTF-8"),
        (b"[" * 50_000 + b"]" * 50_000, "is nested too deep"),
    ],
)
def test_body_that_cannot_be_read_is_a_problem_that_says_why(service: httpx.Client, body: bytes, why: str) -> None:
    sent = service.post("/v1/retrieve", content=body, headers={"content-type": "application/json"})
    assert why in problem(sent, 400, "bad_request")["detail"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("GET", "/v1/retrieve", 405)])
def test_address_or_method_that_does_not_exist_is_a_problem(
    service: httpx.Client, method: str, path: str, status: int
) -> None:
    problem(service.request(method, path), status, {404: "not_found", 405: "method_not_allowed"}[status])


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/policies/P-7", "/policies", "/v1/nothing", "/v1/retrieve"])
def test_head_is_get_without_the_body(service: httpx.Client, path: str) -> None:
    got, asked = service.get(path), service.head(path)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    changes = {"date", "x-request-id", "server-timing", "connection"}
    assert {(n, v) for n, v in asked.headers.items() if n not in changes} == {
        (n, v) for n, v in got.headers.items() if n not in changes
    }
    assert service.get(path).content == got.content or path == "/v1/nothing"  # the connection is still good


def test_what_another_process_publishes_is_answered_by_the_running_service(
    service: httpx.Client, run: Run, home: Path, tmp_path: Path
) -> None:
    before = service.post("/v1/retrieve", json=QUESTION).json()
    file = tmp_path / "correction.md"
    file.write_text(
        "---\npolicy: P-7\ntitle: P-7\neffective: 2024-01-01\n---\nDamaged items may be returned within 30 days.\n"
    )
    run("publish", file, "--home", home)
    after = service.post("/v1/retrieve", json=QUESTION).json()
    assert before["evidence"][0]["citation"] == "P-7@1#1"
    assert after["evidence"][0]["citation"] == "P-7@2#1"
    assert after["receipt"]["generation"] == before["receipt"]["generation"] + 1
    again = service.post("/v1/retrieve", json=before["receipt"]["request"]).json()
    assert again["receipt"]["evidence_digest"] == before["receipt"]["evidence_digest"]
    assert again["receipt"]["id"] == before["receipt"]["id"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])
def test_host_that_is_not_loopback_is_refused(run: Run, home: Path, host: str) -> None:
    refused = run("serve", "--host", host, "--home", home, exits=2)
    assert "loopback" in refused.stderr


def test_a_home_whose_keys_are_gone_is_not_served_without_any(run: Run, home: Path, tmp_path: Path) -> None:
    restored = shutil.copytree(home, tmp_path / "restored")
    (restored / "key-uses").mkdir()  # as the first use of a key makes it
    refused = run("serve", "--port", 0, "--home", restored, exits=2)
    assert "keys.json is missing" in " ".join(refused.stderr.replace("│", " ").split())


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example"])
def test_without_keys_it_answers_to_no_name_but_this_machines(service: httpx.Client, host: str) -> None:
    for method, path in (("POST", "/v1/retrieve"), ("GET", "/v1/policies"), ("GET", "/livez")):
        answer = service.request(method, path, headers={"host": host}, json=QUESTION if method == "POST" else None)
        problem(answer, 421, "unknown_host")
    assert service.get("/livez", headers={"host": "localhost:1"}).status_code == 200


def test_a_program_that_names_no_host_is_no_browser(service: httpx.Client) -> None:
    with socket.create_connection((service.base_url.host, service.base_url.port or 80)) as connection:
        connection.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"200"


def test_service_of_a_home_that_is_not_there_ends_with_a_message(run: Run, tmp_path: Path) -> None:
    refused = run("serve", "--port", 0, "--home", tmp_path / "nowhere", exits=1)
    assert "nowhere" in refused.stderr
    assert not (tmp_path / "nowhere").exists()
