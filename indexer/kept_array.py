"""Arrays that are kept for long, in memory of their own."""

import mmap
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)

OWN_FROM = 128 * 1024
"""Bytes of an array from which on it gets pages of its own. So a cache of views has at most eight mappings for each
megabyte of its budget; a process may have some 65,000."""


def kept(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """The same array in pages that the system has back when it goes.

    The allocator's blocks do not go back so: what is kept lies between what comes and goes with each question, and
    after 16,000 instants a third of what views took was free and still the process's.
    """
    if array.nbytes < OWN_FROM:
        return array
    pages = mmap.mmap(-1, array.nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    own = np.frombuffer(pages, dtype=array.dtype).reshape(array.shape)
    own[...] = array
    return own
