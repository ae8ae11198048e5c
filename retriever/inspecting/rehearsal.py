"""A rehearsal: what a service would answer after changes were published. Nothing is recorded or written.

The planned revisions are painted onto the timeline, and their passages go into a segment in memory. Ranking depends on
the eligible revisions alone. So the answers are those of a service after the changes were published at that time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.encoding.embedding import Encoder
from indexer.manifest import Built, check_built
from indexer.new_passages import NewPassages
from indexer.segments.segment import held_segment
from indexer.snapshot import Snapshot
from indexer.text.split import Splitter
from policies.calendar import UTC_CALENDAR, Calendar
from policies.change import Change
from policies.instant import Instant
from policies.ledger import Ledger
from policies.proposal import Proposal
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.answering.pipeline import Retriever
from retriever.live.live_index import Generation, ViewCache

VIEW_BYTES = 64 * 1024 * 1024
"""What the views of each of the two indexes may take, besides those that a service keeps for its questions."""


@dataclass(frozen=True)
class RehearsedIndex:
    """An index that never changes, and the texts of the revisions that are only planned."""

    generation: Generation
    planned: Mapping[VersionId, str]

    def check(self, wanted: Built) -> None:
        """IndexMismatch if it was built with another model or other terms."""
        check_built(self.generation.snapshot.manifest.built, wanted, Path("index"))

    def current(self) -> Generation:
        return self.generation


@dataclass(frozen=True)
class Rehearsal:
    """Retrievers over the index as it is and as it would be, and the instant at which the changes would be recorded.

    `calendar` is the home's, by which the dates of questions are read. `planned` are the revisions that the changes
    would record.
    """

    before: Retriever
    after: Retriever
    at: Instant
    calendar: Calendar = UTC_CALENDAR
    planned: frozenset[VersionId] = frozenset()


def rehearsed(
    snapshot: Snapshot, ledger: Ledger, changes: Sequence[Change], splitter: Splitter, encoder: Encoder
) -> tuple[RehearsedIndex, RehearsedIndex]:
    """The index with everything that is recorded now, and the index with the changes too."""
    proposal = ledger.propose(changes)
    before = _as_recorded(snapshot, ledger, ledger.timeline(until=proposal.tx), encoder)
    return before, _with_proposal(before.generation, proposal, splitter, encoder)


def _as_recorded(snapshot: Snapshot, ledger: Ledger, timeline: Timeline, encoder: Encoder) -> RehearsedIndex:
    new = NewPassages(snapshot, encoder, set())
    for version, event in sorted(timeline.publishes.items(), key=lambda each: each[1].tx):
        if event.tx > snapshot.generation and version not in timeline.erased:
            revision = ledger.revision(version, timeline)
            new.add(event.tx, revision.title, revision.text, revision.spans)
    return RehearsedIndex(_generation(snapshot, new, timeline), {})


def _with_proposal(before: Generation, proposal: Proposal, splitter: Splitter, encoder: Encoder) -> RehearsedIndex:
    new = NewPassages(before.snapshot, encoder, set())
    planned: dict[VersionId, str] = {}
    for step in proposal.steps:
        draft = step.draft
        if draft is not None and step.event.revision is not None:
            spans = splitter.split(draft.text)
            new.add(step.event.tx, draft.title, draft.text, spans)
            planned[VersionId(draft.policy_id, step.event.revision)] = draft.text
    timeline = before.timeline.extended(step.event for step in proposal.steps)
    return RehearsedIndex(_generation(before.snapshot, new, timeline), planned)


def _generation(snapshot: Snapshot, new: NewPassages, timeline: Timeline) -> Generation:
    held = []
    if new.revisions:
        held = [held_segment(f"held-{timeline.tx}", snapshot.passages, new.arrays())]
    snapshot = snapshot.extended(timeline.tx, *held)
    return Generation(snapshot, timeline, ViewCache(snapshot, VIEW_BYTES))
