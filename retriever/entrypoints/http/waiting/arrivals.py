"""Waiting for what is recorded next, without a thread: however many wait, one look in a while serves them all."""

import asyncio
import time
from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool

from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.waiting.places import Places

EVERY = 0.2
"""Seconds between two looks; so much later than a commit, or than the end of the service, a waiting request returns."""

MOST_WAITING = 64
"""How many requests may wait at once. Others find their places free: a service works on 256 at once."""


class Arrivals:
    """Requests that wait for a generation. `newest` gives the number of the one that is searchable now.

    `ending` says whether the service is about to end: then nobody waits any longer. Use it in one event loop only.
    """

    def __init__(self, newest: Callable[[], int], ending: Callable[[], bool], most: int = MOST_WAITING) -> None:
        self._newest = newest
        self._ending = ending
        self._places = Places(most)
        self._seen: int | None = None
        self._look: asyncio.Task[int] | None = None
        self._looked = 0.0

    async def newer(self, than: int, until: float, key: str | None = None) -> bool:
        """Whether a later generation than this is there; waits for it until an instant of `time.monotonic`.

        Refused where too many wait already, in all or with the key of this id.
        """
        if full := self._places.full(key):
            raise Refused(429, "saturated", f"{full} wait already; ask again without `wait`", 1)
        with self._places.taken(key):
            while (old := await self._number() <= than) and not self._ending():
                if (left := until - time.monotonic()) <= 0:
                    return False
                await asyncio.sleep(min(EVERY, left))
            return not old

    async def _number(self) -> int:
        """The newest generation, as a look of at most `EVERY` seconds ago found it."""
        if self._look is None:
            if self._seen is not None and time.monotonic() - self._looked < EVERY:
                return self._seen
            self._look = asyncio.create_task(run_in_threadpool(self._newest))
            self._look.add_done_callback(self._found)
        return await asyncio.shield(self._look)

    def _found(self, look: "asyncio.Task[int]") -> None:
        self._look, self._looked = None, time.monotonic()
        failed = look.cancelled() or look.exception() is not None
        self._seen = None if failed else look.result()
