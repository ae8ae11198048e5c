"""The service as a LlamaIndex retriever. Install with: pip install 'asof[llamaindex]'

with Client("http://localhost:8765") as client:
    retriever = AsofRetriever(client, as_of="2025-04-01", facts={"region": "US"}, k=3)
    retriever.retrieve("Is a late parcel refunded?")
"""

import asyncio
from collections.abc import Callable
from typing import Unpack

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from retriever.adapters.blocks import block_content, block_metadata, block_score
from retriever.client import Abstention, Answer, AsyncClient, Client, RetrieveFields

UNSAID = [
    *("recorded_at", "rank", "score", "text", "text_sha256", "governed_by", "passages"),
    *("receipt_id", "evidence_digest"),
]
"""Metadata that the language model does not see beside a block."""


class AsofRetriever(BaseRetriever):
    """Nodes are the blocks in force that answer, best first; there are none if nothing answers.

    A node's text is the words of its block with what governs them; the metadata hold the source's text.

    `POST /v1/retrieve` at the service's /docs explains each field. Facts must come from the program, never from the
    question. If there are no nodes, `on_abstention` is called with the reason; it may raise. Without an `async_client`,
    async methods run the `client` in a thread. The retriever closes neither client.
    """

    def __init__(
        self,
        client: Client,
        async_client: AsyncClient | None = None,
        *,
        on_abstention: Callable[[Abstention], None] | None = None,
        callback_manager: CallbackManager | None = None,
        **fields: Unpack[RetrieveFields],
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._client = client
        self._async_client = async_client
        self._on_abstention = on_abstention
        self._fields = fields

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(self._client.retrieve(query_bundle.query_str, **self._fields))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._async_client is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        return self._nodes(await self._async_client.retrieve(query_bundle.query_str, **self._fields))

    def _nodes(self, answer: Answer) -> list[NodeWithScore]:
        if answer.abstained is not None and self._on_abstention is not None:
            self._on_abstention(answer.abstained)
        return nodes(answer)


def nodes(answer: Answer) -> list[NodeWithScore]:
    """The evidence of an answer as nodes with metadata and the ordering score; the citation is the id."""
    return [
        NodeWithScore(
            node=TextNode(
                id_=block.citation,
                text=block_content(block),
                metadata=block_metadata(answer, block),
                excluded_llm_metadata_keys=UNSAID,
                excluded_embed_metadata_keys=UNSAID,
            ),
            score=block_score(block),
        )
        for block in answer.evidence
    ]
