"""Views for now, made before anyone waits for them: when a generation appears, and before the clock passes a start."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from indexer.errors import IndexerError
from policies.errors import PolicyError
from policies.instant import Instant
from retriever.live.live_index import Generation, LiveIndex

LOOK_EVERY = 0.005
"""Seconds between two looks at the manifest's file and the clock; a look takes some microseconds."""

AHEAD = 60_000_000
"""Microseconds before a scheduled change from which on its views are made."""

logger = logging.getLogger(__name__)


class WarmViews:
    """A thread that calls `prepare(generation, as_of)` where what is in force now has changed, or is about to.

    A context manager, for as long as a process answers questions. What cannot be opened is left to the next
    question, which says why.
    """

    def __init__(
        self, index: LiveIndex, prepare: Callable[[Generation, Instant], None], clock: Callable[[], Instant]
    ) -> None:
        self._index = index
        self._prepare = prepare
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asof-now-views", daemon=True)
        self._seen: Generation | None = None
        self._next: Instant | None = None
        self._failed = ""

    def __enter__(self) -> "WarmViews":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            try:
                self.look()
            except (IndexerError, PolicyError) as error:
                if str(error) != self._failed:
                    logger.warning("The views for now cannot be made: %s", error)
                self._failed = str(error)

    def look(self) -> None:
        """Prepares what is due: once for each generation, and once for each scheduled change."""
        generation, now = self._index.current(), self._clock()
        if generation is not self._seen:
            self._prepare(generation, now)
            self._seen = generation
            self._next = generation.timeline.next_change(now, generation.timeline.recorded_at)
        if self._next is not None and now >= self._next - AHEAD:
            self._prepare(generation, self._next)
            self._next = generation.timeline.next_change(self._next, generation.timeline.recorded_at)
