"""Arrays that are kept for long, and what a process has left when they are gone."""

import subprocess
import sys

import numpy as np
import pytest

from indexer.kept_array import OWN_FROM, kept
from tests.root import ROOT

CHURN = """
from random import Random
import sys
import numpy as np
from indexer.kept_array import kept
keep = kept if sys.argv[1] == "kept" else lambda array: array
resident = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096
random, held = Random(1), []
before = resident()
for _ in range(2_000):  # blocks of 1 to 8 MB, as the vectors of views are, and small ones that come with them
    held.append((keep(np.ones(random.randrange(1 << 20, 8 << 20), dtype=np.uint8)), bytes(20_000)))
    if len(held) > 40:
        held.pop(random.randrange(len(held)))
print((resident() - before) / sum(len(large) + len(small) for large, small in held))
"""


@pytest.mark.parametrize("count", [0, 10, OWN_FROM, OWN_FROM // 8])
def test_kept_array_is_the_same_and_its_own(count: int) -> None:
    array = np.arange(4 * (count // 4), dtype=np.int64).reshape(-1, 4)
    own = kept(array)
    assert (own.dtype, own.shape, own.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert own.flags.c_contiguous
    assert (own is array) == (array.nbytes < OWN_FROM)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_resident_memory_follows_what_is_kept() -> None:
    command = [sys.executable, "-c", CHURN, "kept"]
    found = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120).stdout
    assert float(found) < 1.15
