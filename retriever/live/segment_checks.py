"""The files of the segments that answer, checked while a process serves: whether they are still what was written."""

import logging
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from indexer.errors import IndexDamaged, IndexerError
from indexer.segments.segment import Segment
from policies.errors import PolicyError
from retriever.live.background import Background
from retriever.live.live_index import LiveIndex

LOOK_EVERY = 1.0
"""Seconds between two looks at the files' sizes and times."""

logger = logging.getLogger(__name__)


class SegmentChecks:
    """Checks each segment against its checksum once it is opened, and again where its file has changed.

    From then on an index with a damaged segment answers nothing, until the file is there again as it was written. A
    context manager, for as long as a process answers questions.
    """

    def __init__(self, index: LiveIndex) -> None:
        self._index = index
        self._background = Background("asof-segment-checks", self._step, LOOK_EVERY)
        self._checked: dict[Segment, tuple[int, ...]] = {}
        self._damaged: dict[Segment, tuple[int, ...]] = {}
        self._said = ""

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

    def look(self) -> None:
        """Checks what is new or has changed; IndexDamaged where a segment is not what was written."""
        if damaged := self._index.damaged:
            self._look_again(damaged)
        snapshot = self._index.newest().snapshot
        checked = {}
        for segment in snapshot.segments:
            try:
                state = _state(segment)
                if self._checked.get(segment) != state:
                    segment.check()
                checked[segment] = state
            except IndexDamaged as error:
                if self._index.newest().snapshot is snapshot:  # else a writer has replaced it, and removed its file
                    segment.damage = str(error)
                    raise
        self._checked = checked

    def _look_again(self, damaged: Sequence[Segment]) -> None:
        """Has the index opened anew where the files of damaged segments have changed since, and are whole now."""
        before, self._damaged = self._damaged, {}
        whole = True
        for segment in damaged:
            try:
                self._damaged[segment] = state = _state(segment)
                if whole := whole and before.get(segment) != state:
                    segment.check()
            except IndexDamaged:
                whole = False
        if whole:
            self._index.reopen()

    def _step(self) -> None:
        try:
            self.look()
        except (IndexerError, PolicyError) as error:
            if str(error) != self._said:
                logger.error("%s", error)
            self._said = str(error)
        else:
            self._said = ""


def _state(segment: Segment) -> tuple[int, ...]:
    """What changes with a segment's file."""
    try:
        state = os.stat(segment.path)
    except FileNotFoundError as error:
        raise IndexDamaged(f"{segment.path} is missing; run `asof index --rebuild`") from error
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
