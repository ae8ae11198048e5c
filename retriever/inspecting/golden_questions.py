"""Golden questions of a service: those of a file that a caller may know of, asked before and after a change.

The evaluator reads the file and compares the answers. It offers that by an entry point, since this package does not
import it.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from policies.timeline import Timeline
from retriever.asking.query import Query
from retriever.errors import MissingExtra, RetrieverError
from retriever.inspecting.readable import is_visible

if TYPE_CHECKING:
    from retriever.inspecting.rehearsal import Rehearsal

logger = logging.getLogger(__name__)

GROUP = "asof.golden_questions"
"""The group of entry points where the evaluator offers to read golden questions."""

MOST = 200
"""How many questions are asked of one change at most, each of them twice."""

WITHIN = 15.0
"""Seconds after which no further question is asked."""


class GoldenQuestion(Protocol):
    """A question whose deciding words are known, and the policies that say them."""

    @property
    def query(self) -> Query: ...

    @property
    def policies(self) -> frozenset[str]: ...

    def compared(self, rehearsal: "Rehearsal") -> dict[str, Any]:
        """What becomes of its evidence, as JSON values."""
        ...


Read = Callable[[Path, tzinfo], Sequence[GoldenQuestion]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a file held when it was as `stamp` says; None where it could not be read."""

    stamp: object
    questions: tuple[GoldenQuestion, ...] | None


class GoldenFile:
    """A file of golden questions, which is read again when it changes."""

    def __init__(self, path: Path, read: Read) -> None:
        self.path = path
        self._read = read
        self._kept: _Kept | None = None

    @classmethod
    def at(cls, path: Path) -> "GoldenFile":
        """The file of a path; MissingExtra where no installed package reads golden questions."""
        from importlib.metadata import entry_points

        for found in entry_points(group=GROUP):
            return cls(path, found.load())
        raise MissingExtra(
            f"--cases needs the evaluator, and no installed package offers one (entry points {GROUP}). "
            "Install asof anew, or leave out --cases"
        )

    def check(self, zone: tzinfo) -> int:
        """How many questions the file holds; the evaluator's error names its first wrong line."""
        return len(self._read(self.path, zone))

    def questions(self, zone: tzinfo) -> tuple[GoldenQuestion, ...] | None:
        """The questions as the file holds them now, with dates of the zone.

        None where it cannot be read any more. The log says why, once for each change of the file.
        """
        stamp, kept = (self._stamp(), str(zone)), self._kept
        if kept is None or kept.stamp != stamp:
            self._kept = kept = _Kept(stamp, self._anew(zone))
        return kept.questions

    def _anew(self, zone: tzinfo) -> tuple[GoldenQuestion, ...] | None:
        try:
            return tuple(self._read(self.path, zone))
        except RetrieverError as error:
            logger.warning("No golden questions are asked until their file is mended: %s", error)
            return None

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size


def known_questions(
    questions: Sequence[GoldenQuestion], timeline: Timeline, audience: Sequence[str], drafted: str
) -> list[GoldenQuestion]:
    """The questions that a caller with these labels may know of, who reads a draft of the policy `drafted`.

    A question is asked under labels of its own, and the caller needs each of them. Where a question names policies, or
    words that decide it, the caller needs to know of one of those policies. One that is hidden from them, and one that
    does not exist, are the same to them.
    """

    def known(policy_id: str) -> bool:
        there = policy_id in timeline.policies and is_visible(timeline, policy_id, tuple(audience))
        return there or policy_id == drafted

    def any_known(policy_ids: Sequence[str] | frozenset[str]) -> bool:
        return not policy_ids or any(map(known, policy_ids))

    return [
        it
        for it in questions
        if set(it.query.audience) <= set(audience) and any_known(it.policies) and any_known(it.query.policies or ())
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions that were asked, each with what becomes of its evidence, and how many were left out.

    `planned` are the versions that only the changes would record.
    """

    questions: tuple[tuple[GoldenQuestion, dict[str, Any]], ...]
    left_out: int
    planned: frozenset[str] = frozenset()


def asked(
    questions: Sequence[GoldenQuestion], rehearsal: "Rehearsal", *, most: int = MOST, within: float = WITHIN
) -> Asked:
    """The first questions, at most so many, until the time is over; at least one is asked."""
    ends = time.monotonic() + within
    found: list[tuple[GoldenQuestion, dict[str, Any]]] = []
    for it in questions[:most]:
        found.append((it, it.compared(rehearsal)))
        if time.monotonic() >= ends:
            break
    return Asked(tuple(found), len(questions) - len(found), frozenset(map(str, rehearsal.planned)))
