"""What authors said of a policy without publishing anew: its owner, a note, and when it is to be read again."""

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.event import Event
from policies.instant import Instant, format_instant
from policies.timeline import undone_by


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a policy; None where nothing is."""

    owner: str | None = None
    note: str | None = None
    review_by: Instant | None = None


FIELDS = ("owner", "note", "review_by")


def described(events: Iterable[Event], revision_tx: int, notes: Mapping[int, str | None]) -> Description:
    """What the descriptions among a policy's events say of the revision published by `revision_tx`.

    A description holds until a revision that was recorded later says otherwise, field by field. `notes` are those that
    the revisions themselves have, by number: no event holds them.
    """
    return Description(**_held(events, revision_tx, notes))


def as_described(revision: Event, events: Iterable[Event], notes: Mapping[int, str | None]) -> Description:
    """What is said of the revision that an event published, by itself and by the descriptions that hold for it."""
    own = {"owner": revision.owner, "note": notes.get(revision.revision or 0), "review_by": revision.review_by}
    return Description(**(own | _held(events, revision.tx, notes)))


def same_as_described(
    given: Description, events: Iterable[Event], numbers: Collection[int], clears: Collection[str] = ()
) -> bool:
    """Whether a policy's events say of each of these revisions what is given already, and nothing of what is cleared.

    A note that a revision has of its own is not known here.
    """
    events = list(events)
    publishes = [event for event in events if event.kind == "publish"]
    unknown = {event.revision or 0: "" for event in publishes}
    said = [as_described(event, events, unknown) for event in publishes if event.revision in numbers]
    return all(
        getattr(each, name) is None if name in clears else getattr(given, name) in (None, getattr(each, name))
        for each in said
        for name in FIELDS
    )


def describing_back(
    description: Event, events: Iterable[Event], shown: Sequence[int], notes: Mapping[int, str | None]
) -> tuple[str, dict[int, str]]:
    """The options of `asof describe` that say of the first revision shown what was said before a description.

    Also what was said of those other revisions that need other options: one description cannot say both.
    """
    earlier = [event for event in events if event.tx < description.tx]
    undone = undone_by([(event.tx, event.undoes) for event in earlier if event.undoes])
    publishes = [event for event in earlier if event.kind == "publish"]
    counted = [event for event in publishes if event.tx not in undone] or publishes
    there = {event.revision or 0: event for event in counted}
    changed = [name for name in FIELDS if getattr(description, name) is not None or name in description.clears]
    numbers = [number for number in shown if number in there] or [max(there)]
    options = {
        number: _options(as_described(there[number], earlier, notes), changed) for number in dict.fromkeys(numbers)
    }
    first = options.pop(numbers[0])
    return first, {number: other for number, other in options.items() if other != first}


def _options(said: Description, names: Sequence[str]) -> str:
    """The options of `asof describe` that say these fields of a description."""
    options = []
    for name in names:
        value, option = getattr(said, name), name.replace("_", "-")
        shown = format_instant(value) if isinstance(value, int) else value
        options.append(f"--no-{option}" if shown is None else f"--{option} {shlex.quote(shown)}")
    return " ".join(options)


def _held(events: Iterable[Event], revision_tx: int, notes: Mapping[int, str | None]) -> dict[str, Any]:
    """The fields that descriptions say of a revision; None for one of which they say that there is nothing."""
    events = list(events)
    undone = undone_by([(event.tx, event.undoes) for event in events if event.undoes])
    holds: dict[str, Any] = {}
    for event in events:
        if event.kind == "describe":
            holds |= {name: value for name in FIELDS if (value := getattr(event, name)) is not None}
            holds |= dict.fromkeys(event.clears)
        elif event.kind == "publish" and event.tx <= revision_tx and event.tx not in undone:
            said = {"owner": event.owner, "note": notes.get(event.revision or 0), "review_by": event.review_by}
            holds = {name: value for name, value in holds.items() if said[name] is None}
    return holds
