"""Measures of several processes as one: added up, the ended ones' counts kept, and lost alone."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from retriever.entrypoints.http.middleware.shared_measures import Others, SharedMeasures, State, added

Joined = Callable[[], tuple[Others, socket.socket]]


def state(answers: float, in_flight: float = 0, generation: float = 1) -> State:
    return {
        "asof_answers": {"kind": "counter", "help": "Answers", "samples": {'["asof_answers_total", {}]': answers}},
        "asof_requests_in_flight": {
            "kind": "gauge",
            "help": "",
            "samples": {'["asof_requests_in_flight", {}]': in_flight},
        },
        "asof_generation": {"kind": "gauge", "help": "", "samples": {'["asof_generation", {}]': generation}},
    }


def values(of: State) -> dict[str, float]:
    return {json.loads(key)[0]: value for family in of.values() for key, value in family["samples"].items()}


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def joined(opened: ExitStack) -> Joined:
    """Lets one more worker of one service join; gives its way to the others, and the socket under it."""
    shared = SharedMeasures()

    def join() -> tuple[Others, socket.socket]:
        way = shared.attend()
        return opened.enter_context(closing(Others(way))), way

    return join


def test_counts_are_added_up_and_of_generations_the_greatest_counts() -> None:
    assert values(added([state(3, 1, 7), state(4, 2, 9), state(5)])) == {
        "asof_answers_total": 12,
        "asof_requests_in_flight": 3,
        "asof_generation": 9,
    }


def test_each_worker_gets_the_sums_with_its_own_as_they_are_now(joined: Joined) -> None:
    (first, _), (second, _) = joined(), joined()
    assert values(first.with_own(state(3)))["asof_answers_total"] == 3
    assert values(second.with_own(state(4)))["asof_answers_total"] == 7
    first.tell(state(5))
    deadline = time.monotonic() + 10
    while values(second.with_own(state(4)))["asof_answers_total"] < 9 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert values(second.with_own(state(6)))["asof_answers_total"] == 11


def test_what_an_ended_worker_counted_stays_and_what_it_held_does_not(joined: Joined) -> None:
    (ended, way), (other, _) = joined(), joined()
    ended.with_own(state(3, in_flight=2, generation=9))
    way.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + 10
    while (found := values(other.with_own(state(4, 1))))["asof_requests_in_flight"] > 1:
        assert time.monotonic() < deadline
    assert found == {"asof_answers_total": 7, "asof_requests_in_flight": 1, "asof_generation": 1}


def test_worker_killed_in_the_middle_of_a_line_costs_that_line_alone(joined: Joined) -> None:
    (killed, way), (other, _) = joined(), joined()
    killed.with_own(state(3))
    way.sendall(b'{"asks": fal')
    way.shutdown(socket.SHUT_RDWR)
    assert values(other.with_own(state(4)))["asof_answers_total"] == 7


@pytest.mark.parametrize("gone", [False, True])
def test_worker_without_its_supervisor_has_its_own_measures(gone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.entrypoints.http.middleware.shared_measures.PATIENCE", 0.2)
    ours, theirs = socket.socketpair()
    with ours, closing(Others(theirs)) as others:
        if gone:  # else it is there and says nothing
            ours.close()
        began = time.monotonic()
        for _ in range(3):
            assert values(others.with_own(state(3)))["asof_answers_total"] == 3
            others.tell(state(3))
        assert time.monotonic() - began < 5


def test_many_ask_at_once(joined: Joined) -> None:
    workers = [joined()[0] for _ in range(4)]
    found: list[float] = []

    def ask(number: int) -> None:
        for _ in range(20):
            found.append(values(workers[number % 4].with_own(state(1)))["asof_answers_total"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160
    assert set(found) <= {1, 2, 3, 4}
    assert values(workers[0].with_own(state(1)))["asof_answers_total"] == 4
