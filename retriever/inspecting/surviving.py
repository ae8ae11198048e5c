"""Which words of a revision an erasure leaves in the ledger, and where: in other revisions, and in notes of the log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.text.words import WORD
from policies.event import Event
from policies.ledger import Ledger
from policies.revision import VersionId

FEWEST = 4
"""A note repeats the words if so many of its words in a row stand in them: fewer are common to many texts. A shorter
note repeats them if it is a whole passage, a title or a note."""


@dataclass(frozen=True, slots=True)
class HeldPassage:
    """A passage whose exact words stand in other revisions too."""

    text: str
    versions: tuple[VersionId, ...]


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A note or an owner that an event of the log keeps, and that repeats the words."""

    tx: int
    kind: str
    policy_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Surviving:
    """What survives the erasure of one revision."""

    passages: tuple[HeldPassage, ...] = ()
    notes: tuple[HeldNote, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of what survives."""
        return {
            "survive_in": [{"text": it.text, "versions": [str(each) for each in it.versions]} for it in self.passages],
            "notes": [
                {"tx": note.tx, "kind": note.kind, "policy_id": note.policy_id, "field": note.field, "text": note.text}
                for note in self.notes
            ],
        }


def surviving(ledger: Ledger, version: VersionId) -> Surviving:
    """What of a revision's words stands elsewhere in the ledger; nothing where they are erased already.

    UnknownRevision where there is no such revision.
    """
    timeline = ledger.timeline()
    if version in timeline.erased:
        return Surviving()
    revision = ledger.revision(version, timeline)
    texts = list(dict.fromkeys(revision.passages))
    others = set(timeline.publishes) - {version}
    holding = sorted(ledger.texts_with(texts, others).items())
    holders = [(text, tuple(other for other, words in holding if text in words)) for text in texts]
    notes = ledger.notes_of(others)
    erased = [revision.text, *revision.passages, revision.title, revision.note or ""]
    runs = {run for text in erased for run in _runs(text)}
    kept = [note for event in ledger.events() for note in _notes(event, notes)]
    return Surviving(
        tuple(HeldPassage(text, versions) for text, versions in holders if versions),
        tuple(note for note in kept if not runs.isdisjoint(_runs(note.text))),
    )


def _notes(event: Event, notes: Mapping[VersionId, str]) -> Iterator[HeldNote]:
    """What an event keeps for good of what its author said, and the note that lies beside the words it published."""
    said = [("note", event.note), ("owner", event.owner)]
    if event.kind == "publish" and event.revision is not None:
        said.append(("note", notes.get(VersionId(event.policy_id, event.revision))))
    for field, text in said:
        if text:
            yield HeldNote(event.tx, event.kind, event.policy_id, field, text)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every so many words in a row, in lower case; of a shorter text all of them."""
    words = [match[0].casefold() for match in WORD.finditer(text)]
    if words:
        for start in range(max(1, len(words) - FEWEST + 1)):
            yield tuple(words[start : start + FEWEST])
