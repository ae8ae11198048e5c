"""The quickstart's question, asked in every way there is: the evidence has one digest."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.client import AsyncClient, Client
from tests.e2e.command import Run
from tests.e2e.serving import serving
from tests.root import ROOT

QUICKSTART = (ROOT / "scripts" / "quickstart").read_text()
AS_OF, K = "2025-04-01", 2


[QUESTION] = re.findall(r'question="(.*)"', QUICKSTART)
SAMPLES = re.findall(r"\$samples/(\S+\.md)", QUICKSTART)


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digest") / "home"
    run("publish", *(ROOT / "policies" / "samples" / name for name in SAMPLES), "--home", folder)
    return folder


@pytest.fixture(scope="module")
def key(run: Run, home: Path) -> str:
    return str(run("key", "create", "--role", "reader", "--home", home).stdout.split()[0])


@pytest.fixture(scope="module")
def address(home: Path, key: str, environment: dict[str, str]) -> Iterator[str]:
    pytest.importorskip("mcp")
    with serving(home, environment, "--mcp") as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def digest(run: Run, home: Path) -> str:
    """As the command gives it."""
    asked = run("retrieve", QUESTION, "--as-of", AS_OF, "-k", K, "--json", "--home", home)
    answer = json.loads(asked.stdout)
    assert answer["evidence"][0]["citation"] == "P-7@2#1"
    return str(answer["receipt"]["evidence_digest"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_through_curl(address: str, key: str, digest: str) -> None:
    body = json.dumps({"query": QUESTION, "as_of": AS_OF, "k": K})
    headers = ("-H", "content-type: application/json", "-H", f"authorization: Bearer {key}")
    asked = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", f"{address}/v1/retrieve", *headers, "-d", body],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(asked.stdout)["receipt"]["evidence_digest"] == digest


def test_through_both_clients(address: str, key: str, digest: str) -> None:
    async def awaited() -> str:
        async with AsyncClient(address, key=key) as client:
            return (await client.retrieve(QUESTION, as_of=AS_OF, k=K)).receipt.evidence_digest

    with Client(address, key=key) as client:
        assert client.retrieve(QUESTION, as_of=AS_OF, k=K).receipt.evidence_digest == digest
    assert asyncio.run(awaited()) == digest


@pytest.mark.parametrize("over", ["http", "stdio"])
def test_through_a_client_of_the_model_context_protocol(
    over: str, address: str, key: str, digest: str, home: Path, environment: dict[str, str]
) -> None:
    from tests.e2e.clients.assistant import asked_over_http, asked_over_stdio

    call = ("search", {"query": QUESTION, "as_of": AS_OF, "k": K})
    if over == "http":
        [found] = asked_over_http(f"{address}/mcp", key, call)
    else:
        [found] = asked_over_stdio(home, environment, (), call)
    assert found["receipt"]["evidence_digest"] == digest


def test_through_langchain_and_llama_index(address: str, key: str, digest: str) -> None:
    pytest.importorskip("langchain_core")
    pytest.importorskip("llama_index.core")
    from retriever.adapters import langchain, llama_index

    with Client(address, key=key) as client:
        documents = langchain.AsofRetriever(client=client, as_of=AS_OF, k=K).invoke(QUESTION)
        nodes = llama_index.AsofRetriever(client, as_of=AS_OF, k=K).retrieve(QUESTION)
    told: list[dict[str, Any]] = [each.metadata for each in (*documents, *nodes)]
    assert [each["evidence_digest"] for each in told] == [digest] * 2 * K


def test_through_dify(address: str, key: str, digest: str) -> None:
    asked = {
        "knowledge_id": "*",
        "query": QUESTION,
        "retrieval_setting": {"top_k": K, "score_threshold": 0.0},
        "metadata_condition": {"conditions": [{"name": "as_of", "comparison_operator": "is", "value": AS_OF}]},
    }
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(f"{address}/retrieval", json=asked, headers={"authorization": f"Bearer {key}"})
    assert [record["metadata"]["evidence_digest"] for record in answer.json()["records"]] == [digest] * K
