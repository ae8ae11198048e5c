"""Work that may wait long waits in a place of its own, bounded, and is refused where its turn does not come."""

import asyncio
import threading

import pytest

from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.turns import Turns


class Work:
    """Done once it is released; `begun` counts."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.begun = 0

    def __call__(self) -> str:
        self.begun += 1
        assert self.released.wait(10)
        return "done"


async def outcomes(turns: Turns, work: Work, count: int, seconds: float = 0.1) -> list[str | tuple[int, str]]:
    """What came of so many works handed in at once, of which those begun are released after some seconds."""
    handed = [asyncio.create_task(turns(work)) for _ in range(count)]
    await asyncio.sleep(seconds)
    work.released.set()
    found = await asyncio.gather(*handed, return_exceptions=True)
    return [(it.status, it.code) if isinstance(it, Refused) else str(it) for it in found]


def test_few_are_done_at_a_time_some_wait_and_the_others_are_told_to_come_back() -> None:
    async def asked() -> None:
        turns, work = Turns("writes", at_once=2, most=5), Work()
        handing = asyncio.create_task(outcomes(turns, work, 8))
        await asyncio.sleep(0.05)
        assert work.begun == 2
        assert await handing == ["done"] * 5 + [(429, "saturated")] * 3
        assert await turns(work) == "done"  # there is room again

    asyncio.run(asked())


def test_who_waits_in_vain_is_refused_and_never_begun() -> None:
    work = Work()
    found = asyncio.run(outcomes(Turns("writes", at_once=1, most=3, patience=0.1), work, 3, seconds=0.5))
    assert found == ["done", (503, "busy"), (503, "busy")]
    assert work.begun == 1


def test_failure_gives_its_turn_back() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    async def asked() -> None:
        turns, work = Turns("writes", at_once=1, most=1), Work()
        work.released.set()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await turns(fails)
        assert await turns(work) == "done"

    asyncio.run(asked())
