"""What may be undone, unscheduled or corrected; a refusal says what else leads there."""

from collections.abc import Iterable, Mapping, Sequence

from policies.amending.description import describing_back
from policies.errors import ChangeRefused, DraftError, RevisionBegan
from policies.event import Event
from policies.instant import FOREVER, Instant, format_instant
from policies.period import Period
from policies.revision import Draft, VersionId
from policies.timeline import PolicyTimeline


def commit_of(tx: int, newest: int, events: Mapping[str, Sequence[Event]]) -> list[Event]:
    """The events recorded together with that of a transaction; ChangeRefused where there is none up to `newest`."""
    every = [event for of_policy in events.values() for event in of_policy if event.tx <= newest]
    at = next((event.recorded_at for event in every if event.tx == tx), None)
    if at is None:
        raise no_transaction(tx, newest)
    return sorted((event for event in every if event.recorded_at == at), key=lambda event: event.tx)


NAMED = 5
"""How many events a sentence names; of more it says how many there are."""


def no_transaction(tx: int, newest: int) -> ChangeRefused:
    """The refusal to undo what is not there."""
    return ChangeRefused(f"There is no transaction {tx} to undo; the newest is {newest}")


def named_together(events: Sequence[Event]) -> str:
    """Some events, each with its transaction and what it did: `10 (publish M-2@4), 11 (withdraw M-3)`."""
    names = [f"{event.tx} ({event.kind} {_name(event)})" for event in events[:NAMED]]
    return ", ".join(names) + (f" and {len(events) - NAMED} more" if len(events) > NAMED else "")


def check_undo(
    tx: int,
    commit: Iterable[Event],
    events: Mapping[str, Sequence[Event]],
    policies: Mapping[str, PolicyTimeline],
    now: Instant,
    notes: Mapping[VersionId, str],
) -> None:
    """ChangeRefused where the commit of a transaction holds what paint cannot take back, or was undone already.

    `notes` are those that revisions have of their own. `now` says which revision is in force.
    """
    for event in commit:
        if event.kind == "describe":
            raise ChangeRefused(_described(event, events[event.policy_id], policies[event.policy_id], now, notes))
        _check_paints(event, events[event.policy_id])
    by = [policies[event.policy_id].undone.get(event.tx) for event in commit]
    if None not in by:
        raise ChangeRefused(
            f"Transaction {tx} was undone by transaction {by[0]} already; `asof undo {by[0]}` brings it back"
        )


def _check_paints(event: Event, events: Iterable[Event]) -> None:
    """ChangeRefused where an event cannot be undone by paint; it names the command that sets back what it set."""
    name = _name(event)
    if event.kind == "erase":
        raise ChangeRefused(f"Transaction {event.tx} erased the words of {name}, and nothing brings them back")
    if event.kind == "sign_off":
        raise ChangeRefused(f"Transaction {event.tx} signed {name} off, which changes no period; it stays recorded")
    if event.kind == "settings":
        raise ChangeRefused(
            f"Transaction {event.tx} changed a setting of this home, which paints no period. `asof settings` shows "
            "what holds, and sets it back"
        )
    if event.kind == "restrict":
        before = PolicyTimeline(event.policy_id).painted(it for it in events if it.tx < event.tx)
        options = "".join(f" --audience {label}" for label in before.audiences[event.revision or 0])
        raise ChangeRefused(
            f"Transaction {event.tx} said who may read {name}, which holds for every date, so there is no period to "
            f"paint. `asof restrict {name}{options}` sets it back"
        )


def _described(
    event: Event, events: Iterable[Event], policy: PolicyTimeline, now: Instant, notes: Mapping[VersionId, str]
) -> str:
    """Why a description cannot be undone, with the command that says again what was said before it."""
    name = event.policy_id
    over = policy.over(Period(now))  # what is in force comes first, then what is scheduled
    shown = [cell.revision for cell in over if cell.revision is not None]
    own = {number: notes.get(VersionId(name, number)) for number in policy.audiences}
    options, others = describing_back(event, events, shown, own)
    words = (
        f"Transaction {event.tx} described {name}, which changes no period. `asof describe {name} {options}` sets it "
        "back, with what it said before"
    )
    for number, other in others.items():
        words += (
            f". Of {name}@{number} other things were said, and one description cannot say both: "
            f"`asof describe {name} {other}`, once it is in force"
        )
    return words


