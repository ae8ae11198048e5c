"""The LangChain retriever, with the real library, over a real service."""

import asyncio
import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from retriever.client import Abstention, AsyncClient, Client, ProblemError
from tests.e2e.clients.adapted import ASKED, SECRET

if TYPE_CHECKING:
    from retriever.adapters.langchain import AsofRetriever, documents


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    """The library is loaded with the first test, not for each run that only reads this module."""
    pytest.importorskip("langchain_core", reason="it is not installed: pip install 'asof[langchain]'")
    from retriever.adapters import langchain

    globals().update(AsofRetriever=langchain.AsofRetriever, documents=langchain.documents)


def test_documents_are_the_passages_in_force_with_their_provenance(client: Client) -> None:
    [found] = AsofRetriever(client=client, as_of="2025-04-01", k=1).invoke(ASKED)
    assert (found.id, found.page_content) == ("P-7@2#1", "Damaged items may be returned within 30 days.")
    answer = client.retrieve(ASKED, as_of="2025-04-01", k=1)
    assert found.metadata == {
        "citation": "P-7@2#1",
        "policy_id": "P-7",
        "revision": 2,
        "title": "Title of P-7",
        "section": ["Returns", "Damaged items"],
        "valid_from": "2025-03-01T00:00:00Z",
        "valid_to": None,
        "recorded_at": answer.evidence[0].recorded_at,
        "applicability": "applies",
        "as_of": "2025-04-01T00:00:00Z",
        "rank": 1,
        "score": answer.evidence[0].scores.fused,
        "text": "Damaged items may be returned within 30 days.",
        "text_sha256": hashlib.sha256(b"Damaged items may be returned within 30 days.").hexdigest(),
        "governed_by": [],
        "passages": [asdict(passage) for passage in answer.evidence[0].passages],
        "best": "P-7@2#1",
        "receipt_id": answer.receipt.id,
        "evidence_digest": answer.receipt.evidence_digest,
    }


def test_a_document_says_what_governs_its_words(client: Client) -> None:
    [found] = AsofRetriever(client=client, policies=["P-5"], k=1, block_tokens=1).invoke("Are gift cards accepted?")
    assert (found.id, found.page_content) == ("P-5@1#3", "introduced by: Staff must never accept:\n- gift cards")
    assert (found.metadata["text"], found.metadata["best"]) == ("gift cards", "P-5@1#3")
    assert [item["text"] for item in found.metadata["governed_by"]] == ["Staff must never accept:"]


def test_a_question_may_be_asked_as_of_a_date_of_its_own(client: Client) -> None:
    retriever = AsofRetriever(client=client, as_of="2025-04-01", k=1)
    found = [retriever.invoke(ASKED), retriever.invoke(ASKED, as_of="2025-02-01")]
    assert [document.id for [document] in found] == ["P-7@2#1", "P-7@1#1"]


def test_fields_of_the_retriever_are_those_of_the_request(client: Client) -> None:
    fields = {
        "as_of": "2025-04-01",
        "policies": ["P-4", "P-7"],
        "facts": {"region": "US"},
        "k": 3,
        "max_tokens": 100,
        "strict": True,
        "order": "edges",
        "merge": True,
        "collapse": True,
        "block_tokens": 50,
    }
    [document, *_] = AsofRetriever(client=client, **fields).invoke(ASKED)
    assert document.metadata["receipt_id"] == client.retrieve(ASKED, **fields).receipt.id


@pytest.mark.parametrize("facts", [None, {"region": "US"}])
def test_what_applies_is_said_of_each_document(client: Client, facts: dict[str, str] | None) -> None:
    [found] = AsofRetriever(client=client, facts=facts, policies=["P-4"]).invoke("Are lamps repaired?")
    assert found.metadata["applicability"] == ("unconfirmed" if facts is None else "applies")


def test_awaited_it_gives_the_same(adapted_service: tuple[str, dict[str, str]], client: Client) -> None:
    """With an AsyncClient, and without one by a thread."""
    address, keys = adapted_service

    async def both() -> list[str]:
        async with AsyncClient(address, key=keys["staff"]) as async_client:
            alone = AsofRetriever(client=client, k=2)
            whole = AsofRetriever(client=client, async_client=async_client, k=2)
            found = [await each.ainvoke(ASKED, as_of="2025-02-01") for each in (alone, whole)]
        return [documents[0].metadata["receipt_id"] for documents in found]

    expected = client.retrieve(ASKED, as_of="2025-02-01", k=2).receipt.id
    assert asyncio.run(both()) == [expected, expected]


def test_it_is_part_of_a_chain(client: Client) -> None:
    from langchain_core.runnables import RunnableLambda

    cite = RunnableLambda(lambda documents: [document.id for document in documents])
    chain = AsofRetriever(client=client, as_of="2025-04-01", k=1) | cite
    assert chain.batch([ASKED, "Are gifts exchanged?"]) == [["P-7@2#1"], ["P-8@1#1"]]


def test_without_documents_the_reason_is_told_and_may_be_raised(client: Client) -> None:
    told: list[Abstention] = []
    retriever = AsofRetriever(client=client, as_of="2020-01-01", on_abstention=told.append)
    assert retriever.invoke(ASKED) == []
    assert [abstention.reason for abstention in told] == ["no_policy_in_force"]
    assert AsofRetriever(client=client, as_of="2020-01-01").invoke(ASKED) == []

    def refuse(abstention: Abstention) -> None:
        raise LookupError(abstention.detail)

    with pytest.raises(LookupError, match="Nothing of"):
        AsofRetriever(client=client, as_of="2020-01-01", on_abstention=refuse).invoke(ASKED)


def test_an_answer_becomes_documents_where_all_of_it_is_wanted(client: Client) -> None:
    answer = client.retrieve(ASKED, as_of="2025-04-01", k=2)
    assert [document.id for document in documents(answer)] == [passage.citation for passage in answer.evidence]


def test_the_labels_of_the_key_hold(adapted_service: tuple[str, dict[str, str]], client: Client) -> None:
    address, keys = adapted_service
    with Client(address, key=keys["legal"]) as lawyer:
        assert AsofRetriever(client=lawyer, k=1).invoke("Who keeps zanzibar parcels?")[0].page_content == SECRET
    asked = AsofRetriever(client=client, audience=["legal"], k=9).invoke("Who keeps zanzibar parcels?")
    assert "S-1" not in {document.metadata["policy_id"] for document in asked}


def test_a_refusal_is_the_clients_error(adapted_service: tuple[str, dict[str, str]], client: Client) -> None:
    with Client(adapted_service[0]) as stranger, pytest.raises(ProblemError, match="401 unauthorized"):
        AsofRetriever(client=stranger).invoke(ASKED)
    with pytest.raises(ProblemError, match="as_of"):
        AsofRetriever(client=client).invoke(ASKED, as_of="soon")


def test_a_slip_in_a_fields_name_is_refused(client: Client) -> None:
    with pytest.raises(ValidationError, match="asof"):
        AsofRetriever(client=client, asof="2025-02-01")
    with pytest.raises(ProblemError, match="asof"):
        AsofRetriever(client=client).invoke(ASKED, asof="2025-02-01")
