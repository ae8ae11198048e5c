"""The composition root: the one place that constructs the clock, the ledger, the models and the index."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.built_once import BuiltOnce
from policies import instant
from policies.approving.authority import NOBODY, Authority
from policies.approving.drafts import Drafts
from policies.change import Change, Configure, Erase, Load, Publish
from policies.errors import LedgerBusy, LedgerMissing, LedgerReadOnly
from policies.instant import Instant
from policies.ledger import Ledger
from policies.storage.ledger_store import LedgerStore
from retriever.config import Settings
from retriever.errors import StoreUnusable

if TYPE_CHECKING:
    from indexer.encoding.embedding import Encoder
    from indexer.manifest import Built
    from indexer.segments.segment import Segment
    from indexer.text.blocks import Structure
    from indexer.text.split import Splitter
    from indexer.writer import Indexed, IndexWriter, Steps, Written
    from policies.approving.kept_draft import KeptDraft
    from policies.calendar import Calendar
    from policies.lint.finding import Finding
    from policies.named_write import NamedWrite
    from policies.proposal import Proposal
    from policies.revision import Revision, VersionId
    from policies.timeline import Timeline
    from retriever.access.audit import AuditLog
    from retriever.access.keys import Key, KeyRing
    from retriever.access.sessions import Sessions
    from retriever.answering.pipeline import Retriever
    from retriever.answering.receipts import Replay
    from retriever.answering.reranking import Reranker
    from retriever.evidence.answer import Answer
    from retriever.evidence.citations import Check
    from retriever.evidence.recorded_words import RecordedWords
    from retriever.inspecting.planning import Plan
    from retriever.inspecting.rehearsal import Rehearsal
    from retriever.live.live_index import Index, LiveIndex
    from retriever.live.segment_checks import SegmentChecks
    from retriever.live.warm_views import WarmViews
    from retriever.traces.receipt_store import ReceiptStore
    from retriever.traces.store import TraceStore


class Asof:
    """One home folder; each part is opened on first use. The commands, the service and other programs call this.

    asof = Asof.at("./.asof")
    asof.write([Publish(read_draft(Path("P-7.md")))])
    answer = asof.retrieve(query="Are damaged items eligible?", as_of="2025-03-01")
    print(answer.content()["evidence"][0]["citation"])

    `count` counts the tokens of a passage for `max_tokens`, in place of the model's tokenizer; for example
    `lambda text: len(tiktoken.get_encoding("o200k_base").encode(text))`.
    `recorded` is the newest transaction of the last write, also where something after it failed.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], Instant] = instant.now,
        count: Callable[[str], int] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.count = count
        self.recorded: int | None = None

    @classmethod
    def at(cls, home: str | Path) -> "Asof":
        return cls(Settings.from_environment(Path(home)))

    def with_settings(self, **changes: Any) -> "Asof":
        """Asof at the same home with these settings changed. It opens every part anew."""
        return Asof(replace(self.settings, **changes), self.clock, self.count)

    @BuiltOnce
    def ledger(self) -> Ledger:
        from retriever.ledger_check import check_before_opening

        check_before_opening(self.settings.home)
        return Ledger(LedgerStore.open(self.settings.home), self.clock, self.settings.most_ahead)

    def _make_home(self) -> None:
        """Makes the ledger where there is none; LedgerLost where there was one."""
        if "ledger" not in self.__dict__ and not LedgerStore.exists(self.settings.home):
            from retriever.ledger_check import check_before_opening

            check_before_opening(self.settings.home)
            LedgerStore.open(self.settings.home, create=True).close()

    def close(self) -> None:
        """Closes the files that were opened. The last process to do so leaves no logs beside them."""
        for name in ("traces", "ledger"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def has_ledger(self) -> bool:
        """Whether anything was ever recorded or drafted here."""
        return LedgerStore.exists(self.settings.home)

    @property
    def calendar(self) -> "Calendar":
        """The calendar of the home's time zone; that of UTC where there is no home yet."""
        return (self.ledger if "ledger" in self.__dict__ else self._recorded()).calendar

    @property
    def answering_calendar(self) -> "Calendar":
        """The calendar by which questions are read: that of the generation that answers, so that none waits."""
        return self.index.newest().timeline.settings.calendar

    @BuiltOnce
    def encoder(self) -> "Encoder":
        from indexer.encoding.embedding import load_encoder

        return load_encoder(self.settings.model, self.settings.threads, self.settings.precision)

    @BuiltOnce
    def splitter(self) -> "Splitter":
        from indexer.text.split import Splitter

        return Splitter(self.encoder.token_offsets, self.encoder.tokenizer_digest)

    def diff(self, before: str, after: str, audience: tuple[str, ...] | None = None) -> dict[str, Any]:
        """Two revisions, each named like `P-7@2`, and what changed, for a caller with these labels."""
        from retriever.inspecting.comparison import compared_revisions

        return compared_revisions(self.ledger, before, after, lambda: self.splitter, audience, self._structure)

    @BuiltOnce
    def reranker(self) -> "Reranker | None":
        if self.settings.reranker is None:
            return None
        from retriever.answering.reranking import CrossEncoderReranker

        return CrossEncoderReranker(self.settings.reranker, self.settings.threads)

    @BuiltOnce
    def key_ring(self) -> "KeyRing":
        from retriever.access.keys import KeyRing

        return KeyRing(self.settings.home, self.clock)

    def key_holder(self) -> "Key | None":
        """The key in ASOF_KEY: who runs this program. None without one, KeyRefused if this home does not accept it."""
        from retriever.access.from_environment import key_holder

        return key_holder(self.key_ring)

    @BuiltOnce
    def sessions(self) -> "Sessions":
        from retriever.access.sessions import Sessions

        return Sessions(self.settings.home, self.key_ring, self.clock)

    @BuiltOnce
    def audit(self) -> "AuditLog":
        from retriever.access.audit import AuditLog

        return AuditLog(self.settings.home, self.clock)

    @BuiltOnce
    def traces(self) -> "TraceStore":
        from retriever.traces.store import TraceStore

        store = TraceStore(self.settings.home, self.clock)
        store.forget(self.ledger.timeline().erased)  # a crash may have left some words
        return store

    def receipts(self) -> "ReceiptStore | None":
        """A new store of receipts, for use as a context manager; None if the settings keep no receipts."""
        return self._receipt_store() if self.settings.receipt_days else None

    def _receipt_store(self) -> "ReceiptStore":
        from retriever.traces.receipt_store import ReceiptStore, Room

        wanted = self.settings
        room = Room.megabytes(wanted.receipt_mb, wanted.receipt_mb_per_key)
        return ReceiptStore(wanted.home, self.clock, wanted.receipt_days, room, lambda: self.ledger.timeline().erased)

    def not_kept(self) -> str | None:
        """What this process cannot keep, because it cannot write into its home; None if it can write."""
        home = self.settings.home
        if not LedgerStore.unwritable(home):
            return None
        return (
            f"The home folder {home} cannot be written: questions are answered, and nothing is recorded. No receipts, "
            "no traces and no audit lines are kept. Where that is not wanted, make it writable and start again"
        )

    @property
    def built(self) -> "Built":
        from indexer.manifest import built_with

        return built_with(self.encoder)

    @BuiltOnce
    def index(self) -> "LiveIndex":
        from indexer.manifest import FOLDER
        from retriever.live.live_index import LiveIndex

        return LiveIndex(self.settings.home / FOLDER, self.ledger, self.settings.view_mb * 1024 * 1024)

    @BuiltOnce
    def retriever(self) -> "Retriever":
        with suppress(OSError):  # without room the index stays behind, and each question says so
            self.catch_up()
        return self._over(self.index)

    @BuiltOnce
    def words(self) -> "RecordedWords":
        """The recorded words that answers are compared with."""
        from retriever.evidence.recorded_words import RecordedWords

        return RecordedWords(self._revision)

    def _revision(self, version: "VersionId", timeline: "Timeline") -> "Revision":
        """A recorded revision; the ledger is opened where it is needed, since a rehearsal may have none."""
        return self.ledger.revision(version, timeline)

    def _over(
        self, index: "Index", clock: Callable[[], Instant] | None = None, texts: "Mapping[VersionId, str] | None" = None
    ) -> "Retriever":
        """A retriever over an index; `texts` holds the texts of revisions that are not in the ledger."""
        from retriever.answering.pipeline import Retriever
        from retriever.evidence.recorded_words import RecordedWords

        words = self.words if texts is None else RecordedWords(self._revision, texts)
        return Retriever(
            index,
            self.encoder,
            self.built,
            clock or self.clock,
            words,
            self.settings.query_cache,
            self.settings.thresholds,
            self.reranker,
            count=self.count,
            block_tokens=self.settings.block_tokens,
        )

    def warm_views(self) -> "WarmViews":
        """A context manager for a process that keeps running: inside it, the views for now are kept ready."""
        from retriever.live.warm_views import WarmViews

        return WarmViews(self.index, self.retriever.prepare, self.clock, self.catch_up)

    def segment_checks(self) -> "SegmentChecks":
        """For a process that goes on answering: finds out when the index's files are no longer what was written."""
        from retriever.live.segment_checks import SegmentChecks

        return SegmentChecks(self.index)

    def writer(self, steps: "Steps | None" = None, *, create: bool = False) -> "IndexWriter":
        """A writer of this home; with `create`, a missing home is made."""
        from indexer.writer import IndexWriter, silent

        if create:
            self._make_home()
        return IndexWriter(self.settings.home, self.ledger, lambda: self.encoder, steps or silent, self._opened)

    def _opened(self) -> "Sequence[Segment]":
        """The segments that this process answers from, if it does."""
        return self.index.opened if "index" in self.__dict__ else ()

    def catch_up(self) -> "Indexed | None":
        """Indexes what a crash left unindexed; None if there is nothing to do, or if this process cannot write now."""
        from indexer.manifest import FOLDER, read_manifest, strays

        folder = self.settings.home / FOLDER
        manifest = read_manifest(folder)
        tx, _, head = self.ledger.head()
        current = manifest and manifest.complete and (manifest.generation, manifest.head) == (tx, head)
        if current and manifest and not strays(folder, manifest):
            return None
        try:
            # Without an index, or with one that this version has to complete, nothing could be answered: so it waits.
            return self.writer().catch_up(wait=0 if manifest and manifest.complete else None)
        except (LedgerBusy, LedgerReadOnly):
            return None

    def problems(self) -> Iterator[str]:
        """The problems of this home that do not go away by themselves, each with the next step."""
        from indexer.errors import IndexBehind
        from retriever.errors import KeysUnreadable
        from retriever.traces.store import TraceStore

        try:
            self.catch_up()
            self.index.current()
        except IndexBehind as error:
            yield str(error)
        except OSError as error:
            yield f"The index cannot take in what is recorded: {error}. Make room for it, or let this user write there"
        try:
            self.key_ring.keys()
        except KeysUnreadable as error:
            yield str(error)
        if self.key_ring.missing:
            yield f"{self.key_ring.missing}. While it is missing, a service accepts no key, or does not start"
        try:
            if TraceStore.exists(self.settings.home):
                self.traces.check()
        except StoreUnusable as error:
            yield str(error)
        if self.ledger.timeline().erased and (unreached := self._forget_kept()) is not None:
            yield f"Traces, receipts or the cache may still hold erased words: {unreached}"
        if (lacking := self.not_kept()) is not None:
            yield lacking
        if self.ledger.no_room:
            yield f"There is no room left on the disk of {self.settings.home}, so nothing can be recorded. Make room"
        if ahead := self.ledger.ahead() // 1_000_000:
            yield (
                f"The newest event was recorded {ahead:,} seconds after what this machine's clock says now. Set the "
                "clock right; where the event's instant is wrong, ASOF_CLOCK_AHEAD_SECONDS lets further ones follow it"
            )

    def damage(self) -> Iterator[str]:
        """Which files of the ledger and of the index are not as they were written, each with what to do about it."""
        if (found := self.ledger.damage()) is not None:
            yield found
        yield from self._damaged_segments()

    def _damaged_segments(self) -> Iterator[str]:
        from indexer.errors import IndexDamaged

        for segment in self.index.newest().snapshot.segments:
            try:
                segment.check()
            except IndexDamaged as error:
                yield str(error)

    def verify_index(self) -> int:
        """How many segments the index has; IndexDamaged where one is not as written, or as the ledger's words are."""
        from indexer.errors import IndexDamaged
        from retriever.evidence.recorded_words import RecordedWords

        self.catch_up()
        if self.ledger.timeline().erased:
            self.forget_erased()  # what an interrupted erasure left
        current = self.index.current()
        for problem in self._damaged_segments():
            raise IndexDamaged(problem)
        RecordedWords(self.ledger.revision).check_index(current.snapshot, current.timeline)
        return len(current.snapshot.segments)

    def check_index(self) -> None:
        """Before a process serves: catches up, and loads the model, for which no caller is to wait.

        IndexMismatch if the index was built with another model or splitter than this process has, ModelUnavailable if
        the model cannot be loaded. Where a full disk keeps the index behind, a service starts all the same: it is not
        ready, and tries again.
        """
        with suppress(OSError):
            self.catch_up()
        self.index.check(self.built)
        self.encoder.encode("")
        self.encoder.token_offsets("")

    def drafts(self, *, create: bool = False) -> Drafts:
        """What waits for an approval; with `create`, a missing home is made."""
        if create:
            self._make_home()
        return self.ledger.drafts

    def changed_drafts(self) -> "dict[str, KeptDraft | None]":
        """The drafts that the last change of drafts left as they are now, also where something after it failed."""
        return self.ledger.drafts.changed() if "ledger" in self.__dict__ else {}

    def write(
        self,
        changes: Sequence[Change],
        steps: "Steps | None" = None,
        named: "NamedWrite | None" = None,
        authority: Authority = NOBODY,
    ) -> "Written":
        """What was recorded: the changes in one commit, searchable now. The same `named` is recorded once.

        Where an approval is required, ApprovalRequired if somebody of this authority may not make the changes.
        """
        if any(isinstance(change, Configure) and change.approval for change in changes):
            from retriever.access.authority import check_first_rule

            check_first_rule(self.key_ring, authority)
        creates = any(isinstance(change, Publish | Load | Configure) for change in changes)
        if creates and not LedgerStore.exists(self.settings.home):
            Ledger(LedgerStore.in_memory(), self.clock).propose(changes)  # So a refusal makes no empty home.
        erases = any(isinstance(change, Erase) for change in changes)
        if erases:
            self._empty_cache()
        writer = self.writer(steps, create=creates)
        unreached = None
        try:
            written = writer.write(changes, named, authority)
        finally:  # also if a reader keeps erased words in a log: the answers must go too
            self.recorded = writer.recorded
            if erases:
                unreached = self._forget_kept()
        if unreached is not None:
            transaction = "" if self.recorded is None else f" (transaction {self.recorded})"
            raise type(unreached)(
                f"The erasure is recorded{transaction}; the words are out of the ledger and the index. Traces, "
                f"receipts or the cache may still hold them: {unreached}. Then run `asof index`, which finishes the "
                "erasure"
            ) from unreached
        return written

    def _forget_kept(self) -> StoreUnusable | None:
        """Forgets what the home keeps of erased words; gives the error where some of it cannot be reached."""
        try:
            self.forget_erased()
        except StoreUnusable as error:
            return error
        return None

    def _empty_cache(self) -> None:
        """Empties the cache before words are erased: it may repeat them. What is left is told after the erasure."""
        from retriever.traces.erasure import empty_cache

        with suppress(StoreUnusable):
            empty_cache(self.settings.home)

    def forget_erased(self) -> None:
        """Removes what cache, traces and receipts tell of erased words; StoreUnusable where one cannot be reached."""
        from retriever.traces.erasure import forget_kept

        if self.not_kept() is None:  # else nothing was erased from here
            forget_kept(self.settings.home, self.ledger.timeline().erased, lambda: self.traces, self._receipt_store)

    def plan(self, changes: Sequence[Change], audience: Sequence[str] | None = None) -> "Plan":
        """What recording the changes would do, for an author with these labels. With None, the author may read all.

        Nothing is recorded, and no home folder is made.
        """
        from indexer.manifest import FOLDER, Manifest, check_built, read_manifest
        from indexer.snapshot import Snapshot
        from retriever.inspecting.planning import plan

        folder = self.settings.home / FOLDER
        manifest = read_manifest(folder)
        if manifest is not None:
            check_built(manifest.built, self.built, folder)
        snapshot = Snapshot(folder, manifest or Manifest(0, self.built))
        return plan(self._recorded(), changes, self.splitter, snapshot, self.clock(), audience)

    def warnings(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """What the changes would hide, cut short or leave open, as a plan says it; nothing is recorded."""
        from retriever.inspecting.planning import planned_timelines

        return planned_timelines(self._recorded(), changes, self.clock()).warnings

    def propose(self, changes: Sequence[Change]) -> "Proposal":
        """What the changes would become; nothing is recorded, and no home folder is made."""
        return self._recorded().propose(changes)

    def lint(
        self,
        changes: Sequence[Change],
        audience: tuple[str, ...] | None = None,
        advance: Callable[[int], None] = lambda count: None,
    ) -> "list[Finding]":
        """What the lint finds in the files that the changes would publish, for an author with these labels."""
        from retriever.inspecting.linting import linted

        return linted(self._recorded(), changes, self.splitter.split, self.clock(), audience, advance)

    def _recorded(self) -> Ledger:
        """The ledger, or an empty one in memory where the home has none yet."""
        return self.ledger if LedgerStore.exists(self.settings.home) else Ledger(LedgerStore.in_memory(), self.clock)

    def rehearse(self, changes: Sequence[Change]) -> "Rehearsal":
        """Retrievers that answer as before and as after the changes; nothing is recorded or written."""
        from indexer.manifest import FOLDER, Manifest, check_built, read_manifest
        from indexer.snapshot import Snapshot
        from retriever.inspecting.rehearsal import Rehearsal, rehearsed

        folder = self.settings.home / FOLDER
        exists = LedgerStore.exists(self.settings.home)
        indexed = exists and read_manifest(folder) is not None
        snapshot = self.index.newest().snapshot if indexed else Snapshot(folder, Manifest(0, self.built))
        check_built(snapshot.manifest.built, self.built, folder)
        ledger = self.ledger if exists else Ledger(LedgerStore.in_memory(), self.clock)
        before, after = rehearsed(snapshot, ledger, changes, self.splitter, self.encoder)
        # A change without a date starts when it is recorded, so "now" is not earlier than that.
        at = max(self.clock(), after.generation.timeline.recorded_at)
        was, would_be = (self._over(index, lambda: at, index.planned) for index in (before, after))
        return Rehearsal(was, would_be, at, ledger.calendar, frozenset(after.planned))

    def load(self, batches: "Sequence[tuple[Instant, Sequence[Change]]]", steps: "Steps | None" = None) -> "Written":
        """What was loaded into an empty ledger. Each batch has its own recording instant; the instants ascend."""
        writer = self.writer(steps, create=True)
        try:
            return writer.load(batches)
        finally:
            self.recorded = writer.recorded

    def retrieve(self, **fields: Any) -> "Answer":
        """The answer to a request given by the fields of `POST /v1/retrieve`."""
        from retriever.asking.query import parse_query

        return self.retriever.retrieve(parse_query(fields, self.calendar.zone))

    def explain(self, **fields: Any) -> dict[str, Any]:
        """Why each policy could answer a request or not, and what the score of each passage is made of."""
        from retriever.asking.query import parse_query

        return self.retriever.explain(parse_query(fields, self.calendar.zone))

    def replay(self, receipt: Mapping[str, Any], audience: Sequence[str] = ()) -> "Replay":
        """The request of a receipt asked again by someone with these labels: the same evidence, or why not."""
        from retriever.answering.receipts import replay

        retriever = self.retriever
        return replay(retriever, self.index.current(), self.ledger, receipt, audience)

    def cite(self, citation: str, quote: str | None = None, **fields: Any) -> "Check":
        """The check of a citation at `as_of`, as known at `known_at`, for `audience`."""
        from retriever.asking.query import check_characters, known_by, parse_labels, query_instant
        from retriever.evidence.citations import Handle, check_citation

        check_characters([quote or ""], "quote")
        timeline = self.ledger.timeline()
        zone = self.calendar.zone
        as_of = query_instant(fields.get("as_of"), "as_of", zone)
        return check_citation(
            self.ledger,
            timeline,
            Handle.parse(citation),
            self.clock() if as_of is None else as_of,
            known_by(timeline, query_instant(fields.get("known_at"), "known_at", zone)),
            parse_labels(fields.get("audience") or []),
            quote,
            self._structure,
        )

    def _structure(self, revision: "Revision") -> "Structure":
        """How the passages of a revision stand: by the index, or derived where no index that fits the words says it."""
        from indexer.errors import IndexerError
        from retriever.evidence.governing_words import derived_anew

        with suppress(IndexerError, LedgerMissing):
            snapshot = self.index.newest().snapshot
            if revision.tx in snapshot.occurrences and snapshot.manifest.complete:
                structure = snapshot.structure(revision.tx)
                if self.words.fits(self.words.of(revision.version, self.ledger.timeline()), structure):
                    return structure
        return derived_anew(revision)
