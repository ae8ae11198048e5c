"""The writer: records changes in the ledger, splits and embeds what is new, and makes it searchable."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from indexer.encoding.embedding import Encoder, Progress
from indexer.errors import IndexerError, NotSearchable
from indexer.manifest import (
    FOLDER,
    TERMS,
    Built,
    Manifest,
    built_with,
    check_built,
    check_ledger,
    check_places,
    mendable,
    read_manifest,
    remove_strays,
    write_manifest,
)
from indexer.new_passages import NewPassages, token_counter
from indexer.segments.merge import merged, merged_tail
from indexer.segments.segment import Segment, SegmentEntry, write_segment
from indexer.snapshot import Snapshot
from indexer.text.blocks import wordless
from indexer.text.governing import derived
from indexer.text.split import Splitter
from policies.approving.authority import NOBODY, Authority
from policies.change import Change
from policies.errors import LedgerBusy
from policies.event import Event
from policies.instant import Instant
from policies.ledger import Ledger
from policies.named_write import NamedWrite
from policies.revision import Span, VersionId
from policies.storage.ownership import give_to_owner
from policies.storage.writer_lock import writer_lock
from policies.timeline import Timeline

PASSAGES_AT_ONCE = 65_536
"""About how many new passages a large import tokenises and encodes at a time. Writing or merging a segment holds that
segment in memory."""


class Steps(Protocol):
    """Shows long work: `with steps("Embedding", 812) as advance: advance(1)`."""

    def __call__(self, what: str, total: int) -> AbstractContextManager[Progress]: ...


def silent(what: str, total: int) -> AbstractContextManager[Progress]:
    """Steps that show nothing."""
    return nullcontext(lambda count: None)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What catching up did: passages placed, how many were distinct, and how many texts had to be embedded."""

    generation: int
    occurrences: int = 0
    distinct: int = 0
    embedded: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """The result of a write: the events recorded, what was recorded already, and what the index took in.

    `sources` says which revision each draft became, by where the draft came from.
    """

    events: tuple[Event, ...]
    unchanged: tuple[VersionId, ...]
    indexed: Indexed
    sources: Mapping[str, VersionId] = field(default_factory=dict)


def nothing_open() -> Sequence[Segment]:
    """No segments."""
    return ()


