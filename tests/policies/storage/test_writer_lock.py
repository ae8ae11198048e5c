"""One writer at a time; who waits in the same process takes no time from who works."""

import os
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from policies.errors import LedgerBusy
from policies.storage import writer_lock as module
from policies.storage.writer_lock import writer_lock


def test_of_the_threads_that_wait_one_looks_and_all_get_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Counter[int]()
    inside, most, written = [0], [0], [0]
    flock = module.fcntl.flock

    def counted(file: int, how: int) -> None:
        looks[threading.get_ident()] += 1
        flock(file, how)

    def write() -> None:
        with writer_lock(tmp_path):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            written[0] += 1
            inside[0] -= 1

    threads = [threading.Thread(target=write) for _ in range(6)]
    with writer_lock(tmp_path):
        monkeypatch.setattr(module.fcntl, "flock", counted)
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert len(looks) == 1
    for thread in threads:
        thread.join(10)
    assert (written[0], most[0]) == (6, 1)


def test_who_waits_in_vain_is_told_also_where_another_thread_looks(tmp_path: Path) -> None:
    told: list[str] = []

    def write() -> None:
        try:
            with writer_lock(tmp_path, wait=0.2):
                told.append("written")
        except LedgerBusy as error:
            told.append(str(error))

    threads = [threading.Thread(target=write) for _ in range(3)]
    with writer_lock(tmp_path):
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert time.monotonic() - began < 5
    assert len(told) == 3
    assert all("has been writing to" in said and "0.2 s; try again" in said for said in told)
    write()
    assert told[3] == "written"


def test_who_does_not_wait_takes_a_free_lock_and_no_other(tmp_path: Path) -> None:
    with writer_lock(tmp_path, wait=0), pytest.raises(LedgerBusy), writer_lock(tmp_path, wait=0):
        pass
    with writer_lock(tmp_path, wait=0):
        pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork beside threads, which pytest has
def test_a_fork_beside_a_thread_that_looks_may_write(tmp_path: Path) -> None:
    with module._looking.setdefault(tmp_path, threading.Lock()):
        child = os.fork()
        if child == 0:
            with suppress(LedgerBusy), writer_lock(tmp_path, wait=5):
                os._exit(0)
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
