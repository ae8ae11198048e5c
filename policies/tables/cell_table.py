"""Every cell as columns, so that what is in force of all policies takes a few array operations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from policies.instant import FOREVER, Instant

Ints: TypeAlias = npt.NDArray[np.int64]

Row: TypeAlias = tuple[int, int, int, int, int]
"""A cell: valid from and to, known from and to, and the publish tx of what it shows, 0 where that is a withdrawal."""

VALID_FROM, VALID_TO, KNOWN_FROM, KNOWN_TO, TX, POLICY = range(6)

MERGED_UNTIL = 4
"""A part takes in the next one unless it is more than so many times as large. So parts are few, and a cell is copied
as often as the logarithm of all of them."""


class CellTable:
    """The cells of some policies. It never changes: `extended` gives that of later events, at the cost of what is new.

    A part has shape (6, cells): the columns of a `Row`, then the number of the policy. `top` are the cells that are on
    top as known now. Those painted over stand in `covered`, in parts, since none of them ever changes or goes.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._top: Ints = np.empty((6, 0), dtype=np.int64)
        self._covered: tuple[Ints, ...] = ()
        self._newest: Instant = 0

    def extended(self, changed: Mapping[str, tuple[Sequence[Row], Sequence[Row]]]) -> "CellTable":
        """This table after further events: for each policy changed, its cells on top, and those painted over since."""
        made = CellTable()
        new = [name for name in changed if name not in self._numbers]
        made._names = [*self._names, *new] if new else self._names
        made._numbers = {name: number for number, name in enumerate(made._names)} if new else self._numbers
        top = [_part(made._numbers[name], rows) for name, (rows, _) in changed.items()]
        covered = [_part(made._numbers[name], rows) for name, (_, rows) in changed.items()]
        anew = np.zeros(len(made._numbers), dtype=np.bool_)
        anew[[made._numbers[name] for name in changed]] = True
        made._top = np.concatenate([self._top[:, ~anew[self._top[POLICY]]], *top], axis=1)
        made._covered = _with_part(self._covered, np.concatenate([self._top[:, :0], *covered], axis=1))
        known = [*(part[KNOWN_FROM] for part in top), *(part[KNOWN_TO] for part in covered)]
        made._newest = max([self._newest, *(int(instants.max(initial=0)) for instants in known)])
        return made

    def in_force(self, as_of: Instant, known_at: Instant) -> Ints:
        """The publish tx of every revision in force at (as_of, known_at), ascending; withdrawn ones are left out."""
        found = np.concatenate([part[TX] for part in self._at(as_of, known_at)])
        return np.sort(found[found > 0])

    def withdrawn(self, as_of: Instant, known_at: Instant) -> list[str]:
        """The ids of the policies that are withdrawn at (as_of, known_at): those withdrawn last first, then by id."""
        parts = [part[:, part[TX] == 0] for part in self._at(as_of, known_at)]
        found = [
            (-start, self._names[number])
            for part in parts
            for start, number in zip(part[VALID_FROM].tolist(), part[POLICY].tolist(), strict=True)
        ]
        return [name for _, name in sorted(found)]

    def next_change(self, after: Instant, known_at: Instant) -> Instant | None:
        """The first instant past `after` at which what is in force may change, as known; None where there is none."""
        found = []
        for part in self._parts(known_at):
            known = (part[KNOWN_FROM] <= known_at) & (known_at < part[KNOWN_TO]) & (part[TX] > 0)
            bounds = part[: VALID_TO + 1, known]
            later = bounds[(bounds > after) & (bounds < FOREVER)]
            found += [int(later.min())] if len(later) else []
        return min(found, default=None)

    def upcoming(self, after: Instant, known_at: Instant) -> tuple[Ints, Ints]:
        """Where each shown cell begins that begins past `after`, as known, ascending; and the publish tx that it shows.

        Two cells side by side may show the same revision.
        """
        found = []
        for part in self._parts(known_at):
            known = (part[KNOWN_FROM] <= known_at) & (known_at < part[KNOWN_TO])
            found.append(part[:, known & (part[TX] > 0) & (part[VALID_FROM] > after)])
        cells = np.concatenate(found, axis=1)
        cells = cells[:, np.argsort(cells[VALID_FROM], kind="stable")]
        return cells[VALID_FROM], cells[TX]

    def _parts(self, known_at: Instant) -> tuple[Ints, ...]:
        """The parts that may hold what was known at an instant: what was painted over since is not known now."""
        return (self._top,) if known_at >= self._newest else (self._top, *self._covered)

    def _at(self, as_of: Instant, known_at: Instant) -> Iterator[Ints]:
        """The cells at a point of both clocks, part by part."""
        for part in self._parts(known_at):
            hit = (part[VALID_FROM] <= as_of) & (as_of < part[VALID_TO])
            hit &= (part[KNOWN_FROM] <= known_at) & (known_at < part[KNOWN_TO])
            yield part[:, np.flatnonzero(hit)]


def _part(number: int, rows: Sequence[Row]) -> Ints:
    """The columns of a policy's cells."""
    columns = np.full((6, len(rows)), number, dtype=np.int64)
    if rows:
        columns[:POLICY] = np.array(rows, dtype=np.int64).T
    return columns


def _with_part(parts: tuple[Ints, ...], further: Ints) -> tuple[Ints, ...]:
    """The parts with one more, brought together with those that are not much larger."""
    if not further.shape[1]:
        return parts
    while parts and parts[-1].shape[1] <= MERGED_UNTIL * further.shape[1]:
        further, parts = np.concatenate([parts[-1], further], axis=1), parts[:-1]
    return (*parts, further)
