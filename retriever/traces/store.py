"""Traces in SQLite, in the order of arrival. A trace that rests on erased words loses its answer."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from policies.instant import Instant, format_instant
from policies.revision import VersionId
from policies.storage.first_look import damage_with_log
from policies.storage.kept_file import Connection, KeptFile, KeptRows
from policies.timeline import Timeline
from retriever.asking.eligible import may_read
from retriever.errors import StoreUnusable, TraceExists
from retriever.traces.database import (
    check_kept,
    check_there,
    damaged,
    empty_log,
    named,
    open_database,
    replaced,
    translated,
    writing,
)
from retriever.traces.trace import Timings, Tokens, Trace

if TYPE_CHECKING:
    from policies.storage.ledger_tables import Database

FILE = "traces.db"

OUTLIVES_ERASURE = frozenset({"id", "checkpoint", "release", "trial", "as_of", "known_at", "audience", "evidence"})
"""Fields that hold no words of a policy. All others may quote one, the question and the model's answer too."""

NUMBERS: dict[str, type[BaseModel]] = {"timings": Timings, "tokens": Tokens}
"""In these fields only the numbers stay; anything else that a caller put there is removed."""

FORGOTTEN = ""
"""This replaces the digest of a trace that an erasure emptied: a digest could confirm a guess at its words. So nobody
can tell any more whether a trace that is sent again is the same."""

ANYTHING = "*"
"""Stands for the revisions of a trace whose evidence is unknown: it may quote any revision that was not erased when it
was kept. What follows names the set of the erased; `0` the empty one. Any other erasure may be of words that it quotes.
After an earlier version the number of the erased follows, until the next look for erased words."""

FORMAT = 1
"""The format of the file. In format 0, traces with unknown evidence rest on nothing."""

UNKNOWN_BEFORE = f"""insert into evidence select '{ANYTHING}0', place from traces where rests_on = '[]'
    and json_extract(trace, '$.evidence') is null and json_extract(trace, '$.erased') is null"""

MARKS = "select distinct version from evidence where version >= '*' and version < '+'"

RESTING = "select version, place from evidence where version in (select value from json_each(?))"

UNUSED = f"delete from erased_sets where '{ANYTHING}' || name not in (select version from evidence)"


def _sound(connection: Connection, places: Sequence[int]) -> int:
    some = "place in (select value from json_each(?))"
    # SQLite's length ends at U+0000, which an earlier version let into an id; so does what it takes out of JSON.
    first, second = (f"substr({name}, 1, length({name}))" for name in ("id", "json_extract(trace, '$.id')"))
    sql = f"select count(*) from traces where {some} and {first} = {second}"
    return int(connection.execute(sql, [json.dumps(places)]).fetchone()[0])


TRACES = KeptRows(
    "select place, id from traces order by place desc limit 1", "select id from traces where place = ?", _sound, ""
)

AT_ONCE, AT_ONCE_CHARACTERS = 16, 8_000_000
"""Traces read at a time: each may have megabytes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as it is kept, at its place in the order of arrival.

    `rests_on` are the revisions of its evidence. If the evidence is unknown, they are all revisions that could answer.
    If those are unknown too, `erased_before` are the revisions that were erased when the trace was kept. `characters`
    says how long the trace is as JSON.
    """

    place: int
    recorded_at: Instant
    audience: tuple[str, ...]
    rests_on: tuple[VersionId, ...]
    trace: dict[str, Any]
    erased_before: frozenset[VersionId] | None = None
    characters: int = 0

    def quotes(self, erased: Collection[VersionId]) -> bool:
        """Whether the trace may quote words that are erased now."""
        later = self.erased_before is not None and not self.erased_before.issuperset(erased)
        return later or not set(erased).isdisjoint(self.rests_on)

    def readable(self, timeline: Timeline, labels: Iterable[str]) -> bool:
        """Whether a caller with these labels may see it: they hold all labels of the trace, and may read its evidence.

        An answer may repeat anything that its model was allowed to see, cited or not.
        """
        held = frozenset(labels)
        recorded = [version for version in self.rests_on if version in timeline.publishes]
        return held.issuperset(self.audience) and all(may_read(timeline, version, held) for version in recorded)

    def content(self) -> dict[str, Any]:
        """The JSON values: the trace's own, and when it was recorded."""
        return {**self.trace, "recorded_at": format_instant(self.recorded_at)}


