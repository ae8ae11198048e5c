"""`asof serve --mcp`, talked to over real HTTP by the protocol's own client."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.clients.adapted import SECRET, published, reader_keys
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving

PROBE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPTS = {"accept": "application/json, text/event-stream"}

FILES = (
    ("P-7", "2024-01-01", "", "Damaged items may be returned within 7 days."),
    ("P-4", "2024-01-01", "applies_to: {region: [US]}\n", "Faulty lamps are repaired within 24 months."),
    ("S-1", "2024-01-01", "audience: [legal]\n", SECRET),
)

Calls = tuple[tuple[str, dict[str, Any]], ...]


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed: pip install 'asof[mcp]'")


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(run, tmp_path_factory.mktemp("mcp-http"), FILES)


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    return reader_keys(run, home)


@pytest.fixture(scope="module")
def service(home: Path, keys: dict[str, str], environment: dict[str, str]) -> Iterator[httpx.Client]:
    with serving(home, environment, "--mcp", "--fact", "region=US") as client:
        yield client


def talk(service: httpx.Client, key: str, *calls: tuple[str, dict[str, Any]], mode: str = "auto") -> list[Any]:
    from tests.e2e.clients.assistant import asked_over_http

    return asked_over_http(str(service.base_url.join("/mcp")), key, *calls, mode=mode)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_searches_and_fetches(service: httpx.Client, keys: dict[str, str], mode: str) -> None:
    """Over the newest version of the protocol, and over the one that starts with a handshake."""
    assert [tool.name for tool in talk(service, keys["staff"], mode=mode)] == ["search", "fetch"]
    found, fetched = talk(
        service,
        keys["staff"],
        ("search", {"query": "May a damaged item be returned?", "k": 1}),
        ("fetch", {"id": "P-7@1#1"}),
        mode=mode,
    )
    assert found["results"][0]["id"] == fetched["id"] == "P-7@1#1"
    assert fetched["text"] == "Damaged items may be returned within 7 days."
    bearer = {"authorization": f"Bearer {keys['staff']}"}
    kept = service.get(f"/v1/receipts/{found['receipt']['id']}", headers=bearer)
    assert (kept.status_code, found["receipt"]["evidence_digest"] in kept.text) == (200, True)


def test_a_key_shows_what_its_labels_allow_and_to_another_it_does_not_exist(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    asked: Calls = (
        ("search", {"query": "Who keeps zanzibar parcels?"}),
        ("fetch", {"id": "S-1@1#1"}),
        ("fetch", {"id": "S-2@1#1"}),
    )
    found, fetched, _ = talk(service, keys["legal"], *asked)
    assert (found["results"][0]["id"], fetched["text"]) == ("S-1@1#1", SECRET)
    hidden, refused, unknown = talk(service, keys["staff"], *asked)
    assert "S-1" not in json.dumps(hidden)
    assert "Clandestine" not in json.dumps((hidden, refused))
    assert refused.replace("S-1", "S-2") == unknown


def test_the_facts_of_the_command_hold(service: httpx.Client, keys: dict[str, str]) -> None:
    [found] = talk(service, keys["staff"], ("search", {"query": "Are faulty lamps repaired?", "k": 1}))
    assert [(item["id"], item["applicability"]) for item in found["results"]] == [("P-4@1#1", "applies")]


def test_many_assistants_with_different_keys_are_kept_apart(service: httpx.Client, keys: dict[str, str]) -> None:
    asked = ("search", {"query": "Who keeps zanzibar parcels?", "k": 1})

    async def all_at_once() -> list[list[Any]]:
        both = [keys["legal"], keys["staff"]] * 4
        return await asyncio.gather(*(asyncio.to_thread(talk, service, key, asked) for key in both))

    found = [[item["id"] for item in answer["results"]] for [answer] in asyncio.run(all_at_once())]
    assert all("S-1@1#1" in ids for ids in found[::2])
    assert not any("S-1@1#1" in ids for ids in found[1::2])


@pytest.mark.parametrize("header", [None, "Bearer asof_1a2b3c4d_nonsense", "Basic eDp5"])
def test_without_a_valid_key_nobody_gets_in(service: httpx.Client, home: Path, header: str | None) -> None:
    headers = {**ACCEPTS, "x-request-id": "assistant-1", **({"authorization": header} if header else {})}
    refused = service.post("/mcp", json=PROBE, headers=headers)
    problem(refused, 401, "unauthorized")
    assert refused.headers["www-authenticate"] == "Bearer"
    line = json.loads((home / "audit.jsonl").read_text().splitlines()[-1])
    assert (line["path"], line["status"], line["request_id"]) == ("/mcp", 401, "assistant-1")


def test_it_passes_the_gate_and_is_measured(service: httpx.Client, keys: dict[str, str]) -> None:
    headers = {**ACCEPTS, "authorization": f"Bearer {keys['staff']}", "content-type": "application/json"}
    problem(service.post("/mcp", content=b"x" * (7 * 1024 * 1024), headers=headers), 413, "too_large")
    before = service.get("/metrics").text
    talk(service, keys["staff"], ("search", {"query": "May a damaged item be returned?"}))
    assert 'asof_request_seconds_count{route="/mcp",status="200"}' in service.get("/metrics").text
    assert outcomes(service.get("/metrics").text) == outcomes(before) + 1


def outcomes(metrics: str) -> float:
    """How many questions were answered with evidence."""
    name = 'asof_answers_total{outcome="evidence"} '
    return sum(float(line.removeprefix(name)) for line in metrics.splitlines() if line.startswith(name))


def test_no_stream_is_held_open(service: httpx.Client, keys: dict[str, str]) -> None:
    for method in ("GET", "DELETE"):
        problem(service.request(method, "/mcp", headers=ACCEPTS), 405, "method_not_allowed")


def test_it_is_there_only_when_asked_for_and_without_keys_only_under_names_of_this_machine(
    run: Run, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "P-7.md").write_text("---\npolicy: P-7\ntitle: T\neffective: 2024-01-01\n---\nWords.\n")
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    with serving(tmp_path / "home", environment) as service:
        problem(service.post("/mcp", json=PROBE, headers=ACCEPTS), 404, "not_found")
    with serving(tmp_path / "home", environment, "--mcp") as service:
        assert service.post("/mcp", json=PROBE, headers=ACCEPTS).status_code == 200
        assert service.post("/mcp", json=PROBE, headers={**ACCEPTS, "host": "evil.example"}).status_code == 421
