"""The point on both clocks that a reader looks from, and the states that a policy can be in there."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from policies.instant import FOREVER, Instant
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.query import known_by, query_instant
from retriever.inspecting.readable import Labels, Stretch, stretches

State = Literal["in_force", "superseded", "scheduled", "withdrawn", "erased", "ended", "none"]
"""`superseded`: another revision is in force in its place; `ended`: none is; `none`: nothing was ever said of it."""


@dataclass(frozen=True, slots=True)
class Point:
    """`at` on the clock of validity, as known at `known`, for a reader with these labels."""

    at: Instant
    known: Instant
    audience: Labels

    @classmethod
    def of(
        cls,
        timeline: Timeline,
        now: Instant,
        audience: Labels,
        as_of: str | None = None,
        known_at: str | None = None,
        zone: tzinfo = UTC,
    ) -> "Point":
        """The point that a request names, a date being its start in the zone; BadQuery where it names none."""
        at = query_instant(as_of, "as_of", zone)
        known = known_by(timeline, query_instant(known_at, "known_at", zone))
        return cls(now if at is None else at, known, audience)

    def stretches(self, policy: PolicyTimeline) -> list[Stretch]:
        """What the policy says, by valid start, as known then and as the reader sees it."""
        return stretches(policy, self.audience, self.known)


def state_of(found: list[Stretch], at: Instant) -> State:
    """How a policy stands at an instant. What is to come counts only where nothing was said before."""
    for stretch in found:
        if at in stretch.period:
            return "withdrawn" if stretch.revision is None else "in_force"
    begun = [stretch for stretch in found if stretch.period.end <= at]
    to_come = [stretch for stretch in found if stretch.period.start > at and stretch.revision is not None]
    return "ended" if begun else "scheduled" if to_come else "none"


def change_points(found: list[Stretch]) -> list[Instant]:
    """The instants at which something begins or ends, ascending."""
    bounds = {bound for stretch in found for bound in (stretch.period.start, stretch.period.end)}
    return sorted(bound for bound in bounds if bound < FOREVER)
