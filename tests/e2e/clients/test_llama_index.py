"""The LlamaIndex retriever, with the real library, over a real service."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from retriever.client import Abstention, AsyncClient, Client, ProblemError
from tests.e2e.clients.adapted import ASKED, SECRET

if TYPE_CHECKING:
    from llama_index.core.schema import MetadataMode, QueryBundle

    from retriever.adapters.llama_index import AsofRetriever, nodes


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    """The library is loaded with the first test, not for each run that only reads this module."""
    schema = pytest.importorskip(
        "llama_index.core.schema", reason="it is not installed: pip install 'asof[llamaindex]'"
    )
    from retriever.adapters import llama_index

    globals().update(MetadataMode=schema.MetadataMode, QueryBundle=schema.QueryBundle)
    globals().update(AsofRetriever=llama_index.AsofRetriever, nodes=llama_index.nodes)


def test_nodes_are_the_passages_in_force_with_their_provenance(client: Client) -> None:
    [found] = AsofRetriever(client, as_of="2025-04-01", k=1).retrieve(QueryBundle(ASKED))
    answer = client.retrieve(ASKED, as_of="2025-04-01", k=1)
    [passage] = answer.evidence
    assert (found.node.node_id, found.node.text) == ("P-7@2#1", "Damaged items may be returned within 30 days.")
    assert found.score == passage.scores.fused
    said = found.node.metadata
    assert (said["citation"], said["section"], said["valid_to"]) == ("P-7@2#1", ["Returns", "Damaged items"], None)
    assert (said["receipt_id"], said["evidence_digest"]) == (answer.receipt.id, answer.receipt.evidence_digest)
    assert said["text_sha256"] == passage.text_sha256


def test_a_language_model_is_shown_the_citation_and_no_digests(client: Client) -> None:
    [found] = AsofRetriever(client, as_of="2025-04-01", k=1).retrieve(ASKED)
    shown = found.node.get_content(MetadataMode.LLM)
    assert "citation: P-7@2#1" in shown
    assert "valid_from: 2025-03-01T00:00:00Z" in shown
    assert found.node.metadata["text_sha256"] not in shown
    assert found.node.metadata["evidence_digest"] not in shown


def test_a_node_says_what_governs_its_words_once(client: Client) -> None:
    [found] = AsofRetriever(client, policies=["P-5"], k=1, block_tokens=1).retrieve("Are gift cards accepted?")
    assert (found.node.node_id, found.node.metadata["text"]) == ("P-5@1#3", "gift cards")
    assert found.node.text == "introduced by: Staff must never accept:\n- gift cards"
    assert found.node.get_content(MetadataMode.LLM).count("Staff must never accept") == 1


def test_policies_that_say_the_same_are_both_there(client: Client) -> None:
    """LlamaIndex drops nodes that are equal; these differ in who says it."""
    found = AsofRetriever(client, as_of="2025-04-01", policies=["P-8", "P-9"]).retrieve("Are gifts exchanged?")
    assert [node.node.node_id for node in found] == ["P-8@1#1", "P-9@1#1"]


def test_what_applies_is_said_of_each_node(client: Client) -> None:
    for facts, said in (({}, "unconfirmed"), ({"region": "US"}, "applies")):
        [found] = AsofRetriever(client, facts=facts, policies=["P-4"]).retrieve("Are lamps repaired?")
        assert found.node.metadata["applicability"] == said


def test_awaited_it_gives_the_same(adapted_service: tuple[str, dict[str, str]], client: Client) -> None:
    """With an AsyncClient, and without one by a thread."""
    address, keys = adapted_service

    async def both() -> list[str]:
        async with AsyncClient(address, key=keys["staff"]) as async_client:
            alone = AsofRetriever(client, as_of="2025-02-01", k=2)
            whole = AsofRetriever(client, async_client, as_of="2025-02-01", k=2)
            found = [await each.aretrieve(ASKED) for each in (alone, whole)]
        return [nodes[0].node.metadata["receipt_id"] for nodes in found]

    expected = client.retrieve(ASKED, as_of="2025-02-01", k=2).receipt.id
    assert asyncio.run(both()) == [expected, expected]


def test_without_nodes_the_reason_is_told_and_may_be_raised(client: Client) -> None:
    told: list[Abstention] = []
    assert AsofRetriever(client, as_of="2020-01-01", on_abstention=told.append).retrieve(ASKED) == []
    assert [abstention.reason for abstention in told] == ["no_policy_in_force"]
    assert AsofRetriever(client, as_of="2020-01-01").retrieve(ASKED) == []

    def refuse(abstention: Abstention) -> None:
        raise LookupError(abstention.detail)

    with pytest.raises(LookupError, match="Nothing of"):
        AsofRetriever(client, as_of="2020-01-01", on_abstention=refuse).retrieve(ASKED)


def test_an_answer_becomes_nodes_where_all_of_it_is_wanted(client: Client) -> None:
    answer = client.retrieve(ASKED, as_of="2025-04-01", k=2)
    assert [node.node.node_id for node in nodes(answer)] == [passage.citation for passage in answer.evidence]


def test_the_labels_of_the_key_hold(adapted_service: tuple[str, dict[str, str]], client: Client) -> None:
    address, keys = adapted_service
    asked = "Who keeps zanzibar parcels?"
    with Client(address, key=keys["legal"]) as lawyer:
        assert AsofRetriever(lawyer, k=1).retrieve(asked)[0].node.text == SECRET
    found = AsofRetriever(client, audience=["legal"], k=9).retrieve(asked)
    assert "S-1" not in {node.node.metadata["policy_id"] for node in found}


def test_a_refusal_is_the_clients_error(adapted_service: tuple[str, dict[str, str]]) -> None:
    with Client(adapted_service[0]) as stranger, pytest.raises(ProblemError, match="401 unauthorized"):
        AsofRetriever(stranger).retrieve(ASKED)


def test_a_slip_in_a_fields_name_is_refused(client: Client) -> None:
    with pytest.raises(ProblemError, match="asof"):
        AsofRetriever(client, asof="2025-02-01").retrieve(ASKED)
