"""A run: the answer to each question, best block first, read from the JSON of retrievals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import UnmatchedAnswer
from evaluator.files.json_lines import Line, read_lines
from evaluator.retrieval.qrels import AsOfQuestion
from policies.period import Period
from policies.revision import VersionId
from retriever.evidence.citations import Handle


@dataclass(frozen=True, slots=True)
class Found:
    """A block that was returned, and the period in which, as the answer says, its revision is in force."""

    handle: Handle
    text: str
    valid: Period

    @property
    def version(self) -> VersionId:
        return self.handle.version


@dataclass(frozen=True, slots=True)
class Response:
    """An answer's blocks by rank; `id` and `query` name its question, None where the answer does not give them."""

    where: str
    evidence: tuple[Found, ...]
    abstained: bool
    id: str | None = None
    query: str | None = None


def read_responses(path: Path) -> list[Response]:
    """Every answer of the file, in order; BadLine names the line and field of the first thing wrong."""
    return [parse_response(line) for line in read_lines(path)]


def parse_response(line: Line) -> Response:
    ranked = [
        (item.count("rank") if item.has("rank") else at, item) for at, item in enumerate(line.items("evidence"), 1)
    ]
    receipt = line.inner("receipt")
    request = receipt.inner("request") if receipt else None
    return Response(
        where=line.where,
        evidence=tuple(_found(item) for _, item in sorted(ranked, key=lambda pair: pair[0])),
        abstained=line.has("abstained"),
        id=line.name("id") if line.has("id") else None,
        query=request.text("query") if request and request.has("query") else None,
    )


def matched(cases: Sequence[AsOfQuestion], responses: Sequence[Response]) -> list[Response | None]:
    """The answer to each question, by id, or by order where no answer has an id; None where there is none.

    UnmatchedAnswer names an answer that belongs to no question, so that none is measured against the wrong one.
    """
    named = [response for response in responses if response.id is not None]
    if named and len(named) < len(responses):
        unnamed = next(response for response in responses if response.id is None)
        raise UnmatchedAnswer(f"{unnamed.where}: id is missing, but other answers have one; give it to all or to none")
    return _by_id(cases, responses) if named else _by_order(cases, responses)


def _by_id(cases: Sequence[AsOfQuestion], responses: Sequence[Response]) -> list[Response | None]:
    ids = {case.id for case in cases}
    found: dict[str, Response] = {}
    for response in responses:
        assert response.id is not None
        if response.id not in ids:
            raise UnmatchedAnswer(f"{response.where}: id {response.id!r} belongs to no question")
        if response.id in found:
            raise UnmatchedAnswer(
                f"{response.where}: id {response.id!r} is already answered at {found[response.id].where}"
            )
        found[response.id] = response
    return [found.get(case.id) for case in cases]


def _by_order(cases: Sequence[AsOfQuestion], responses: Sequence[Response]) -> list[Response | None]:
    if len(responses) > len(cases):
        raise UnmatchedAnswer(f"{responses[len(cases)].where}: answers no question; there are {len(cases):,} questions")
    for case, response in zip(cases, responses, strict=False):
        if response.query is not None and response.query != case.query:
            raise UnmatchedAnswer(
                f"{response.where}: receipt.request.query is not the question in the same place ({case.id}); "
                "give questions and answers an id, or put them in the same order"
            )
    return [*responses, *[None] * (len(cases) - len(responses))]


def _found(item: Line) -> Found:
    with item.translated():
        handle = Handle.parse(item.text("citation"))
    version = VersionId(item.text("policy_id"), item.count("revision"))
    if handle.version != version:
        raise item.error("citation", f"is {handle}, but policy_id and revision say {version}")
    return Found(handle, item.text("text"), item.period("valid_from", "valid_to"))
