"""The timeline on two clocks as rectangles: valid time across, transaction time up. Pure geometry."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.instant import FOREVER, Instant, parse_instant

WIDTH, HEIGHT = 960.0, 420.0
"""The drawing without its margins."""

EVEN = 0.6
"""How much of a place is its rank among all bounds; the rest is its time. Time alone would hide what is close."""

ROOM = 0.08
"""The part of the drawing that is kept for what has no end."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One period on both clocks: what the policy says over it, and where the rectangle stands, from the upper left."""

    period: Mapping[str, Any]
    x: float
    y: float
    width: float
    height: float
    is_open: bool
    corrects: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All cells, with the marks of both axes: their places, and the instants that stand there."""

    cells: tuple[Cell, ...]
    across: tuple[tuple[float, Instant], ...]
    up: tuple[tuple[float, Instant], ...]


class _Scale:
    """Places of instants on an axis of a length: partly by rank, partly by time."""

    def __init__(self, bounds: Sequence[Instant], length: float) -> None:
        self._bounds = sorted(set(bounds))
        self._length = length

    def place(self, at: Instant) -> float:
        if at >= FOREVER:
            return self._length
        first, last = self._bounds[0], self._bounds[-1]
        if first == last:
            return 0.0
        rank = bisect_left(self._bounds, at) / (len(self._bounds) - 1)
        time = (at - first) / (last - first)
        return self._length * (1 - ROOM) * (EVEN * rank + (1 - EVEN) * time)

    def marks(self, apart: float) -> tuple[tuple[float, Instant], ...]:
        """The bounds with their places, without those that come too close to the one before."""
        found: list[tuple[float, Instant]] = []
        for bound in self._bounds:
            place = self.place(bound)
            if not found or place - found[-1][0] >= apart:
                found.append((place, bound))
        return tuple(found)


def drawn(periods: Sequence[Mapping[str, Any]]) -> Drawing:
    """The rectangles of a policy's periods, as its history has them, in the same order."""
    spans = [_Span.of(period) for period in periods]
    if not spans:
        return Drawing((), (), ())
    across = _Scale([bound for it in spans for bound in (it.start, it.end) if bound < FOREVER], WIDTH)
    up = _Scale([bound for it in spans for bound in (it.known, it.until) if bound < FOREVER], HEIGHT)
    cells = []
    for period, it in zip(periods, spans, strict=True):
        x, right = across.place(it.start), across.place(it.end)
        low, high = up.place(it.known), up.place(it.until)
        corrects = it.start < it.known and any(other.is_covered_by(it) for other in spans)
        cells.append(
            Cell(period, x, HEIGHT - high, max(2.0, right - x), max(2.0, high - low), it.until >= FOREVER, corrects)
        )
    return Drawing(tuple(cells), across.marks(76), tuple((HEIGHT - y, at) for y, at in up.marks(18)))


@dataclass(frozen=True, slots=True)
class _Span:
    start: Instant
    end: Instant
    known: Instant
    until: Instant

    @classmethod
    def of(cls, period: Mapping[str, Any]) -> "_Span":
        bounds = (period[name] for name in ("valid_from", "valid_to", "recorded_from", "recorded_to"))
        return cls(*(FOREVER if bound is None else parse_instant(bound) for bound in bounds))

    def is_covered_by(self, other: "_Span") -> bool:
        """Whether the other painted over it what was past already when that was recorded."""
        past = min(other.end, other.known)
        return self.until == other.known and self.start < past and other.start < self.end
