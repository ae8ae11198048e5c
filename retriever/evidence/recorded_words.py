"""The words that the ledger commits to: each passage is compared with them before it is handed over."""

import hashlib
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from indexer.errors import IndexDamaged
from indexer.segments.placed import UNSHOWN
from indexer.snapshot import Snapshot
from indexer.text.blocks import Structure, wording
from indexer.text.passage import passages_of
from policies.revision import Revision, VersionId
from policies.timeline import Timeline
from retriever.evidence.governing_words import derived_anew

KEPT_BYTES = 48 * 1024 * 1024
"""Texts and digests kept, so that a revision is read and checked once for many questions."""

DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Recorded:
    """The text of a revision, the digest of each of its passages, one after the other, and that of how they stand."""

    text: str
    digests: bytes | None
    """None for a revision that is only planned: there is nothing to compare its passages with."""
    wording: bytes = b""

    def holds(self, ordinal: int, record: bytes, span: tuple[int, int]) -> bool:
        """Whether a stored passage is the one of that ordinal: words, context and place."""
        if self.digests is None:
            return True
        at = DIGEST * (ordinal - 1)
        return self.digests[at : at + DIGEST] == _digest(record, *span)

    @property
    def passages(self) -> int:
        return len(self.digests or b"") // DIGEST

    @property
    def bytes(self) -> int:
        return sum(map(sys.getsizeof, (self.text, self.digests, self.wording)))


class RecordedWords:
    """The texts and passages of a ledger's revisions, which `revision` gives once they fit their commitments.

    `planned` holds the texts of revisions that are not recorded yet: there is nothing to compare those with.
    """

    def __init__(
        self, revision: Callable[[VersionId, Timeline], Revision], planned: Mapping[VersionId, str] | None = None
    ) -> None:
        self._revision = revision
        self._planned = {version: Recorded(text, None) for version, text in (planned or {}).items()}
        self._recorded = OrderedDict[VersionId, Recorded]()
        self._fitting = WeakValueDictionary[int, Structure]()
        self._kept = 0
        self._lock = threading.Lock()

    def of(self, version: VersionId, timeline: Timeline) -> Recorded:
        """What is recorded of a revision."""
        if self._planned and version in self._planned:
            return self._planned[version]
        found = self._recorded.get(version)
        return self._read(version, timeline) if found is None else found

    def fits(self, recorded: Recorded, structure: Structure) -> bool:
        """Whether a structure says what the recorded text says: words, what governs them, and blocks.

        Each structure is looked through once.
        """
        if recorded.digests is None or self._fitting.get(id(structure)) is structure:
            return True
        if recorded.wording != wording(structure):
            return False
        self._fitting[id(structure)] = structure
        return True

    def forget(self) -> None:
        """Drops every text, and every digest: those of erased words would confirm a guess."""
        with self._lock:
            self._recorded.clear()
            self._kept = 0

    def check_index(self, snapshot: Snapshot, timeline: Timeline) -> None:
        """IndexDamaged where a recorded revision is not in an index, passage by passage, as it was recorded."""
        for version, event in timeline.publishes.items():
            if version in timeline.erased:
                continue
            placed = snapshot.occurrences.get(event.tx)
            spans = [] if placed is None else list(zip(placed.starts.tolist(), placed.ends.tolist(), strict=True))
            numbers = [] if placed is None else placed.passages.tolist()
            recorded = self.of(version, timeline)
            if (
                len(numbers) != recorded.passages
                or not all(
                    not snapshot.structure(event.tx).standings[ordinal - 1].words
                    if number == UNSHOWN
                    else recorded.holds(ordinal, snapshot.stored(number), span)
                    for ordinal, (number, span) in enumerate(zip(numbers, spans, strict=True), start=1)
                )
                or (numbers and snapshot.manifest.complete and not self.fits(recorded, snapshot.structure(event.tx)))
            ):
                raise IndexDamaged(f"The index does not hold {version} as it was recorded; run `asof index --rebuild`")

    def _read(self, version: VersionId, timeline: Timeline) -> Recorded:
        revision = self._revision(version, timeline)
        passages = passages_of(revision.title, revision.text, revision.spans)
        digests = b"".join(
            _digest(passage.stored(), span.start, span.end)
            for passage, span in zip(passages, revision.spans, strict=True)
        )
        found = Recorded(revision.text, digests, wording(derived_anew(revision)))
        with self._lock:
            if version not in self._recorded:
                self._recorded[version] = found
                self._kept += found.bytes
            while self._kept > KEPT_BYTES and len(self._recorded) > 1:
                self._kept -= self._recorded.popitem(last=False)[1].bytes
        return found


def _digest(record: bytes, start: int, end: int) -> bytes:
    return hashlib.sha256(b"%d %d %b" % (start, end, record)).digest()