class IndexWriter:
    """Writes to one home folder. `encoder` is called only when something has to be embedded or split.

    `opened` gives segments that this process has open already: none of those is opened again. `recorded` is the newest
    transaction of the last write, also where what came after it failed; None where it recorded nothing.
    """

    def __init__(
        self,
        home: Path,
        ledger: Ledger,
        encoder: Callable[[], Encoder],
        steps: Steps = silent,
        opened: Callable[[], Sequence[Segment]] = nothing_open,
    ) -> None:
        self._home = home
        self._folder = home / FOLDER
        self._ledger = ledger
        self._encoder = encoder
        self._steps = steps
        self._opened = opened
        self.recorded: int | None = None

    def write(
        self, changes: Sequence[Change], named: NamedWrite | None = None, authority: Authority = NOBODY
    ) -> Written:
        """Records the changes, all or none, in one commit, and returns once they are searchable.

        Where `named` was recorded before, nothing is recorded again, and the result of that time is returned. What an
        earlier write left out of the index is taken in first; where that fails, nothing is recorded. NotSearchable
        where the changes are recorded and the index could not take them in. ApprovalRequired where somebody of this
        authority may not make them.
        """
        self._ledger.check_there()  # or the lock would make a new home where one was moved away
        with writer_lock(self._home) as lock:
            if named is not None and (before := self._ledger.recorded_write(named)) is not None:
                self._ledger.check_there()
                return Written(tuple(before[0]), before[1], self._catch_up())
            proposal = self._ledger.propose(changes)
            self._ledger.check_allowed(proposal, authority)  # before anything is split
            events: list[Event] = []
            if proposal.steps or named is not None:
                self._check_built()
                if tx := self._ledger.head()[0]:
                    self._take_in_first()
                else:
                    self._check_ledger()
                splitter = self._splitter()
                spans = []
                with self._steps("Splitting", len(proposal.drafts)) as advance:
                    for draft in proposal.drafts:
                        spans.append(splitter.split(draft.text))
                        advance(1)
                lock.build_on(tx)
                with self._interruptible(tx):
                    events = self._ledger.record(proposal, spans, splitter.version, named=named, authority=authority)
                self.recorded = events[-1].tx if events else None
            else:
                self._ledger.check_there()
            return replace(self._searchable(events, proposal.unchanged), sources=proposal.sources)

    def load(self, batches: Sequence[tuple[Instant, Sequence[Change]]]) -> Written:
        """Loads an empty ledger, each batch at its own recording instant, all or none."""
        with writer_lock(self._home):
            splitter = self._splitter()
            with self._steps("Splitting", sum(len(changes) for _, changes in batches)) as advance:

                def split(text: str) -> list[Span]:
                    advance(1)
                    return splitter.split(text)

                with self._interruptible(self._ledger.head()[0]):
                    events, proposal = self._ledger.load(batches, split, splitter.version)
            self.recorded = events[-1].tx if events else None
            return self._searchable(events, proposal.unchanged)

    def catch_up(self, wait: float | None = None) -> Indexed:
        """Takes in whatever the ledger holds past the index's watermark."""
        with writer_lock(self._home) if wait is None else writer_lock(self._home, wait):
            return self._catch_up()

    def rebuild(self) -> Indexed:
        """Makes the index anew from the ledger alone; readers keep the old one until the new one is whole.

        LedgerLost or IndexDamaged where the index alone tells of transactions that the ledger does not hold, or holds
        otherwise: it is not overwritten. IndexDamaged too where something else stands in its place.
        """
        with writer_lock(self._home):
            check_places(self._folder)
            manifest = None
            with suppress(IndexerError):  # a manifest that cannot be read, or of another format, tells of nothing
                manifest = read_manifest(self._folder)
            if manifest is not None:
                check_ledger(manifest, self._ledger, self._folder)
            return self._catch_up(anew=True)

    @contextmanager
    def _interruptible(self, tx: int) -> Iterator[None]:
        """A commit upon transaction `tx`; where Ctrl-C interrupts it, `recorded` still tells what was recorded."""
        try:
            yield
        except KeyboardInterrupt:  # it may have come after the commit, and nobody else can have recorded
            newest = self._ledger.head()[0]
            self.recorded = newest if newest > tx else None
            raise

    def _searchable(self, events: Sequence[Event], unchanged: tuple[VersionId, ...]) -> Written:
        """What was written, once the index has it."""
        try:
            return Written(tuple(events), unchanged, self._catch_up())
        except LedgerBusy:  # it says what is left to do
            raise
        except (Exception, KeyboardInterrupt) as error:  # the caller has to know that the events are recorded
            if not events:
                raise
            names = [
                event.policy_id if event.revision is None else f"{event.policy_id}@{event.revision}" for event in events
            ]
            problem = "it was interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
            erases = any(event.kind == "erase" for event in events)
            raise NotSearchable(names, events[-1].tx, problem or type(error).__name__, erases=erases) from error

    def _take_in_first(self) -> None:
        """Takes in what earlier writes left out of the index; an OSError that cannot be helped says what it means."""
        try:
            self._catch_up()
        except OSError as error:
            meant = "Nothing was recorded: the index has to take in first what was recorded before"
            raise OSError(error.errno, f"{error.strerror or error}. {meant}", error.filename) from error

    def _check_ledger(self) -> None:
        """LedgerLost, or IndexDamaged, where there is an index of what the ledger does not hold."""
        if (manifest := read_manifest(self._folder)) is not None:
            check_ledger(manifest, self._ledger, self._folder)

    def _check_built(self) -> None:
        """IndexMismatch before anything is recorded, where what is new could not be made searchable."""
        if (manifest := read_manifest(self._folder)) is not None:
            built = built_with(self._encoder())
            if not mendable(manifest.built, built):  # else catching up mends it
                check_built(manifest.built, built, self._folder)

    def _splitter(self) -> Splitter:
        return Splitter(self._encoder().token_offsets, self._encoder().tokenizer_digest)

    def _catch_up(self, *, anew: bool = False) -> Indexed:
        head, _, head_hash = self._ledger.head()
        manifest = None if anew else read_manifest(self._folder)
        settled = manifest is not None and manifest.complete and manifest.built.terms == TERMS
        if manifest is not None and settled and (manifest.generation, manifest.head) == (head, head_hash):
            remove_strays(self._folder, manifest)
            return Indexed(head)
        encoder = self._encoder()
        built = built_with(encoder)
        if manifest is not None and mendable(manifest.built, built):
            manifest = self._posted_anew(manifest, built)
        if manifest is None:
            manifest = Manifest(0, built)
        check_built(manifest.built, built, self._folder)
        check_ledger(manifest, self._ledger, self._folder)
        if not self._folder.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            give_to_owner(self._folder, self._folder.parent)
        if not anew:
            remove_strays(self._folder, manifest)  # of tries that failed: each would leave one more file
        manifest = self._completed(manifest)
        snapshot = Snapshot(self._folder, manifest, self._opened())
        events = list(self._ledger.events(after=manifest.generation, until=head))
        timeline = Timeline().extended(events)
        published = [
            VersionId(event.policy_id, event.revision)
            for event in events
            if event.kind == "publish" and event.revision is not None
        ]
        segments, indexed = manifest.segments, Indexed(head)
        seen: set[int] = set()
        new = NewPassages(snapshot, encoder, seen)
        with self._steps("Reading passages", len(published)) as advance:
            for version in published:
                if version not in timeline.erased:
                    revision = self._ledger.revision(version, timeline)
                    new.add(revision.tx, revision.title, revision.text, revision.spans)
                advance(1)
                if len(new.passages) >= PASSAGES_AT_ONCE:
                    segments, indexed = self._with_new(head, built, segments, new, indexed)
                    further = Snapshot(self._folder, Manifest(head, built, segments), snapshot.segments)
                    new = NewPassages(further, encoder, seen)
        if new.revisions:
            segments, indexed = self._with_new(head, built, segments, new, indexed)
            segments = self._with_tail_merged(Manifest(head, built, segments), snapshot)
        if any(event.kind == "erase" for event in events):
            self._ledger.vacuum()
            segments = self._without_erased(Manifest(head, built, segments))
        manifest = Manifest(head, built, segments, head_hash)
        write_manifest(self._folder, manifest)
        remove_strays(self._folder, manifest)
        return indexed

    def _posted_anew(self, manifest: Manifest, built: Built) -> Manifest:
        """The manifest with segments whose terms are made by this version's rules.

        Only what holds a comment is embedded anew, since comments were embedded before.
        """
        encoder = self._encoder()
        segments = []
        with self._steps("Reading terms", manifest.passages) as advance:
            for segment in Snapshot(self._folder, manifest).segments:
                segment.check()
                arrays = segment.posted_anew(encoder.encode_all)
                name = self._free_name(manifest.generation)
                segments.append(write_segment(self._folder, name, segment.entry.first_passage, arrays))
                advance(segment.entry.passages)
        mended = replace(manifest, built=built, segments=tuple(segments))
        write_manifest(self._folder, mended)
        return mended

    def _completed(self, manifest: Manifest) -> Manifest:
        """The manifest with segments that say how passages stand by this version's rule; nothing is embedded."""
        if manifest.complete:
            return manifest
        timeline = self._ledger.timeline()
        versions = {event.tx: version for version, event in timeline.publishes.items()}
        snapshot = Snapshot(self._folder, manifest)
        count = token_counter(self._encoder())
        segments = []
        with self._steps("Reading how passages stand", len(snapshot.occurrences)) as advance:
            for segment in snapshot.segments:
                segment.check()
                structures = {}
                for tx, placed in segment.occurrences.items():
                    if versions[tx] in timeline.erased:  # the segment goes once the erasure is taken in
                        structures[tx] = wordless(tuple(zip(placed.starts.tolist(), placed.ends.tolist(), strict=True)))
                    else:
                        revision = self._ledger.revision(versions[tx], timeline)
                        structures[tx] = derived(revision.title, revision.text, revision.spans, count)
                    advance(1)
                name = self._free_name(manifest.generation)
                arrays = segment.completed(structures)
                segments.append(write_segment(self._folder, name, segment.entry.first_passage, arrays))
        completed = Manifest(manifest.generation, manifest.built, tuple(segments), manifest.head)
        write_manifest(self._folder, completed)
        return completed

    def _with_new(
        self, head: int, built: Built, segments: tuple[SegmentEntry, ...], new: NewPassages, before: Indexed
    ) -> tuple[tuple[SegmentEntry, ...], Indexed]:
        """The segments with one more, of what was taken in; and what has been indexed with it."""
        texts = len(new.texts())
        with self._steps("Embedding", texts) as advance:
            arrays = new.arrays(advance)
        first = sum(segment.passages for segment in segments)
        entry = write_segment(self._folder, self._free_name(head), first, arrays)
        return (*segments, entry), Indexed(
            head,
            before.occurrences + new.occurrences,
            len(new.seen),
            before.embedded + texts,
        )

    def _with_tail_merged(self, manifest: Manifest, opened: Snapshot) -> tuple[SegmentEntry, ...]:
        """The segments, the newest ones merged where there are too many."""
        segments = Snapshot(self._folder, manifest, opened.segments).segments
        if (tail := merged_tail(segments)) is None:
            return manifest.segments
        start, arrays = tail
        first = manifest.segments[start].first_passage
        merged_entry = write_segment(self._folder, self._free_name(manifest.generation), first, arrays)
        return (*manifest.segments[:start], merged_entry)

    def _without_erased(self, manifest: Manifest) -> tuple[SegmentEntry, ...]:
        """One segment without the words of erased revisions; those before it go once the manifest is replaced."""
        timeline = self._ledger.timeline(until=manifest.generation)
        erased = {timeline.publishes[version].tx for version in timeline.erased}
        arrays = merged(Snapshot(self._folder, manifest).segments, lambda tx: tx not in erased)
        if arrays is None:
            return ()
        return (write_segment(self._folder, self._free_name(manifest.generation), 0, arrays),)

    def _free_name(self, head: int) -> str:
        return next(
            name
            for number in itertools.count()
            if not (self._folder / (name := f"segment-{head:08d}-{number}.safetensors")).exists()
        )
