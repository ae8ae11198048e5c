"""The HTTP service: the library's answers as JSON, its errors as problem details."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from indexer.errors import IndexerError
from policies.errors import LedgerBusy, LedgerMissing, PolicyError, UnknownPolicy, UnknownRevision
from retriever.bootstrap import Asof
from retriever.errors import BadCitation, BadQuery
from retriever.query import parse_query
from retriever.wire import Problem, RetrieveRequest


def create_service(asof: Asof) -> FastAPI:
    """The service over one home folder; the model is loaded before the first request is taken."""

    @asynccontextmanager
    async def opened(service: FastAPI) -> AsyncIterator[None]:
        ready = await run_in_threadpool(asof.now_views)
        with ready:
            yield

    service = FastAPI(title="Asof", version="0.1.0", lifespan=opened)

    @service.post("/v1/retrieve", responses={422: {"model": Problem}})
    async def retrieve(request: RetrieveRequest) -> dict[str, Any]:
        """The passages in force at a date that answer a question, with a receipt."""
        query = parse_query(request.model_dump())
        return await run_in_threadpool(lambda: asof.retriever.retrieve(query).content())

    @service.get("/readyz")
    async def readyz() -> dict[str, Any]:
        """Whether questions can be answered, and from which generation."""
        return {"status": "ready", "generation": asof.index.current().number}

    @service.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"field": ".".join(map(str, e["loc"][1:])), "problem": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{e['field']}: {e['problem']}" for e in errors)
        return _problem(422, "invalid_request", "The request cannot be accepted", detail, errors)

    @service.exception_handler(BadQuery)
    async def bad_query(request: Request, error: BadQuery) -> JSONResponse:
        return _problem(422, "invalid_request", "The request cannot be accepted", str(error))

    @service.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        title = HTTPStatus(error.status_code).phrase
        detail = f"{request.method} {request.url.path}: {error.detail}"
        answer = _problem(error.status_code, title.lower().replace(" ", "_"), title, detail)
        answer.headers.update(error.headers or {})
        return answer

    for kind, status, code in (
        (BadCitation, 422, "invalid_citation"),
        (UnknownPolicy, 404, "unknown_policy"),
        (UnknownRevision, 404, "unknown_revision"),
        (LedgerBusy, 503, "busy"),
        (LedgerMissing, 503, "ledger_missing"),
        (PolicyError, 409, "refused"),
        (IndexerError, 503, "index_unavailable"),
    ):
        service.add_exception_handler(kind, _handler(status, code))
    return service


def _handler(status: int, code: str) -> Any:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        return _problem(status, code, code.replace("_", " ").capitalize(), str(error))

    return handle


def _problem(
    status: int, code: str, title: str, detail: str, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    body = Problem(title=title, status=status, detail=detail, code=code, errors=errors)
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type="application/problem+json")
