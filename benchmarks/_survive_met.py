"""What the callers met: every reply counted by kind and code, and whether a fault explains it."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks._survive_http import Reply
from benchmarks._survive_truth import SHOWN

EXPLAINED = {
    "disk full": {"storage_full", "behind", "not_searchable", "store_unusable", "background_failed"},
    "worker killed": {"reset", "behind"},
}
"""The codes that each fault explains, with 5xx or without any answer."""

GRACE = {"disk full": 10.0, "worker killed": 10.0}
"""Seconds after the end of a fault in which it still explains them: pauses between tries grow to five seconds."""


@dataclass(slots=True)
class Fault:
    """What was done to the service, from one instant of the steady clock to another."""

    kind: str
    began: float
    ended: float = math.inf

    def explains(self, reply: Reply) -> bool:
        return self.during(reply.began, reply.ended) and reply.code in EXPLAINED[self.kind]

    def during(self, began: float, ended: float) -> bool:
        """Whether some of that time lies within this fault or its grace."""
        return ended >= self.began and began <= self.ended + GRACE[self.kind]


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a good reader waited: from when the question was due, in milliseconds, infinite without an answer."""

    due: float
    ended: float
    milliseconds: float


@dataclass
class Met:
    """All replies. `waited` are all good readers; `undisturbed` are those that no fault had a part in. `commands` are
    those beside the service, from one instant of the steady clock to another."""

    faults: list[Fault] = field(default_factory=list)
    counts: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    by_fault: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)
    unexplained: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    waited: list[Waited] = field(default_factory=list)
    undisturbed: list[Waited] = field(default_factory=list)
    published: list[float] = field(default_factory=list)
    commands: list[tuple[float, float]] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def fault(self, kind: str) -> Fault:
        """A fault that begins now."""
        self.faults.append(Fault(kind, time.monotonic()))
        return self.faults[-1]

    def note(self, kind: str, reply: Reply) -> None:
        """Counts a reply to a caller of a kind."""
        met = (kind, reply.status, reply.code)
        self.counts[met] += 1
        if reply.status != 0 and reply.status < 500:
            return
        cause = next((fault.kind for fault in reversed(self.faults) if fault.explains(reply)), None)
        if cause is None:
            self.unexplained[met] += 1
            if self.unexplained[met] <= SHOWN:
                after = ", ".join(f"{reply.ended - f.began:.1f} s after: {f.kind}" for f in self.faults[-2:])
                self.examples.append(f"{kind}: {reply.content.get('detail', reply.code)[:300]} ({after})")
        else:
            self.by_fault[(*met, cause)] += 1

    def read(self, due: float, ended: float, *, answered: bool) -> None:
        """Notes how long a good reader waited."""
        waited = Waited(due, ended, (ended - due) * 1e3 if answered else math.inf)
        self.waited.append(waited)
        if not any(fault.during(due, ended) for fault in self.faults):
            self.undisturbed.append(waited)

    def total(self, kind: str, status: int | None = None) -> int:
        return sum(count for (of, code, _), count in self.counts.items() if of == kind and status in (None, code))

    def seconds(self, began: float, asked: int) -> list[str]:
        """A character a second since an instant: the longest wait of the readers past `asked`, and what was beside."""
        slowest: dict[int, float] = {}
        for each in self.waited[asked:]:
            second = int(each.due - began)
            slowest[second] = max(slowest.get(second, 0.0), each.milliseconds)
        beside: dict[int, str] = {}
        spans = [("c", *span) for span in self.commands] + [(it.kind[0], it.began, it.ended) for it in self.faults]
        for mark, first, last in spans:
            for second in range(max(0, int(first - began)), int(min(last - began, max(slowest, default=0))) + 1):
                beside[second] = mark
        chart = "".join(_mark(slowest.get(second)) for second in range(max(slowest, default=0) + 1))
        steps = ", ".join(f"{mark} {most:,} ms" for most, mark in STEPS)
        return [
            f"  longest wait |{chart}|  up to {steps}, {LONGER} longer or no answer",
            f"  beside it    |{''.join(beside.get(second, ' ') for second in range(len(chart)))}|  "
            "c a command, d the disk full, w a worker killed",
        ]


STEPS = ((100, "."), (250, "-"), (1_000, "+"), (5_000, "#"))
"""Milliseconds, and the character of a second in which nobody waited longer."""
LONGER = "@"


def _mark(slowest: float | None) -> str:
    return " " if slowest is None else next((mark for most, mark in STEPS if slowest <= most), LONGER)


def percentiles(waited: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile, both of answers that came; infinite where too many did not."""
    if not waited:
        return math.nan, math.nan
    p50, p99 = np.percentile(np.array(waited), [50, 99], method="higher")
    return float(p50), float(p99)
