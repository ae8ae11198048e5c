"""The service from another program: questions, citations, receipts and policies, with or without `await`.

    with Client("http://localhost:8765", key="asof_...") as asof:
        answer = asof.retrieve("Is a late parcel refunded?", as_of="2025-04-01", k=3)

While a model answers, `asof.check_stream(pieces, answer)` passes its words on, each sentence once its citations hold.

ClientError
├── ProblemError    the service refused; `status`, `code`, `detail` and `request_id` say what and why
├── Unreachable     no answer came; `may_have_arrived` says whether the service may have acted on the request
└── BadAnswer       an answer came, but not from the service

Nothing here imports the index, the models or the service.
"""

from retriever.client.answers import Abstention, Answer, Evidence, GovernedBy, LeftOut, Passage, Receipt, Scores
from retriever.client.async_client import AsyncClient
from retriever.client.blocking_client import Client
from retriever.client.calls import RetrieveFields
from retriever.client.errors import BadAnswer, ClientError, ProblemError, Unreachable
from retriever.client.retries import Retries
from retriever.client.stream_checks import CheckedSentence, Finding

__all__ = [
    "Abstention",
    "Answer",
    "AsyncClient",
    "BadAnswer",
    "CheckedSentence",
    "Client",
    "ClientError",
    "Evidence",
    "Finding",
    "GovernedBy",
    "LeftOut",
    "Passage",
    "ProblemError",
    "Receipt",
    "Retries",
    "RetrieveFields",
    "Scores",
    "Unreachable",
]
