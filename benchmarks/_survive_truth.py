"""What was sent and acknowledged, and which rule must be answered because of it.

A model that knows nothing of the index: each policy is the list of its events, the newest paint over an instant wins.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.event import Event
from policies.instant import Instant, format_end, format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import PUBLIC, VersionId

OLD = "OLD-"
"""How the policies begin that were there before, and that nobody writes to."""

SHOWN = 5
"""Broken promises of one kind that are told in full; all are counted."""


@dataclass(frozen=True, slots=True)
class Read:
    """A question under a scope, what had been acknowledged when it was sent, and the answer's content."""

    floor: int
    labels: frozenset[str]
    policies: tuple[str, ...] | None
    facts: Mapping[str, str]
    answer: Mapping[str, Any]


@dataclass
class Sent:
    """A write by its name. `settled` once it is known what became of it, with the events that it came to."""

    file: str | None = None
    settled: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)


class Truth:
    """All that was sent, all that was acknowledged, and all that the ledger holds."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.traces: dict[str, str] = {}
        self.floor = 0
        self.recorded: list[str] = []
        self.versions: list[tuple[str, int]] = []
        self._events: dict[int, Event] = {}
        self._policies: dict[str, list[Event]] = defaultdict(list)
        self._files: dict[VersionId, str] = {}

    def send(self, file: str | None = None) -> str:
        """The name under which a write is sent, as its idempotency key and its note."""
        name = f"w-{len(self.sent)}"
        self.sent[name] = Sent(file)
        return name

    def acknowledge(self, name: str, content: Mapping[str, Any]) -> None:
        """What the service answered about a write holds from now on."""
        sent = self.sent[name]
        sent.settled, sent.events = True, content["events"]
        for event in sent.events:
            event["recorded_at"] = content["recorded_at"]
            self.floor = max(self.floor, event["tx"])
            if event["kind"] == "publish":
                self.versions.append((event["policy_id"], event["revision"]))
        if sent.events:
            self.recorded.append(content["recorded_at"])

    def refuse(self, name: str) -> None:
        """The service refused a write for a reason of its own, so nothing of it may be recorded."""
        self.sent[name].settled = True

    def reread(self, ledger: Ledger, *, anew: bool = False) -> Iterator[str]:
        """Reads what the ledger holds, all of it `anew`; names what nobody sent, or what is there twice."""
        if anew:
            self._events.clear()
            self._policies.clear()
            self._files.clear()
        timeline = ledger.timeline()
        by_name: dict[str, list[Event]] = defaultdict(list)
        for event in ledger.events(after=max(self._events, default=0)):
            self._events[event.tx] = event
            self._policies[event.policy_id].append(event)
            name = event.note
            if event.kind == "publish" and event.revision is not None:
                version = VersionId(event.policy_id, event.revision)
                revision = ledger.revision(version, timeline)
                self._files[version], name = revision.text, revision.note
            if name == "first" or event.policy_id.startswith(OLD):
                continue
            if name is None or name not in self.sent:
                yield f"transaction {event.tx} was recorded, and nobody sent it"
                continue
            by_name[name].append(event)
            if event.kind == "publish" and self._files[version] != self.sent[name].file:
                yield f"{version} does not have the words that were sent"
        for name, events in by_name.items():
            if len(events) > 1:
                yield f"{name} was sent once and is recorded {len(events)} times"
            if self.sent[name].settled and not self.sent[name].events:
                yield f"{name} was refused and is recorded"

    def lost(self, names: Sequence[str]) -> Iterator[str]:
        """The acknowledged writes among these that the ledger does not hold as they were acknowledged."""
        for name in names:
            for told in self.sent[name].events:
                event = self._events.get(told["tx"])
                if event is None or _content(event) != {field: told[field] for field in _content(event)}:
                    yield f"{name}, acknowledged as transaction {told['tx']} of {told['policy_id']}"

    def unknown(self) -> int:
        """How many writes nobody knows the outcome of; the ledger alone can tell."""
        return sum(not sent.settled for sent in self.sent.values())

    def file(self, policy_id: str, revision: int) -> str:
        return self._files[VersionId(policy_id, revision)]

    def stale(self, read: Read) -> str | None:
        """What is wrong with an answer; None where it shows what was in force and readable."""
        receipt, evidence = read.answer["receipt"], read.answer["evidence"]
        asked = receipt["request"]
        if receipt["generation"] < read.floor:
            return f"generation {receipt['generation']} answered after {read.floor} was acknowledged"
        as_of, known_at = parse_instant(asked["as_of"]), parse_instant(asked["known_at"])

        def right(policy_id: str) -> int | None:
            return self._eligible(policy_id, as_of, known_at, receipt["generation"], read)

        for item in evidence:
            if right(item["policy_id"]) != item["revision"]:
                said = f"{item['citation']} as of {asked['as_of']}, known at {asked['known_at']}"
                return f"{said}, where revision {right(item['policy_id'])} is right"
            if item["text"] not in self._files[VersionId(item["policy_id"], item["revision"])]:
                return f"{item['citation']} with words that it does not have"
        if not evidence:
            concerned = self._policies if read.policies is None else read.policies
            missed = next((policy for policy in concerned if right(policy) is not None), None)
            if missed is not None:
                return f"nothing as of {asked['as_of']}, where {missed}@{right(missed)} is right"
        return None

    def _eligible(self, policy_id: str, as_of: Instant, known_at: Instant, generation: int, read: Read) -> int | None:
        """The revision that must be answered of a policy; None where nothing may be."""
        events = self._policies[policy_id]
        known = [event for event in events if event.recorded_at <= known_at and event.tx <= generation]
        shown = [paint for event in known for paint in event.painted if as_of in paint.period]
        number = shown[-1].revision if shown else None
        if number is None:
            return None
        told = [e for e in events if e.revision == number and e.kind in ("publish", "restrict") and e.tx <= generation]
        applies_to = told[0].applies_to
        fits = all(read.facts.get(facet, values[0]) in values for facet, values in applies_to.items())
        return number if fits and not read.labels.isdisjoint(told[-1].audience or PUBLIC) else None


def _content(event: Event) -> dict[str, Any]:
    """What an acknowledgement says of an event."""
    periods = [
        {
            "revision": paint.revision,
            "valid_from": format_instant(paint.period.start),
            "valid_to": format_end(paint.period.end),
        }
        for paint in event.painted
    ]
    return {
        "tx": event.tx,
        "kind": event.kind,
        "policy_id": event.policy_id,
        "revision": event.revision,
        "recorded_at": format_instant(event.recorded_at),
        "periods": periods,
    }
