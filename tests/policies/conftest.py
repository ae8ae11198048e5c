"""Real ledgers in tmp_path, a clock that steps, and drafts with a word or two."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from policies.change import Change
from policies.event import Event
from policies.instant import Instant, parse_instant
from policies.ledger import Ledger
from policies.proposal import Proposal, propose
from policies.revision import Draft, VersionId
from policies.storage.ledger_store import LedgerStore
from policies.timeline import Timeline


class Clock:
    """A clock that is read, then moves on by `step` microseconds. `at` may be set to any instant."""

    def __init__(self, start: str = "2025-06-01", step: int = 1_000_000) -> None:
        self.at = parse_instant(start)
        self.step = step

    def __call__(self) -> Instant:
        now = self.at
        self.at += self.step
        return now


class Paper:
    """What a ledger does with changes, without a database: the same proposals, recorded by hand."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.digests: dict[VersionId, str] = {}

    def propose(self, *changes: Change, at: str = "2025-06-01") -> Proposal:
        """The proposal for the instant given, or for just after the last one recorded."""
        moment = max(parse_instant(at), self.timeline.recorded_at + 1)
        return propose(self.timeline, changes, self.digests, self.events, moment)

    def record(self, *changes: Change, at: str = "2025-06-01") -> Proposal:
        proposal = self.propose(*changes, at=at)
        for step in proposal.steps:
            self.events[step.event.policy_id].append(step.event)
            if step.draft is not None and step.event.revision is not None:
                version = VersionId(step.draft.policy_id, step.event.revision)
                self.digests[version] = step.draft.digest()
        self.timeline = proposal.after
        return proposal

    def says(self, as_of: str, known_at: str | None = None, policy_id: str = "P-7") -> int | str | None:
        """The revision in force, "withdrawn", or None where nothing was ever said."""
        known = self.timeline.recorded_at if known_at is None else parse_instant(known_at)
        found = self.timeline.policies[policy_id].in_force(parse_instant(as_of), known)
        return None if found is None else found.revision or "withdrawn"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """Builds a draft: `draft("Thirty days.", "2025-03-01", until="2026-01-01", owner="returns-team")`."""

    def build(
        text: str = "Thirty days.", effective: str | None = None, until: str | None = None, **fields: object
    ) -> Draft:
        made = Draft("P-7", "Damaged items", text, "P-7.md")
        return replace(
            made,
            valid_from=None if effective is None else parse_instant(effective),
            valid_to=None if until is None else parse_instant(until),
            **fields,
        )

    return build


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path, clock: Clock) -> Iterator[Ledger]:
    opened = Ledger(LedgerStore.open(home, create=True), clock)
    yield opened
    opened.close()


@pytest.fixture
def record() -> Callable[..., list[Event]]:
    """Proposes changes to a ledger and records them in one commit, no passages split."""

    def write(ledger: Ledger, *changes: Change) -> list[Event]:
        proposal = ledger.propose(changes)
        return ledger.record(proposal, [[] for _ in proposal.drafts], "none")

    return write
