"""Which revision is in force at (as_of, known_at): events painted onto each policy's valid timeline.

Pure: built from events, never changed. A *cell* is a rectangle on the two clocks. It says that one revision (or
"withdrawn") is in force over its valid period, as known during its known period. The cells of a policy never
overlap, so as-of resolution finds at most one for each policy.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from policies.event import NOTHING, Event, Paint
from policies.home_settings import HomeSettings, settings_after
from policies.instant import FOREVER, Instant
from policies.period import Period
from policies.revision import PUBLIC, VersionId
from policies.revision_table import RevisionTable


@dataclass(frozen=True, slots=True)
class Cell:
    """Over `valid`, as known during `known`, this paint was on top."""

    valid: Period
    known: Period
    paint: Paint
    tx: int

    @property
    def revision(self) -> int | None:
        return self.paint.revision


@dataclass(frozen=True, slots=True)
class InForce:
    """What a policy says at one point of both clocks: a revision, or None where it is withdrawn.

    `valid` is the longest period around the instant asked about in which this does not change, as known then.
    """

    policy_id: str
    revision: int | None
    valid: Period


@dataclass(frozen=True)
class PolicyTimeline:
    """One policy: `top` are the cells on top as known now, by valid start; `covered` are those painted over since."""

    policy_id: str
    top: tuple[Cell, ...] = ()
    covered: tuple[Cell, ...] = ()
    published: tuple[int, ...] = ()
    """The publish tx of each revision, by number from 1."""
    audiences: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Who may read each revision, by its number: the latest event says, whatever `known_at` is asked about."""
    amendments: tuple[Event, ...] = ()
    """The events that take others back or describe the policy, in order."""

    def painted(self, events: Iterable[Event]) -> "PolicyTimeline":
        """This timeline after further events: later paint covers earlier paint within its own periods only."""
        events = list(events)
        top, covered, audiences = list(self.top), list(self.covered), dict(self.audiences)
        for event in events:
            if event.revision is not None and event.kind in ("publish", "restrict"):
                audiences[event.revision] = event.audience or (PUBLIC if event.kind == "publish" else ())
        for event, paint in [(e, paint) for e in events for paint in e.painted]:
            first, last = _overlapping(top, paint.period)
            pieces: list[Cell] = []
            for cell in top[first:last]:
                pieces += [replace(cell, valid=rest) for rest in cell.valid.without([paint.period])]
                known = Period(cell.known.start, event.recorded_at)
                if known:
                    covered.append(replace(cell, valid=cell.valid.overlap(paint.period), known=known))
            if paint.revision != NOTHING:
                pieces.append(Cell(paint.period, Period(event.recorded_at), paint, event.tx))
            top[first:last] = sorted(pieces, key=lambda cell: cell.valid.start)
        published = (*self.published, *(event.tx for event in events if event.kind == "publish"))
        amendments = (*self.amendments, *(event for event in events if event.undoes or event.kind == "describe"))
        return PolicyTimeline(self.policy_id, tuple(top), tuple(covered), published, audiences, amendments)

    @cached_property
    def every_audience(self) -> frozenset[tuple[str, ...]]:
        """The different labels by which its revisions may be read: few, of however many revisions."""
        return frozenset(self.audiences.values())

    @cached_property
    def undone(self) -> Mapping[int, int]:
        """The tx of each event that does not count any more, with that of the undo that took it back."""
        return undone_by([(event.tx, event.undoes) for event in self.amendments if event.undoes])

    def over(self, period: Period) -> tuple[Cell, ...]:
        """The cells on top that share an instant with the period, by valid start."""
        first, last = _overlapping(self.top, period)
        return self.top[first:last]

    @cached_property
    def columns(self) -> npt.NDArray[np.int64]:
        """Valid from and to, known from and to, and publish tx of every cell that shows a revision; (5, cells)."""
        rows = [
            (*_bounds(cell), self.published[cell.revision - 1])
            for cell in (*self.covered, *self.top)
            if cell.revision is not None
        ]
        return np.array(rows, dtype=np.int64).reshape(-1, 5).T.copy()

    @cached_property
    def withdrawals(self) -> tuple[Cell, ...]:
        """Every cell that shows a withdrawal."""
        return tuple(cell for cell in (*self.covered, *self.top) if cell.revision is None)

    def cells(self, known_at: Instant) -> tuple[Cell, ...]:
        """The cells on top as known at an instant, by valid start."""
        if known_at >= self.newest:
            return self.top
        found = [cell for cell in (*self.covered, *self.top) if known_at in cell.known]
        return tuple(sorted(found, key=lambda cell: cell.valid.start))

    @cached_property
    def newest(self) -> Instant:
        """The instant from which on only the cells on top are known."""
        return max([cell.known.start for cell in self.top] + [cell.known.end for cell in self.covered], default=0)

    def history(self) -> list[Cell]:
        """Every cell there ever was, by when it was recorded, then by valid start."""
        return sorted((*self.covered, *self.top), key=lambda cell: (cell.known.start, cell.valid.start))

    def in_force(self, as_of: Instant, known_at: Instant) -> InForce | None:
        """What the policy says at (as_of, known_at); None where nothing was ever said of that instant."""
        cells = self.cells(known_at)
        at = bisect_right(cells, as_of, key=lambda cell: cell.valid.start) - 1
        if at < 0 or as_of not in cells[at].valid:
            return None
        revision = cells[at].revision
        first = last = at
        while first > 0 and _continues(cells[first - 1], cells[first], revision):
            first -= 1
        while last + 1 < len(cells) and _continues(cells[last], cells[last + 1], revision):
            last += 1
        return InForce(self.policy_id, revision, Period(cells[first].valid.start, cells[last].valid.end))

    def next_change(self, after: Instant, known_at: Instant) -> Instant | None:
        """The first instant past `after` at which another revision, or none, is in force, as known."""
        before = self.in_force(after, known_at)
        if before is not None:
            return before.valid.end if before.valid.end < FOREVER else None
        cells = self.cells(known_at)
        at = bisect_right(cells, after, key=lambda cell: cell.valid.start)
        return cells[at].valid.start if at < len(cells) else None

    def next_revision(self, after: Instant, known_at: Instant) -> InForce | None:
        """The next revision to come into force past `after`, as known."""
        cells = self.cells(known_at)
        for cell in cells[bisect_right(cells, after, key=lambda cell: cell.valid.start) :]:
            if cell.revision is not None:
                found = self.in_force(cell.valid.start, known_at)
                if found is not None and found.valid.start > after:
                    return found
        return None


