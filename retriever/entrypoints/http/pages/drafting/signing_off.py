"""The page on which another person reads what was published without its approval, and signs it off."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from policies.approving.authority import same_person
from policies.errors import RevisionErased
from policies.revision import VersionId
from policies.sources.draft import one_line
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.number import number_in
from retriever.entrypoints.http.pages.comparing import KINDS, revisions_compared
from retriever.entrypoints.http.pages.drafting.answered import answered, named_write, person_of, undated
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.telling import status_of, told
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.approving.forced import forced_publish
from retriever.inspecting.standing.reading import policy_read


def signing_off(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The pages of what was forced. One that the caller may not read is answered as one that is not there."""
    routes = APIRouter(include_in_schema=False)
    approver = Annotated[Caller, Depends(access.to(Action.APPROVE))]
    looking = Annotated[Caller, Depends(to_look(access, Action.APPROVE))]
    turns = Turns("decisions", at_once=4, most=32)

    @routes.get("/changes/{tx}/sign-off")
    async def ask(tx: str, request: Request, caller: looking) -> Response:
        """What was forced, by whom and why, what it changed, and its words. Nothing is recorded."""
        return await turns(lambda: shown(request, caller, tx))

    @routes.post("/changes/{tx}/sign-off")
    async def sign_off(tx: str, request: Request, caller: approver) -> Response:
        """Records that another person has read it. Once it is signed off, it leads to who did."""
        async with sent(request) as fields:
            note = line(fields, "note")

        def signed() -> Response:
            found = of_transaction(request, caller, tx)
            if found["signed_off"] is None:
                why = None if note is None else one_line(note, "note", "note")
                named = named_write(caller, "sign-off", str(found["tx"]), "")
                version = VersionId.parse(found["version"])
                Author(asof, caller).sign_off(version, labels(request, caller), why, named)
                found = of_transaction(request, caller, tx)
            return RedirectResponse(undated(request).link(f"/changes/{found['signed_off']['tx']}"), 303)

        return await answered(turns, request, signed, lambda error: shown(request, caller, tx, error, note or ""))

    def labels(request: Request, caller: Caller) -> tuple[str, ...]:
        return caller.labels(View.of(request).audience)

    def of_transaction(request: Request, caller: Caller, tx: str) -> dict[str, Any]:
        number = number_in(tx)
        found = None if number is None else forced_publish(asof.ledger, number, labels(request, caller))
        if found is None:
            raise HTTPException(404, f"Nothing was published without its approval by transaction {tx[:20]}")
        return found

    def shown(request: Request, caller: Caller, tx: str, error: Exception | None = None, said: str = "") -> Response:
        found, person = of_transaction(request, caller, tx), person_of(caller)
        return pages.page(
            request,
            caller,
            "sign_off.html",
            status=200 if error is None else status_of(error),
            view=undated(request, asof.calendar),
            with_bar=False,
            it=found,
            person=person,
            own=person is not None and same_person(person, found["person"]),
            refused=None if error is None else told(error),
            said=said,
            kinds=KINDS,
            both=False,
            **changed(found, labels(request, caller)),
        )

    def changed(found: dict[str, Any], theirs: tuple[str, ...]) -> dict[str, Any]:
        """The words, and what they changed of those before; without what was erased."""
        policy_id, number, before = found["policy_id"], found["number"], found["before"]
        read = policy_read(asof.ledger, policy_id, asof.clock(), theirs, number=number)
        content: dict[str, Any] = {"read": read, "sections": None, "lost": None}
        if before is not None and read["shown"] is not None:
            try:
                content |= revisions_compared(asof, policy_id, (before, number), theirs)
            except RevisionErased:
                content["lost"] = f"{policy_id}@{before}"
        return content

    return routes
