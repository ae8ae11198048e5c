"""A process that serves gives memory back that it does not need."""

import ctypes
import time
from pathlib import Path

import pytest

from retriever.entrypoints.process import memory

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")

HELD = 64


def own_megabytes() -> float:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) / 1024


def test_what_is_free_between_what_stays_goes_back_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "GIVES_BACK_EVERY", 0.01)
    before = own_megabytes()
    blocks = [b"x" * 65_536 for _ in range(16 * HELD)]
    blocks = blocks[::32]  # what stays lies between, so that the C library gives nothing back by itself
    assert own_megabytes() > before + HELD / 2
    with memory.giving_memory_back():
        until = time.monotonic() + 10
        while own_megabytes() > before + HELD / 4 and time.monotonic() < until:
            time.sleep(0.01)
    assert own_megabytes() <= before + HELD / 4
    assert len(blocks) == HELD / 2
