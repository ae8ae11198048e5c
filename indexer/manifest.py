"""The manifest: which segments make the index, what built them, and up to which transaction. Replaced atomically."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from indexer.encoding.embedding import Encoder
from indexer.errors import IndexDamaged, IndexMismatch
from indexer.segments.segment import FORMAT, FORMATS, SegmentEntry, sync_folder
from indexer.text.governing import RULE
from indexer.text.passage import BEFORE_COMMENTS, CONTEXT
from indexer.text.tokenizer import EARLIER_VERSION as EARLIER_TERMS
from indexer.text.tokenizer import VERSION as TERMS_VERSION
from policies.errors import LedgerLost
from policies.event import GENESIS
from policies.ledger import Ledger
from policies.storage.ownership import give_to_owner

FOLDER = "index"
"""The index's folder in a home folder."""

FILE = "manifest.json"
PARTIAL = f"{FILE}.partial"

COUNT = "segment_count"
"""The field of the file that tells whether its list of segments is whole. Manifests of before lack it."""

TERMS = f"{TERMS_VERSION}/{CONTEXT}"
"""The rules by which index terms are made, and of what."""


Read = TypeVar("Read", "Manifest", "Built", SegmentEntry)


@dataclass(frozen=True, slots=True)
class Built:
    """What decides the content of an index: parts that were built with different values are never mixed."""

    model: str
    model_digest: str
    precision: str
    dimension: int
    terms: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`generation` is the watermark: the newest ledger transaction that the segments cover; `head` is its hash.

    `rule` is the one by which the segments say how passages stand; where it is another than this version's, they are
    completed from the ledger.
    """

    generation: int
    built: Built
    segments: tuple[SegmentEntry, ...] = ()
    head: str = GENESIS
    rule: str = RULE

    @property
    def complete(self) -> bool:
        """Whether the segments say how passages stand as this version would."""
        return self.rule == RULE

    @property
    def passages(self) -> int:
        return sum(segment.passages for segment in self.segments)


def built_with(encoder: Encoder) -> Built:
    """What an index would be built with by this encoder and this version of the rules."""
    return Built(encoder.name, encoder.digest, encoder.precision, encoder.dimension, TERMS)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in an index folder; None where there is none yet."""
    path = folder / FILE
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (ValueError, OSError, RecursionError) as error:
        check_places(folder)
        raise IndexDamaged(f"{path} cannot be read ({error}); run `asof index --rebuild`") from error
    if not isinstance(content, dict):
        raise IndexDamaged(f"{path} is not a manifest; run `asof index --rebuild`")
    if content.get("format") not in FORMATS:
        raise IndexMismatch(
            f"{path} has format {content.get('format')}, this version of Asof reads formats up to {FORMAT}; "
            "run `asof index --rebuild`"
        )
    try:
        manifest = _typed(
            Manifest(
                generation=content["generation"],
                built=_typed(Built(**content["built"])),
                segments=tuple(_typed(SegmentEntry(**entry)) for entry in content["segments"]),
                head=content["head"],
                rule=content.get("rule", ""),
            )
        )
    except (KeyError, TypeError) as error:
        raise IndexDamaged(f"{path} lacks a field ({error}); run `asof index --rebuild`") from error
    passages = [entry.passages for entry in manifest.segments]
    if [entry.first_passage for entry in manifest.segments] != list(accumulate([0, *passages]))[: len(passages)]:
        raise IndexDamaged(f"{path} names segments that do not follow one another; run `asof index --rebuild`")
    if content.get(COUNT, len(passages)) != len(passages):
        raise IndexDamaged(f"{path} names other segments than it was written with; run `asof index --rebuild`")
    return manifest


