"""The route for Dify: its External Knowledge API, `POST /retrieval`, with its field names and error codes.

https://docs.dify.ai/en/use-dify/knowledge/external-knowledge-api
"""

import math
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from policies.errors import UnknownPolicy
from policies.revision import POLICY_ID
from retriever.access.permissions import Action
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.entrypoints.assistants.tools import OnAnswer
from retriever.entrypoints.http.access import Access, Caller, Refused
from retriever.entrypoints.http.document import Responses, answered, problems
from retriever.entrypoints.http.problems import KINDS, told_fields
from retriever.entrypoints.http.requests import (
    Condition,
    KnowledgeProblem,
    KnowledgeRecord,
    KnowledgeRecords,
    KnowledgeRequest,
    MetadataCondition,
)
from retriever.entrypoints.http.waiting.turns import InTurn
from retriever.errors import BadQuery
from retriever.quoting.instructions import flags_of
from retriever.quoting.prompt import boundaries_of_evidence, quoted_blocks
from retriever.quoting.untrusted import one_line

ALL = "*"
"""The knowledge of every policy that the caller may read. No policy can have this id."""

BAD_HEADER, NOT_AUTHORIZED, NO_SUCH_KNOWLEDGE = 1001, 1002, 2001
"""Dify's codes."""

INVALID, UNAVAILABLE = 3001, 5001
"""Codes of Asof, because Dify defines none for these: the request is invalid; it cannot be answered now."""

SAID = (
    *("citation", "policy_id", "revision", "section", "valid_from", "valid_to", "applicability", "text", "text_sha256"),
    *("governed_by", "passages", "best"),
)
"""The fields of the evidence that stand in a record's metadata."""

REFUSALS: tuple[type[Exception], ...] = (
    *(Refused, RequestValidationError, HTTPException, BadQuery),
    *(kind for kind, _, _ in KINDS),
)


