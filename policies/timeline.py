"""Which revision is in force at (as_of, known_at): events painted onto each policy's valid timeline.

Pure: built from events, never changed. A *cell* is a rectangle on the two clocks. It says that one revision (or
"withdrawn") is in force over its valid period, as known during its known period. The cells of a policy never
overlap, so as-of resolution finds at most one for each policy.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter

from policies.event import NOTHING, Event, Paint
from policies.home_settings import HomeSettings, settings_after
from policies.instant import FOREVER, Instant
from policies.period import Period
from policies.revision import PUBLIC, VersionId
from policies.tables.cell_table import CellTable, Ints, Row
from policies.tables.revision_table import RevisionTable


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
    publishes: Mapping[int, Event] = field(default_factory=dict)
    """What published each revision, by its number, ascending."""
    audiences: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Who may read each revision, by its number: the latest event says, whatever `known_at` is asked about."""
    amendments: tuple[Event, ...] = ()
    """The events that take others back or describe the policy, in order."""

    def painted(self, events: Iterable[Event]) -> "PolicyTimeline":
        """This timeline after further events: later paint covers earlier paint within its own periods only."""
        events = list(events)
        top, covered = list(self.top), list(self.covered)
        publishes, audiences = dict(self.publishes), dict(self.audiences)
        for event in events:
            if event.revision is not None and event.kind == "publish":
                publishes[event.revision] = event
            if event.revision is not None and event.kind in ("publish", "restrict"):
                audiences[event.revision] = event.audience or (PUBLIC if event.kind == "publish" else ())
        for event, paint in [(e, paint) for e in events for paint in e.painted]:
            first, last = _overlapping(top, paint.period)
            before: list[Cell] = []
            behind: list[Cell] = []
            for cell in top[first:last]:
                if cell.valid.start < paint.period.start:
                    before.append(Cell(Period(cell.valid.start, paint.period.start), cell.known, cell.paint, cell.tx))
                if cell.valid.end > paint.period.end:
                    behind.append(Cell(Period(paint.period.end, cell.valid.end), cell.known, cell.paint, cell.tx))
                if cell.known.start < event.recorded_at:
                    known = Period(cell.known.start, event.recorded_at)
                    covered.append(Cell(cell.valid.overlap(paint.period), known, cell.paint, cell.tx))
            if paint.revision != NOTHING:
                before.append(Cell(paint.period, Period(event.recorded_at), paint, event.tx))
            top[first:last] = before + behind
        amendments = (*self.amendments, *(event for event in events if event.undoes or event.kind == "describe"))
        return PolicyTimeline(self.policy_id, tuple(top), tuple(covered), publishes, audiences, amendments)

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

    def rows(self, cells: Iterable[Cell]) -> list[Row]:
        """Some cells of the policy as rows of a table."""
        return [
            (
                cell.valid.start,
                cell.valid.end,
                cell.known.start,
                cell.known.end,
                0 if cell.revision is None else self.publishes[cell.revision].tx,
            )
            for cell in cells
        ]

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
        return sorted((*self.covered, *self.top), key=attrgetter("known.start", "valid.start"))

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


class Publishes(Mapping[VersionId, Event]):
    """What published each revision of some policies: policy by policy, each by number."""

    def __init__(self, policies: Mapping[str, PolicyTimeline]) -> None:
        self._policies = policies

    def __getitem__(self, version: VersionId) -> Event:
        try:
            return self._policies[version.policy_id].publishes[version.number]
        except KeyError:
            raise KeyError(version) from None

    def __iter__(self) -> Iterator[VersionId]:
        return (VersionId(name, number) for name, policy in self._policies.items() for number in policy.publishes)

    def __len__(self) -> int:
        return sum(len(policy.publishes) for policy in self._policies.values())

    def __repr__(self) -> str:
        return f"Publishes of {len(self)} revisions"


