"""Checks of old keys, which have a slow hash. They run on their own thread, so that no other request waits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from retriever.access.failures import network
from retriever.access.keys import Key, KeyRing

MOST_WAITING = 16
"""How many texts may wait at once: less than a second of work."""

MOST_OF_ONE = 4
"""How many texts of one network may wait, so that one that guesses leaves room for others."""


class SlowChecks:
    """One slow check after another, with a short queue. Use it in one event loop only."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._thread = ThreadPoolExecutor(1, "slow-checks")
        self._waiting: dict[str, tuple[str, asyncio.Future[Key | None]]] = {}

    def room(self, text: str, address: str) -> bool:
        """Whether this text may wait. A text that waits already may always wait again: both share one check."""
        whose = network(address)
        ours = sum(of == whose for of, _ in self._waiting.values())
        return text in self._waiting or (len(self._waiting) < MOST_WAITING and ours < MOST_OF_ONE)

    async def check(self, text: str, address: str) -> Key | None:
        """The answer of the key ring for a text; call it only if there is `room`."""
        if text not in self._waiting:
            future = asyncio.get_running_loop().run_in_executor(self._thread, self._ring.check, text)
            self._waiting[text] = network(address), future
            future.add_done_callback(lambda _: self._waiting.pop(text))
        return await asyncio.shield(self._waiting[text][1])
