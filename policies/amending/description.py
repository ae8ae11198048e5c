"""What authors said of a policy without publishing anew: its owner, a note, and when it is to be read again."""

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

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
    events = list(events)
    undone = undone_by([(event.tx, event.undoes) for event in events if event.undoes])
    holds: dict[str, str | Instant] = {}
    for event in events:
        if event.kind == "describe":
            holds |= {name: value for name in FIELDS if (value := getattr(event, name)) is not None}
        elif event.kind == "publish" and event.tx <= revision_tx and event.tx not in undone:
            said = {"owner": event.owner, "note": notes.get(event.revision or 0), "review_by": event.review_by}
            holds = {name: value for name, value in holds.items() if said[name] is None}
    return Description(**holds)  # type: ignore[arg-type]


def as_described(revision: Event, events: Iterable[Event], notes: Mapping[int, str | None]) -> Description:
    """What is said of the revision that an event published, by itself and by the descriptions that hold for it."""
    held = described(events, revision.tx, notes)
    return Description(
        revision.owner if held.owner is None else held.owner,
        notes.get(revision.revision or 0) if held.note is None else held.note,
        revision.review_by if held.review_by is None else held.review_by,
    )


def same_as_described(given: Description, events: Iterable[Event], numbers: Collection[int]) -> bool:
    """Whether a policy's events say of each of these revisions what is given already.

    A note that a revision has of its own is not known here.
    """
    events = list(events)
    publishes = [event for event in events if event.kind == "publish"]
    unknown = {event.revision or 0: "" for event in publishes}
    said = [as_described(event, events, unknown) for event in publishes if event.revision in numbers]
    return all(getattr(given, name) in (None, getattr(each, name)) for each in said for name in FIELDS)


def describing_back(description: Event, events: Iterable[Event]) -> str:
    """The options of `asof describe` that say what was said before a description."""
    earlier = [event for event in events if event.tx < description.tx]
    undone = undone_by([(event.tx, event.undoes) for event in earlier if event.undoes])
    publishes = [event for event in earlier if event.kind == "publish"]
    counted = [event for event in publishes if event.tx not in undone]
    was = as_described((counted or publishes)[-1], earlier, {})
    options = []
    for name in FIELDS:
        if getattr(description, name) is not None:
            value = getattr(was, name)
            shown = format_instant(value) if isinstance(value, int) else value or "..."
            options.append(f"--{name.replace('_', '-')} {shlex.quote(shown) if value is not None else shown}")
    return " ".join(options)