class DifyRoute(APIRoute):
    """A route with refusals in the form that Dify reads."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except REFUSALS as error:
                if isinstance(error, Refused) and error.wait is not None:
                    raise  # answered like the refusals of the limits
                status, code = _status(request, error)
                if status >= 500:
                    request.state.error = error  # for the log
                body = KnowledgeProblem(error_code=code, error_msg=_message(error))
                return JSONResponse(body.model_dump(), status)

        return told


def dify(asof: Asof, access: Access, on_answer: OnAnswer, in_turn: InTurn, facts: Mapping[str, str]) -> APIRouter:
    """The route for questions from Dify. Dify cannot send facts, so the facts of the service hold."""
    routes = APIRouter(tags=["dify"], route_class=DifyRoute, responses=problems(429) | _knowledge_problems())
    asker = Annotated[Caller, Depends(access.to(Action.ASK))]

    @routes.post("/retrieval", response_model=KnowledgeRecords)
    async def retrieve_knowledge(request: KnowledgeRequest, caller: asker) -> JSONResponse:
        """The evidence in force that answers a question, for Dify; without any, `x-asof-abstained` says why."""
        wanted = request.retrieval_setting
        whole = request.knowledge_id == ALL
        asked = {
            "query": request.query,
            "k": wanted.top_k,
            "as_of": _as_of(request.metadata_condition),
            "policies": None if whole else [_policy(request.knowledge_id)],
            "facts": facts,
            "audience": caller.labels([]),
        }
        parse_query(asked)  # what cannot be asked is refused without waiting for its turn

        def answer() -> JSONResponse:
            found = asof.retriever.retrieve(parse_query(asked, asof.answering_calendar.zone))
            content = found.content()
            on_answer(found, content)
            reason = None if content["abstained"] is None else content["abstained"]["reason"]
            if reason == "unknown_policy":
                raise _unknown(request.knowledge_id)
            records = [record for record in _records(content) if record.score >= wanted.score_threshold]
            headers = {} if reason is None else {"x-asof-abstained": reason}
            return JSONResponse(KnowledgeRecords(records=records).model_dump(mode="json"), headers=headers)

        return await in_turn(answer)

    return routes


def score(scores: Mapping[str, float]) -> float:
    """A score from 0 to 1 in the order of the evidence: the fused score, or 1 / (1 + e^-s) of a re-ranker's s.

    Evidence gains if the question names its policy. So a fused score can pass 1; then it counts as 1.
    """
    if "rerank" in scores:
        return (1 + math.tanh(scores["rerank"] / 2)) / 2
    return min(1.0, max(0.0, scores["fused"]))


def _records(answer: Mapping[str, Any]) -> list[KnowledgeRecord]:
    """A record for each block. Metadata does not reach the model, so the content holds all that it needs to cite.

    That is the handle, title, period and governing words, in the form of a prompt: no words can pass for a handle.
    """
    receipt = answer["receipt"]
    named = {
        "as_of": receipt["request"]["as_of"],
        "receipt_id": receipt["id"],
        "evidence_digest": receipt["evidence_digest"],
    }
    _, contents = quoted_blocks(answer, boundaries_of_evidence(answer))
    return [
        KnowledgeRecord(
            content=content,
            score=score(item["scores"]),
            title=one_line(item["title"]),
            metadata={
                **{name: item[name] for name in SAID},
                "similarity": item["scores"]["dense"],
                "flags": flags_of(item),
                **named,
            },
        )
        for item, content in zip(answer["evidence"], contents, strict=True)
    ]


def _policy(knowledge_id: str) -> str:
    if not POLICY_ID.fullmatch(knowledge_id):
        raise _unknown(knowledge_id)
    return knowledge_id


def _unknown(knowledge_id: str) -> UnknownPolicy:
    return UnknownPolicy(f"There is no knowledge {knowledge_id!r}; give the id of a policy, or {ALL} for all")


def _as_of(condition: MetadataCondition | None) -> str | None:
    """The `as_of` of a condition, or None without conditions; BadQuery for any other condition."""
    conditions = condition.conditions if condition else None
    if not conditions:
        return None
    only = conditions[0]
    if (
        len(conditions) > 1
        or only.name not in ("as_of", ["as_of"])
        or only.comparison_operator not in ("is", "=")
        or not isinstance(only.value, str)
    ):
        named = ", ".join(map(_worded, conditions[:3])) + (", ..." if len(conditions) > 3 else "")
        problem = f"{named} cannot be met; one condition can, `as_of` `is` a date, so leave out any other"
        raise BadQuery("metadata_condition", problem)
    return only.value


def _worded(condition: Condition) -> str:
    """The condition in words, such as `category` `contains` `books`; what is long is cut short."""
    names = condition.name if isinstance(condition.name, str) else ", ".join(condition.name)
    parts = [names, condition.comparison_operator] + ([] if condition.value is None else [condition.value])
    return " ".join(f"`{one_line(str(part))[:100]}`" for part in parts)


def _knowledge_problems() -> Responses:
    """The refusals in the form that Dify reads. With these statuses limits and storage answer too, with a problem."""
    documented: Responses = {}
    for status in (400, 403, 404, 422, 503, 507):
        documented |= answered(KnowledgeProblem, status)
        if status in (400, 503, 507):
            first: dict[str, Any] = {"application/json": {}}
            documented[status]["content"] = first | problems(status)[status]["content"]
    return documented


def _status(request: Request, error: Exception) -> tuple[int, int]:
    """The status and code of an error. A caller who may not ask gets 403: Dify expects it for a wrong key."""
    if isinstance(error, Refused):
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        formed = scheme.lower() == "bearer" and text.strip()
        return 403, NOT_AUTHORIZED if formed else BAD_HEADER
    if isinstance(error, UnknownPolicy):
        return 404, NO_SUCH_KNOWLEDGE
    if isinstance(error, HTTPException):
        return error.status_code, INVALID
    return next(
        ((status, UNAVAILABLE) for kind, status, _ in KINDS if isinstance(error, kind)),
        (422, INVALID),
    )


def _message(error: Exception) -> str:
    if isinstance(error, RequestValidationError):
        return told_fields(error)
    return str(error.detail) if isinstance(error, HTTPException) else str(error)
