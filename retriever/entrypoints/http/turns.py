"""A separate queue for work that may wait long, so that no other work waits behind it."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, move_on_after, to_thread

from retriever.entrypoints.http.access import Refused

Result = TypeVar("Result")

PATIENCE = 20.0
"""Seconds that work waits for its turn. A write may then wait 30 more for another process, and still gets an answer."""


class Turns:
    """At most `at_once` pieces of work run at a time, each in its own thread. At most `most` run or wait; more are
    refused at once. Work whose turn does not come in time is refused too."""

    def __init__(self, what: str, at_once: int, most: int, patience: float = PATIENCE) -> None:
        self._what = what
        self._limiter = CapacityLimiter(at_once)
        self._most = most
        self._patience = patience
        self._inside = 0

    async def __call__(self, work: Callable[[], Result]) -> Result:
        """The result of the work, done in its turn; Refused if it was not begun."""
        if self._inside >= self._most:
            raise Refused(429, "saturated", f"{self._most} {self._what} wait already; try again in a second", 1)
        self._inside += 1
        try:
            return await self._in_turn(work)
        finally:
            self._inside -= 1

    async def _in_turn(self, work: Callable[[], Result]) -> Result:
        turn = object()
        with move_on_after(self._patience) as waiting:
            await self._limiter.acquire_on_behalf_of(turn)
        if waiting.cancelled_caught:
            detail = f"Other {self._what} took more than {self._patience:g} seconds; this one was not begun. Try again"
            raise Refused(503, "busy", detail, 1)
        try:
            return await to_thread.run_sync(work, limiter=CapacityLimiter(1))
        finally:
            self._limiter.release_on_behalf_of(turn)