def check_no_erasure(policy_id: str, events: Iterable[Event], undoes: Sequence[int]) -> None:
    """ChangeRefused where words of a policy were erased after the first of some transactions."""
    for event in events:
        if event.kind == "erase" and event.tx > undoes[0]:
            raise ChangeRefused(
                f"The words of {policy_id}@{event.revision} were erased by transaction {event.tx}, after "
                f"transaction {undoes[0]}, so that cannot be taken back. Publish what should be in force instead"
            )


def scheduled(
    version: VersionId, policy: PolicyTimeline, publishes: Mapping[VersionId, Event], now: Instant
) -> tuple[int, ...]:
    """The transactions that scheduled a revision; ChangeRefused where it is not scheduled, or began by `now`."""
    event = publishes[version]
    shown = [cell for cell in policy.top if cell.revision == version.number]
    if event.tx in policy.undone:
        by = policy.undone[event.tx]
        raise ChangeRefused(
            f"{version} was taken back by transaction {by} already; `asof undo {by}` schedules it again"
        )
    began = min([event.painted[0].period.start, *(cell.valid.start for cell in shown)])
    if began <= now:
        raise RevisionBegan(
            f"{version} began on {format_instant(began)}, so it is not scheduled any more. "
            f"`asof withdraw {version.policy_id}` ends it, and `asof undo {event.tx}` takes it back",
            event.tx,
        )
    if not shown:
        raise ChangeRefused(_unseen(version, policy, publishes))
    chain = [event]
    while chain[0].corrects is not None:  # what it corrects was scheduled for the same dates
        chain.insert(0, publishes[VersionId(version.policy_id, chain[0].corrects)])
    return tuple(each.tx for each in chain)


def corrected_by(version: VersionId, policy: PolicyTimeline, publishes: Mapping[VersionId, Event]) -> VersionId:
    """The last revision that corrects a revision, or one that does; the revision itself where none counts."""
    for number in range(version.number + 1, len(policy.publishes) + 1):
        event = publishes[VersionId(version.policy_id, number)]
        if event.corrects == version.number and event.tx not in policy.undone:
            return corrected_by(VersionId(version.policy_id, number), policy, publishes)
    return version


def of_its_period(version: VersionId, draft: Draft, publishes: Mapping[VersionId, Event]) -> bool:
    """Whether what a draft says of its period is so of a revision."""
    painted = publishes[version].painted
    return draft.valid_from in (None, painted[0].origin) and draft.valid_to in (None, painted[-1].period.end)


def check_correction(
    version: VersionId, draft: Draft, policy: PolicyTimeline, publishes: Mapping[VersionId, Event]
) -> None:
    """ChangeRefused where a revision shows on no date; DraftError where the draft is not for its policy and period."""
    if draft.policy_id != version.policy_id:
        raise DraftError(draft.where, f"is of policy {draft.policy_id}, so it cannot correct {version}")
    if all(cell.revision != version.number for cell in policy.top):
        raise ChangeRefused(_unseen(version, policy, publishes))
    painted = publishes[version].painted
    start, end = painted[0].origin, painted[-1].period.end
    told = draft.calendar
    if draft.valid_from is not None and draft.valid_from != start:
        raise DraftError(
            draft.where,
            f"begins {told.instant(draft.valid_from)}, and {version} {told.instant(start)}. A correction keeps the "
            "period: leave effective out, or publish the file as a revision of its own",
        )
    if draft.valid_to is not None and draft.valid_to != end:
        raise DraftError(
            draft.where,
            f"holds {told.end(draft.valid_to)}, and {version} "
            f"{'has no end' if end >= FOREVER else told.end(end)}. A correction keeps the period: leave until and "
            "through out, or publish the file as a revision of its own",
        )


def _name(event: Event) -> str:
    """The revision, or the policy, that an event is about."""
    return event.policy_id if event.revision is None else f"{event.policy_id}@{event.revision}"


def _unseen(version: VersionId, policy: PolicyTimeline, publishes: Mapping[VersionId, Event]) -> str:
    """Why a revision shows on no date, and what to do."""
    last = corrected_by(version, policy, publishes)
    if last != version:
        return f"{version} was corrected by {last}; name that one"
    return (
        f"{version} is in force on no date: it was taken back, or other revisions or a withdrawal cover it. "
        f"`asof history {version.policy_id}` shows its periods"
    )
