"""Two revisions compared, passage by passage, with what governs each passage on either side."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from indexer.text.blocks import Structure
from indexer.text.governing import derived
from indexer.text.introducing import decides
from indexer.text.split import Splitter
from policies.comparing.difference import TITLE, Contextual, Difference, Governor, difference
from policies.ledger import Ledger
from policies.revision import Revision, Span, VersionId
from retriever.evidence.governing_words import Structures, derived_anew
from retriever.governed_words import on_one_line
from retriever.inspecting.inspection import known_version
from retriever.inspecting.readable import Labels

MakeSplitter = Callable[[], Splitter]
"""Gives the splitter of this process. It has to load a tokenizer, so it is called where it is needed alone."""


def compared_revisions(
    ledger: Ledger,
    before: str,
    after: str,
    splitter: MakeSplitter,
    audience: Labels = None,
    structure: Structures = derived_anew,
) -> dict[str, Any]:
    """Two revisions, each named like `P-7@2`, and what changed in each passage and in what governs it."""
    timeline = ledger.timeline()
    versions = [known_version(timeline, VersionId.parse(name), audience) for name in (before, after)]
    was, now = (ledger.revision(version, timeline) for version in versions)
    found = difference_content(compared(was, now, splitter, structure))
    return {"before": str(was.version), "after": str(now.version), **found}


def compared(
    before: Revision, after: Revision, splitter: MakeSplitter, structure: Structures = derived_anew
) -> Difference:
    """How one recorded revision became another. Where two splitters made them, both are split anew by one.

    `structure` gives how the passages of a revision stand; an index has it at hand.
    """
    if before.splitter == after.splitter:
        return difference(in_context(before, structure), in_context(after, structure))
    split = splitter().split
    return difference(split_anew(before, split), split_anew(after, split))


def in_context(revision: Revision, structure: Structures = derived_anew) -> Contextual:
    """The passages of a revision as they were recorded, with what governs them."""
    return contextual(revision.title, revision.text, revision.spans, structure=structure(revision))


def split_anew(revision: Revision, split: Callable[[str], Sequence[Span]]) -> Contextual:
    """The passages that a splitter makes of a recorded revision, named by the recorded passages that they begin in."""
    spans, starts = split(revision.text), [span.start for span in revision.spans]
    ordinals = [max(1, bisect_right(starts, span.start)) for span in spans]
    return contextual(revision.title, revision.text, spans, ordinals)


def contextual(
    title: str, text: str, spans: Sequence[Span], ordinals: Sequence[int] = (), structure: Structure | None = None
) -> Contextual:
    """The passages at these places, each with the title that decides, the headings and the words that govern it."""
    structure = structure or derived(title, text, spans, lambda text: 0)
    kinds: dict[tuple[int, int], str] = {(it.start, it.end): it.kind for it in structure.governing}
    headings = {heading for span in spans for heading in span.headings}
    kinds = dict.fromkeys(headings, "heading") | kinds
    places = sorted(kinds)
    numbers = {place: number for number, place in enumerate(places, start=1)}
    governors = [Governor(TITLE, title)]
    governors += [Governor(kinds[place], on_one_line(kinds[place], text[slice(*place)])) for place in places]
    over_all = (0,) if decides(title) else ()
    contexts = []
    for span, standing in zip(spans, structure.standings, strict=True):
        governing = [structure.governing[number] for number in standing.governing]
        inner = [numbers[heading] for heading in span.headings]
        inner += [number for it in governing if (number := numbers[it.start, it.end]) not in inner]
        contexts.append((*over_all, *inner))
    return Contextual([text[span.start : span.end] for span in spans], governors, contexts, ordinals)


def difference_content(found: Difference) -> dict[str, Any]:
    """The JSON values of all that changed."""
    return {
        "counts": found.counts(),
        "governing": [change.content() for change in found.governing],
        "passages": [change.content() for change in found.passages],
    }
