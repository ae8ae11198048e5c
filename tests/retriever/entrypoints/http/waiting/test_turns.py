"""Work begins one by one; what may wait long waits in a place of its own, and is refused where no turn comes."""

import asyncio
import threading
import time
from functools import partial

import pytest

from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.waiting.turns import LONG, InTurn, Turns


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
        handing = asyncio.create_task(outcomes(turns, work, 8, seconds=0.6))
        await asyncio.sleep(0.5)
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


def test_short_works_are_done_one_after_the_other_in_the_order_they_came() -> None:
    done, now = [], [0]

    def short(number: int) -> int:
        now[0] += 1
        assert now[0] == 1  # nobody else computes meanwhile
        time.sleep(0.002)
        done.append(number)
        now[0] -= 1
        return number

    async def asked() -> None:
        one_by_one = InTurn(abreast=1, at_once=3)
        found = await asyncio.gather(*(one_by_one(partial(short, number)) for number in range(8)))
        assert found == done == list(range(8))

    asyncio.run(asked())


def test_who_takes_long_keeps_others_waiting_for_a_moment_only() -> None:
    async def asked() -> None:
        one_by_one, work = InTurn(abreast=1, at_once=2), Work()
        long = asyncio.create_task(one_by_one(work))
        began = time.monotonic()
        for _ in range(3):
            assert await one_by_one(lambda: "short") == "short"
        assert LONG / 2 < time.monotonic() - began < 5
        more = [asyncio.create_task(one_by_one(work)) for _ in range(4)]
        await asyncio.sleep(6 * LONG)
        assert work.begun == 2  # and no third thread, however long they take
        work.released.set()
        assert await asyncio.gather(long, *more) == ["done"] * 5
        assert await one_by_one(lambda: "short") == "short"

    asyncio.run(asked())


def test_who_goes_away_while_it_waits_keeps_nobody_waiting() -> None:
    async def asked() -> None:
        for turns in (InTurn(abreast=1, at_once=1), Turns("writes", at_once=1, most=3)):
            work = Work()
            first = asyncio.create_task(turns(work))
            await asyncio.sleep(0.02)
            second = asyncio.create_task(turns(work))
            await asyncio.sleep(0.02)
            second.cancel()
            work.released.set()
            assert await first == "done"
            assert await asyncio.wait_for(turns(lambda: "here"), 5) == "here"
            assert work.begun == 1

    asyncio.run(asked())


def test_so_many_begin_abreast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.entrypoints.http.waiting.turns.LONG", 60)  # nobody takes so long

    async def asked() -> None:
        in_turn, work = InTurn(abreast=2, at_once=3), Work()
        handed = [asyncio.create_task(in_turn(work)) for _ in range(3)]
        await asyncio.sleep(0.3)
        assert work.begun == 2
        work.released.set()
        assert await asyncio.gather(*handed) == ["done"] * 3

    asyncio.run(asked())
