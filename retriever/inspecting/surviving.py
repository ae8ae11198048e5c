"""Which words of a revision an erasure leaves in the ledger: in other revisions, in the log, and in drafts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.text.words import WORD
from policies.approving.kept_draft import KeptDraft
from policies.approving.reach import Beside
from policies.event import Event
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import front_matter_end

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
    """A note, an owner or a reason that an event of the log keeps, and that repeats the words."""

    tx: int
    kind: str
    policy_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class HeldDraft:
    """A draft that repeats the words: in its words, its title or its note, or in the reason of who decided about it."""

    id: str
    policy_id: str
    field: str


@dataclass(frozen=True, slots=True)
class Surviving:
    """What survives the erasure of one revision."""

    passages: tuple[HeldPassage, ...] = ()
    notes: tuple[HeldNote, ...] = ()
    drafts: tuple[HeldDraft, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of what survives."""
        return {
            "survive_in": [{"text": it.text, "versions": [str(each) for each in it.versions]} for it in self.passages],
            "notes": [
                {"tx": note.tx, "kind": note.kind, "policy_id": note.policy_id, "field": note.field, "text": note.text}
                for note in self.notes
            ],
            "drafts": [{"id": it.id, "policy_id": it.policy_id, "field": it.field} for it in self.drafts],
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
    erased = [_body(revision.text), *revision.passages, revision.title, revision.note or ""]
    runs = {run for text in erased for run in _runs(text)}
    gone = ledger.beside(version)
    own = {event.tx for event in ledger.policy_events(version.policy_id) if event.revision == version.number}
    reasons = {tx: it.reason for tx, it in ledger.opened().items() if tx not in own.union(gone.reasons)}
    kept = [note for event in ledger.events() for note in _notes(event, notes, reasons)]
    drafts = [held for draft in ledger.drafts.open_in_turn() for held in _of_draft(draft, gone, runs)]
    return Surviving(
        tuple(HeldPassage(text, versions) for text, versions in holders if versions),
        tuple(note for note in kept if not runs.isdisjoint(_runs(note.text))),
        tuple(drafts),
    )


def _body(text: str) -> str:
    """A text without its front matter, whose keys every policy has."""
    return text[front_matter_end(text) :]


def _of_draft(kept: KeptDraft, gone: Beside, runs: Collection[tuple[str, ...]]) -> Iterator[HeldDraft]:
    """Where a draft that stays repeats the words. A short title is common to all drafts of a policy."""
    if any(kept.id == it.id for it in gone.drafts):
        return
    draft, decided = kept.draft, kept.decided
    title = draft.title if len(WORD.findall(draft.title)) >= FEWEST else ""
    reason = decided.words if decided is not None and all(kept.id != it.id for it in gone.decided) else None
    for field, text in (("words", _body(draft.text)), ("title", title), ("note", draft.note), ("reason", reason)):
        if text and any(run in runs for run in _runs(text)):
            yield HeldDraft(kept.id, kept.policy_id, field)


def _notes(event: Event, notes: Mapping[VersionId, str], reasons: Mapping[int, str | None]) -> Iterator[HeldNote]:
    """What an event keeps of what its author said, the note beside the words it published, and an approval's reason."""
    said = [("note", event.note), ("owner", event.owner), ("reason", reasons.get(event.tx))]
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
