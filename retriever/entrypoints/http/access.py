"""Who calls, what they may do, and whose labels count: asked before every route under /v1."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool

from policies.revision import PUBLIC
from retriever.access.keys import Key, KeyRing
from retriever.access.permissions import Action, may
from retriever.asking.query import parse_labels

Audience = Annotated[list[str] | None, Query(description="Access labels of the reader, besides public; repeatable.")]

MOST_LISTED = 500
"""Items of a page at most."""


class Refused(Exception):
    """A request whose caller may not make it."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request: the holder of a key; without one, someone on this machine where no keys are needed."""

    key: Key | None = None

    def labels(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The labels that a request is answered under: those wanted, and never more than the key's."""
        labels = parse_labels(list(wanted))
        if self.key is None:
            return labels
        held = {*self.key.audience, *PUBLIC}
        return tuple(sorted(held if not wanted else held & set(labels)))

    @property
    def writes_as(self) -> tuple[str, ...] | None:
        """The labels under which it writes; None for someone on this machine, who may read the ledger's file."""
        return None if self.key is None else self.labels([])


Who = Callable[[Request], Awaitable[Caller]]


class Access:
    """Lets requests through by their `Authorization: Bearer asof_...`.

    With `required`, nobody goes without a key; else a request without one is let through, and one with a key is held
    to it. It is decided once, at start: a file of keys that is lost opens nothing.
    """

    def __init__(self, ring: KeyRing, required: bool) -> None:
        self._ring = ring
        self._required = required

    def to(self, action: Action) -> Who:
        """A dependency that gives the caller of a route that does this; Refused where they may not."""

        async def who(request: Request) -> Caller:
            request.state.action, request.state.key = action, None
            header = request.headers.get("authorization")
            if header is None:
                if self._required:
                    raise Refused(401, "unauthorized", "Send `Authorization: Bearer` with a key of `asof key create`")
                return Caller()
            scheme, _, text = header.partition(" ")
            key = await run_in_threadpool(self._ring.check, text.strip()) if scheme.lower() == "bearer" else None
            if key is None:
                raise Refused(401, "unauthorized", "This key is unknown, expired or revoked")
            request.state.key = key
            if not may(key.role, action):
                raise Refused(403, "forbidden", f"A key of role {key.role.value} may not {action.value}")
            return Caller(key)

        return who
