"""Checks of old keys, whose hash is slow: on a thread of their own, so that nobody else waits for them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from retriever.access.keys import Key, KeyRing

MOST_WAITING = 16
"""Texts that wait at once: under a second of work."""

MOST_OF_ONE = 4
"""Of one address, so that one that guesses leaves room for others."""


class SlowChecks:
    """One slow check after another; few may wait. For one event loop."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._thread = ThreadPoolExecutor(1, "slow-checks")
        self._waiting: dict[str, tuple[str, asyncio.Future[Key | None]]] = {}

    def room(self, text: str, address: str) -> bool:
        """Whether this text may wait: the same text again always may, since it costs no other check."""
        ours = sum(of == address for of, _ in self._waiting.values())
        return text in self._waiting or (len(self._waiting) < MOST_WAITING and ours < MOST_OF_ONE)

    async def check(self, text: str, address: str) -> Key | None:
        """What the key ring says of a text for which there is room."""
        if text not in self._waiting:
            future = asyncio.get_running_loop().run_in_executor(self._thread, self._ring.check, text)
            self._waiting[text] = address, future
            future.add_done_callback(lambda _: self._waiting.pop(text))
        return await asyncio.shield(self._waiting[text][1])
