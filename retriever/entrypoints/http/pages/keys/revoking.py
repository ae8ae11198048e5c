"""The pages on which a key is ended for good, which say first what that does."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from policies.approving.authority import same_person
from retriever.access.keys import Key, KeyRing
from retriever.access.permissions import Action, Role
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller, Refused
from retriever.entrypoints.http.pages.drafting.answered import answered, undated
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.telling import status_of, told
from retriever.entrypoints.http.pages.keys.rights import check_changes, lacking
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.waiting.turns import Turns


@dataclass(frozen=True, slots=True)
class Effects:
    """What comes of revoking a key, besides that it is refused."""

    own: bool
    last_admin: bool
    last: bool
    same_person: tuple[str, ...]
    """The ids of other active keys of the same person."""

    @classmethod
    def of(cls, ring: KeyRing, key: Key, caller: Caller) -> "Effects":
        every = ring.keys()
        others = [it for it in every if it.id != key.id and ring.state(it) == "active"]
        admins = [it for it in others if it.role is Role.ADMIN]
        theirs = [it.id for it in others if key.person and it.person and same_person(it.person, key.person)]
        counts = ring.state(key) == "active"
        return cls(
            own=caller.key is not None and caller.key.id == key.id,
            last_admin=counts and key.role is Role.ADMIN and not admins,
            last=counts and not others,
            same_person=tuple(theirs),
        )

    @property
    def said(self) -> str:
        """What the page warned of, as its form sends it back."""
        return " ".join(name for name in ("own", "last_admin", "last") if getattr(self, name))


def revoking(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The question whether a key is to end, and its end."""
    routes = APIRouter(include_in_schema=False)
    operator = Annotated[Caller, Depends(access.to(Action.OPERATE))]
    turns = Turns("changes of keys", at_once=2, most=16)

    @routes.get("/keys/{key_id}/revoke")
    async def ask(key_id: str, request: Request, caller: operator) -> Response:
        """Says what revoking a key does, before anything is done."""
        return await turns(lambda: asked(request, caller, key_id))

    @routes.post("/keys/{key_id}/revoke")
    async def revoke(key_id: str, request: Request, caller: operator) -> Response:
        """Ends a key for good, once all that it does was said."""
        async with sent(request) as fields:
            said = (line(fields, "said") or "").split()

        def revoked() -> Response:
            ring = asof.key_ring
            check_changes(ring, caller)
            key = _known(ring, key_id)
            effects = Effects.of(ring, key, caller)
            if not {*effects.said.split()} <= {*said}:
                raise Refused(409, "refused", "Other keys ended since this page was opened. Read again what it does")
            ended = ring.revoke(key.id)
            if effects.own:
                return shown(request, None, ended, effects, gone=True)
            return RedirectResponse(undated(request).link("/keys", revoked=ended.id), 303)

        return await answered(turns, request, revoked, lambda error: asked(request, caller, key_id, error))

    def asked(request: Request, caller: Caller, key_id: str, error: Exception | None = None) -> Response:
        key = _known(asof.key_ring, key_id)
        return shown(request, caller, key, Effects.of(asof.key_ring, key, caller), error)

    def shown(
        request: Request,
        caller: Caller | None,
        key: Key,
        effects: Effects,
        error: Exception | None = None,
        *,
        gone: bool = False,
    ) -> Response:
        return pages.page(
            request,
            caller,
            "key_revoke.html",
            status=200 if error is None else status_of(error),
            view=undated(request, asof.calendar),
            with_bar=False,
            it=asof.key_ring.content(key),
            effects=effects,
            gone=gone,
            refused=None if error is None else told(error),
            lacking=None if caller is None else lacking(asof.key_ring, caller),
        )

    return routes


def _known(ring: KeyRing, key_id: str) -> Key:
    """The key of an id. What is no id is not repeated: it may be a whole key."""
    found = next((key for key in ring.keys() if key.id == key_id), None)  # noqa: SIM118 - a method of its own
    if found is None:
        raise Refused(404, "unknown_key", "There is no key of this id; /keys lists all")
    return found
