"""Requests that wait: for a later generation, for so long, and not past the end of the service."""

import asyncio
import time

import pytest

from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.waiting.arrivals import EVERY, Arrivals


class Service:
    """A generation that a test moves on, and how often it was looked at."""

    def __init__(self) -> None:
        self.generation, self.looks, self.ending = 7, 0, False

    def newest(self) -> int:
        self.looks += 1
        return self.generation

    def arrivals(self, most: int = 8) -> Arrivals:
        return Arrivals(self.newest, lambda: self.ending, most)


def test_what_is_there_already_is_not_waited_for() -> None:
    assert asyncio.run(Service().arrivals().newer(6, time.monotonic()))


def test_a_later_generation_ends_the_wait_and_the_time_limit_does_too() -> None:
    service = Service()

    async def waited() -> tuple[bool, bool]:
        arrivals = service.arrivals()
        none = await arrivals.newer(7, time.monotonic() + 0.1)
        asyncio.get_running_loop().call_later(0.1, setattr, service, "generation", 8)
        return none, await arrivals.newer(7, time.monotonic() + 30)

    assert asyncio.run(waited()) == (False, True)


def test_the_end_of_the_service_ends_the_wait() -> None:
    service = Service()

    async def waited() -> bool:
        asyncio.get_running_loop().call_later(0.1, setattr, service, "ending", True)
        return await service.arrivals().newer(7, time.monotonic() + 30)

    began = time.monotonic()
    assert not asyncio.run(waited())
    assert time.monotonic() - began < 15


def test_many_that_wait_share_one_look_and_more_are_refused() -> None:
    service = Service()

    async def waited() -> None:
        arrivals = service.arrivals(most=8)
        end = time.monotonic() + 3 * EVERY
        waiting = [asyncio.create_task(arrivals.newer(7, end)) for _ in range(8)]
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="8 requests wait already"):
            await arrivals.newer(7, end)
        assert await asyncio.gather(*waiting) == [False] * 8
        assert not await arrivals.newer(7, time.monotonic())  # the places are free again

    asyncio.run(waited())
    assert service.looks <= 6


def test_one_key_leaves_places_for_others() -> None:
    service = Service()

    async def waited() -> None:
        arrivals = service.arrivals(most=8)
        end = time.monotonic() + EVERY
        waiting = [asyncio.create_task(arrivals.newer(7, end, "a")) for _ in range(6)]
        await asyncio.sleep(0)
        with pytest.raises(Refused, match=r"6 requests with your key, 75% of 8, wait already"):
            await arrivals.newer(7, end, "a")
        assert not await arrivals.newer(7, end, "b")
        assert await asyncio.gather(*waiting) == [False] * 6

    asyncio.run(waited())
