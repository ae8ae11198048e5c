"""How the service runs: what it logs and counts, what it cuts off, and how it ends. Real processes, real HTTP."""

import fcntl
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import Served, problem, served

QUESTION = "Is Ann dismissed for damaged zanzibar parcels?"
WORDS = "Damaged items may be returned within 7 days, says the xylophone."


def file(policy: str, words: str) -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\n{words}\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operating")
    (folder / "P-7.md").write_text(file("P-7", WORDS))
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def key(run: Run, home: Path) -> str:
    text: str = run("key", "create", "--role", "author", "--home", home).stdout.split()[0]
    return text


@pytest.fixture(scope="module")
def service(home: Path, key: str, environment: dict[str, str]) -> Iterator[Served]:
    """With short limits, and a key needed."""
    limits = {"ASOF_BODY_SECONDS": "0.5", "ASOF_REQUEST_SECONDS": "1"}
    with served(home, {**environment, **limits}) as made:
        made.client.headers["authorization"] = f"Bearer {key}"
        yield made


def line_of(service: Served, request_id: str) -> dict[str, Any]:
    """The one line of the log about a request, which may come a moment after its answer."""
    for _ in range(100):
        found = [line for line in service.lines("request") if line["request_id"] == request_id]
        if found:
            assert len(found) == 1
            return found[0]
        time.sleep(0.02)
    pytest.fail(f"no line about {request_id} in\n{service.text()}")


def test_each_request_has_a_line_with_its_route_key_and_generation(service: Served, key: str) -> None:
    asked = service.client.post("/v1/retrieve", json={"query": QUESTION}, headers={"x-request-id": "asked-1"})
    line = line_of(service, "asked-1")
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/retrieve", 200)
    assert (line["key"], line["generation"]) == (key.split("_")[1], asked.json()["receipt"]["generation"])
    assert 0 < line["ms"] < 30_000
    service.client.get("/v1/policies/P-7", headers={"x-request-id": "read-1"})
    assert line_of(service, "read-1")["route"] == "/v1/policies/{policy_id}"
    service.client.get("/v1/nowhere", headers={"x-request-id": "lost-1"})
    assert (line_of(service, "lost-1")["route"], line_of(service, "lost-1")["status"]) == ("none", 404)
    assert [len(service.lines(event)) for event in ("start", "ready")] == [1, 1]


def test_no_line_holds_a_key_a_question_or_words(service: Served, key: str) -> None:
    sent = [
        ({"query": {"text": QUESTION}}, {}),
        ({"query": QUESTION, "as_of": QUESTION}, {}),
        ({"query": QUESTION, "explain": True}, {"x-request-id": key}),
        ({QUESTION: QUESTION}, {"authorization": f"Bearer {key}x"}),
    ]
    for body, headers in sent:
        service.client.post("/v1/retrieve", json=body, headers=headers)
    service.client.request(f"{key}", "/v1/retrieve")
    service.client.get("/v1/policies", params={"as_of": QUESTION, "after": key})
    service.client.get(f"/v1/{key}")
    service.client.post("/v1/citations/verify", json={"citation": QUESTION, "quote": WORDS})
    publish = {"file": file("P-7", WORDS).replace("2024-01-01", QUESTION)}
    service.client.post("/v1/policies/P-7/revisions", json=publish, headers={"x-request-id": "last-1"})
    line_of(service, "last-1")
    text = service.text()
    for secret in ("Ann", "zanzibar", "xylophone", key, key.split("_", 2)[2]):
        assert secret not in text


def test_measures_tell_of_stages_caches_and_refusals(service: Served) -> None:
    for _ in range(2):
        service.client.post("/v1/retrieve", json={"query": "Which days are counted here?"})
    service.client.post("/v1/retrieve", json={}, headers={"authorization": "Bearer asof_1a2b3c4d_x"})
    found = dict(
        line.rsplit(" ", 1) for line in service.client.get("/metrics").text.splitlines() if not line.startswith("#")
    )
    for stage in ("eligible", "view", "encode", "rank", "evidence"):
        assert float(found[f'asof_stage_seconds_count{{stage="{stage}"}}']) >= 1
    assert float(found['asof_cache_lookups_total{cache="query",outcome="hit"}']) >= 1
    assert float(found['asof_cache_lookups_total{cache="query",outcome="miss"}']) >= 1
    assert float(found['asof_cache_lookups_total{cache="view",outcome="hit"}']) >= 1
    assert float(found['asof_refused_total{status="401"}']) >= 1
    assert float(found["asof_requests_in_flight"]) == 1
    assert float(found["asof_generation"]) >= 1


