"""One writer at a time, across processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from policies.errors import LedgerBusy
from policies.writer_lock import writer_lock

HOLDER = """
import sys, time
from pathlib import Path
from policies.writer_lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_process_holding(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input gets a line, or it is killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def test_lock_is_taken_and_released(home: Path) -> None:
    for _ in range(2):
        with writer_lock(home, wait=0):
            assert (home / "writer.lock").exists()


def test_second_writer_in_this_process_is_refused_after_its_wait(home: Path) -> None:
    with writer_lock(home):
        began = time.monotonic()
        with pytest.raises(LedgerBusy, match=r"within 0\.05 s; try again"), writer_lock(home, wait=0.05):
            pytest.fail("two writers at once")
        assert time.monotonic() - began >= 0.05


def test_lock_is_released_when_its_holder_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(home):
        _ = 1 / 0
    with writer_lock(home, wait=0):
        pass


def test_another_process_holding_the_lock_is_named_by_its_home_folder(home: Path) -> None:
    with other_process_holding(home), pytest.raises(LedgerBusy) as caught, writer_lock(home, wait=0):
        pytest.fail("two writers at once")
    assert str(home) in str(caught.value)


def test_lock_of_a_killed_process_is_free(home: Path) -> None:
    with other_process_holding(home) as holder:
        holder.kill()
        holder.wait()
        with writer_lock(home, wait=0):
            pass


def test_waiting_writer_goes_on_as_soon_as_the_other_is_done(home: Path) -> None:
    with other_process_holding(home) as holder:
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        with writer_lock(home, wait=20):
            pass


def test_locks_of_two_home_folders_are_two(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "a"), writer_lock(tmp_path / "b", wait=0):
        pass
