"""The pages on which a key is made, and shown once."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from retriever.access.permissions import Action, Role
from retriever.asking.query import query_instant
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.browsing import is_under_tls
from retriever.entrypoints.http.pages.drafting.answered import answered, undated
from retriever.entrypoints.http.pages.drafting.form import line, sent
from retriever.entrypoints.http.pages.drafting.telling import status_of, told
from retriever.entrypoints.http.pages.keys.rights import check_changes, check_labels, lacking, makes_the_first
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.errors import BadKey, KeyExists

ROLES = {
    Role.READER: "asks and reads",
    Role.EVALUATOR: "asks and reads, and keeps traces",
    Role.AUTHOR: "asks and reads, writes drafts, plans, publishes and takes back",
    Role.APPROVER: "does that too, and approves; its keys need a person",
    Role.ADMIN: "does everything, and makes and revokes keys",
    Role.FEED: "gets the feed and the calendar alone; the key is a token in their addresses",
}
"""What each role may do, in words."""

MOST_LABELS = 2_000
"""Characters of the field of labels."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key as the form asks for it. Its id is chosen before, so that a form that is sent twice makes one key."""

    id: str
    role: str = ""
    person: str = ""
    labels: str = ""
    note: str = ""
    expires: str = ""

    @classmethod
    def of(cls, fields: FormData) -> "Wanted":
        """What was sent."""
        names = ("id", "role", "person", "labels", "note", "expires")
        found = {name: line(fields, name) or "" for name in names}
        return cls(**{**found, "id": found["id"] or secrets.token_hex(4)})

    def audience(self) -> list[str]:
        """The labels, which have commas between them; BadKey where there are too many."""
        if len(self.labels) > MOST_LABELS:
            raise BadKey(f"labels: write at most {MOST_LABELS:,} characters")
        return [label for text in self.labels.split(",") if (label := text.strip())]

    def chosen_role(self, *, first: bool) -> Role:
        """The role; BadKey where there is no such one, and where the first key would let nobody make others."""
        if self.role not in [*Role]:
            raise BadKey(f"role: choose one of {', '.join(Role)}")
        if first and self.role != Role.ADMIN:
            raise BadKey("role: the first key is an admin's, which makes all others")
        return Role(self.role)


def making(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The form for a key, and the one page that shows its text."""
    routes = APIRouter(include_in_schema=False)
    operator = Annotated[Caller, Depends(access.to(Action.OPERATE))]
    turns = Turns("changes of keys", at_once=2, most=16)

    @routes.get("/keys/new")
    async def begin(request: Request, caller: operator) -> Response:
        """The form for a key."""
        wanted = Wanted(secrets.token_hex(4), role=request.query_params.get("role", ""))
        return await turns(lambda: form(request, caller, wanted))

    @routes.post("/keys/new")
    async def make(request: Request, caller: operator) -> Response:
        """Makes a key and shows its text, which is in no address, no log and no later page."""
        async with sent(request) as fields:
            wanted = Wanted.of(fields)

        def made() -> Response:
            ring = asof.key_ring
            check_changes(ring, caller)
            first, labels = caller.key is None, wanted.audience()
            check_labels(caller, labels)
            until = query_instant(wanted.expires or None, "expires", asof.calendar.zone)
            role = wanted.chosen_role(first=first)
            key, text = ring.create(
                role, labels, until, wanted.note, wanted.person or None, key_id=wanted.id, first=first
            )
            request.state.made_key = key.id
            return pages.page(
                request,
                caller,
                "key_made.html",
                status=201,
                view=undated(request, asof.calendar),
                with_bar=False,
                made=ring.content(key),
                text=text,
                addresses=_addresses(request, text) if key.role is Role.FEED else [],
                first=first,
            )

        return await answered(turns, request, made, lambda error: form(request, caller, wanted, error))

    def form(request: Request, caller: Caller, wanted: Wanted, error: Exception | None = None) -> Response:
        ring = asof.key_ring
        there = isinstance(error, KeyExists)
        return pages.page(
            request,
            caller,
            "key_form.html",
            status=200 if error is None else 409 if there else status_of(error),
            view=undated(request, asof.calendar),
            with_bar=False,
            wanted=wanted,
            there=there,
            refused=None if error is None else told(error),
            roles=[(role.value, does) for role, does in ROLES.items()],
            first=makes_the_first(ring, caller),
            lacking=lacking(ring, caller),
        )

    return routes


def _addresses(request: Request, text: str) -> list[tuple[str, str]]:
    """The feed and the calendar with a token, where the browser reached this service."""
    here = f"{'https' if is_under_tls(request.scope) else 'http'}://{request.headers.get('host', '')}"
    return [
        (name, f"{here}/{file}?token={text}") for name, file in (("Feed", "feed.atom"), ("Calendar", "calendar.ics"))
    ]
