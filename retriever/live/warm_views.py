"""Views for now, made before anyone waits for them: when a generation appears, and before the clock passes a start."""

import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from indexer.errors import IndexBehind, IndexerError
from policies.errors import PolicyError
from policies.instant import Instant
from retriever.live.background import Background
from retriever.live.live_index import Generation, LiveIndex

LOOK_EVERY = 0.02
"""Seconds between two looks at the manifest's file; a look takes some microseconds."""

LOOK_WHOLE_EVERY = 0.2
"""Seconds between two looks at the ledger and the clock where the manifest's file stays the same."""

RESTS = 9
"""After views were made, so many times as long as that took none are made: at most a tenth of a thread's time goes into
them. Where authors publish all the time, the generations between are left out, and whoever asks makes the view."""

MOST_RESTS = 144
"""Where another generation has come by the end of each rest, the rests double up to this: such a view is used little
before the next generation, and who asks makes it."""

AHEAD = 60_000_000
"""Microseconds before a scheduled change from which on its views are made."""

MOST_SAID = 100
"""Problems that are remembered, so that each is logged once."""

LONGEST_PAUSE = 5.0
"""Seconds at most between two tries to catch up."""

logger = logging.getLogger(__name__)


class WarmViews:
    """Calls `prepare(generation, as_of)` where what is in force now has changed, or is about to.

    Where the index lies behind the ledger, it calls `catch_up` until that succeeds. A context manager, for as long as
    a process answers questions. What cannot be opened is left to the next question, which says why.
    """

    def __init__(
        self,
        index: LiveIndex,
        prepare: Callable[[Generation, Instant], None],
        clock: Callable[[], Instant],
        catch_up: Callable[[], object],
    ) -> None:
        self._index = index
        self._prepare = prepare
        self._clock = clock
        self._catch_up = catch_up
        self._background = Background("asof-now-views", self._step, LOOK_EVERY)
        self._stamp: tuple[int, int] | None = None
        self._newest: Generation | None = None
        self._seen: Generation | None = None
        self._next: Instant | None = None
        self._said = set[str]()
        self._pause = 0.0
        self._again = 0.0
        self._looks_at = 0.0
        self._rests_until = 0.0
        self._rests = RESTS
        self._came_in_rest = False

    def __enter__(self) -> Self:
        self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    def problem(self) -> str | None:
        """What is wrong with the thread; None while it does its work."""
        return self._background.problem()

    def _step(self) -> None:
        try:
            stamp = self._index.stamp()
            if stamp == self._stamp and not self._index.behind and not self._is_due(time.monotonic()):
                return
            self._newest, self._stamp = self._index.current(), stamp
            self._looks_at = time.monotonic() + LOOK_WHOLE_EVERY
            if (began := time.monotonic()) < self._rests_until:
                self._came_in_rest |= self._newest is not self._seen
            else:
                self._rests = min(MOST_RESTS, 2 * self._rests) if self._came_in_rest else RESTS
                self._came_in_rest = False
                self._prepare_due(self._newest)
                self._rests_until = time.monotonic() + self._rests * (time.monotonic() - began)
            self._said.clear()
        except IndexBehind as error:
            self._say(str(error))
            self._mend()
        except (IndexerError, PolicyError) as error:
            self._say(f"The views for now cannot be made: {error}")

    def _is_due(self, now: float) -> bool:
        """Whether it is time to look at all, or for the views of a generation that was left out."""
        return now >= self._looks_at or (now >= self._rests_until and self._newest is not self._seen)

    def _mend(self) -> None:
        """Tries to catch up, with growing pauses while that fails."""
        if time.monotonic() < self._again:
            return
        try:
            self._catch_up()
        except (IndexerError, PolicyError, OSError) as error:
            self._say(f"The index cannot catch up with the ledger and tries again: {error}")
            self._pause = min(LONGEST_PAUSE, 2 * self._pause or 0.1)
            self._again = time.monotonic() + self._pause
        else:
            self._pause = 0.0

    def _say(self, problem: str) -> None:
        """Logs a problem once, until all is well again."""
        if problem not in self._said:
            logger.error("%s", problem)
        if len(self._said) >= MOST_SAID:
            self._said.clear()
        self._said.add(problem)

    def look(self) -> None:
        """Prepares what is due: once for each generation, and once for each scheduled change."""
        self._prepare_due(self._index.current())

    def _prepare_due(self, generation: Generation) -> None:
        now = self._clock()
        if generation is not self._seen:
            self._prepare(generation, now)
            self._seen = generation
            self._next = generation.timeline.next_change(now, generation.timeline.recorded_at)
        if self._next is not None and now >= self._next - AHEAD:
            self._prepare(generation, self._next)
            self._next = generation.timeline.next_change(self._next, generation.timeline.recorded_at)
