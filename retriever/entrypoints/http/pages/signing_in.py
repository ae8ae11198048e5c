"""Signing in with a key, once, and signing out."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from retriever.access.permissions import Action, may
from retriever.access.sessions import LONGEST
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Refused
from retriever.entrypoints.http.browsing import (
    HOST_ONLY,
    PLAIN,
    form_of,
    is_under_tls,
    local_address,
    session_cookies,
    session_token,
)
from retriever.entrypoints.http.pages.page import Pages


def signing_in(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The pages that begin and end a session."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    async def ask_for_key(request: Request) -> Response:
        """The form for a key."""
        return _form(request, request.query_params.get("next"))

    @routes.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        """A session for whoever sends a good key; whatever session the browser had before is ended."""
        async with form_of(request, max_fields=4, max_files=0) as form:
            text, there = str(form.get("key", "")).strip(), local_address(str(form.get("next", "")))
        address = request.client.host if request.client else ""
        try:
            caller = await access.caller(f"Bearer {text}", address)
        except Refused as error:
            return _form(request, there, error)
        if caller.key is None or not may(caller.key.role, Action.READ):
            return _form(request, there, Refused(403, "forbidden", "This key opens feeds alone, and no page"))
        if (before := session_token(request.scope)) is not None:
            await run_in_threadpool(asof.sessions.end, before)
        token = await run_in_threadpool(asof.sessions.begin, caller.key)
        answer = RedirectResponse(there, 303)
        _set(request, answer, token, LONGEST // 1_000_000)
        return answer

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        """Ends the session of this browser."""
        if (token := session_token(request.scope)) is not None:
            await run_in_threadpool(asof.sessions.end, token)
        answer = RedirectResponse("/sign-in", 303)
        _set(request, answer, "", 0)
        return answer

    def _form(request: Request, there: str | None, refused: Refused | None = None) -> Response:
        answer = pages.page(
            request,
            None,
            "sign_in.html",
            status=200 if refused is None else refused.status,
            view=pages.view_without_ledger(request),
            there=local_address(there),
            refused=None if refused is None else str(refused),
            with_bar=False,
        )
        if refused is not None and refused.wait is not None:
            answer.headers["retry-after"] = str(refused.wait)
        return answer

    return routes


def _set(request: Request, answer: Response, token: str, seconds: int) -> None:
    """Gives the browser the cookie of its session, and takes away what it had under the other name."""
    tls = is_under_tls(request.scope)
    for name in (HOST_ONLY, PLAIN):
        mine = (name == HOST_ONLY) is tls
        if mine or name in session_cookies(request.scope):
            answer.set_cookie(
                name,
                token if mine else "",
                max_age=seconds if mine else 0,
                path="/",
                secure=name == HOST_ONLY,
                httponly=True,
                samesite="lax",
            )
