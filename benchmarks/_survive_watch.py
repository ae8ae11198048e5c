"""Descriptors, mappings and memory of each worker over time: their slopes, a table and a chart in text."""

import asyncio
import math
import os
import resource
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MOST_FILES = 200
"""Open files of a worker that are no connections: its segments, databases, pipes."""

MOST_MAPPINGS = 800
"""Of which the interpreter and its libraries have some 400 to 500."""

MOST_MEGABYTES = 352
"""What docs/deploying.md promises, with views of 64: about 120 of its own, and the rest for what is worked on."""

FLAT_FILES, FLAT_MAPPINGS, FLAT_MEGABYTES = 2.0, 10.0, 10.0
"""A minute, over the second half of a worker's life. Memory may grow with what is recorded: 900 events a minute."""

LONG_ENOUGH = 240.0
"""Seconds that a worker must have lived for a slope to tell anything: caches fill before."""

STOLEN = 0.02
"""The share of the machine's processors that its other guests may take in a second in which it counts as left alone."""

SETTLES = 10.0
"""Seconds for which what queued up in a second with more than that may still be waiting."""

WIDTH, HEIGHT = 72, 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker at an instant: seconds since the campaign began, open files and connections, mappings, megabytes."""

    at: float
    files: int
    connections: int
    mappings: int
    megabytes: float


class Watch:
    """Looks at the workers every second, and at the time that the processor spent on whom."""

    def __init__(self) -> None:
        self.samples: dict[int, list[Sample]] = {}
        self._began = time.monotonic()
        self._spent: dict[int, float] = {}
        self._busy = _busy()
        self._own = _own()
        self.stolen: list[tuple[float, float]] = []
        self._counted = _stolen()

    async def look(self, workers: Sequence[int]) -> None:
        before, self._counted = self._counted, _stolen()
        stolen, passed = (now - then for now, then in zip(self._counted, before, strict=True))
        self.stolen.append((time.monotonic(), stolen / max(passed, 1e-9)))
        for pid in workers:
            if (sample := await asyncio.to_thread(self._sample, pid)) is not None:
                self.samples.setdefault(pid, []).append(sample)

    def broken(self) -> Iterator[str]:
        """What grew past its bound, or did not stay flat."""
        for pid, samples in self.samples.items():
            for name, values, most, flat in _measures(samples):
                if max(values) > most:
                    yield f"worker {pid} had {max(values):.0f} {name}, over the bound of {most}"
                slope = _slope(samples, values)
                if samples[-1].at - samples[0].at >= LONG_ENOUGH and slope > flat:
                    yield f"worker {pid}: {name} grew by {slope:.1f} a minute, over the bound of {flat:g}"

    def left_alone(self, began: float, ended: float) -> bool:
        """Whether other guests of the machine took next to nothing, from `SETTLES` before it began until it ended."""
        first = bisect_right(self.stolen, (began - SETTLES, math.inf))
        last = bisect_right(self.stolen, (ended, math.inf))
        return all(share <= STOLEN for _, share in self.stolen[first : last + 1])

    def stolen_share(self) -> float:
        """The share of the processors that others took, as the mean of all looks."""
        return sum(share for _, share in self.stolen) / max(len(self.stolen), 1)

    def table(self) -> list[str]:
        """First, last, most and slope of each measure of each worker that was seen for a while."""
        lines = [
            f"{'worker':>8} {'seconds':>7}  {'':<10} {'first':>7} {'last':>7} {'most':>7} {'bound':>7} {'a minute':>9}"
        ]
        for pid, samples in self.samples.items():
            if len(samples) < 10:
                continue
            lived = samples[-1].at - samples[0].at
            for name, values, most, _ in _measures(samples):
                slope = f"{_slope(samples, values):+.1f}"
                line = f"{pid:>8} {lived:>7.0f}  {name:<10} {values[0]:>7.0f} {values[-1]:>7.0f} {max(values):>7.0f}"
                lines.append(f"{line} {most:>7} {slope:>9}")
        return lines

    def chart(self, name: str) -> list[str]:
        """One measure of every worker over the whole time; a letter for each, in the order in which they came."""
        every = {pid: [(s.at, getattr(s, name)) for s in samples] for pid, samples in self.samples.items()}
        points = [point for series in every.values() for point in series]
        if not points:
            return []
        last, most = max(at for at, _ in points), max(value for _, value in points) or 1
        rows = [[" "] * WIDTH for _ in range(HEIGHT)]
        for number, series in enumerate(every.values()):
            for at, value in series:
                row = HEIGHT - 1 - int(value / most * (HEIGHT - 1))
                rows[row][int(at / max(last, 1) * (WIDTH - 1))] = chr(ord("a") + number % 26)
        lines = [
            f"{most * (HEIGHT - 1 - row) / (HEIGHT - 1):>7.0f} |{''.join(cells)}" for row, cells in enumerate(rows)
        ]
        return [f"{name} by worker", *lines, f"{'':>7} +{'-' * WIDTH}", f"{'':>9}0{'':<{WIDTH - 9}}{last / 60:.1f} min"]

    def cores(self) -> dict[str, float]:
        """How many cores each side kept busy on average."""
        took = time.monotonic() - self._began
        own, service = (_own() - self._own) / took, sum(self._spent.values()) / took
        return {"service": service, "campaign": own, "others": max(0.0, (_busy() - self._busy) / took - own - service)}

    def _sample(self, pid: int) -> Sample | None:
        folder = Path(f"/proc/{pid}")
        try:
            targets = [os.readlink(entry) for entry in (folder / "fd").iterdir()]
            connections = sum(target.startswith("socket:") for target in targets)
            own = own_megabytes(str(pid))
            mappings = (folder / "maps").read_bytes().count(b"\n")
            times = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just died
            return None
        if not mappings:  # dead, and not yet missed
            return None
        self._spent[pid] = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        return Sample(time.monotonic() - self._began, len(targets) - connections, connections, mappings, own)


def own_megabytes(pid: str) -> float:
    """The memory of a process, or of "self", that is its own and no file's; 0 for one that has just died."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon")), 0.0)


def _measures(samples: Sequence[Sample]) -> Iterator[tuple[str, list[float], int, float]]:
    yield "files", [s.files for s in samples], MOST_FILES, FLAT_FILES
    yield "mappings", [s.mappings for s in samples], MOST_MAPPINGS, FLAT_MAPPINGS
    yield "megabytes", [s.megabytes for s in samples], MOST_MEGABYTES, FLAT_MEGABYTES


def _slope(samples: Sequence[Sample], values: Sequence[float]) -> float:
    """Units a minute over the second half of a worker's life, by least squares: cov(t, v) / var(t)."""
    half = len(samples) // 2
    at: npt.NDArray[np.float64] = np.array([s.at for s in samples[half:]]) / 60
    spread = at - at.mean()
    return float(spread @ np.array(values[half:]) / max(float(spread @ spread), 1e-9))


def _own() -> float:
    """Seconds of processor that this campaign and its commands took; the service counts once it has ended."""
    me = resource.getrusage(resource.RUSAGE_SELF)
    return me.ru_utime + me.ru_stime


def _stolen() -> tuple[int, int]:
    """Ticks of all processors that other guests of the machine took, and all ticks."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return ticks[7], sum(ticks)


def _busy() -> float:
    """Seconds of processor that the whole machine took, over all its cores."""
    user, nice, system, _, _, irq, soft, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
