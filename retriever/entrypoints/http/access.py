"""Who calls, what they may do, and which labels count. Every route that answers from the policies checks this first."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Security
from fastapi.security import HTTPBearer

from policies.revision import PUBLIC
from retriever.access.failures import Failures
from retriever.access.keys import Key, KeyRing
from retriever.access.permissions import Action, Role, may
from retriever.access.slow_checks import SlowChecks
from retriever.asking.query import parse_labels
from retriever.entrypoints.http.body import MOST_LABELS

Audience = Annotated[
    list[str] | None,
    Query(max_length=MOST_LABELS, description="Access labels of the reader, besides public; repeatable."),
]

BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="asof_ID_SECRET",
    description="A key of `asof key create`.",
    auto_error=False,
)
"""How a key is sent. It only documents the routes that ask for a caller; the middleware `Known` reads the header."""

MOST_LISTED = 500
"""The most items of a page."""


class Refused(Exception):
    """The caller may not make this request, or not for `wait` seconds."""

    def __init__(self, status: int, code: str, detail: str, wait: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.wait = status, code, wait


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request: the holder of a key, or, if no keys are needed, someone on this machine."""

    key: Key | None = None

    def labels(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The labels that a request is answered under: the wanted ones, and never more than the key has."""
        labels = parse_labels(list(wanted))
        if self.key is None:
            return labels
        held = {*self.key.audience, *PUBLIC}
        return tuple(sorted(held if not wanted else held & set(labels)))

    @property
    def name(self) -> str | None:
        """Who writes, as far as the service knows: the key, and the person that it names; None without one."""
        if self.key is None:
            return None
        return f"key {self.key.id}" if self.key.person is None else f"{self.key.person} (key {self.key.id})"

    @property
    def operates(self) -> bool:
        """Whether they operate the service: an admin, or someone on this machine of a service that needs no keys."""
        return self.key is None or may(self.key.role, Action.OPERATE)

    @property
    def writes_as(self) -> tuple[str, ...] | None:
        """The labels for a write; None for someone on this machine, who may read the ledger's file."""
        return None if self.key is None else self.labels([])


def check_still(ring: KeyRing, caller: Caller) -> None:
    """Refused if the key of a caller who was let in was revoked since, or has expired."""
    if caller.key is not None and ring.active(caller.key.id) is None:
        raise Refused(401, "unauthorized", "This key was revoked or has expired since the request came")


Who = Callable[[Request], Awaitable[Caller]]


class Access:
    """Lets requests through by their `Authorization: Bearer asof_...`.

    With `required`, every request needs a key. Otherwise a request without a key passes, and a request with a key has
    only the rights of that key. This is decided once, at the start: a lost file of keys opens nothing, and is an error.
    """

    def __init__(self, ring: KeyRing, required: bool) -> None:
        self._ring = ring
        self.required = required
        ring.required = ring.required or required
        self._slow = SlowChecks(ring)
        self._failures = Failures()

    async def caller(self, authorization: str | None, address: str) -> Caller:
        """The caller with this header and this address; Refused if they need a good key and have none."""
        if authorization is None and not self.required:
            return Caller()
        scheme, _, text = (authorization or "").partition(" ")
        key = await self._checked(text.strip(), address) if scheme.lower() == "bearer" else None
        if key is not None:
            self._ring.used(key)
            return Caller(key)
        self.failed(address)
        if authorization is None:
            raise Refused(401, "unauthorized", "Send `Authorization: Bearer` with a key of `asof key create`")
        raise Refused(401, "unauthorized", "This key is unknown, expired or revoked")

    def failed(self, address: str) -> None:
        """Counts a request without a good key; Refused if too many came from its address."""
        if wait := self._failures.add(address):
            detail = "Too many requests without a good key came from this address; one with a good key is answered"
            raise Refused(429, "too_many_failures", detail, math.ceil(wait))

    async def follower(self, token: str, address: str) -> Caller:
        """The caller with this token in the address; Refused if it is no good token of `asof key feed`.

        Addresses are copied and logged, so a key that may do more is refused there as if it were unknown.
        """
        caller = await self.caller(f"Bearer {token}", address)
        if caller.key is None or caller.key.role is not Role.FEED:
            raise Refused(401, "unauthorized", "Only a token of `asof key feed` is taken from an address")
        return caller

    def to(self, action: Action) -> Who:
        """A dependency that gives the caller of a route with this action; Refused if they may not do it.

        The middleware `Known` has found the caller before.
        """

        async def who(request: Request, _: Annotated[object, Security(BEARER)] = None) -> Caller:
            request.state.action, request.state.key = action, None
            caller: Caller | Exception = request.state.caller
            if isinstance(caller, Exception):
                raise caller
            request.state.key = key = caller.key
            if key is not None and not may(key.role, action):
                raise Refused(403, "forbidden", f"A key of role {key.role.value} may not {action.value}")
            return caller

        return who

    async def _checked(self, text: str, address: str) -> Key | None:
        if not self._ring.is_slow(text):
            return self._ring.check(text)
        if not self._slow.room(text, address):
            raise Refused(429, "saturated", "Too many keys are checked for the first time; try again in a second", 1)
        return await self._slow.check(text, address)
