"""The index as a process sees it now: a snapshot and the timeline up to its watermark, always of one generation."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexBehind, IndexDamaged
from indexer.manifest import FILE, Built, Manifest, check_built, check_complete, check_ledger, ends_early, read_manifest
from indexer.segments.segment import Segment
from indexer.snapshot import Snapshot
from indexer.view import Reading, View
from policies.errors import LedgerLost, LedgerMissing
from policies.ledger import Ledger
from policies.timeline import Timeline

VIEW_BYTES = 512 * 1024 * 1024


@dataclass(slots=True)
class Lookups:
    """How often a question found its view made, and how often it had to make it."""

    hits: int = 0
    misses: int = 0


class ViewCache:
    """Eligible views by their exact set of revisions, made from a snapshot; the least recently used go first.

    A set of revisions has the same passages in every generation that continues the snapshot. So the generations share
    one cache: `continue_with` moves all its views to the later snapshot, and none keeps an older one open.
    """

    def __init__(self, snapshot: Snapshot, budget: int = VIEW_BYTES, lookups: "Lookups | None" = None) -> None:
        self._reading = Reading(snapshot)
        self._budget = budget
        self._lookups = lookups or Lookups()
        self._views = OrderedDict[bytes, View]()
        self._bytes = 0
        self._lock = threading.Lock()

    def continue_with(self, snapshot: Snapshot) -> None:
        """Reads from a snapshot that continues the one before: the views that are kept, and those to come."""
        self._reading.snapshot = snapshot

    def clear(self) -> None:
        """Forgets every view."""
        with self._lock:
            self._views.clear()
            self._bytes = 0

    @property
    def cost(self) -> tuple[int, int]:
        """How many views are kept, and the bytes that they cost."""
        with self._lock:
            return len(self._views), self._bytes

    def view(self, txs: Sequence[int] | npt.NDArray[np.int64], *, ahead: bool = False) -> View:
        """The view of the revisions published by `txs`, shape (n,), given in the order of their version ids.

        A view made `ahead` of any question is not counted.
        """
        txs = np.asarray(txs, dtype=np.int64)
        key = txs.tobytes()
        with self._lock:
            if (found := self._views.get(key)) is not None:
                self._views.move_to_end(key)
                self._lookups.hits += not ahead
                return found
            self._lookups.misses += not ahead
        made = View(self._reading.snapshot, txs, self._reading)
        with self._lock:
            if (found := self._views.get(key)) is not None:  # another question made it meanwhile
                return found
            self._views[key] = made
            self._bytes += made.bytes
            while len(self._views) > 1 and self._bytes > self._budget:
                self._bytes -= self._views.popitem(last=False)[1].bytes
        return made


@dataclass(frozen=True)
class Generation:
    """What one request looks at from its beginning to its end."""

    snapshot: Snapshot
    timeline: Timeline
    views: ViewCache = field(repr=False)

    @property
    def number(self) -> int:
        return self.snapshot.generation


class Index(Protocol):
    """What a pipeline asks: the index of a home as it is now, or as it would be."""

    def check(self, wanted: Built) -> None: ...

    def current(self) -> Generation: ...


class LiveIndex:
    """Follows the manifest of an index folder: looks at it on every request, and opens what is new.

    Its views take at most `view_bytes`, or as much as one view takes. `behind` tells whether somebody was refused since
    it was last found to hold what the ledger holds.
    """

    def __init__(self, folder: Path, ledger: Ledger, view_bytes: int = VIEW_BYTES) -> None:
        self._folder = folder
        self._manifest = folder / FILE
        self._view_bytes = view_bytes
        self._ledger = ledger
        self._lock = threading.Lock()
        self.lookups = Lookups()
        self.behind = False
        self._mark: tuple[int, int] | None = None
        self._current: Generation | None = None
        self._wanted: Built | None = None

    @property
    def opened(self) -> Sequence[Segment]:
        """The segments of the generation that was opened last, of those that are whole as far as a look tells."""
        generation = self._current
        return () if generation is None else [one for one in generation.snapshot.segments if not one.look()]

    @property
    def damaged(self) -> Sequence[Segment]:
        """The segments of the generation that was opened last with which something was found wrong."""
        generation = self._current
        return () if generation is None else [one for one in generation.snapshot.segments if one.look()]

    def reopen(self) -> None:
        """Opens all files anew with the next look: what was wrong with some is mended."""
        with self._lock:
            self._current = self._mark = None

    @property
    def built(self) -> Built:
        return self.newest().snapshot.manifest.built

    def check(self, wanted: Built) -> None:
        """IndexMismatch if another model or other terms built the index. Later generations are checked too."""
        self._wanted = wanted
        check_built(self.built, wanted, self._folder)

    def current(self) -> Generation:
        """The newest generation on disk; IndexBehind where the ledger holds more, and no write is about to add it.

        LedgerLost where the ledger holds less: it was put back to an earlier state.
        """
        recorded, generation = self._ledger.newest_tx(), self.newest()
        if generation.number > recorded and generation.number > (recorded := self._ledger.newest_tx()):
            raise LedgerLost(ends_early(generation.number, recorded, self._folder))
        if generation.number < recorded:
            builds_on, generation = self._ledger.builds_on(), self.newest()
            if generation.number < recorded and generation.number != builds_on:
                self.behind = True
                raise IndexBehind(
                    f"The index covers transaction {generation.number}, the ledger holds {recorded}: another rule may "
                    "be in force. A running service catches up by itself; else run `asof index`"
                )
        self.behind = False
        return generation

    def newest(self) -> Generation:
        """The newest generation on disk, also where the ledger holds more; IndexDamaged where it is known to be."""
        mark = self.stamp()
        if self._current is None or mark != self._mark:
            with self._lock:
                if self._current is None or mark != self._mark:
                    self._current = self._open(self._current)
                    self._mark = mark
        generation = self._current
        if problem := generation.snapshot.damage():
            raise IndexDamaged(problem)
        return generation

    def stamp(self) -> tuple[int, int]:
        """What changes with each generation on disk: a look at one file."""
        try:
            state = self._manifest.stat()
        except FileNotFoundError as error:
            if self._current is not None:
                raise IndexBehind(
                    f"The index in {self._folder} was removed. A running service builds it again by itself; else run "
                    "`asof index`"
                ) from error
            raise LedgerMissing(
                f"There is no index in {self._folder} yet. Publish first (`asof publish FILE`), "
                "or run `asof index` to build it from the ledger"
            ) from error
        return state.st_mtime_ns, state.st_ino

    def _open(self, before: Generation | None) -> Generation:
        """Opens what the manifest names; once more where a writer replaced it in between."""
        for attempt in range(3):
            manifest = read_manifest(self._folder)
            if manifest is None:
                break
            try:
                return self._generation(manifest, before)
            except IndexDamaged:
                if attempt == 2 or read_manifest(self._folder) == manifest:
                    raise
        raise IndexDamaged(f"{self._folder} has no manifest; run `asof index --rebuild`")

    def _generation(self, manifest: Manifest, before: Generation | None) -> Generation:
        if self._wanted is not None:
            check_built(manifest.built, self._wanted, self._folder)
        check_complete(manifest, self._folder)
        check_ledger(manifest, self._ledger, self._folder)
        if before and before.timeline.tx > manifest.generation:
            self._ledger.check_holds(before.timeline)
        snapshot = Snapshot(self._folder, manifest, before.snapshot.segments if before else ())
        known = before.timeline if before and before.timeline.tx <= manifest.generation else Timeline()
        timeline = self._ledger.timeline_from(known, manifest.generation)
        # Views hold words in memory: after an erasure none is handed on. Nor is what was made of a damaged segment.
        kept = (
            before
            and before.timeline.erased == timeline.erased
            and not before.snapshot.damage()
            and snapshot.continues(before.snapshot)
        )
        if before and kept:
            snapshot.share_titles(before.snapshot)
            before.views.continue_with(snapshot)
            return Generation(snapshot, timeline, before.views)
        views = ViewCache(snapshot, self._view_bytes, self.lookups)
        return Generation(snapshot, timeline, views)
