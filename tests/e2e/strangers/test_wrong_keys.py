"""Callers without a good key beside callers with one: the good ones are answered. A real process, real HTTP."""

import asyncio
import hashlib
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785

from retriever.access.failures import MOST
from tests.e2e.command import Run
from tests.e2e.serving import Served, problem, served

GOOD, BAD, GUESSES = 60, 500, 300
QUESTION = {"query": "May damaged items be returned?"}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wrong-keys")
    policy = "---\npolicy: P-7\ntitle: Returns\neffective: 2024-01-01\n---\nDamaged items may be returned in 7 days.\n"
    (folder / "P-7.md").write_text(policy)
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> tuple[str, str]:
    """A new key, and one whose hash is slow, as the format before had it."""
    new, old = (run("key", "create", "--role", "reader", "--home", home).stdout.split()[0] for _ in range(2))
    content = json.loads((home / "keys.json").read_text())
    item = content["keys"][1]
    salt = bytes.fromhex(item["salt"])
    slow = hashlib.scrypt(old[-43:].encode(), salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=32)
    item.update(scheme="scrypt", hash=slow.hex())
    content["sha256"] = hashlib.sha256(rfc8785.dumps(content["keys"])).hexdigest()
    (home / "keys.json").write_text(json.dumps(content))
    return new, old


@pytest.fixture
def service(home: Path, keys: tuple[str, str], environment: dict[str, str]) -> Iterator[Served]:
    with served(home, environment) as made:
        yield made


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


async def at_once(service: Served, *callers: tuple[str, int]) -> list[Counter[int]]:
    """The statuses that so many requests with each key get, all sent at once, in this order."""

    async def one(client: httpx.AsyncClient, key: str) -> int:
        return (await client.post("/v1/retrieve", json=QUESTION, headers=bearer(key))).status_code

    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        of_service = partial(httpx.AsyncClient, base_url=service.client.base_url, timeout=60, limits=limits)
        # The time of a client for a request grows with how many it has under way.
        clients = cycle([await stack.enter_async_context(of_service(trust_env=False)) for _ in range(10)])
        sent = [asyncio.gather(*(one(next(clients), key) for _ in range(count))) for key, count in callers]
        return [Counter(statuses) for statuses in await asyncio.gather(*sent)]


def test_hundreds_of_wrong_keys_at_once_take_nothing_from_good_ones(service: Served, keys: tuple[str, str]) -> None:
    unknown, wrong = f"asof_00000000_{'A' * 43}", f"{keys[0][:-43]}{'A' * 43}"
    *bad, good = asyncio.run(at_once(service, (unknown, BAD // 2), (wrong, BAD // 2), (keys[0], GOOD)))
    assert good == {200: GOOD}
    assert sum(bad, Counter()) == {401: MOST, 429: BAD - MOST}


def test_guesses_at_an_old_key_take_nothing_from_good_ones(service: Served, keys: tuple[str, str]) -> None:
    new, old = keys
    guesses = [(f"{old[:-43]}{n:043d}", 1) for n in range(GUESSES)]
    *bad, good = asyncio.run(at_once(service, *guesses, (new, GOOD)))
    assert good == {200: GOOD}
    assert set(sum(bad, Counter())) <= {401, 429}
    first, again = (asyncio.run(at_once(service, (old, GOOD)))[0] for _ in range(2))
    assert first == again == {200: GOOD}


def test_an_address_that_failed_too_often_is_answered_with_a_good_key_and_told_to_wait_without(
    service: Served, keys: tuple[str, str]
) -> None:
    for _ in range(MOST):
        service.client.get("/v1/policies")
    refused = service.client.get("/v1/policies")
    problem(refused, 429, "too_many_failures")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    body = {"knowledge_id": "*", "query": "?", "retrieval_setting": {"top_k": 1}}
    problem(service.client.post("/retrieval", json=body), 429, "too_many_failures")
    forged = {"x-forwarded-for": "192.0.2.7"}
    problem(service.client.get("/v1/policies", headers=forged), 429, "too_many_failures")
    assert service.client.get("/p/P-7", headers={"cookie": "asof=unknown"}).status_code == 429
    assert service.client.get("/p/P-7").status_code != 429  # a person without a session may still sign in
    assert service.client.get("/v1/policies", headers=bearer(keys[0])).status_code == 200


def test_bodies_of_callers_without_a_good_key_are_not_waited_for(service: Served, keys: tuple[str, str]) -> None:
    """As many as the gate lets in, each with half a body."""
    address = (str(service.client.base_url.host), service.client.base_url.port or 0)
    head = b"POST /v1/retrieve HTTP/1.1\r\nhost: asof\r\nauthorization: Bearer x\r\ncontent-length: 1000\r\n\r\n{"
    began = time.monotonic()
    connections = [socket.create_connection(address, timeout=20) for _ in range(260)]
    try:
        for connection in connections:
            connection.sendall(head)
        assert service.client.post("/v1/retrieve", json=QUESTION, headers=bearer(keys[0])).status_code == 200
        answers = Counter(connection.recv(12) for connection in connections)
    finally:
        for connection in connections:
            connection.close()
    assert answers == {b"HTTP/1.1 401": 260}
    assert time.monotonic() - began < 15


def test_a_body_that_was_not_read_leaves_its_connection_in_order(service: Served, keys: tuple[str, str]) -> None:
    large: dict[str, Any] = {"query": "x" * 1_000_000}
    problem(service.client.post("/v1/retrieve", json=large, headers=bearer("x")), 401, "unauthorized")
    assert service.client.post("/v1/retrieve", json=QUESTION, headers=bearer(keys[0])).status_code == 200
