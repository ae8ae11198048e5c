"""Traces in SQLite, in the order in which they came; what rests on erased words loses its answer."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from policies.instant import Instant, format_instant
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.asking.eligible import may_read
from retriever.errors import TraceExists
from retriever.traces.database import empty_log, open_database, translated
from retriever.traces.trace import Timings, Tokens, Trace

FILE = "traces.db"

OUTLIVES_ERASURE = frozenset({"id", "checkpoint", "as_of", "known_at", "audience", "evidence"})
"""Fields that hold no words of a policy. All others may quote one, the question and the model's answer too."""

NUMBERS: dict[str, type[BaseModel]] = {"timings": Timings, "tokens": Tokens}
"""Fields of which the numbers stay, and whatever else a caller put beside them does not."""

FORGOTTEN = ""
"""In place of the digest of a trace that an erasure emptied: a digest would tell who guesses its words that they are
right. Nobody can say any more whether it is the one that is sent again."""

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as it is kept, at its place in the order of arrival.

    `rests_on` are the revisions of its evidence; where that is not known, all that could answer.
    """

    place: int
    recorded_at: Instant
    audience: tuple[str, ...]
    rests_on: tuple[VersionId, ...]
    trace: dict[str, Any]

    def readable(self, timeline: Timeline, labels: Iterable[str]) -> bool:
        """Whether someone with these labels may see it: they hold all it was answered under, and may read its evidence.

        An answer may repeat whatever its model was allowed to see, cited or not.
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
        self._db = open_database(self._path)
        with self._lock, translated(self._path):
            columns = {"place": int, "id": str, "recorded_at": int, "trace": str, "sent": str}
            columns |= {"audience": str, "rests_on": str}
            self._db.table("traces").create(columns, pk="place", if_not_exists=True, strict=True)
            self._db.table("traces").create_index(["id"], unique=True, if_not_exists=True)
            self._db.table("evidence").create(
                {"version": str, "place": int}, pk=("version", "place"), if_not_exists=True, strict=True
            )

    @staticmethod
    def exists(home: Path) -> bool:
        return (home / FILE).exists()

    def close(self) -> None:
        self._db.close()

    def earlier(self, sent: Trace) -> Stored | None:
        """What was kept when this very trace was sent before; None where it was not, TraceExists for another of its id.

        Ids are one name space, whoever may see their traces.
        """
        with self._lock, translated(self._path):
            return self._earlier(sent.id, _digest(sent))

    def add(
        self, trace: Trace, audience: Sequence[str], sent: Trace | None = None, rests_on: Iterable[VersionId] = ()
    ) -> tuple[Stored, bool]:
        """The trace as it is kept, and whether it is new: the same one sent again is no change, another TraceExists.

        `audience` holds the labels that it was answered under, `sent` the trace as its sender has it, and `rests_on`
        the revisions that could answer, for one whose evidence is not known.
        """
        digest = _digest(sent or trace)
        versions = sorted(trace.versions() or set(rests_on))
        with self._lock, translated(self._path), self._db.atomic():
            if (before := self._earlier(trace.id, digest)) is not None:
                return before, False
            row = {
                "id": trace.id,
                "recorded_at": self._clock(),
                "audience": json.dumps(sorted(audience)),
                "rests_on": json.dumps([str(version) for version in versions]),
                "trace": json.dumps(trace.content(), sort_keys=True),
                "sent": digest,
            }
            row["place"] = self._db.table("traces").insert(row).last_pk
            self._db.table("evidence").insert_all({"version": str(it), "place": row["place"]} for it in versions)
        return _stored(row), True

    def find(self, id: str) -> Stored | None:
        """The trace of an id."""
        return next(self._rows("id = ?", [id], 1), None)

    def after(self, place: int, labels: Iterable[str] | None = None) -> Iterator[Stored]:
        """The traces behind a place, in order; with `labels`, those that were answered under no other."""
        within, values = "", []
        if labels is not None:
            values = sorted(labels)
            marks = ", ".join("?" * len(values))
            within = f" and not exists (select 1 from json_each(audience) where value not in ({marks}))"
        while rows := list(self._rows(f"place > ?{within}", [place, *values], AT_ONCE)):
            yield from rows
            place = rows[-1].place

    def forget(self, versions: Iterable[VersionId]) -> int:
        """Removes all that may quote these revisions, and gives how many traces that concerned.

        What is left of them is told apart by the table of evidence until the words are in no log either, so that a
        forgetting that was cut short is done again.
        """
        with self._lock, translated(self._path):
            resting = [
                (row["version"], row["place"])
                for version in versions
                for row in self._db.table("evidence").rows_where("version = ?", [str(version)])
            ]
            if not resting:
                return 0
            with self._db.atomic():
                for place in {place for _, place in resting}:
                    kept = _without_words(json.loads(self._db.table("traces").get(place)["trace"]))
                    trace = json.dumps(kept, sort_keys=True)
                    self._db.table("traces").update(place, {"trace": trace, "sent": FORGOTTEN})
            empty_log(self._db, self._path)
            with self._db.atomic():
                for key in resting:
                    self._db.table("evidence").delete(key)
        return len({place for _, place in resting})

    def _earlier(self, id: str, digest: str) -> Stored | None:
        row = next(iter(self._db.table("traces").rows_where("id = ?", [id])), None)
        if row is not None and row["sent"] not in (digest, FORGOTTEN):
            raise taken(id)
        return None if row is None else _stored(row)

    def _rows(self, where: str, values: list[Any], most: int) -> Iterator[Stored]:
        with self._lock, translated(self._path):
            rows = list(self._db.table("traces").rows_where(where, values, order_by="place", limit=most))
        return map(_stored, rows)


def taken(id: str) -> TraceExists:
    """What is said of an id that another trace has, whoever may see that one."""
    return TraceExists(f"There is another trace {id}; give every answer an id of its own")


def _digest(trace: Trace) -> str:
    return hashlib.sha256(json.dumps(trace.content(), sort_keys=True).encode()).hexdigest()


def _without_words(trace: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in trace.items() if name in OUTLIVES_ERASURE}
    for name, numbers in NUMBERS.items():
        if name in trace:
            kept[name] = {field: trace[name][field] for field in numbers.model_fields if field in trace[name]}
    return {**kept, "answer": None, "erased": True}


def _stored(row: dict[str, Any]) -> Stored:
    return Stored(
        place=row["place"],
        recorded_at=row["recorded_at"],
        audience=tuple(json.loads(row["audience"])),
        rests_on=tuple(map(VersionId.parse, json.loads(row["rests_on"]))),
        trace=json.loads(row["trace"]),
    )
