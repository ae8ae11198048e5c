"""The wordings of a passage from other times: what its policy's other revisions say in its place, as known now."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from policies.comparing.pairing import paired
from policies.instant import Instant
from policies.period import Period
from policies.revision import Revision, VersionId
from policies.timeline import PolicyTimeline
from retriever.evidence.citations import Handle

Recorded = Callable[[VersionId], Revision | None]
"""Gives a revision; None where its words were erased, or where nobody may read them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A run of passages of a revision, by ordinals from 1, and the periods in which the revision is in force."""

    revision: Revision
    first: int
    last: int
    valid: tuple[Period, ...]

    @property
    def handle(self) -> Handle:
        return Handle(self.revision.version, self.first, self.last)

    @property
    def text(self) -> str:
        spans = self.revision.spans
        return self.revision.text[spans[self.first - 1].start : spans[self.last - 1].end]


def other_wordings(
    gold: Place, policy: PolicyTimeline, as_of: Instant, known_at: Instant, recorded: Recorded, later: bool
) -> list[Place]:
    """The distinct wordings of the passage before `as_of`, and with `later` those after it, the nearest in time first.

    A passage is followed from revision to revision, as a comparison of both pairs their passages. None is worded as the
    one in force. Revisions that are never in force, as known, hold none.
    """
    periods = _periods(policy, known_at)
    before = sorted((end, number) for number, of in periods.items() for end in [_end(of, as_of)] if end is not None)
    after = sorted(
        (start, number) for number, of in periods.items() for start in [_start(of, as_of)] if start is not None
    )
    own = gold.revision.version.number
    sides = [[(as_of - end, number) for end, number in reversed(before) if number != own]]
    if later:
        sides.append([(start - as_of, number) for start, number in after if number != own])
    found = sorted(
        ((distance, place) for side in sides for distance, place in _followed(gold, side, periods, recorded)),
        key=lambda item: item[0],
    )
    seen, kept = {_folded(gold.text)}, []
    for _, place in found:
        if _folded(place.text) not in seen:
            seen.add(_folded(place.text))
            kept.append(place)
    return kept


def periods_of(policy: PolicyTimeline, number: int, known_at: Instant) -> tuple[Period, ...]:
    """The periods in which a revision is in force, as known at an instant; those that touch are one."""
    return _periods(policy, known_at).get(number, ())


def _periods(policy: PolicyTimeline, known_at: Instant) -> dict[int, tuple[Period, ...]]:
    found: dict[int, tuple[Period, ...]] = {}
    for cell in policy.cells(known_at):
        if cell.revision is not None:
            *rest, last = found.get(cell.revision, (cell.valid,))
            joined = (Period(last.start, cell.valid.end),) if last.end >= cell.valid.start else (last, cell.valid)
            found[cell.revision] = (*rest, *joined)
    return found


def _end(periods: Sequence[Period], as_of: Instant) -> Instant | None:
    """When it was last no longer in force, up to an instant."""
    return max((it.end for it in periods if it.end <= as_of), default=None)


def _start(periods: Sequence[Period], as_of: Instant) -> Instant | None:
    """When it next comes into force, past an instant."""
    return min((it.start for it in periods if it.start > as_of), default=None)


def _followed(
    gold: Place, side: Sequence[tuple[int, int]], periods: dict[int, tuple[Period, ...]], recorded: Recorded
) -> Iterator[tuple[int, Place]]:
    """The passage in revisions further and further away; one that does not hold it is passed over."""
    at = gold
    for distance, number in side:
        revision = recorded(VersionId(gold.revision.version.policy_id, number))
        run = None if revision is None else _run(at, revision)
        if revision is not None and run is not None:
            at = Place(revision, *run, periods[number])
            yield distance, at


def _run(place: Place, other: Revision) -> tuple[int, int] | None:
    """The ordinals of the passages of another revision that these became or came from, where they stand in a row."""
    revision = place.revision
    if place.first == place.last and revision.passages.count(place.text) == other.passages.count(place.text) == 1:
        ordinal = other.passages.index(place.text) + 1
        return ordinal, ordinal
    found = paired(revision.passages, other.passages, (_headings(revision), _headings(other)))
    became: dict[int, list[int]] = {old: [new] for old, new in (*found.equal, *found.reworded)}
    became |= dict(found.split)
    became |= {old: [new] for olds, new in found.merged for old in olds}
    places = {new for old in range(place.first - 1, place.last) for new in became.get(old, [])}
    if not places or max(places) - min(places) >= len(places):
        return None
    return min(places) + 1, max(places) + 1


def _headings(revision: Revision) -> list[tuple[str, ...]]:
    return [tuple(revision.text[start:end] for start, end in span.headings) for span in revision.spans]


def _folded(text: str) -> str:
    return " ".join(text.split())
