"""Governing words: what stands outside a run of passages and decides how it is meant, cut from its revision."""

from collections.abc import Callable

from indexer.text.blocks import Structure
from policies.revision import Revision
from retriever.evidence.evidence import GovernedBy

Structures = Callable[[Revision], Structure]
"""Gives the structure of a revision: that of an index, or one that is derived."""


def derived_anew(revision: Revision) -> Structure:
    """The structure of a revision by its text alone. It counts no tokens."""
    from indexer.text.governing import derived

    return derived(revision.title, revision.text, revision.spans, lambda text: 0)


def governing_words(structure: Structure, revision: Revision, first: int, last: int) -> tuple[GovernedBy, ...]:
    """What governs the passages from the first to the last ordinal, without what their own text holds."""
    start, end = revision.spans[first - 1].start, revision.spans[last - 1].end
    found = structure.governs(first, last, start, end)
    return tuple(GovernedBy(it.kind, revision.text[it.start : it.end], it.start, it.end) for it in found)
