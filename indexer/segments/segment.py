"""A segment: an immutable file of passages with their vectors, postings and places in revisions.

The file is in the safetensors format (named arrays behind a JSON header), memory-mapped by readers. Passages
are numbered across segments: those of a segment are `first_passage` and up. Arrays of a segment with n
passages of dimension d, t terms, r revisions and o occurrences:

    vectors       float32 (n, d)     unit vectors
    keys          uint8   (n, 32)    content keys
    key_heads     uint64  (n,)       their first 8 bytes, big-endian, ascending; key_rows int32 (n,) the row of each
    lengths       int32   (n,)       index terms in each passage
    tokens        int32   (n,)       tokens of the model's tokenizer in each passage's words
    records       uint8   (bytes,)   JSON of each passage, one after the other; record_offsets int64 (n + 1,)
    terms         uint8   (bytes,)   ascending, each ended by a line feed
    post_offsets  int64   (t + 1,)   postings of term i: post_passages, post_counts int32, from and to
    rev_tx        int64   (r,)       the publish tx of each revision; rev_offsets int64 (r + 1,) its occurrences
    occ_passage   int64   (o,)       passage number of each occurrence, across segments
    occ_start     int64   (o,)       and its span in the revision's text; occ_end int64 (o,)
    structures    uint8   (bytes,)   how the passages of each revision stand, packed; structure_offsets int64 (r + 1,)
    words         uint8   (bytes,)   words as read, each text once and compressed; word_offsets int64

Segments of format 1 lack the last two lines: they are completed from the ledger, and nothing is embedded for it.
"""

import hashlib
import mmap
import os
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.errors import IndexDamaged, IndexMismatch
from indexer.segments.array_file import ArrayFile, Arrays, pieces
from indexer.segments.arrays import Made, passage_arrays, structure_arrays
from indexer.segments.placed import UNSHOWN, Placed
from indexer.segments.postings import Ints
from indexer.text.blocks import Structure, unpacked
from indexer.text.passage import Passage
from policies.storage.ownership import give_to_owner

FORMAT = 2

FORMATS = (1, FORMAT)
"""The formats that can be read."""

_ABOUT = {"format": str(FORMAT)}

KEPT_STRUCTURES = 512
"""How many revisions of a segment have their structure kept unpacked: some 15 KB each."""

KEPT_WORDS = 8192
"""How many words of a segment's passages are kept unpacked."""


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """What the manifest says of a segment."""

    name: str
    first_passage: int
    passages: int
    bytes: int
    sha256: str


def write_segment(folder: Path, name: str, first_passage: int, arrays: Arrays) -> SegmentEntry:
    """Writes a segment's file, durably, and returns its entry; the name must not be in use."""
    path = folder / name
    partial = path.with_suffix(".partial")
    digest, size = hashlib.sha256(), 0
    with partial.open("wb") as file:
        give_to_owner(file.fileno(), folder)
        for piece in pieces(arrays, _ABOUT):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    sync_folder(folder)
    return SegmentEntry(name, first_passage, arrays["keys"].shape[0], size, digest.hexdigest())


