"""What a caller may know of: policies and revisions by the caller's labels.

`audience` holds the labels of the caller. None stands for a caller who has the ledger's file, and so may read all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from policies.amending.description import Description
from policies.errors import UnknownPolicy
from policies.instant import Instant
from policies.ledger import Ledger
from policies.period import Period
from policies.revision import VersionId
from policies.timeline import PolicyTimeline, Timeline
from retriever.asking.eligible import may_read
from retriever.asking.eligible import readable_numbers as numbers_for

Labels = tuple[str, ...] | None


def is_readable(timeline: Timeline, version: VersionId, audience: Labels) -> bool:
    """Whether the caller may read the revision."""
    return audience is None or may_read(timeline, version, audience)


def readable_numbers(policy: PolicyTimeline, audience: Labels) -> Collection[int]:
    """The numbers of the revisions of a policy that the caller may read, ascending."""
    return policy.audiences.keys() if audience is None else numbers_for(policy, audience)


def is_visible(timeline: Timeline, policy_id: str, audience: Labels) -> bool:
    """Whether the caller may know of the policy: it has a revision that they may read."""
    every = timeline.policies[policy_id].every_audience
    return audience is None or any(not set(theirs).isdisjoint(audience) for theirs in every)


def is_wholly_readable(timeline: Timeline, policy_id: str, audience: Labels) -> bool:
    """Whether the caller may know of the policy, and may read each of its revisions."""
    every = timeline.policies[policy_id].every_audience
    return bool(every) and (audience is None or all(not set(theirs).isdisjoint(audience) for theirs in every))


def known_policy(timeline: Timeline, policy_id: str, audience: Labels = None) -> PolicyTimeline:
    """A policy's timeline; UnknownPolicy if there is none, or if the audience may not know of it."""
    if policy_id not in timeline.policies or not is_visible(timeline, policy_id, audience):
        raise UnknownPolicy.named(policy_id)
    return timeline.policies[policy_id]


def known_policies(timeline: Timeline, policy_id: str | None, audience: Labels) -> list[PolicyTimeline]:
    """The policy of this id, or without an id every policy that the caller may know of, by id."""
    if policy_id is not None:
        return [known_policy(timeline, policy_id, audience)]
    return [timeline.policies[each] for each in timeline.policy_ids if is_visible(timeline, each, audience)]


def described(
    ledger: Ledger,
    versions: Collection[VersionId],
    timeline: Timeline,
    audience: Labels,
    known: Instant | None = None,
) -> dict[VersionId, Description]:
    """What is said of revisions beside their words, as far as the caller may know.

    A description is of the whole policy. A caller who may read only a part of it is told what the revisions say.
    """
    policies = [timeline.policies[policy_id] for policy_id in {version.policy_id for version in versions}]
    in_part = {it.policy_id for it in policies if len(readable_numbers(it, audience)) < len(it.audiences)}
    return ledger.descriptions(versions, timeline, known, in_part)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period over which a policy says one thing: a revision, or None where it is withdrawn.

    `tx` is the event that painted its beginning.
    """

    revision: int | None
    period: Period
    tx: int


def stretches(policy: PolicyTimeline, audience: Labels, known: Instant | None = None) -> list[Stretch]:
    """What a policy says, by valid start, as the caller sees it: a hidden revision leaves nothing in its place.

    As known now, or as known at an earlier instant.
    """
    shown = set(readable_numbers(policy, audience))
    found: list[Stretch] = []
    for cell in policy.top if known is None else policy.cells(known):
        if cell.revision is not None and cell.revision not in shown:
            continue
        last = found[-1] if found else None
        if last is not None and last.period.end == cell.valid.start and last.revision == cell.revision:
            found[-1] = Stretch(last.revision, Period(last.period.start, cell.valid.end), last.tx)
        else:
            found.append(Stretch(cell.revision, cell.valid, cell.tx))
    return found


def stretch_at(found: list[Stretch], at: Instant) -> Stretch | None:
    """The stretch that holds an instant; None where nothing is said of it."""
    return next((stretch for stretch in found if at in stretch.period), None)


def in_force(told: Mapping[str, list[Stretch]], at: Instant) -> dict[str, tuple[VersionId, Period]]:
    """The revision that each policy shows at an instant, and for how long; by policy id, of those that show one."""
    found = {policy_id: stretch_at(said, at) for policy_id, said in told.items()}
    return {
        policy_id: (VersionId(policy_id, said.revision), said.period)
        for policy_id, said in found.items()
        if said is not None and said.revision is not None
    }
