"""Both clients against the real service."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ROOT, Run
from serving import serving

from retriever.client import AsyncClient, Client, ProblemError, Unreachable

QUESTION = "May a damaged item be returned?"


def file(policy: str, words: str, effective: str = "2024-01-01") -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: {effective}\n---\n{words}\n"


@pytest.fixture(scope="module")
def url(run: Run, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("client")
    (folder / "P-7.md").write_text(file("P-7", "Damaged items may be returned within 7 days."))
    run("publish", folder / "P-7.md", "--home", folder / "home")
    with serving(folder / "home", environment) as client:
        yield str(client.base_url)


def test_a_question_and_its_receipt(url: str) -> None:
    with Client(url) as asof:
        answer = asof.retrieve(QUESTION, as_of="2025-02-01", k=1)
        assert (answer.evidence[0].citation, answer.evidence[0].confirmed) == ("P-7@1#1", True)
        assert answer.tokens == answer.content["tokens"] > 0
        assert asof.replay(answer.receipt)["verdict"] == "same"
        nothing = asof.retrieve(QUESTION, policies=["P-404"])
        assert nothing.abstained is not None
        assert nothing.abstained.reason == "unknown_policy"
        assert asof.verify("P-7@1#1", "within 7 days", as_of="2025-02-01")["verdict"] == "supported"


def test_an_authors_round(url: str) -> None:
    with Client(url) as asof:
        for number, words in enumerate(("First words.", "Second words."), start=1):
            content = file("N-1", words, f"2024-0{number}-01")
            assert asof.plan([content])["policies"][0]["policy_id"] == "N-1"
            assert asof.publish("N-1", content)["events"][0]["version"] == f"N-1@{number}"
        assert asof.policy("N-1", "2024-01-15")["version"] == "N-1@1"
        assert asof.revision("N-1", 2)["text"].endswith("Second words.\n")
        assert asof.revisions("N-1")["revisions"] == 2
        assert asof.diff("N-1", 1, 2)["passages"]
        assert {policy["policy_id"] for policy in asof.policies()} == {"N-1", "P-7"}
        asof.withdraw("N-1", "2025-01-01", note="over")
        with pytest.raises(ProblemError, match="404 unknown_revision") as refused:
            asof.policy("N-1", "2025-06-01")
        assert refused.value.request_id


def test_the_same_for_programs_that_await(url: str) -> None:
    async def asked() -> tuple[str, str, list[str]]:
        async with AsyncClient(url) as asof:
            answers = await asyncio.gather(*(asof.retrieve(QUESTION, as_of="2025-02-01") for _ in range(8)))
            assert len({answer.receipt["id"] for answer in answers}) == 1
            check = await asof.verify("P-7@1#1", as_of="2025-02-01")
            listed = [policy["policy_id"] async for policy in asof.policies()]
            return answers[0].evidence[0].citation, check["verdict"], listed

    citation, verdict, listed = asyncio.run(asked())
    assert (citation, verdict) == ("P-7@1#1", "supported")
    assert "P-7" in listed


def test_where_nothing_listens_it_is_unreachable() -> None:
    with Client("http://127.0.0.1:9", retries=1) as asof, pytest.raises(Unreachable, match="/v1/retrieve"):
        asof.retrieve(QUESTION)


def test_a_program_that_asks_loads_no_index(environment: dict[str, str]) -> None:
    code = (
        "import sys, retriever.client; "
        "print({'numpy', 'faiss', 'onnxruntime', 'torch', 'fastapi', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=Path(ROOT), check=True
    )
    assert done.stdout == "set()\n"