def held_segment(name: str, first_passage: int, arrays: Arrays) -> "Segment":
    """A segment that is in memory alone, the same to its readers as one in a file."""
    content = b"".join(pieces(arrays, _ABOUT))
    digest = hashlib.sha256(content).hexdigest()
    entry = SegmentEntry(name, first_passage, arrays["keys"].shape[0], len(content), digest)
    return Segment(Path(name), entry, content)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Segment:
    """A segment opened: arrays as views of the mapped file, or of `content` where that is given.

    `damage` says what was found wrong with it since; then nothing may be read from it any more.
    """

    def __init__(self, folder: Path, entry: SegmentEntry, content: bytes | None = None) -> None:
        self.entry = entry
        self.damage = ""
        self.path = folder / entry.name
        self._map: mmap.mmap | bytes = self._mapped() if content is None else content
        file = self._opened()
        self.names, self.array = file.names, file.array
        self.vectors: npt.NDArray[np.float32] = self.array("vectors")
        self.lengths: Ints = self.array("lengths")
        self.tokens: Ints = self.array("tokens")
        self.keys: npt.NDArray[np.uint8] = self.array("keys")
        self._key_heads, self._key_rows = self.array("key_heads"), self.array("key_rows")
        self._records = self.array("records")
        self._record_offsets = self.array("record_offsets")
        self.post_offsets = self.array("post_offsets")
        self.post_passages: Ints = self.array("post_passages")
        self.post_counts: Ints = self.array("post_counts")
        self._structures = OrderedDict[int, Structure]()
        self._words = OrderedDict[int, str]()
        self._unpacking = threading.Lock()

    @property
    def size(self) -> int:
        """How much a merge rewrites: passages, and revisions, which may bring no passage of their own."""
        return self.entry.passages + len(self.array("rev_tx"))

    def _mapped(self) -> mmap.mmap:
        """The segment's file, mapped; IndexDamaged where it is missing or of another size."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != self.entry.bytes:
                    raise IndexDamaged(
                        f"{self.path} has {size} bytes, not {self.entry.bytes}; run `asof index --rebuild`"
                    )
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise IndexDamaged(f"{self.path} is missing; run `asof index --rebuild`") from error

    def _opened(self) -> ArrayFile:
        try:
            return ArrayFile(self._map)
        except ValueError as error:
            raise IndexDamaged(f"{self.path} has no readable header; run `asof index --rebuild`") from error

    def look(self) -> str:
        """What is wrong with the segment, as known or where its mapped file was cut short by now; empty for nothing.

        To read what was cut off would end the process, so this comes before reading. It takes a microsecond.
        """
        if not self.damage and isinstance(self._map, mmap.mmap) and (size := self._map.size()) < self.entry.bytes:
            self.damage = (
                f"{self.path} was cut short, {size} bytes are left of {self.entry.bytes}; run `asof index --rebuild`"
            )
        return self.damage

    def check(self) -> None:
        """IndexDamaged where the file's bytes do not fit the manifest's checksum.

        The file is read, and not its mapping: it may be cut short meanwhile. One that was removed cannot be.
        """
        try:
            with self.path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            found = hashlib.sha256(self._map).hexdigest()
        if found != self.entry.sha256:
            raise IndexDamaged(f"{self.path} does not fit its checksum; run `asof index --rebuild`")

    def find(self, keys: Sequence[bytes]) -> list[int]:
        """The row of the passage with each content key; -1 where there is none."""
        heads = np.array([int.from_bytes(key[:8], "big") for key in keys], dtype=np.uint64)
        places = np.searchsorted(self._key_heads, heads)
        return [self._row(key, int(head), int(place)) for key, head, place in zip(keys, heads, places, strict=True)]

    def _row(self, key: bytes, head: int, place: int) -> int:
        while place < len(self._key_heads) and self._key_heads[place] == head:
            row = int(self._key_rows[place])
            if self.keys[row].tobytes() == key:
                return row
            place += 1
        return -1

    def stored(self, row: int) -> bytes:
        """The record of the passage in a row of this segment."""
        start, end = int(self._record_offsets[row]), int(self._record_offsets[row + 1])
        return self._records[start:end].tobytes()

    def passage(self, row: int) -> Passage:
        """The passage in a row of this segment; IndexDamaged where its record is none."""
        try:
            return Passage.from_stored(self.stored(row))
        except ValueError as error:
            raise IndexDamaged(f"{self.path} holds no passage in row {row}; run `asof index --rebuild`") from error

    def postings(self, term: str, low: int = 0, high: int | None = None) -> tuple[Ints, Ints] | None:
        """The rows in `[low, high)` that hold a term, ascending, and how often each does; None for an unknown term."""
        number = self.terms.get(term)
        if number is None:
            return None
        start, end = int(self.post_offsets[number]), int(self.post_offsets[number + 1])
        if low > 0:
            start += int(np.searchsorted(self.post_passages[start:end], low))
        if high is not None and high < self.entry.passages:
            end = start + int(np.searchsorted(self.post_passages[start:end], high))
        return self.post_passages[start:end], self.post_counts[start:end]

    @cached_property
    def occurrences(self) -> Placed:
        """The revisions that this segment places, by their publish tx."""
        names = ("rev_tx", "rev_offsets", "occ_passage", "occ_start", "occ_end")
        return Placed(*(self.array(name) for name in names))

    def structure(self, tx: int) -> Structure:
        """How the passages of a revision stand that this segment places; IndexDamaged where that cannot be read."""
        if (known := self._structures.get(tx)) is not None:
            return known
        with self._unpacking:
            try:
                placed, place = self.occurrences[tx], self.occurrences.places[tx]
                record = self.piece("structures", "structure_offsets", place)
                spans = tuple(zip(placed.starts.tolist(), placed.ends.tolist(), strict=True))
                found = self._structures[tx] = unpacked(record, self._word, spans)
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise IndexDamaged(
                    f"{self.path} does not say how the passages of transaction {tx} stand; run `asof index --rebuild`"
                ) from error
            if len(self._structures) > KEPT_STRUCTURES:
                self._structures.popitem(last=False)
            return found

    def _word(self, number: int) -> str:
        if (found := self._words.get(number)) is None:
            try:
                found = zlib.decompress(self.piece("words", "word_offsets", number)).decode()
            except zlib.error as error:
                raise ValueError(str(error)) from error
            self._words[number] = found
            if len(self._words) > KEPT_WORDS:
                self._words.popitem(last=False)
        return found

    def piece(self, name: str, offsets: str, number: int) -> bytes:
        """The bytes that lie in an array of bytes from one of the offsets in another to the next."""
        places = self.array(offsets)
        return self.array(name)[int(places[number]) : int(places[number + 1])].tobytes()

    def completed(self, structures: Mapping[int, Structure]) -> Made:
        """The arrays of the same segment with these structures of its revisions, by their publish tx.

        IndexMismatch where a passage was not taken in, since nobody saw its words, and now has some.
        """
        old = ("structures", "structure_offsets", "words", "word_offsets")
        arrays = {name: self.array(name) for name in self.names if name not in old}
        kept = [structures[tx] for tx in self.occurrences]
        shown = np.array([bool(it.words) for structure in kept for it in structure.standings], dtype=bool)
        if (shown & (arrays["occ_passage"] == UNSHOWN)).any():
            raise IndexMismatch(f"{self.path} lacks words that are shown by now; run `asof index --rebuild`")
        arrays["occ_passage"] = np.where(shown, arrays["occ_passage"], UNSHOWN)
        return {**arrays, **structure_arrays(kept)}

    def posted_anew(self, encode_all: Callable[[list[str]], npt.NDArray[np.float32]]) -> Made:
        """The arrays of the same segment with terms by this version's rules; what holds a comment is encoded anew."""
        arrays = {name: self.array(name) for name in self.names}
        before = [self.passage(row) for row in range(self.entry.passages)]
        passages = [passage.without_comments_above() for passage in before]
        commented = [row for row, passage in enumerate(passages) if passage.encoded() != before[row].encoded_before()]
        if commented:
            vectors = arrays["vectors"].copy()
            vectors[commented] = encode_all([passages[row].encoded() for row in commented])
            arrays["vectors"] = vectors
        return arrays | passage_arrays(passages)

    def standing_in(self, numbers: npt.NDArray[np.int64], txs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of some passages, those that this segment places in one of these revisions."""
        passages = self.array("occ_passage")
        places = np.flatnonzero(np.isin(passages, numbers))
        revisions = np.searchsorted(self.array("rev_offsets"), places, side="right") - 1
        return passages[places[np.isin(self.array("rev_tx")[revisions], txs)]]

    @cached_property
    def terms(self) -> dict[str, int]:
        """The number of each term that some passage here holds."""
        names = self.array("terms").tobytes().decode().split("\n")[:-1]
        return {name: number for number, name in enumerate(names)}
