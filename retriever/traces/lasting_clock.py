"""A clock that a jump ahead moves only after it lasted: what is deleted for its age does not come back."""

import time
from collections.abc import Callable

from policies.instant import Instant

LASTS = 600.0
"""Seconds for which the clock must have said so. A jump that is set right sooner deletes nothing."""


class LastingClock:
    """The latest instant that the clock has passed for ten minutes and longer; the first one of all until then.

    `steady` counts the seconds of this process, whatever is done to the clock. Each span of ten minutes has its
    earliest reading, and the span before the present one decides. So a jump counts after ten to twenty minutes, also in
    a process that starts during it.
    """

    def __init__(self, clock: Callable[[], Instant], steady: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self._lasting: Instant = 0
        self._earliest = clock()
        self._ends = steady() + LASTS

    def __call__(self) -> Instant:
        now, at = self._clock(), self._steady()
        self._earliest = min(self._earliest, now)
        if at >= self._ends:
            self._lasting, self._earliest, self._ends = self._earliest, now, at + LASTS
        return min(self._lasting, now)
