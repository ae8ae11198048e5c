"""The service as a LangChain retriever. Install with: pip install 'asof[langchain]'

with Client("http://localhost:8765") as client:
    retriever = AsofRetriever(client=client, facts={"region": "US"}, k=3)
    retriever.invoke("Is a late parcel refunded?", as_of="2025-04-01")
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Unpack, cast

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retriever.adapters.blocks import block_content, block_metadata
from retriever.client import Abstention, Answer, AsyncClient, Client, RetrieveFields


class AsofRetriever(BaseRetriever):
    """Documents are the blocks in force that answer, best first; there are none if nothing answers.

    A document's content is the words of its block with what governs them; the metadata hold the source's text.

    `POST /v1/retrieve` at the service's /docs explains each field. `invoke` and similar methods take the same fields
    for one question. Facts must come from the program, never from the question. If there are no documents,
    `on_abstention` is called with the reason; it may raise. Without an `async_client`, async methods run the `client`
    in a thread. The retriever closes neither client.
    """

    # Without this, a misspelled field would be ignored, and the question asked without it.
    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    client: Client
    async_client: AsyncClient | None = None
    on_abstention: Callable[[Abstention], None] | None = None

    as_of: str | None = None
    known_at: str | None = None
    policies: Sequence[str] | None = None
    facts: Mapping[str, str] | None = None
    audience: Sequence[str] | None = None
    k: int | None = None
    max_tokens: int | None = None
    strict: bool | None = None
    order: Literal["rank", "edges"] | None = None
    merge: bool | None = None
    collapse: bool | None = None
    block_tokens: int | None = None
    min_generation: int | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **asked: Unpack[RetrieveFields]
    ) -> list[Document]:
        return self._documents(self.client.retrieve(query, **self._fields(asked)))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **asked: Unpack[RetrieveFields]
    ) -> list[Document]:
        if self.async_client is None:
            answer = await asyncio.to_thread(self.client.retrieve, query, **self._fields(asked))
        else:
            answer = await self.async_client.retrieve(query, **self._fields(asked))
        return self._documents(answer)

    def _fields(self, asked: RetrieveFields) -> RetrieveFields:
        """The fields of this retriever; the fields of the question win."""
        own = {name: getattr(self, name, None) for name in RetrieveFields.__annotations__}
        given = {name: value for name, value in own.items() if value is not None}
        return cast(RetrieveFields, {**given, **asked})

    def _documents(self, answer: Answer) -> list[Document]:
        if answer.abstained is not None and self.on_abstention is not None:
            self.on_abstention(answer.abstained)
        return documents(answer)


def documents(answer: Answer) -> list[Document]:
    """The evidence of an answer as documents with metadata; the citation is the id."""
    return [
        Document(id=block.citation, page_content=block_content(block), metadata=block_metadata(answer, block))
        for block in answer.evidence
    ]