@dataclass(frozen=True)
class Timeline:
    """All policies, painted up to transaction `tx`, which was recorded at `recorded_at`."""

    tx: int = 0
    recorded_at: Instant = 0
    policies: Mapping[str, PolicyTimeline] = field(default_factory=dict)
    publishes: Mapping[VersionId, Event] = field(default_factory=dict)
    erased: frozenset[VersionId] = frozenset()
    settings: HomeSettings = field(default_factory=HomeSettings)

    def extended(self, events: Iterable[Event]) -> "Timeline":
        """This timeline after further events, in the order of their tx."""
        policies, publishes = dict(self.policies), dict(self.publishes)
        erased = set(self.erased)
        tx, recorded_at = self.tx, self.recorded_at
        by_policy: dict[str, list[Event]] = defaultdict(list)
        concerned: set[VersionId] = set()
        fresh: dict[int, VersionId] = {}
        settings = self.settings
        for event in events:
            tx, recorded_at = event.tx, event.recorded_at
            if event.kind == "settings":
                settings = settings_after([event], settings)
                continue
            by_policy[event.policy_id].append(event)
            if event.revision is None:
                continue
            version = VersionId(event.policy_id, event.revision)
            concerned.add(version)
            if event.kind == "publish":
                publishes[version] = event
                fresh[event.tx] = version
            elif event.kind == "erase":
                erased.add(version)
        for policy_id, painting in by_policy.items():
            timeline = policies.get(policy_id, PolicyTimeline(policy_id))
            policies[policy_id] = timeline.painted(painting)
        made = Timeline(tx, recorded_at, policies, publishes, frozenset(erased), settings)
        if "table" in self.__dict__:
            made.__dict__["table"] = self.table.extended(
                fresh,
                {version: made.audience(version) for version in concerned},
                [version for version in fresh.values() if publishes[version].applies_to],
                made.erased & publishes.keys(),
            )
        if "_columns" in self.__dict__:
            made.__dict__["_columns"] = self._columns_after(made, by_policy)
        return made

    def _columns_after(self, made: "Timeline", changed: Collection[str]) -> npt.NDArray[np.int64]:
        """The columns of a timeline that extends this one, in which only these policies have other cells."""
        before = [self.policies[name].columns[4] for name in changed if name in self.policies]
        kept = self._columns if not before else self._columns[:, ~np.isin(self._columns[4], np.concatenate(before))]
        return np.concatenate([kept, *(made.policies[name].columns for name in changed)], axis=1)

    def revisions(self, policy_id: str) -> list[Event]:
        """The publish events of a policy, by revision number."""
        policy = self.policies.get(policy_id, PolicyTimeline(policy_id))
        return [self.publishes[VersionId(policy_id, number)] for number in range(1, len(policy.published) + 1)]

    def audience(self, version: VersionId) -> tuple[str, ...]:
        """Who may read a revision: the latest event says, whatever `known_at` is asked about."""
        return self.policies[version.policy_id].audiences[version.number]

    @cached_property
    def policy_ids(self) -> list[str]:
        """The ids of the policies, ascending."""
        return sorted(self.policies)

    def withdrawn(self, as_of: Instant, known_at: Instant) -> Iterator[str]:
        """The ids of the policies that are withdrawn at (as_of, known_at), those withdrawn last first."""
        columns, names = self._withdrawals
        hit = (columns[0] <= as_of) & (as_of < columns[1]) & (columns[2] <= known_at) & (known_at < columns[3])
        cells = np.flatnonzero(hit)
        return (names[cell] for cell in cells[np.argsort(-columns[0][cells], kind="stable")].tolist())

    def in_force(self, as_of: Instant, known_at: Instant) -> npt.NDArray[np.int64]:
        """The publish tx of every revision in force at (as_of, known_at), ascending; withdrawn ones are left out."""
        columns = self._columns
        hit = (columns[0] <= as_of) & (as_of < columns[1]) & (columns[2] <= known_at) & (known_at < columns[3])
        return np.sort(columns[4][hit])

    def next_change(self, after: Instant, known_at: Instant) -> Instant | None:
        """The first instant past `after` at which what is in force may change, as known; None where there is none."""
        columns = self._columns
        bounds = columns[:2, (columns[2] <= known_at) & (known_at < columns[3])]
        later = bounds[(bounds > after) & (bounds < FOREVER)]
        return int(later.min()) if len(later) else None

    @cached_property
    def table(self) -> RevisionTable:
        """The recorded revisions as columns."""
        return RevisionTable(
            {event.tx: version for version, event in self.publishes.items()},
            {version: self.audience(version) for version in self.publishes},
            [version for version, event in self.publishes.items() if event.applies_to],
            self.erased & self.publishes.keys(),
        )

    @cached_property
    def _columns(self) -> npt.NDArray[np.int64]:
        """Valid from and to, known from and to, and publish tx of every cell that shows a revision; (5, cells)."""
        nothing = np.empty((5, 0), dtype=np.int64)
        return np.concatenate([nothing, *(policy.columns for policy in self.policies.values())], axis=1)

    @cached_property
    def _withdrawals(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Valid and known from and to of every cell that shows a withdrawal, shape (4, cells); and whose it is."""
        cells = [(name, cell) for name in self.policy_ids for cell in self.policies[name].withdrawals]
        columns = np.array([tuple(_bounds(cell)) for _, cell in cells], dtype=np.int64).reshape(-1, 4).T.copy()
        return columns, [name for name, _ in cells]


def publish_periods(
    timeline: PolicyTimeline, start: Instant, end: Instant | None, *, replace_scheduled: bool = False
) -> list[Period]:
    """The periods that a publish from `start` paints.

    A bounded publish paints exactly `[start, end)`. An open-ended publish paints up to the next origin of an open-ended
    rule (unless `replace_scheduled`). Bounded rules that start inside it stay on top.
    """
    if end is not None:
        return [Period(start, end)]
    # No rule shows before its origin, so cells that begin before `start` are of rules that do.
    later = timeline.top[bisect_left(timeline.top, start, key=lambda cell: cell.valid.start) :]
    stops = [c.paint.origin for c in later if c.paint.open_ended and c.paint.origin > start]
    whole = Period(start, FOREVER if replace_scheduled else min(stops, default=FOREVER))
    on_top = [c.valid for c in later if not c.paint.open_ended and c.paint.origin >= start]
    return whole.without(on_top)


def undone_by(undos: Sequence[tuple[int, tuple[int, ...]]]) -> dict[int, int]:
    """The tx of each event that was taken back, with that of the newest undo that did so and was not undone itself."""
    undone: dict[int, int] = {}
    for tx, undoes in reversed(undos):
        if tx not in undone:
            undone |= {each: tx for each in undoes if each not in undone}
    return undone


def restored_paint(timeline: PolicyTimeline, events: Sequence[Event], start: Instant) -> list[Paint]:
    """What withdrawals hide from `start` on: the timeline as it would be without them, over their periods.

    There an open-ended rule holds until a newer one starts. So a rule that was published during a withdrawal comes back
    in full, and no older rule comes back behind it.
    """
    beneath = PolicyTimeline(timeline.policy_id)
    for event in events:
        shown = tuple(paint for paint in event.painted if paint.revision is not None)
        beneath = beneath.painted([replace(event, painted=shown)])
    paints = []
    for gap in (cell for cell in timeline.top if cell.revision is None):
        # A rule that comes back later than it was withdrawn for good begins anew there, once. If its pieces kept their
        # origins, a later publish would stop in the middle of the rule, and the older rule would come back there.
        anew = gap.paint.open_ended and start > gap.paint.origin
        for valid, paint in _newest_bases(beneath):
            if piece := valid.overlap(gap.valid).overlap(Period(start)):
                origin = max(paint.origin, start) if anew else paint.origin
                paints.append(replace(paint, period=piece, origin=origin))
    return sorted(paints, key=lambda paint: paint.period)


def _newest_bases(beneath: PolicyTimeline) -> Iterator[tuple[Period, Paint]]:
    """The timeline in which each open-ended rule holds until one of a later origin (then a later revision) starts."""
    base: Paint | None = None
    at = FOREVER
    for cell in beneath.top:
        if base is not None and at < cell.valid.start:
            yield Period(at, cell.valid.start), base
        paint = cell.paint
        if paint.open_ended:
            newer = base is None or (paint.origin, paint.revision or 0) >= (base.origin, base.revision or 0)
            base = paint = paint if newer or base is None else base
        yield cell.valid, paint
        at = cell.valid.end
    if base is not None and at < FOREVER:
        yield Period(at), base


def _overlapping(top: Sequence[Cell], period: Period) -> tuple[int, int]:
    """The half-open range of cells that overlap the period; an empty one at the period's place where none does."""
    first = bisect_right(top, period.start, key=lambda cell: cell.valid.end)
    last = bisect_left(top, period.end, lo=first, key=lambda cell: cell.valid.start)
    return first, max(first, last)


def _continues(left: Cell, right: Cell, revision: int | None) -> bool:
    return left.valid.end == right.valid.start and left.revision == right.revision == revision


def _bounds(cell: Cell) -> Iterator[int]:
    yield from (cell.valid.start, cell.valid.end, cell.known.start, cell.known.end)
