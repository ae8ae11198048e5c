"""The words of a citation as they are judged: in parts, each with what governs it, wherever that stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.blocks import Structure
from policies.ledger import Ledger
from policies.revision import Revision, VersionId
from policies.timeline import Timeline
from retriever.evidence.citations import Handle
from retriever.evidence.evidence import GovernedBy
from retriever.evidence.governing_words import derived_anew, governing_words


class Part(NamedTuple):
    """Words that begin at `start` of the cited text, and the words that govern them, the outermost first."""

    text: str
    context: tuple[str, ...]
    start: int
    policy_id: str


@dataclass(frozen=True, slots=True)
class JudgedWords:
    """What a citation names. A list is judged item by item, since its lead-in governs each of them."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, handle: Handle, revision: Revision, structure: Structure) -> "JudgedWords":
        """The words that a handle names, all of which the revision has."""
        begin = revision.spans[handle.first - 1].start
        parts = []
        for first, last, context in _runs(handle, revision, structure):
            start, end = revision.spans[first - 1].start, revision.spans[last - 1].end
            parts.append(Part(revision.text[start:end], context, start - begin, handle.version.policy_id))
        return cls(tuple(parts))

    def __add__(self, other: "JudgedWords") -> "JudgedWords":
        return JudgedWords(self.parts + other.parts)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(part.text for part in self.parts)

    @property
    def context(self) -> tuple[tuple[str, ...], ...]:
        return tuple(part.context for part in self.parts)

    @property
    def policy_ids(self) -> frozenset[str]:
        """The policies that the words are of."""
        return frozenset(part.policy_id for part in self.parts)

    def findings(self, found: Sequence[SupportFinding]) -> tuple[SupportFinding, ...]:
        """Findings in the parts, with their places in the whole text of the one citation that the parts are of."""
        return tuple(it if it.place is None else replace(it, place=self._place(it.place)) for it in found)

    def _place(self, place: Place) -> Place:
        shift = self.parts[place.text].start
        return Place(0, place.start + shift, place.end + shift)


class ReadOnce:
    """The revisions of a ledger and their structures, each read and derived once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._read: dict[VersionId, Revision] = {}
        self._structures: dict[VersionId, Structure] = {}

    def revision(self, version: VersionId, timeline: Timeline) -> Revision:
        if version not in self._read:
            self._read[version] = self._ledger.revision(version, timeline)
        return self._read[version]

    def structure(self, revision: Revision) -> Structure:
        if revision.version not in self._structures:
            self._structures[revision.version] = derived_anew(revision)
        return self._structures[revision.version]

    def cited(self, handle: Handle, timeline: Timeline) -> JudgedWords:
        """The words of a handle whose passages exist."""
        revision = self.revision(handle.version, timeline)
        return JudgedWords.of(handle, revision, self.structure(revision))


def _runs(handle: Handle, revision: Revision, structure: Structure) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The first and last ordinal of each run of passages that are judged as one, with what governs it.

    Passages that nothing governs stay together. Of the others only those do that are pieces of one line.
    """
    run: tuple[int, int, tuple[str, ...]] | None = None
    for ordinal in range(handle.first, handle.last + 1):
        context = tuple(map(_marked, governing_words(structure, revision, ordinal, ordinal)))
        if run is not None and run[2] == context and (not context or _in_one_line(revision, ordinal)):
            run = (run[0], ordinal, context)
            continue
        if run is not None:
            yield run
        run = (ordinal, ordinal, context)
    if run is not None:
        yield run


def _marked(item: GovernedBy) -> str:
    """The words that govern, a heading with its mark: it is read otherwise than a lead-in."""
    return f"# {item.text}" if item.kind == "heading" and not item.text.startswith("#") else item.text


def _in_one_line(revision: Revision, ordinal: int) -> bool:
    """Whether a passage goes on in the line in which the one before it ends."""
    return "\n" not in revision.text[revision.spans[ordinal - 2].end : revision.spans[ordinal - 1].start]