def test_body_that_trickles_in_is_cut_off(service: Served, home: Path) -> None:
    head = (
        f"POST /v1/retrieve HTTP/1.1\r\nhost: asof\r\nauthorization: {service.client.headers['authorization']}\r\n"
        "x-request-id: slow-1\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    began = time.monotonic()
    with socket.create_connection((service.client.base_url.host, service.client.base_url.port or 0)) as sent:
        sent.sendall(head.encode())
        sent.settimeout(0.1)
        answer = b""
        while time.monotonic() < began + 10:
            try:
                sent.sendall(b" ")
                if not (part := sent.recv(65536)):
                    break
                answer += part
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"slow_body"' in answer
    assert 0.4 < time.monotonic() - began < 5
    audited = [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]
    assert [line["status"] for line in audited if line["request_id"] == "slow-1"] == [408]


def test_read_that_takes_too_long_is_answered_so(service: Served) -> None:
    asked = {"query": QUESTION, "min_generation": 10_000}  # waits for two seconds
    problem(service.client.post("/v1/retrieve", json=asked), 504, "too_slow")


def test_write_that_takes_too_long_is_not_called_failed_and_is_recorded(service: Served, home: Path) -> None:
    with (home / "writer.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sent = service.client.post("/v1/policies/P-9/revisions", json={"file": file("P-9", "Late parcels.")})
        problem(sent, 504, "outcome_unknown")
        assert service.client.get("/v1/policies/P-9").status_code == 404
    for _ in range(200):
        if service.client.get("/v1/policies/P-9").status_code == 200:
            break
        time.sleep(0.05)
    assert service.client.get("/v1/policies/P-9").json()["version"] == "P-9@1"
    again = service.client.post("/v1/policies/P-9/revisions", json={"file": file("P-9", "Late parcels.")})
    assert (again.status_code, again.json()["events"]) == (201, [])


def test_problems_of_the_limits_are_documented(service: Served) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        if path.startswith("/v1"):
            for described in methods.values():
                assert {"408", "413", "429", "504"} <= described["responses"].keys(), path


def test_service_that_is_told_to_end_under_load_fails_nothing_that_it_took(
    home: Path, key: str, environment: dict[str, str]
) -> None:
    """What it took is what its log tells of: each such request must have reached its caller, whole and with 200."""
    with served(home, {**environment, "ASOF_DRAIN_SECONDS": "1"}) as service:
        ended = threading.Event()
        unready: list[int] = []

        def load(worker: int) -> list[tuple[str, int]]:
            """The id and status of each request; 0 where the service did not take it."""
            found = []
            with httpx.Client(base_url=service.client.base_url, trust_env=False, timeout=30) as client:
                for number in range(100_000):
                    name = f"load-{worker}-{number}"
                    headers = {"authorization": f"Bearer {key}", "x-request-id": name}
                    try:
                        status = client.post(
                            "/v1/retrieve", json={"query": f"{number} days?"}, headers=headers
                        ).status_code
                    except httpx.TransportError:
                        status = 0
                    found.append((name, status))
                    if ended.is_set() and status == 0:
                        break
            return found

        def probe() -> None:
            while not ended.is_set() or not unready:
                try:
                    if httpx.get(f"{service.client.base_url}/readyz", trust_env=False).status_code == 503:
                        unready.append(503)
                except httpx.TransportError:
                    return
                time.sleep(0.02)

        with ThreadPoolExecutor(9) as pool:
            loads = [pool.submit(load, worker) for worker in range(8)]
            time.sleep(1)
            probing = pool.submit(probe)
            service.process.send_signal(signal.SIGTERM)
            ended.set()
            service.process.wait(30)
            met = dict(item for found in loads for item in found.result())
            probing.result()
        taken = {line["request_id"]: line["status"] for line in service.lines("request")}
        assert unready
        assert {status for name, status in met.items() if status} == {200}
        assert {name: met.get(name) for name in taken if name.startswith("load")} == {
            name: 200 for name in taken if name.startswith("load")
        }
        assert len(taken) > 50
        assert len(service.lines("end")) == 1
        assert service.process.returncode in (0, -signal.SIGTERM)
