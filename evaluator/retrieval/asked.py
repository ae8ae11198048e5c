"""The answers of a home to questions, each as of its instant. The home is not told the policy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluator.files.json_lines import Line
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Response, parse_response
from retriever.asking.query import Query

if TYPE_CHECKING:
    from indexer.encoding.embedding import Progress
    from retriever.answering.pipeline import Retriever


def asked(retriever: "Retriever", cases: Sequence[AsOfQuestion], k: int, advance: "Progress") -> list[Response]:
    """The answer to each case, in order; `advance` is told of each."""
    responses = []
    for case in cases:
        answer = retriever.retrieve(Query(case.query, case.as_of, k=k))
        responses.append(parse_response(Line(f"the answer to {case.id}", answer.content())))
        advance(1)
    return responses