@dataclass(frozen=True)
class Timeline:
    """All policies, painted up to transaction `tx`, which was recorded at `recorded_at`."""

    tx: int = 0
    recorded_at: Instant = 0
    policies: Mapping[str, PolicyTimeline] = field(default_factory=dict)
    erased: frozenset[VersionId] = frozenset()
    settings: HomeSettings = field(default_factory=HomeSettings)
    last: Event | None = field(default=None, repr=False)
    """The event of `tx`."""

    def extended(self, events: Iterable[Event]) -> "Timeline":
        """This timeline after further events, in the order of their tx."""
        tx, recorded_at, settings, last = self.tx, self.recorded_at, self.settings, self.last
        by_policy: dict[str, list[Event]] = defaultdict(list)
        erased: set[VersionId] = set()
        events = list(events)
        for event in events:
            tx, recorded_at, last = event.tx, event.recorded_at, event
            if event.kind == "settings":
                settings = settings_after([event], settings)
                continue
            by_policy[event.policy_id].append(event)
            if event.kind == "erase" and event.revision is not None:
                erased.add(VersionId(event.policy_id, event.revision))
        policies = dict(self.policies)
        for policy_id, painting in by_policy.items():
            policies[policy_id] = policies.get(policy_id, PolicyTimeline(policy_id)).painted(painting)
        made = Timeline(tx, recorded_at, policies, self.erased | erased if erased else self.erased, settings, last)
        # What was worked out of this timeline is handed on, with what is new.
        if "table" in self.__dict__:
            made.__dict__["table"] = made._extended(self.table, events)
        if "cells" in self.__dict__:
            made.__dict__["cells"] = self.cells.extended(
                {name: made._cells_since(name, self.policies.get(name)) for name in by_policy}
            )
        return made

    @cached_property
    def publishes(self) -> Publishes:
        """What published each revision."""
        return Publishes(self.policies)

    def revisions(self, policy_id: str) -> list[Event]:
        """The publish events of a policy, by revision number."""
        return list(self.policies[policy_id].publishes.values()) if policy_id in self.policies else []

    def audience(self, version: VersionId) -> tuple[str, ...]:
        """Who may read a revision: the latest event says, whatever `known_at` is asked about."""
        return self.policies[version.policy_id].audiences[version.number]

    @cached_property
    def policy_ids(self) -> list[str]:
        """The ids of the policies, ascending."""
        return sorted(self.policies)

    def withdrawn(self, as_of: Instant, known_at: Instant) -> list[str]:
        """The ids of the policies that are withdrawn at (as_of, known_at), those withdrawn last first."""
        return self.cells.withdrawn(as_of, known_at)

    def in_force(self, as_of: Instant, known_at: Instant) -> Ints:
        """The publish tx of every revision in force at (as_of, known_at), ascending; withdrawn ones are left out."""
        return self.cells.in_force(as_of, known_at)

    def next_change(self, after: Instant, known_at: Instant) -> Instant | None:
        """The first instant past `after` at which what is in force may change, as known; None where there is none."""
        return self.cells.next_change(after, known_at)

    @cached_property
    def table(self) -> RevisionTable:
        """The recorded revisions as columns."""
        every = (event for policy in self.policies.values() for event in policy.publishes.values())
        return self._extended(RevisionTable(), sorted(every, key=lambda event: event.tx))

    @cached_property
    def cells(self) -> CellTable:
        """The cells of all policies as columns."""
        return CellTable().extended({name: self._cells_since(name, None) for name in self.policies})

    def _cells_since(self, name: str, before: PolicyTimeline | None) -> tuple[list[Row], list[Row]]:
        """The cells of a policy that are on top, and those that were painted over since an earlier timeline of it."""
        policy = self.policies[name]
        return policy.rows(policy.top), policy.rows(policy.covered[len(before.covered) if before else 0 :])

    def _extended(self, table: RevisionTable, events: Iterable[Event]) -> RevisionTable:
        """A table of revisions after further events, in the order of their tx, which this timeline has taken in."""
        fresh: dict[int, VersionId] = {}
        audiences: dict[int, tuple[str, ...]] = {}
        conditional: list[int] = []
        erased: list[int] = []
        for event in events:
            if event.revision is None:
                continue
            version, policy = VersionId(event.policy_id, event.revision), self.policies[event.policy_id]
            publish = policy.publishes[event.revision]
            audiences[publish.tx] = policy.audiences[event.revision]
            if version in self.erased:
                erased.append(publish.tx)
            if event.kind == "publish":
                fresh[event.tx] = version
                conditional += [event.tx] if event.applies_to else []
        return table.extended(fresh, audiences, conditional, erased)


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
