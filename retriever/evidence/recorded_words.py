"""The words that the ledger commits to: each passage is compared with them before it is handed over."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

from indexer.errors import IndexDamaged
from indexer.snapshot import Snapshot
from indexer.text.passage import passages_of
from policies.revision import Revision, VersionId
from policies.timeline import Timeline

KEPT_BYTES = 16 * 1024 * 1024
"""Digests kept, so that a revision is read and checked once for many questions: half a million passages."""

DIGEST = hashlib.sha256().digest_size


class RecordedWords:
    """The texts and passages of a ledger's revisions, which `revision` gives once they fit their commitments.

    `planned` holds the texts of revisions that are not recorded yet: there is nothing to compare those with.
    """

    def __init__(
        self, revision: Callable[[VersionId, Timeline], Revision], planned: Mapping[VersionId, str] | None = None
    ) -> None:
        self._revision = revision
        self._planned = planned or {}
        self._digests = OrderedDict[VersionId, bytes]()
        self._kept = 0
        self._lock = threading.Lock()

    def text(self, version: VersionId, timeline: Timeline) -> str:
        """The text of a revision."""
        if version in self._planned:
            return self._planned[version]
        return self._revision(version, timeline).text

    def holds(self, version: VersionId, timeline: Timeline, ordinal: int, record: bytes, span: tuple[int, int]) -> bool:
        """Whether a stored passage is the one of that ordinal in a revision: words, context and place."""
        if version in self._planned:
            return True
        with self._lock:
            if (digests := self._digests.get(version)) is not None:
                self._digests.move_to_end(version)
        if digests is None:
            digests = self._read(version, timeline)
        at = DIGEST * (ordinal - 1)
        return digests[at : at + DIGEST] == _digest(record, *span)

    def forget(self) -> None:
        """Drops every digest: those of erased words would confirm a guess."""
        with self._lock:
            self._digests.clear()
            self._kept = 0

    def check_index(self, snapshot: Snapshot, timeline: Timeline) -> None:
        """IndexDamaged where a recorded revision is not in an index, passage by passage, as it was recorded."""
        for version, event in timeline.publishes.items():
            if version in timeline.erased:
                continue
            placed = snapshot.occurrences.get(event.tx)
            spans = [] if placed is None else list(zip(placed.starts.tolist(), placed.ends.tolist(), strict=True))
            numbers = [] if placed is None else placed.passages.tolist()
            wanted = len(self._read(version, timeline)) // DIGEST
            if len(numbers) != wanted or not all(
                self.holds(version, timeline, ordinal, snapshot.stored(number), span)
                for ordinal, (number, span) in enumerate(zip(numbers, spans, strict=True), start=1)
            ):
                raise IndexDamaged(f"The index does not hold {version} as it was recorded; run `asof index --rebuild`")

    def _read(self, version: VersionId, timeline: Timeline) -> bytes:
        """The digest of each passage of a revision, one after the other."""
        revision = self._revision(version, timeline)
        passages = passages_of(revision.title, revision.text, revision.spans)
        digests = b"".join(
            _digest(passage.stored(), span.start, span.end)
            for passage, span in zip(passages, revision.spans, strict=True)
        )
        with self._lock:
            if version not in self._digests:
                self._digests[version] = digests
                self._kept += len(digests)
            while self._kept > KEPT_BYTES and len(self._digests) > 1:
                self._kept -= len(self._digests.popitem(last=False)[1])
        return digests


def _digest(record: bytes, start: int, end: int) -> bytes:
    return hashlib.sha256(b"%d %d %b" % (start, end, record)).digest()