class TraceStore:
    """The traces of a home folder."""

    def __init__(self, home: Path, clock: Callable[[], Instant]) -> None:
        self._path = home / FILE
        self._clock = clock
        self._lock = threading.Lock()
        if damage := damage_with_log(self._path, TRACES):
            raise damaged(self._path, damage)
        self._file = open_database(self._path)
        try:
            self._make_tables()
        except StoreUnusable:
            self._file.close()
            raise
        self._same = KeptFile(self._file, self._path if self._file.writable else None, TRACES, self._lost)

    @property
    def _db(self) -> "Database":
        return self._file.db

    def _make_tables(self) -> None:
        with self._lock, translated(self._path):
            if self._file.writable or not self._db.table_names():
                self._make_missing()

    def _make_missing(self) -> None:
        with writing(self._db):
            columns = {"place": int, "id": str, "recorded_at": int, "trace": str, "sent": str}
            columns |= {"audience": str, "rests_on": str}
            self._db.table("traces").create(columns, pk="place", if_not_exists=True, strict=True)
            self._db.table("traces").create_index(["id"], unique=True, if_not_exists=True)
            self._db.table("evidence").create(
                {"version": str, "place": int}, pk=("version", "place"), if_not_exists=True, strict=True
            )
            self._db.table("erased_sets").create(
                {"name": str, "versions": str}, pk="name", if_not_exists=True, strict=True
            )
            if self._db.execute("pragma user_version").fetchone()[0] < FORMAT:
                self._db.execute(UNKNOWN_BEFORE)
                self._db.execute(f"pragma user_version = {FORMAT}")

    @staticmethod
    def exists(home: Path) -> bool:
        return (home / FILE).exists()

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def check(self) -> None:
        """StoreUnusable if the file is not one that keeps what is added, or is damaged by SQLite's rules."""
        with self._lock, translated(self._path):
            self._check_there()
            if (said := self._db.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
                raise damaged(self._path, said)

    def earlier(self, sent: Trace) -> Stored | None:
        """The stored trace if this same trace was sent before, else None; TraceExists if another trace has its id.

        All callers share one name space of ids, also for traces that they may not see.
        """
        with self._lock, translated(self._path):
            self._check_there()
            if (found := self._earlier(sent.id, _digest(sent))) is not None:
                check_kept(self._file, self._path)
                self._same.check_holds(written=False)
            return found

    def add(
        self,
        trace: Trace,
        audience: Sequence[str],
        sent: Trace | None = None,
        rests_on: Iterable[VersionId] = (),
        erased_before: Collection[VersionId] = (),
    ) -> tuple[Stored, bool]:
        """The trace as it is kept, and whether it is new; TraceExists if another trace has its id.

        The same trace sent again changes nothing. `audience` holds the labels that it was answered under. `sent` is the
        trace as its sender has it. If its evidence is unknown, `rests_on` are the revisions that could answer. If these
        are unknown too, the trace rests on every revision that was not among those `erased_before`.
        """
        digest = _digest(sent or trace)
        versions = [str(version) for version in sorted(trace.versions() or set(rests_on))]
        with self._lock, translated(self._path), self._kept():
            if (before := self._earlier(trace.id, digest)) is not None:
                return before, False
            if not versions and trace.given is None:
                versions = [self._mark(frozenset(erased_before))]
            row = {
                "id": trace.id,
                "recorded_at": self._clock(),
                "audience": json.dumps(sorted(audience)),
                "rests_on": json.dumps(versions),
                "trace": json.dumps(trace.content(), sort_keys=True),
                "sent": digest,
            }
            row["place"] = self._db.table("traces").insert(row).last_pk
            self._db.table("evidence").insert_all({"version": it, "place": row["place"]} for it in versions)
            return self._stored(row), True

    def find(self, id: str) -> Stored | None:
        """The trace of an id."""
        return next(self._rows("id = ?", [id], 1), None)

    def after(self, place: int, labels: Iterable[str] | None = None) -> Iterator[Stored]:
        """The traces after a place, in order; with `labels`, only traces that were answered under no other label."""
        within, values = "", []
        if labels is not None:
            values = sorted(labels)
            marks = ", ".join("?" * len(values))
            within = f" and not exists (select 1 from json_each(audience) where value not in ({marks}))"
        while rows := list(self._rows(f"place > ?{within}", [place, *values], AT_ONCE)):
            yield from rows
            place = rows[-1].place

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """A transaction whose rows are in the home's file at its end; StoreUnusable if they are not."""
        check_kept(self._file, self._path)
        self._same.check_holds(written=False)
        with writing(self._db):
            yield
        check_kept(self._file, self._path)
        self._same.check_holds(written=True)

    def _check_there(self) -> None:
        """StoreUnusable if the file was removed, replaced or, as far as this process knows, written over."""
        check_there(self._file, self._path)
        self._same.look()

    def _lost(self, what: str) -> StoreUnusable:
        return replaced(self._path, what)

    def forget(self, erased: Collection[VersionId]) -> int:
        """The number of traces that lost their words, because they may quote the erased revisions.

        `erased` holds all revisions whose words are erased now. Traces with unknown evidence lose their words where it
        has a revision that was not erased when they were kept.

        The traces keep their rows in the table of evidence until the log holds no words any more. So an interrupted
        call is done again.
        """
        with self._lock, translated(self._path):
            marks = self._overdue(frozenset(erased))
            resting = self._db.execute(RESTING, [json.dumps([*map(str, erased), *marks])]).fetchall()
            if not resting:
                return 0
            self._same.check_holds(written=False)
            with writing(self._db):
                for place in {place for _, place in resting}:
                    kept = _without_words(json.loads(self._db.table("traces").get(place)["trace"]))
                    trace = json.dumps(kept, sort_keys=True)
                    self._db.table("traces").update(place, {"trace": trace, "sent": FORGOTTEN})
            empty_log(self._db, self._path)
            with writing(self._db):
                for key in resting:
                    self._db.table("evidence").delete(key)
                self._db.execute(UNUSED)
            self._same.check_holds(written=True)
        return len({place for _, place in resting})

    def _mark(self, erased: frozenset[VersionId]) -> str:
        """The mark of a trace that may quote any revision but these, whose names the file keeps."""
        if not erased:
            return f"{ANYTHING}0"
        row = {"name": named(erased), "versions": json.dumps(sorted(map(str, erased)))}
        self._db.table("erased_sets").insert(row, ignore=True)
        return f"{ANYTHING}{row['name']}"

    def _marked(self, mark: str) -> frozenset[VersionId]:
        """The revisions that were erased when a trace was kept; none where the file does not name them."""
        if len(name := mark.removeprefix(ANYTHING)) < 64:  # a number, and no name of a set
            return frozenset()
        found = self._db.execute("select versions from erased_sets where name = ?", [name]).fetchone()
        return frozenset(map(VersionId.parse, json.loads(found[0]))) if found else frozenset()

    def _overdue(self, erased: frozenset[VersionId]) -> list[str]:
        """The marks of traces that may quote erased words."""
        marks = [mark for (mark,) in self._db.execute(MARKS).fetchall()]
        if self._file.writable and any(self._counts(mark, erased) for mark in marks):
            with writing(self._db):
                new = self._mark(erased)
                for mark in marks:
                    if self._counts(mark, erased):
                        self._db.execute("update evidence set version = ? where version = ?", [new, mark])
            marks = [mark for (mark,) in self._db.execute(MARKS).fetchall()]
        return [mark for mark in marks if not self._marked(mark).issuperset(erased)]

    def _counts(self, mark: str, erased: frozenset[VersionId]) -> bool:
        """Whether it is a mark of an earlier version that counts just these revisions."""
        return mark == f"{ANYTHING}{len(erased)}" and bool(erased)

    def _earlier(self, id: str, digest: str) -> Stored | None:
        row = next(iter(self._db.table("traces").rows_where("id = ?", [id])), None)
        if row is not None and row["sent"] not in (digest, FORGOTTEN):
            raise taken(id)
        return None if row is None else self._stored(row)

    def _rows(self, where: str, values: list[Any], most: int) -> Iterator[Stored]:
        with self._lock, translated(self._path):
            self._check_there()
            found: list[Stored] = []
            for row in self._db.table("traces").rows_where(where, values, order_by="place", limit=most):
                found.append(self._stored(row))
                if sum(each.characters for each in found) > AT_ONCE_CHARACTERS:
                    break
            return iter(found)

    def _stored(self, row: dict[str, Any]) -> Stored:
        names = json.loads(row["rests_on"])
        unknown = next((self._marked(name) for name in names if name.startswith(ANYTHING)), None)
        return Stored(
            place=row["place"],
            recorded_at=row["recorded_at"],
            audience=tuple(json.loads(row["audience"])),
            rests_on=() if unknown is not None else tuple(map(VersionId.parse, names)),
            trace=json.loads(row["trace"], parse_int=_whole),
            erased_before=unknown,
            characters=len(row["trace"]),
        )


def _whole(digits: str) -> int | str:
    """A whole number; as text where it has more digits than this process reads."""
    most = sys.get_int_max_str_digits()
    return digits if most and len(digits) > most else int(digits)


def taken(id: str) -> TraceExists:
    """The error for an id that another trace has, also if the caller may not see that trace."""
    return TraceExists(f"There is another trace {id}; give every answer an id of its own")


def _digest(trace: Trace) -> str:
    return hashlib.sha256(json.dumps(trace.content(), sort_keys=True).encode()).hexdigest()


def _without_words(trace: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in trace.items() if name in OUTLIVES_ERASURE}
    for name, numbers in NUMBERS.items():
        if name in trace:
            kept[name] = {field: trace[name][field] for field in numbers.model_fields if field in trace[name]}
    return {**kept, "answer": None, "erased": True}
