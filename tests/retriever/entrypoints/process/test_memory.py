"""A process that serves gives memory back that it does not need."""

import ctypes
import subprocess
import sys

import pytest

from tests.root import ROOT

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")

HELD = """
import sys, time
from pathlib import Path
from retriever.entrypoints.process import memory

def own_megabytes():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024

memory.GIVES_BACK_EVERY = 0.01
before = own_megabytes()
blocks = [b"x" * 65_536 for _ in range(1024)]
blocks = blocks[::32]  # what stays lies between, so that the C library gives nothing back by itself
freed = own_megabytes()
with memory.giving_memory_back():
    until = time.monotonic() + 10
    while own_megabytes() > before + 16 and time.monotonic() < until:
        time.sleep(0.01)
print(freed - before, own_megabytes() - before, len(blocks))
"""
"""64 megabytes, of which a 32nd part stays. A process of its own has no memory left over from other tests."""


def test_what_is_free_between_what_stays_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HELD], cwd=ROOT, capture_output=True, text=True, check=True)
    freed, after, blocks = map(float, done.stdout.split())
    assert freed > 32
    assert after <= 16
    assert blocks == 32
