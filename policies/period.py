"""Closed-open periods `[start, end)` on one clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from policies.instant import FOREVER, Instant


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The instants from `start`, included, to `end`, excluded; `end` is FOREVER where there is none."""

    start: Instant
    end: Instant = FOREVER

    def __contains__(self, instant: Instant) -> bool:
        return self.start <= instant < self.end

    def __bool__(self) -> bool:
        return self.start < self.end

    def overlap(self, other: "Period") -> "Period":
        """The instants in both; an empty (false) period where there are none."""
        return Period(max(self.start, other.start), min(self.end, other.end))

    def without(self, others: Iterable["Period"]) -> list["Period"]:
        """What is left of this period outside all of `others`, in order."""
        left, at = [], self.start
        for other in sorted(others):
            if other.end <= at or other.start >= self.end:
                continue
            if other.start > at:
                left.append(Period(at, other.start))
            at = max(at, other.end)
        if at < self.end:
            left.append(Period(at, self.end))
        return left
