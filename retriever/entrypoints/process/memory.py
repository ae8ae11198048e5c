"""What a process that serves for long asks of the C library's memory, where that is glibc: other ones are not asked."""

import ctypes
from contextlib import AbstractContextManager, nullcontext

from retriever.live.background import Background

MOST_ARENAS = 2
"""Areas of memory from which the C library serves the threads of a process; its own choice is eight for each core.

What one thread frees in its area no other thread can use. With 40 threads a worker grew by 13 megabytes a minute, with
one area by 4, most of which the timeline needs for what was recorded (`scripts/bench survive`).
"""

GIVES_BACK_EVERY = 10.0
"""Seconds. What views leave free between each other grows for minutes, and a full disk leaves tens of megabytes,
of what waited to be written. While it is given back, other threads run."""

_M_ARENA_MAX = -8
"""The parameter's number in glibc's malloc.h."""


def share_memory() -> None:
    """Lets the threads of this process use memory again that others freed."""
    if (tell := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        tell(_M_ARENA_MAX, MOST_ARENAS)


def giving_memory_back() -> AbstractContextManager[object]:
    """For as long as it is entered, whole pages that nothing needs go back to the system now and then.

    The C library gives back by itself what lies at the end of an area alone, so a process kept what it once needed.
    """
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is None:
        return nullcontext()
    return Background("asof-memory", lambda: trim(0), GIVES_BACK_EVERY)
