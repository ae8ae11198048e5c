"""The ledger: the only truth, in SQLite. Append-only events, each hashed onto the one before, and words.

The words of a revision are a row outside the event that commits to them, so that erasing them leaves the
chain of events whole. One process writes at a time (see writer_lock); any number read, and never wait.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from policies.change import Change
from policies.errors import (
    ChangeRefused,
    LedgerBusy,
    LedgerDamaged,
    LedgerMissing,
    LedgerTooNew,
    OnceMismatch,
    RevisionErased,
    UnknownRevision,
)
from policies.event import GENESIS, Event, event_hash
from policies.instant import Instant, format_instant
from policies.migrations import KNOWN
from policies.migrations import ledger as migrations
from policies.named_write import KEPT_FOR, Once
from policies.newest_hash import FILE
from policies.proposal import Proposal, Step, propose
from policies.revision import Revision, Span, VersionId
from policies.sqlite import BUSY_SECONDS, Database, emptied_log
from policies.timeline import Timeline
from policies.verification import commitment, verified_head
from policies.writer_lock import writer_lock


class Ledger:
    """The recorded events and words of one home folder. `clock` gives the current instant."""

    def __init__(self, db: Database, clock: Callable[[], Instant]) -> None:
        self._db = db
        self._clock = clock
        self._lock = threading.RLock()
        self._painted = Timeline()

    @classmethod
    def open(cls, home: Path, clock: Callable[[], Instant], *, create: bool = False) -> "Ledger":
        """The ledger in `home`; LedgerMissing where there is none and `create` is false."""
        path = home / FILE
        if not path.exists():
            if not create:
                raise LedgerMissing(
                    f"There is no ledger in {home}. Publish into it first (`asof publish FILE`), "
                    "or name another home folder with --home or ASOF_HOME"
                )
            home.mkdir(parents=True, exist_ok=True)
        with _translated(path):
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
            db = Database(connection, execute_plugins=False)
            applied = {migration.name for migration in migrations.applied(db)}
            if applied - KNOWN:
                raise LedgerTooNew(f"{path} was written by a later version of Asof; upgrade Asof to open it")
            if migrations.pending(db):
                with writer_lock(home):  # two processes may be the first
                    db.enable_wal()
                    migrations.apply(db)
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA secure_delete=ON")
        return cls(db, clock)

    @classmethod
    def in_memory(cls, clock: Callable[[], Instant]) -> "Ledger":
        """An empty ledger that leaves nothing behind."""
        db = Database(sqlite3.connect(":memory:", check_same_thread=False), execute_plugins=False)
        migrations.apply(db)
        return cls(db, clock)

    @staticmethod
    def exists(home: Path) -> bool:
        return (home / FILE).exists()

    def close(self) -> None:
        self._db.close()

    def head(self) -> tuple[int, Instant, str]:
        """The tx, recording instant and hash of the newest event; of GENESIS where there is none."""
        rows = list(self._query("select tx, recorded_at, hash from events order by tx desc limit 1"))
        return (rows[0]["tx"], rows[0]["recorded_at"], rows[0]["hash"]) if rows else (0, 0, GENESIS)

    def event_hash(self, tx: int) -> str | None:
        """The hash of the event of a transaction, GENESIS for 0; None where the ledger ends before it."""
        if tx == 0:
            return GENESIS
        return next((row["hash"] for row in self._query("select hash from events where tx = ?", (tx,))), None)

    def events(self, after: int = 0, until: int | None = None) -> Iterator[Event]:
        """The events with `after < tx <= until`, in order."""
        rows = self._query(
            "select content from events where tx > ? and tx <= ? order by tx",
            (after, 2**62 if until is None else until),
        )
        return (Event.from_content(json.loads(row["content"])) for row in rows)

    def timeline(self, until: int | None = None) -> Timeline:
        """Everything painted up to transaction `until`; without it only what is new since the last call is read."""
        if until is not None:
            return Timeline().extended(self.events(until=until))
        known = self._painted
        if newer := list(self.events(after=known.tx)):
            known = self._painted = known.extended(newer)
        return known

    def propose(self, changes: Sequence[Change], timeline: Timeline | None = None) -> Proposal:
        """What the changes would become now; nothing is recorded.

        Reads only the policies concerned, so its cost follows their events, not the ledger's; the proposal's
        timelines hold those policies alone. `timeline` stands in for what is recorded, during a load.
        """
        digests: dict[VersionId, str] = {}
        events: dict[str, list[Event]] = {}
        for policy_id in sorted({_policy_of(change) for change in changes}):
            for row in self._query("select revision, digest from words where policy_id = ?", (policy_id,)):
                digests[VersionId(policy_id, row["revision"])] = row["digest"]
            if found := self.policy_events(policy_id):
                events[policy_id] = found
        if timeline is None:
            tx, recorded_at, _ = self.head()
            every = sorted((event for found in events.values() for event in found), key=lambda event: event.tx)
            timeline = replace(Timeline().extended(every), tx=tx, recorded_at=recorded_at)
        at = max(self._clock(), timeline.recorded_at + 1)
        return propose(timeline, changes, digests, events, at)

    def policy_events(self, policy_id: str) -> list[Event]:
        """The events of one policy, in order."""
        rows = self._query("select content from events where policy_id = ? order by tx", (policy_id,))
        return [Event.from_content(json.loads(row["content"])) for row in rows]

    def record(
        self,
        proposal: Proposal,
        spans: Sequence[Sequence[Span]],
        splitter: str,
        at: Instant | None = None,
        once: Once | None = None,
    ) -> list[Event]:
        """Commits a proposal, all of it or nothing, and returns its events.

        `spans` holds the passages of each draft of the proposal, in its order. All events get one
        `recorded_at`: the clock's, moved past the newest one recorded, or `at` where the caller brings it.
        With `once`, what it came to is kept under that name. ChangeRefused where something was recorded since the
        proposal was made.
        """
        with self._lock, _translated(None), self._db.atomic():
            tx, newest, previous = self.head()
            if tx != proposal.tx:
                raise ChangeRefused("Something else was recorded in the meantime; try again")
            recorded_at = max(self._clock(), newest + 1) if at is None else at
            if recorded_at <= newest:
                raise ChangeRefused("recorded_at must be after the newest recorded event")
            drafts = iter(spans)
            events = []
            for step in proposal.steps:
                event = replace(step.event, recorded_at=recorded_at, previous=previous)
                if step.draft is not None:
                    event = replace(event, words=self._insert_words(step, next(drafts), splitter))
                if event.kind == "erase":
                    self._db.execute(
                        "delete from words where policy_id = ? and revision = ?",
                        (event.policy_id, event.revision),
                    )
                    # The digest of what was sent would tell who guesses the words that they are right.
                    self._db.execute(
                        "update once set request = '' where instr(unchanged, ?) > 0 or exists (select 1 from events "
                        'where tx > once."after" and tx <= once."until" and policy_id = ? and revision = ?)',
                        (f'"{event.policy_id}@{event.revision}"', event.policy_id, event.revision),
                    )
                previous = self._insert_event(event)
                events.append(event)
            if once is not None:
                self._insert_once(once, recorded_at, tx, tx + len(events), proposal.unchanged)
        return events

    def recorded_once(self, once: Once) -> tuple[list[Event], tuple[VersionId, ...]] | None:
        """The events that a write came to when it was first sent, and what was unchanged; None where it never was.

        OnceMismatch where the name was given to another write. Nobody can tell that of one whose words were erased.
        """
        since = self._clock() - KEPT_FOR
        rows = self._query("select * from once where name = ? and recorded_at >= ?", (once.name, since))
        if not rows:
            return None
        row = rows[0]
        if row["request"] not in (once.request, ""):
            raise OnceMismatch("This idempotency key was sent with another request before; give every write its own")
        unchanged = tuple(VersionId.parse(name) for name in json.loads(row["unchanged"]))
        return list(self.events(row["after"], row["until"])), unchanged

    def load(
        self,
        batches: Sequence[tuple[Instant, Sequence[Change]]],
        split: Callable[[str], Sequence[Span]],
        splitter: str,
    ) -> tuple[list[Event], Proposal]:
        """Commits an initial load that brings its own recording instants, ascending: each batch one commit.

        All of it or nothing is recorded. ChangeRefused where the ledger is not empty, or an instant does not
        follow the one before it or lies in the future. Returns the events and the last batch's proposal.
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
        with self._lock, _translated(None), self._db.atomic():
            for at, changes in batches:
                proposal = self.propose(changes, timeline)
                spans = [split(draft.text) for draft in proposal.drafts]
                recorded = self.record(proposal, spans, splitter, at)
                timeline = timeline.extended(recorded)
                events += recorded
        return events, proposal

    def revision(self, version: VersionId, timeline: Timeline) -> Revision:
        """The words and metadata of a revision; RevisionErased or UnknownRevision where there are none."""
        event = timeline.publishes.get(version)
        if event is None:
            raise UnknownRevision(f"There is no revision {version}; `asof history {version.policy_id}` lists them")
        rows = list(
            self._query(
                "select title, text, note, splitter, spans from words where policy_id = ? and revision = ?",
                (version.policy_id, version.number),
            )
        )
        if not rows:
            raise RevisionErased(f"The words of {version} were erased")
        row = rows[0]
        return Revision(
            version=version,
            tx=event.tx,
            recorded_at=event.recorded_at,
            title=row["title"],
            text=row["text"],
            owner=event.owner,
            note=row["note"],
            author=event.author,
            applies_to=event.applies_to,
            audience=timeline.audience(version),
            splitter=row["splitter"],
            spans=tuple(_span(values) for values in json.loads(row["spans"])),
        )

    def titles(self, policy_id: str | None = None) -> dict[VersionId, str]:
        """The title of every revision, or of those of one policy, that still has its words."""
        of = ("", ()) if policy_id is None else (" where policy_id = ?", (policy_id,))
        rows = self._query(f"select policy_id, revision, title from words{of[0]}", of[1])
        return {VersionId(row["policy_id"], row["revision"]): row["title"] for row in rows}

    def counts(self) -> tuple[int, int]:
        """How many policies and how many revisions are recorded."""
        rows = list(
            self._query(
                "select count(distinct policy_id) as policies, count(*) as revisions from events "
                "where json_extract(content, '$.kind') = 'publish'"
            )
        )
        return rows[0]["policies"], rows[0]["revisions"]

    def verify(self, expected_head: str | None = None) -> str:
        """Walks the chain and the words and returns the head's hash; LedgerDamaged names the first misfit."""
        events = self._query("select tx, recorded_at, policy_id, revision, content, hash from events order by tx")
        return verified_head(events, self._query("select * from words order by policy_id, revision"), expected_head)

    def vacuum(self) -> None:
        """Rewrites the file and empties its log, so that deleted words are on no page of either."""
        with self._lock, _translated(None):
            self._empty_log()
            self._db.vacuum()
            self._empty_log()

    def _empty_log(self) -> None:
        if not emptied_log(self._db):
            raise LedgerBusy(
                "A reader keeps the ledger's log in use, so erased words may still be in it; end that reader "
                "and run `asof index`, which finishes the erasure"
            )

    def _insert_words(self, step: Step, spans: Sequence[Span], splitter: str) -> str:
        draft = step.draft
        assert draft is not None
        row = {
            "policy_id": draft.policy_id,
            "revision": step.event.revision,
            "digest": draft.digest(),
            "salt": secrets.token_bytes(16),
            "title": draft.title,
            "text": draft.text,
            "note": draft.note,
            "splitter": splitter,
            "spans": json.dumps([_span_values(span) for span in spans], separators=(",", ":")),
        }
        self._db.table("words").insert(row)
        return commitment(row)

    def _insert_once(
        self, once: Once, recorded_at: Instant, after: int, until: int, unchanged: Sequence[VersionId]
    ) -> None:
        self._db.table("once").delete_where("recorded_at < ? or name = ?", [recorded_at - KEPT_FOR, once.name])
        self._db.table("once").insert(
            {
                "name": once.name,
                "request": once.request,
                "recorded_at": recorded_at,
                "after": after,
                "until": until,
                "unchanged": json.dumps([str(version) for version in unchanged]),
            }
        )

    def _insert_event(self, event: Event) -> str:
        canonical = event.canonical()
        hashed = event_hash(canonical)
        self._db.table("events").insert(
            {
                "tx": event.tx,
                "recorded_at": event.recorded_at,
                "policy_id": event.policy_id,
                "revision": event.revision,
                "content": canonical.decode(),
                "hash": hashed,
            }
        )
        return hashed

    def _query(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        with self._lock, _translated(None):
            return list(self._db.query(sql, list(parameters)))


def _span_values(span: Span) -> list[Any]:
    return [span.start, span.end, span.headings, span.lead_ins]


def _span(values: list[Any]) -> Span:
    start, end, headings, lead_ins = values
    return Span(start, end, tuple((a, b) for a, b in headings), tuple((a, b) for a, b in lead_ins))


def _policy_of(change: Change) -> str:
    if hasattr(change, "draft"):
        return change.draft.policy_id
    return change.version.policy_id if hasattr(change, "version") else change.policy_id


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    """SQLite's own errors as errors of this package."""
    name = path or "The ledger"
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise LedgerBusy(f"{name} is being written by another process; try again") from error
        raise LedgerDamaged(f"{name} cannot be used: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(f"{name} is not a ledger that can be read: {error}") from error
