"""What is built when it is first asked for is built once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.built_once import BuiltOnce


class Shop:
    def __init__(self) -> None:
        self.built: list[str] = []

    @BuiltOnce
    def ledger(self) -> object:
        """The ledger."""
        time.sleep(0.02)
        self.built.append("ledger")
        return object()

    @BuiltOnce
    def index(self) -> object:
        return self.ledger

    @BuiltOnce
    def closed(self) -> object:
        self.built.append("closed")
        raise OSError("closed")


def test_eight_threads_that_ask_first_at_once_get_one() -> None:
    shop, barrier = Shop(), threading.Barrier(8)

    def ask(number: int) -> object:
        barrier.wait()
        return shop.index if number % 2 else shop.ledger

    with ThreadPoolExecutor(8) as pool:
        found = set(map(id, pool.map(ask, range(8))))
    assert (len(found), shop.built) == (1, ["ledger"])


def test_each_object_has_its_own() -> None:
    assert Shop().ledger is not Shop().ledger


def test_it_may_be_set_and_shows_in_the_objects_dict_once_it_is_built() -> None:
    shop = Shop()
    assert "ledger" not in shop.__dict__
    assert shop.ledger is shop.__dict__["ledger"]
    shop.ledger = mine = object()  # type: ignore[assignment]
    assert shop.index is mine
    del shop.__dict__["ledger"]
    assert shop.ledger is not mine


def test_what_could_not_be_built_is_tried_again() -> None:
    shop = Shop()
    for _ in range(2):
        with pytest.raises(OSError, match="closed"):
            _ = shop.closed
    assert shop.built == ["closed", "closed"]


def test_one_that_takes_long_holds_up_no_other() -> None:
    class Slow:
        entered = threading.Event()
        let_go = threading.Event()

        @BuiltOnce
        def slow(self) -> str:
            self.entered.set()
            self.let_go.wait(10)
            return "slow"

        @BuiltOnce
        def quick(self) -> str:
            return "quick"

    thing = Slow()
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(lambda: thing.slow)
        thing.entered.wait(10)
        assert thing.quick == "quick"
        thing.let_go.set()
        assert waited.result() == "slow"


def test_the_class_has_the_attribute_and_its_words() -> None:
    assert Shop.ledger.__doc__ == "The ledger."