def check_places(folder: Path) -> None:
    """IndexDamaged where something else stands in the place of the index's folder, or of its manifest."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise IndexDamaged(f"{folder} is no folder, and the index belongs there. {_MOVE}")
    for path in (folder / FILE, folder / PARTIAL):
        if path.is_dir():
            raise IndexDamaged(f"{path} is a folder, and the index's manifest belongs there. {_MOVE}")


_MOVE = "Move it away, then run `asof index --rebuild`"


def _typed(read: Read) -> Read:
    """What was read, whose numbers are numbers and whose texts are texts; TypeError otherwise."""
    for field in fields(read):
        if field.type in (int, str) and type(getattr(read, field.name)) is not field.type:
            raise TypeError(f"{field.name} is none")
    return read


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest, durably: a reader or a crash finds the old one or the new one, whole."""
    content = json.dumps({"format": FORMAT, **asdict(manifest), COUNT: len(manifest.segments)}, indent=1)
    check_places(folder)
    partial = folder / PARTIAL
    with partial.open("w") as file:
        give_to_owner(file.fileno(), folder)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / FILE)
    sync_folder(folder)


def check_built(found: Built, wanted: Built, folder: Path) -> None:
    """IndexMismatch where an index was built with something else than this service loads."""
    for part in ("model", "model_digest", "precision", "dimension", "terms"):
        was, now = getattr(found, part), getattr(wanted, part)
        if was != now:
            raise IndexMismatch(
                f"The index in {folder} was built with {part.replace('_', ' ')} {was!r}, this service loads "
                f"{now!r}. Rebuild it with `asof index --rebuild`"
            )


def mendable(found: Built, wanted: Built) -> bool:
    """Whether an index was built with nothing else than the rules for terms and context before: it is posted anew."""
    return replace(found, terms=wanted.terms) == wanted and found.terms == f"{EARLIER_TERMS}/{BEFORE_COMMENTS}"


def check_complete(manifest: Manifest, folder: Path) -> None:
    """IndexMismatch where the segments do not say how passages stand as this version would."""
    if not manifest.complete:
        raise IndexMismatch(
            f"The index in {folder} says how passages stand by rule {manifest.rule or 'none'!r}, this version of "
            f"Asof by {RULE!r}. Complete it with `asof index`: nothing is embedded anew"
        )


def check_ledger(manifest: Manifest, ledger: Ledger, folder: Path) -> None:
    """LedgerLost where the ledger ends before the index does, IndexDamaged where it says something else than that."""
    check_head(manifest, ledger.event_hash(manifest.generation), lambda: ledger.head()[0], folder)


def check_head(manifest: Manifest, found: str | None, newest: Callable[[], int], folder: Path) -> None:
    """The same, by the hash that the ledger has for the index's transaction, and the number of its newest one."""
    if manifest.generation == 0 or found == manifest.head:
        return
    if found is None:
        raise LedgerLost(ends_early(manifest.generation, newest(), folder))
    raise IndexDamaged(
        f"The index in {folder} covers transaction {manifest.generation}, the ledger holds another one of that number: "
        f"they do not belong together. Put the ledger of this index back. {_BACKUP}. Where the ledger is the right "
        f"one, stop the service, move {folder} away and run `asof index`"
    )


def ends_early(covered: int, recorded: int, folder: Path) -> str:
    """What is said where an index covers more than the ledger holds."""
    holds = f"ends at {recorded}" if recorded else "holds nothing, or is not there"
    return (
        f"The index in {folder} covers transaction {covered}, the ledger {holds}: the ledger was lost, emptied or put "
        f"back to an earlier state. Nothing was recorded. Stop the service, and put a ledger.db back that holds "
        f"{_numbered(recorded + 1, covered)}. {_BACKUP}. To go on without what is missing, move {folder} away instead "
        "and run `asof index`. Then start the service again"
    )


_BACKUP = "Beside a backup, remove `ledger.db-wal` and `ledger.db-shm` first: they belong to the file before"


def _numbered(first: int, last: int) -> str:
    return f"transaction {first}" if first >= last else f"transactions {first} to {last}"


def strays(folder: Path, manifest: Manifest) -> list[Path]:
    """The segment files that the manifest does not name: from a crash, a rebuild, an older generation."""
    named = {segment.name for segment in manifest.segments}
    return [path for path in folder.iterdir() if path.name.startswith("segment-") and path.name not in named]


def remove_strays(folder: Path, manifest: Manifest) -> None:
    """Removes the segment files that the manifest does not name; a reader that has one open keeps it."""
    for path in strays(folder, manifest):
        path.unlink(missing_ok=True)
