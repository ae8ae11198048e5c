"""Which errors a fault explains, and whether what a worker holds is bounded and flat."""

import math

import pytest

from benchmarks._survive_http import Reply
from benchmarks._survive_met import Fault, Met, percentiles
from benchmarks._survive_watch import Sample, Watch


def test_a_full_disk_explains_only_what_it_does_while_it_is_full_and_shortly_after() -> None:
    met = Met([Fault("disk full", 100.0, 106.0)])
    met.note("publish", Reply(507, "storage_full", {}, 101.0, 101.1))
    met.note("read", Reply(503, "behind", {}, 110.0, 110.1))
    assert not met.unexplained
    met.note("read", Reply(503, "behind", {}, 117.0, 117.1))
    met.note("read", Reply(500, "internal_error", {}, 101.0, 101.1))
    met.note("read", Reply(0, "reset", {}, 101.0, 101.1))
    assert sum(met.unexplained.values()) == 3
    assert met.examples[0] == "read: behind (17.1 s after: disk full)"


def test_a_refusal_is_counted_and_needs_no_fault() -> None:
    met = Met()
    met.note("wrong key", Reply(401, "unauthorized", {}, 1.0, 1.1))
    assert (met.total("wrong key"), met.total("wrong key", 200), met.unexplained.total()) == (1, 0, 0)


def test_readers_without_an_answer_count_as_the_slowest() -> None:
    assert percentiles([*range(1, 100), math.inf]) == (51, math.inf)
    assert percentiles(list(range(1, 101))) == (51, 100)


def worker(seconds: int, files: int = 30, megabytes_a_minute: float = 0.0) -> list[Sample]:
    return [Sample(at, files, 500, 500, 200 + megabytes_a_minute * at / 60) for at in range(seconds)]


def test_a_worker_within_its_bounds_keeps_the_promise() -> None:
    watch = Watch()
    watch.samples = {7: worker(600, megabytes_a_minute=3)}
    assert list(watch.broken()) == []
    assert [line.split()[-1] for line in watch.table()[1:]] == ["+0.0", "+0.0", "+3.0"]


def test_a_leak_breaks_the_promise_of_a_worker_that_lived_long_enough() -> None:
    watch = Watch()
    watch.samples = {7: worker(600, megabytes_a_minute=11), 8: worker(60, megabytes_a_minute=11), 9: worker(60, 900)}
    assert list(watch.broken()) == [
        "worker 7: megabytes grew by 11.0 a minute, over the bound of 10",
        "worker 9 had 900 files, over the bound of 200",
    ]


def test_the_chart_has_a_letter_for_each_worker_and_ends_at_the_most() -> None:
    watch = Watch()
    watch.samples = {7: worker(60), 8: worker(60, 90)}
    top, bottom = watch.chart("files")[1], watch.chart("files")[7]
    assert (top.strip()[:4], set(top) & set("ab"), set(bottom) & set("ab")) == ("90 |", {"b"}, {"a"})


def test_a_read_counts_as_undisturbed_where_no_fault_nor_its_grace_had_a_part_in_it() -> None:
    met = Met()
    met.read(10.0, 10.5, answered=True)
    met.faults = [Fault("disk full", 20.0, 25.0)]  # and ten seconds of grace
    met.read(19.0, 20.5, answered=True)
    met.read(30.0, 31.0, answered=False)
    met.read(36.0, 36.25, answered=True)
    assert [reader.milliseconds for reader in met.waited] == [500.0, 1500.0, math.inf, 250.0]
    assert [reader.milliseconds for reader in met.undisturbed] == [500.0, 250.0]


def test_the_machine_is_left_alone_where_nothing_was_stolen_for_a_while_before_and_during() -> None:
    watch = Watch()
    watch.stolen = [(100.0, 0.01), (101.0, 0.3), (102.0, 0.01), (103.0, 0.0), (120.0, 0.0), (121.0, 0.03)]
    assert watch.left_alone(90.0, 99.5)
    assert not watch.left_alone(90.0, 100.5)  # it ended in a second in which much was stolen
    assert not watch.left_alone(105.0, 105.2)  # what queued up then may still be waiting
    assert watch.left_alone(111.5, 119.0)
    assert not watch.left_alone(119.5, 120.5)
    assert watch.stolen_share() == pytest.approx(0.35 / 6)


def test_each_second_shows_its_longest_wait_and_what_was_beside_it() -> None:
    met = Met([Fault("disk full", 103.2, 104.1), Fault("worker killed", 105.5, 105.6)])
    met.commands.append((101.9, 102.3))
    met.read(99.0, 99.5, answered=True)  # of the round before
    for due, took in ((100.1, 0.05), (100.2, 0.2), (102.0, 0.9), (103.0, 4.9), (104.0, 6.0), (106.0, 0.01)):
        met.read(due, due + took, answered=True)
    met.read(105.0, 105.1, answered=False)
    waits, beside = met.seconds(100.0, 1)
    assert waits.split("|")[1] == "- +#@@."
    assert beside.split("|")[1] == " ccddw "
