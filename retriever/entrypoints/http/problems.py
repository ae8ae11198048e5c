"""Errors as problem details (RFC 9457), each with a code that stays."""

import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from indexer.errors import IndexBehind, IndexDamaged, IndexerError, NotSearchable
from policies.errors import (
    ApprovalRequired,
    ClockBehind,
    DraftError,
    LedgerBusy,
    LedgerDamaged,
    LedgerFull,
    LedgerLost,
    LedgerMissing,
    LedgerReadOnly,
    LedgerTooNew,
    LintRefused,
    NamedWriteMismatch,
    PolicyError,
    RevisionErased,
    UnknownDraft,
    UnknownPolicy,
    UnknownRevision,
)
from policies.storage.database_file import NO_DESCRIPTORS, NO_ROOM
from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.browsing import is_page
from retriever.entrypoints.http.document import InvalidField, Problem
from retriever.entrypoints.http.routes_for import on_pages, over_http
from retriever.errors import (
    BadCitation,
    BadQuery,
    BadReceipt,
    Behind,
    KeysUnreadable,
    StoreFull,
    StoreUnusable,
    TraceExists,
    UnknownReceipt,
    UnknownTrace,
)

KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (BadCitation, 422, "invalid_citation"),
    (BadReceipt, 422, "invalid_receipt"),
    (Behind, 409, "behind"),
    (DraftError, 422, "invalid_draft"),
    (LintRefused, 422, "lint"),
    (ApprovalRequired, 409, "approval_required"),
    (UnknownDraft, 404, "unknown_draft"),
    (UnknownPolicy, 404, "unknown_policy"),
    (UnknownRevision, 404, "unknown_revision"),
    (RevisionErased, 410, "erased"),
    (UnknownReceipt, 404, "unknown_receipt"),
    (UnknownTrace, 404, "unknown_trace"),
    (TraceExists, 409, "trace_exists"),
    (StoreFull, 507, "storage_full"),
    (StoreUnusable, 503, "store_unusable"),
    (NamedWriteMismatch, 422, "idempotency_mismatch"),
    (KeysUnreadable, 503, "keys_unreadable"),
    (LedgerBusy, 503, "busy"),
    (LedgerMissing, 503, "ledger_missing"),
    (LedgerFull, 507, "storage_full"),
    (LedgerReadOnly, 503, "read_only"),
    (LedgerLost, 503, "ledger_lost"),
    (LedgerDamaged, 503, "ledger_damaged"),
    (LedgerTooNew, 503, "ledger_too_new"),
    (ClockBehind, 503, "clock_behind"),
    (PolicyError, 409, "refused"),
    (IndexBehind, 503, "behind"),
    (NotSearchable, 503, "not_searchable"),
    (IndexDamaged, 503, "index_damaged"),
    (IndexerError, 503, "index_unavailable"),
)
"""The status and code of each kind of error."""


def status_of(error: Exception | None) -> int:
    """The status that an error of the library is answered with; 0 for an error of another kind, or none."""
    return next((status for kind, status, _ in KINDS if isinstance(error, kind)), 0)


def _unread(error: BaseException | None) -> str:
    """Why a body could not be read as JSON, where its syntax is not the reason; empty for any other error."""
    match error:
        case UnicodeDecodeError():
            return "The body is not UTF-8"
        case RecursionError():
            return "The body is nested too deep"
        case ValueError():
            return f"A whole number in the body has more than {sys.get_int_max_str_digits():,} digits; send it as text"
    return ""


MOST_TOLD = 20
"""The most fields that a refusal names. More of them help nobody, and would make its answer many times its request."""

MOST_OF_A_NAME = 200
"""The most characters of a field's name that a refusal repeats."""

Dress = Callable[[Request, JSONResponse], Response]
"""Gives a problem the form that its request asks for."""


def handle_errors(service: FastAPI, dress: Dress) -> None:
    """Makes every error of the library, of validation and of HTTP a problem.

    An unexpected one is answered outside all middleware, so it is given its form here.
    """

    @service.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        title = "The request cannot be accepted"
        return problem(422, "invalid_request", title, told_fields(error), invalid_fields(error))

    @service.exception_handler(BadQuery)
    async def bad_query(request: Request, error: BadQuery) -> JSONResponse:
        return problem(422, "invalid_request", "The request cannot be accepted", str(error))

    @service.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        title = HTTPStatus(error.status_code).phrase
        why = _unread(error.__cause__) if error.status_code == 400 else ""
        detail = f"{request.method} {request.url.path}: {why or error.detail}"
        answer = problem(error.status_code, title.lower().replace(" ", "_"), title, detail)
        answer.headers.update(error.headers or {})
        return answer

    @service.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        return refusal(error)

    @service.exception_handler(OSError)
    async def no_room(request: Request, error: OSError) -> JSONResponse:
        if error.errno not in NO_ROOM | NO_DESCRIPTORS:
            raise error
        request.state.error = error
        if error.errno in NO_DESCRIPTORS:
            detail = f"{error.strerror}; try again in a second, and allow the service more open files (`ulimit -n`)"
            return problem(503, "out_of_descriptors", "Too many open files", detail)
        return problem(
            507, "storage_full", "Storage full", f"{error.strerror}: nothing was kept. Make room, then try again"
        )

    @service.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        said = problem(500, "internal_error", "Internal error", "The service's log says more under this request's id")
        answer = dress(request, said)
        answer.headers["x-request-id"] = request.state.request_id
        return answer

    for kind, status, code in KINDS:
        service.add_exception_handler(kind, _handler(status, code))


def invalid_fields(error: RequestValidationError) -> list[InvalidField]:
    """The first `MOST_TOLD` fields of a request that cannot be accepted, in its order."""
    return [InvalidField(field=_field(each["loc"]), problem=_problem(each)) for each in error.errors()[:MOST_TOLD]]


def told_fields(error: RequestValidationError) -> str:
    """The same fields in one line, and how many more there are."""
    told = "; ".join(f"{each.field}: {each.problem}" for each in invalid_fields(error))
    more = len(error.errors()) - MOST_TOLD
    return f"{told}; and {more:,} more" if more > 0 else told


def _field(place: tuple[int | str, ...]) -> str:
    """The field at a place, cut where its name is long; `body` where the request as a whole cannot be accepted."""
    name = ".".join(map(str, place[1:] or place))
    return name if len(name) <= MOST_OF_A_NAME else f"{name[:MOST_OF_A_NAME]}…"


def _problem(error: Mapping[str, Any]) -> str:
    """What is wrong, in our own words where we found it."""
    message: str = error["msg"]
    return message.removeprefix("Value error, ")


def refusal(error: Refused) -> JSONResponse:
    """A refusal as a response."""
    answer = problem(error.status, error.code, error.code.replace("_", " ").capitalize(), str(error))
    if error.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    if error.wait is not None:
        answer.headers["retry-after"] = str(error.wait)
    return answer


def problem(status: int, code: str, title: str, detail: str, errors: list[InvalidField] | None = None) -> JSONResponse:
    """A problem as a response."""
    body = Problem(title=title, status=status, detail=detail, code=code, errors=errors)
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type="application/problem+json")


def _handler(status: int, code: str) -> Any:
    async def handle(request: Request, error: Exception) -> JSONResponse:
        if status >= 500:
            request.state.error = error
        title = code.replace("_", " ").capitalize()
        if isinstance(error, LintRefused):
            errors = [InvalidField(field=where, problem=words) for where, words in error.found]
            return problem(status, code, title, str(error).split("\n")[0], errors)
        told = on_pages if is_page(request.url.path) else over_http
        return problem(status, code, title, told(str(error)))

    return handle
