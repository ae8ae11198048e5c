"""The ledger, the only truth: append-only events, each hashed together with the hash of the event before, and words.

Here are the rules: what may be recorded, when it was recorded, and what an erasure removes. `ledger_store` keeps the
rows.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from policies.amending.description import Description, as_described
from policies.approving.authority import NOBODY, Authority
from policies.approving.consent import Consent
from policies.approving.deciding import check_unapproved, consent
from policies.approving.draft_rows import Opened
from policies.approving.drafts import Drafts
from policies.approving.kept_draft import KeptDraft
from policies.approving.reach import Beside, Erased, beside, erase_beside
from policies.approving.requirement import check_allowed, lacking
from policies.calendar import Calendar
from policies.change import (
    Approve,
    Approved,
    Change,
    Configure,
    Correct,
    Describe,
    Load,
    Publish,
    Release,
    Released,
    Restore,
    SignOff,
    Undo,
    Unschedule,
)
from policies.errors import (
    ChangeRefused,
    ClockBehind,
    LedgerDamaged,
    NamedWriteMismatch,
    RevisionErased,
    UnknownRevision,
)
from policies.event import GENESIS, Event
from policies.home_settings import HOME, HomeSettings, settings_after
from policies.instant import Instant, format_instant
from policies.named_write import KEPT_FOR, NamedWrite, RecordedWrite
from policies.proposal import Proposal, propose
from policies.revision import Draft, Revision, Span, Titled, VersionId
from policies.sources.draft import drafts_formerly
from policies.storage.ledger_store import LedgerStore
from policies.timeline import Timeline
from policies.verification import verified_head

MOST_AHEAD: Instant = 48 * 3600 * 1_000_000
"""Two days: a clock in a wrong time zone is accepted, and a clock in a wrong year is not."""

A_SECOND: Instant = 1_000_000


class Ledger:
    """The recorded events and words in a store. `clock` gives the current instant.

    Nothing is recorded while the newest event lies more than `most_ahead` microseconds after that instant.
    """

    def __init__(self, store: LedgerStore, clock: Callable[[], Instant], most_ahead: int = MOST_AHEAD) -> None:
        self._store = store
        self._clock = clock
        self._most_ahead = most_ahead
        self._painted = Timeline()
        self.drafts = Drafts(store.drafts, store.exclusive, self.policy_events, self._same, clock)
        """What waits for an approval; no part of the chain of events."""

    def close(self) -> None:
        self._store.close()

    @property
    def calendar(self) -> Calendar:
        """The calendar of the home's time zone, by which dates are read and told that name no other."""
        return self.settings().calendar

    def head(self) -> tuple[int, Instant, str]:
        """The tx, recording instant and hash of the newest event; of GENESIS where there is none."""
        return self._store.head()

    def newest_tx(self) -> int:
        """The tx of the newest event, 0 where there is none. It does not wait for a commit in progress."""
        return self._store.newest_tx()

    def check_there(self) -> None:
        """LedgerLost where the ledger's files were taken away or replaced since this process opened them."""
        self._store.check_there()

    def builds_on(self) -> int | None:
        """The tx that the write in progress builds on; None where no write is in progress."""
        return self._store.builds_on()

    def event_hash(self, tx: int) -> str | None:
        """The hash of the event of a transaction, GENESIS for 0; None where the ledger ends before it."""
        return self._store.event_hash(tx) if tx else GENESIS

    def events(self, after: int = 0, until: int | None = None) -> Iterator[Event]:
        """The events with `after < tx <= until`, in order."""
        return self._store.events(after, until)

    def _further(self, known: Timeline, until: int | None = None) -> list[Event]:
        """The events up to `until` that a timeline lacks; LedgerLost where it ends in one that is not recorded."""
        return list(self._store.events(known.tx, until, known.last))

    def check_holds(self, known: Timeline) -> None:
        """LedgerLost where a timeline ends in an event that is not recorded: the ledger was put back."""
        self._further(known, known.tx)

    def policy_events(self, policy_id: str) -> list[Event]:
        """The events of one policy, in order. Publishes that this process keeps are not read again."""
        painted = self._painted
        others = self._store.policy_events(policy_id, but_publishes_until=painted.tx)
        return sorted([*painted.revisions(policy_id), *others], key=lambda event: event.tx)

    def titles(self) -> dict[VersionId, str]:
        """The title of every revision that still has its words."""
        return self._store.titles()

    def policy_labels(self, policy_id: str) -> dict[int, Titled]:
        """The title and the note of every revision of a policy that still has its words, by its number."""
        return self._store.policy_labels(policy_id)

    def labels_of(self, versions: Iterable[VersionId]) -> dict[VersionId, Titled]:
        """The title and the note of each of these revisions, of those that still have their words."""
        return self._store.labels_of(versions)

    def titles_of(self, versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The titles of these revisions, of those that still have their words."""
        return self._store.titles_of(versions)

    def notes_of(self, versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The notes that these revisions were published with, of those that have one and still have their words."""
        return self._store.notes_of(versions)

    def texts_with(self, words: Collection[str], versions: Iterable[VersionId]) -> dict[VersionId, str]:
        """The texts of these revisions, of those in which one of the words stands, by version id."""
        return self._store.texts_with(words, versions)

    def events_of(self, txs: Iterable[int]) -> dict[int, Event]:
        """The events of these transactions, by tx."""
        return self._store.events_of(txs)

    def newest_events(self, before: int | None = None, limit: int = 100) -> list[Event]:
        """At most `limit` events with `tx < before`, the newest first."""
        return self._store.newest_events(before, limit)

    def counts(self) -> tuple[int, int]:
        """How many policies and how many revisions are recorded."""
        return self._store.counts()

    def timeline(self, until: int | None = None) -> Timeline:
        """Everything painted up to transaction `until`. Without it only events since the last call are read."""
        if until is not None:
            return Timeline().extended(self.events(until=until))
        known = self._painted
        if newer := self._further(known):
            known = self._painted = known.extended(newer)
        return known

    def timeline_from(self, known: Timeline, until: int) -> Timeline:
        """Everything painted up to transaction `until`, given a timeline of this ledger that ends there or before.

        It is the one that this process keeps, unless that one ends later: two of them would need memory twice.
        """
        kept = self._painted
        if kept.tx > until:
            return known.extended(self._further(known, until))
        if kept.tx < known.tx:
            kept = known
        if newer := self._further(kept, until):
            kept = kept.extended(newer)
        self._painted = kept
        return kept

    def settings(self) -> HomeSettings:
        """The settings of the home as they are now; only the events that set them are read."""
        return settings_after(self.policy_events(HOME))

    def propose(self, changes: Sequence[Change], timeline: Timeline | None = None) -> Proposal:
        """What the changes would become now; nothing is recorded.

        A process that keeps the timeline reads only what is new. In any other, only the policies concerned are read, so
        the cost grows with their events, not with the ledger's, and the proposal's timelines hold those policies alone.
        During a load `timeline` takes the place of what is recorded.
        """
        if any(isinstance(change, Approved | Released) for change in changes):
            raise TypeError("only the ledger says that a draft was approved; ask it by an Approve or a Release")
        changes = [self._of_draft(change) if isinstance(change, Approve | Release) else change for change in changes]
        changes = self._with_former_dates(changes)
        wanted: dict[str, set[str]] = defaultdict(set)
        for change in changes:
            if isinstance(change, Publish | Load | Correct):
                formerly = change.formerly if isinstance(change, Publish | Correct) else ()
                wanted[change.draft.policy_id].update(draft.digest() for draft in (change.draft, *formerly))
        digests: dict[VersionId, str] = {}
        for policy_id, among in wanted.items():
            digests |= self._store.digests(policy_id, among)
        concerned = [(change, self._policies_of(change)) for change in changes]
        repainted = [
            ids for change, ids in concerned if isinstance(change, Restore | Describe | Undo | Unschedule | SignOff)
        ]
        events = {policy_id: self.policy_events(policy_id) for policy_id in set().union(*repainted)}
        if timeline is None:
            timeline = (
                self.timeline() if self._painted.tx else self._timeline_of({x for _, ids in concerned for x in ids})
            )
        now = self._clock()
        self._check_clock(now, timeline.recorded_at)
        at = max(now, timeline.recorded_at + 1)
        notes = self._notes_of_described(changes, events)
        proposal = propose(timeline, changes, digests, events, at, at if at - now <= A_SECOND else now, notes)
        if proposal.unchanged and any(isinstance(change, Approved | Released) for change in changes):
            raise ChangeRefused(
                f"{proposal.unchanged[0]} says the words of the draft already, over the same period; delete the draft"
            )
        return proposal

    def _of_draft(self, change: Approve | Release) -> Approved | Released:
        """The publish of a draft, with the approval that lets it come into force; a refusal where there is none.

        A release needs none. Whether the policy does is checked when it is recorded, as for every publish.
        """
        kept = self.drafts.find(change.draft_id)
        events = self.policy_events(kept.policy_id)
        draft, replaces = self.drafts.released(kept), kept.replace_scheduled
        if isinstance(change, Release) and kept.state != "approved":
            check_unapproved(kept, events, change.digest)
            return Released(draft, replaces, kept=kept)
        by = change if isinstance(change, Approve) else Approve(kept.id, digest=change.digest)
        return Approved(draft, replaces, consent=consent(kept, events, by.authority, by.digest, by.note))

    def lacking_approval(self, proposal: Proposal) -> list[str]:
        """The policies of a proposal that need an approval, and have none."""
        return lacking((step.event for step in proposal.steps), proposal.before.settings)

    def check_allowed(self, proposal: Proposal, authority: Authority) -> None:
        """ApprovalRequired where somebody of this authority may not record a proposal."""
        check_allowed([step.event for step in proposal.steps], proposal.before.settings, authority)

    def opened(self, txs: Collection[int] | None = None) -> dict[int, Opened]:
        """What people said when they let these events happen, of what no erasure removed; of all without `txs`."""
        return self._store.drafts.opened(txs)

    def _same(self, draft: Draft, replace_scheduled: bool) -> VersionId | None:
        """The revision that says the same as a draft over the same period; a refusal where it cannot be published."""
        return next(iter(self.propose([Publish(draft, replace_scheduled)]).unchanged), None)

    def _notes_of_described(
        self, changes: Sequence[Change], events: Mapping[str, Sequence[Event]]
    ) -> dict[VersionId, str]:
        """The notes that revisions have of their own, where a description is to be undone: the refusal says them."""
        undone = [event for change in changes if isinstance(change, Undo) for event in self.commit(change.tx)]
        described = {event.policy_id for event in undone if event.kind == "describe"}
        return self.notes_of(
            VersionId(event.policy_id, event.revision)
            for policy_id in described
            for event in events[policy_id]
            if event.kind == "publish" and event.revision is not None
        )

    def commit(self, tx: int | None = None) -> list[Event]:
        """The events of the commit that a transaction belongs to, or of the newest; none where there is no such."""
        return list(self._store.commit_events(self.newest_tx() if tx is None else tx))

    def commits_begin(self, txs: Collection[int]) -> dict[int, int]:
        """The first tx of the commit that each of these transactions belongs to, by that transaction."""
        return self._store.commits_begin(txs)

    def _with_former_dates(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes, where each draft also has what its file said by the time zones that were the home's before."""
        if not any(isinstance(change, Publish | Correct) for change in changes):
            return changes
        names = ["UTC", *(event.settings.get("timezone", "UTC") for event in self.policy_events(HOME))]
        if len(set(names)) == 1:
            return changes
        calendars = []
        for name in dict.fromkeys(reversed(names)):
            with suppress(ValueError):  # a zone that this machine does not know
                calendars.append(Calendar.of(name))
        return [
            replace(change, formerly=drafts_formerly(change.draft, calendars))
            if isinstance(change, Publish | Correct) and self.policy_events(change.draft.policy_id)
            else change
            for change in changes
        ]

    def _policies_of(self, change: Change) -> set[str]:
        """The policies that a change concerns."""
        if isinstance(change, Configure | Approve | Release):
            return set()
        if isinstance(change, Undo):
            return {event.policy_id for event in self.commit(change.tx)}
        if isinstance(change, Publish | Load):
            return {change.draft.policy_id}
        return {change.version.policy_id if hasattr(change, "version") else change.policy_id}

    def _timeline_of(self, policy_ids: set[str]) -> Timeline:
        """The timeline of these policies alone, up to the newest event of all."""
        tx, recorded_at, _ = self.head()
        every = sorted(
            (event for name in (HOME, *policy_ids) for event in self.policy_events(name)), key=lambda event: event.tx
        )
        return replace(Timeline().extended(every), tx=tx, recorded_at=recorded_at)

    def ahead(self) -> int:
        """How many microseconds the newest event lies after the clock's present instant; 0 where it does not."""
        return max(0, self.head()[1] - self._clock())

    def _check_clock(self, now: Instant, newest: Instant) -> None:
        """ClockBehind where an event recorded now would have to be dated far after now."""
        if newest - now > self._most_ahead:
            raise ClockBehind(
                f"The newest event was recorded at {format_instant(newest)}, and this machine's clock says "
                f"{format_instant(now)}: one of them is wrong, so nothing is recorded. Set the clock right. Where the "
                "event was recorded under a wrong clock, ASOF_CLOCK_AHEAD_SECONDS says how far ahead it may lie"
            )

    def record(
        self,
        proposal: Proposal,
        spans: Sequence[Sequence[Span]],
        splitter: str,
        at: Instant | None = None,
        named: NamedWrite | None = None,
        authority: Authority = NOBODY,
    ) -> list[Event]:
        """Commits a proposal, all of it or nothing, and returns its events.

        `spans` holds the passages of each draft of the proposal, in its order. All events get the same `recorded_at`:
        `at` where the caller gives it, else the clock's instant, moved past the newest event. With `named` the result
        is kept under that name. ChangeRefused where something was recorded since the proposal was made, and
        ApprovalRequired where an approval is required that it does not have. What `authority.check` fails with.
        """
        with self._store.commit():
            authority.check()
            tx, newest, previous = self.head()
            if tx != proposal.tx:
                raise ChangeRefused("Something else was recorded in the meantime; try again")
            now = self._clock()
            if at is None:
                self._check_clock(now, newest)
            recorded_at = max(now, newest + 1) if at is None else at
            if recorded_at <= newest:
                raise ChangeRefused("recorded_at must be after the newest recorded event")
            self.check_allowed(proposal, authority)
            unapproved = self.lacking_approval(proposal)
            drafts = iter(spans)
            events = []
            for step in proposal.steps:
                author = step.event.author or authority.person
                event = replace(step.event, recorded_at=recorded_at, previous=previous, author=author)
                if step.draft is not None:
                    words = self._store.insert_words(event.revision, step.draft, next(drafts), splitter)
                    event = replace(event, words=words)
                if event.kind == "publish" and event.policy_id in unapproved:  # then it is forced
                    assert authority.person is not None
                    consent = Consent(authority.person, recorded_at, authority.force)
                    event = replace(event, forced=self._store.drafts.seal(event.tx, consent))
                if step.consent is not None:
                    event = replace(event, approval=self._store.drafts.seal(event.tx, step.consent))
                    self._settle(event, step.consent)
                if step.released is not None:
                    self._remove(step.released)
                if event.kind == "erase":
                    event = replace(event, reasons=tuple(self._erase_words(event)))
                    # A person who guesses the words could check the guess by the digest of the request.
                    self._store.empty_requests(event.policy_id, event.revision)
                previous = self._store.insert_event(event)
                events.append(event)
            if named is not None:
                until = tx + len(events)
                write = RecordedWrite(named.name, named.request, recorded_at, tx, until, proposal.unchanged)
                self._store.insert_named_write(write, forgotten_before=min(now, newest) - KEPT_FOR)
        return events

    def _settle(self, event: Event, consent: Consent) -> None:
        """The draft of an approved publish is published; ChangeRefused where it is no longer what was approved."""
        if consent.draft is None or event.revision is None:
            return
        kept = self.drafts.find(consent.draft)
        if kept.state not in ("submitted", "approved") or kept.content() != consent.content:
            raise ChangeRefused(f"{kept.id} was changed in the meantime; read it again")
        self._store.drafts.write(kept.put_in_force(event.tx, event.revision))

    def _remove(self, kept: KeptDraft) -> None:
        """A draft that was published without an approval is gone; ChangeRefused where it is no longer that one."""
        if self.drafts.find(kept.id) != kept:
            raise ChangeRefused(f"{kept.id} was changed in the meantime; read it again")
        self._store.drafts.delete(kept.id)

    def beside(self, version: VersionId) -> Beside:
        """What an erasure of a revision reaches beside its words."""
        gone = self._gone(version)
        return Beside() if gone is None else beside(self._store.drafts, gone)

    def _erase_words(self, event: Event) -> list[int]:
        """Removes the words of a revision, what approvals said of it, and drafts and reasons that hold the words.

        Gives the events whose reasons were removed.
        """
        gone = self._gone(VersionId(event.policy_id, event.revision or 0))
        self._store.delete_words(event.policy_id, event.revision)
        if gone is None:
            return []
        reached = erase_beside(self._store.drafts, gone)
        for other in self.events_of(reached).values():  # what was sent with such a reason could be guessed too
            self._store.empty_requests(other.policy_id, other.revision)
        return list(reached)

    def _gone(self, version: VersionId) -> Erased | None:
        """The words of a revision for who erases them; None where they are erased already."""
        if (words := self._store.words(version)) is None:
            return None
        events = self.policy_events(version.policy_id)
        return Erased(
            policy_id=version.policy_id,
            revision=version.number,
            digest=words.digest,
            passages=[words.text[span.start : span.end] for span in words.spans],
            of_policy={event.tx for event in events},
            of_revision=[event.tx for event in events if event.revision == version.number],
        )

    def recorded_write(self, named: NamedWrite) -> tuple[list[Event], tuple[VersionId, ...]] | None:
        """The events of a write when it was first sent, and what was unchanged; None where it was never sent.

        NamedWriteMismatch where the name was given to another write. Nobody can tell once the words of that write are
        erased. A name is forgotten once an event was recorded so much later, not by the clock alone.
        """
        # Not by the clock alone: ahead for a moment, it would forget the name, and record a write sent again twice.
        found = self._store.named_write(named.name, since=min(self._clock(), self.head()[1]) - KEPT_FOR)
        if found is None:
            return None
        if found.request not in (named.request, ""):
            raise NamedWriteMismatch(
                "This idempotency key was sent with another request before; give every write its own"
            )
        return list(self.events(found.after, found.until)), found.unchanged

    def load(
        self,
        batches: Sequence[tuple[Instant, Sequence[Change]]],
        split: Callable[[str], Sequence[Span]],
        splitter: str,
    ) -> tuple[list[Event], Proposal]:
        """Commits an initial load: each batch has a recording instant of its own, and the instants ascend.

        All of it or nothing is recorded. ChangeRefused where the ledger is not empty, or an instant does not come after
        the one before it or lies in the future. Returns the events and the last batch's proposal.
        """
        if self.head()[0]:
            raise ChangeRefused(
                "Only an initial load into an empty ledger may bring its own recorded_at; this ledger has events. "
                "Import without --recorded-from-source, or into a new home"
            )
        if not batches:
            raise ChangeRefused("There is nothing to load")
        if batches[-1][0] > self._clock():
            raise ChangeRefused(f"recorded_at {format_instant(batches[-1][0])} lies in the future")
        timeline, events = Timeline(), []
        with self._store.commit():
            for at, changes in batches:
                proposal = self.propose(changes, timeline)
                spans = [split(draft.text) for draft in proposal.drafts]
                recorded = self.record(proposal, spans, splitter, at)
                timeline = timeline.extended(recorded)
                events += recorded
        return events, proposal

    def descriptions(
        self,
        versions: Collection[VersionId],
        timeline: Timeline,
        known: Instant | None = None,
        undescribed: Collection[str] = (),
    ) -> dict[VersionId, Description]:
        """What is said of these revisions beside their words: by themselves, or by a description of their policy.

        As the timeline knows it, or as known at an earlier instant. A revision whose words were erased has no note of
        its own. In the policies `undescribed`, only the revisions speak.
        """
        events: dict[str, list[Event]] = {}
        for policy_id in {version.policy_id for version in versions}:
            amendments = timeline.policies[policy_id].amendments
            described = policy_id not in undescribed and any(event.kind == "describe" for event in amendments)
            every = [*timeline.revisions(policy_id), *amendments] if described else []
            every = [event for event in every if known is None or event.recorded_at <= known]
            events[policy_id] = sorted(every, key=lambda event: event.tx)
        noted = set(versions) | {
            VersionId(event.policy_id, event.revision)
            for of_policy in events.values()
            for event in of_policy
            if event.kind == "publish" and event.revision is not None
        }
        notes: dict[str, dict[int, str | None]] = defaultdict(dict)
        for version, note in self.notes_of(noted).items():
            notes[version.policy_id][version.number] = note
        return {
            version: as_described(timeline.publishes[version], events[version.policy_id], notes[version.policy_id])
            for version in versions
        }

    def revision(self, version: VersionId, timeline: Timeline) -> Revision:
        """The words and metadata of a revision; RevisionErased or UnknownRevision where there are none.

        LedgerDamaged where the words are missing, or are not those that the event of its publish committed to.
        """
        event = timeline.publishes.get(version)
        if event is None:
            raise UnknownRevision(f"There is no revision {version}; `asof history {version.policy_id}` lists them")
        words = self._store.words(version)
        if words is None:
            events = () if version in timeline.erased else self.policy_events(version.policy_id)
            if version in timeline.erased or any(it.kind == "erase" and it.revision == version.number for it in events):
                raise RevisionErased(f"The words of {version} were erased")
            raise LedgerDamaged(
                f"The words of {version} are missing from the ledger, and nobody erased them. `asof verify` says what "
                "else does not fit; restore a backup"
            )
        if words.commitment != event.words:
            raise LedgerDamaged(
                f"The words of {version} are not those that event {event.tx} committed to: they were altered in the "
                "ledger. `asof verify` says what else does not fit; restore a backup"
            )
        return Revision(
            version=version,
            tx=event.tx,
            recorded_at=event.recorded_at,
            title=words.title,
            text=words.text,
            owner=event.owner,
            note=words.note,
            author=event.author,
            applies_to=event.applies_to,
            audience=timeline.audience(version),
            splitter=words.splitter,
            spans=words.spans,
            review_by=event.review_by,
        )

    def verify(self, expected_head: str | None = None) -> str:
        """The head's hash, after a check of all events and words; LedgerDamaged names the first that does not fit.

        The file is checked by SQLite's rules first: an index of it that is damaged keeps no hash from fitting.
        """
        if (said := self._store.damage(whole=True)) is not None:
            raise LedgerDamaged(said)
        self.drafts.all()
        approvals = self._store.drafts.approval_rows()
        return verified_head(self._store.event_rows(), self._store.words_rows(), expected_head, approvals)

    @property
    def no_room(self) -> bool:
        """Whether the ledger is only read, since its disk had no room to open it for writing."""
        return self._store.no_room

    def damage(self) -> str | None:
        """What a quick look at the whole file finds wrong with it, and what to do; None where nothing is."""
        return self._store.damage(whole=False)

    def vacuum(self) -> None:
        """Rewrites the store, so that no deleted words are left in it."""
        self._store.vacuum()
