"""Traces in SQLite, in the order in which they came; what rests on erased words loses its answer."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.instant import Instant, format_instant
from policies.revision import VersionId
from policies.timeline import Timeline
from retriever.citations import Handle
from retriever.eligible import may_read
from retriever.errors import TraceExists
from retriever.traces.database import empty_log, open_database, translated
from retriever.traces.trace import Trace

FILE = "traces.db"

OUTLIVES_ERASURE = frozenset({"id", "checkpoint", "as_of", "known_at", "audience", "evidence", "timings", "tokens"})
"""Fields that hold no words of a policy. All others may quote one, the question and the model's answer too."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as it is kept, at its place in the order of arrival."""

    place: int
    recorded_at: Instant
    audience: tuple[str, ...]
    trace: dict[str, Any]

    def readable(self, timeline: Timeline, labels: Iterable[str]) -> bool:
        """Whether someone with these labels may see it: they hold all it was answered under, and may read its evidence.

        An answer may repeat whatever its model was allowed to see, cited or not.
        """
        held = frozenset(labels)
        versions = {Handle.parse(citation).version for citation in self.trace.get("evidence") or ()}
        recorded = versions & timeline.publishes.keys()
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
            columns = {"place": int, "id": str, "recorded_at": int, "audience": str, "trace": str, "sent": str}
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

    def add(self, trace: Trace, audience: Sequence[str]) -> tuple[Stored, bool]:
        """The trace as it is kept, and whether it is new: the same one again is no change, another TraceExists.

        `audience` holds the labels that it was answered under.
        """
        content = json.dumps(trace.content(), sort_keys=True)
        sent = hashlib.sha256(content.encode()).hexdigest()
        with self._lock, translated(self._path), self._db.atomic():
            if row := next(iter(self._db.table("traces").rows_where("id = ?", [trace.id])), None):
                if row["sent"] != sent:
                    raise TraceExists(f"There is another trace {trace.id}; give every answer an id of its own")
                return _stored(row), False
            row = {
                "id": trace.id,
                "recorded_at": self._clock(),
                "audience": json.dumps(sorted(audience)),
                "trace": content,
                "sent": sent,
            }
            row["place"] = self._db.table("traces").insert(row).last_pk
            rows = [{"version": str(version), "place": row["place"]} for version in trace.versions()]
            self._db.table("evidence").insert_all(rows)
        return _stored(row), True

    def find(self, id: str) -> Stored | None:
        """The trace of an id."""
        return next(self._rows("id = ?", [id], 1), None)

    def after(self, place: int, most: int) -> Iterator[Stored]:
        """The traces behind a place, in order, at most so many."""
        return self._rows("place > ?", [place], most)

    def forget(self, versions: Iterable[VersionId]) -> int:
        """Removes all that may quote these revisions, and gives how many traces that concerned."""
        forgotten = 0
        with self._lock, translated(self._path), self._db.atomic():
            for version in versions:
                for row in list(self._db.table("evidence").rows_where("version = ?", [str(version)])):
                    kept = json.loads(self._db.table("traces").get(row["place"])["trace"])
                    kept = {name: value for name, value in kept.items() if name in OUTLIVES_ERASURE}
                    trace = json.dumps({**kept, "answer": None, "erased": True}, sort_keys=True)
                    self._db.table("traces").update(row["place"], {"trace": trace, "sent": ""})
                    self._db.table("evidence").delete((row["version"], row["place"]))
                    forgotten += 1
        if forgotten:
            with self._lock, translated(self._path):
                empty_log(self._db, self._path)
        return forgotten

    def _rows(self, where: str, values: list[Any], most: int) -> Iterator[Stored]:
        with self._lock, translated(self._path):
            rows = list(self._db.table("traces").rows_where(where, values, order_by="place", limit=most))
        return map(_stored, rows)


def _stored(row: dict[str, Any]) -> Stored:
    return Stored(row["place"], row["recorded_at"], tuple(json.loads(row["audience"])), json.loads(row["trace"]))
