"""Work in threads that begins in turn: threads that compute at the same time get less done than one after the other."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, Semaphore, move_on_after, to_thread

from retriever.entrypoints.http.access import Refused

Result = TypeVar("Result")

PATIENCE = 20.0
"""Seconds that work waits for its turn. A write may then wait 30 more for another process, and still gets an answer."""

LONG = 0.02
"""Seconds after which work that is not done no longer keeps the next from beginning: it waits, or has much to do."""


class InTurn:
    """At most `abreast` pieces of work begin side by side: the next begins when one is done, or has taken `LONG`.

    At most `at_once` are in threads. Use it in one event loop only.
    """

    def __init__(self, abreast: int, at_once: int) -> None:
        self._threads = CapacityLimiter(at_once)
        self._turn = Semaphore(abreast)

    async def __call__(self, work: Callable[[], Result]) -> Result:
        """The result of the work, done in its turn."""
        await self._turn.acquire()
        with _handed_on(self._turn):
            return await to_thread.run_sync(work, limiter=self._threads)


class Turns:
    """A separate queue for work that may wait long, so that no other work waits behind it.

    Work begins one by one, as with `InTurn`, and at most `at_once` are in threads. At most `most` run or wait; more
    are refused at once. Work whose turn does not come in time is refused too. Use it in one event loop only.
    """

    def __init__(self, what: str, at_once: int, most: int, patience: float = PATIENCE) -> None:
        self._what = what
        self._threads = CapacityLimiter(at_once)
        self._turn = Semaphore(1)
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
        thread = object()
        with move_on_after(self._patience) as waiting:
            await self._threads.acquire_on_behalf_of(thread)
        if waiting.cancelled_caught:
            raise self._busy()
        try:
            with CancelScope(deadline=waiting.deadline) as waiting:
                await self._turn.acquire()
            if waiting.cancelled_caught:
                raise self._busy()
            with _handed_on(self._turn):
                return await to_thread.run_sync(work, limiter=CapacityLimiter(1))
        finally:
            self._threads.release_on_behalf_of(thread)

    def _busy(self) -> Refused:
        detail = f"Other {self._what} took more than {self._patience:g} seconds; this one was not begun. Try again"
        return Refused(503, "busy", detail, 1)


@contextmanager
def _handed_on(turn: Semaphore) -> Iterator[None]:
    """Gives the turn on at the end, or after `LONG`, whichever comes first."""
    held = [turn]

    def hand_on() -> None:
        if held:
            held.pop().release()

    late = asyncio.get_running_loop().call_later(LONG, hand_on)
    try:
        yield
    finally:
        late.cancel()
        hand_on()
