"""The claims of an answer: its sentences, each with what it cites."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluator.citations.asides import is_courtesy, is_heading, lists_sources
from evaluator.citations.cited import Cited, find_cited
from indexer.text.sentences import sentences
from indexer.text.words import WORD_CHARACTER
from retriever.citation_forms import definition_lines, is_incomplete
from retriever.short_forms import goes_on

CITING = frozenset({"citation", "citations", "cited", "sources"})
"""Fields of a JSON answer that hold citations of what stands beside them."""

QUOTING = frozenset({"quote", "quotes"})
"""Fields of a JSON answer that hold words of the passage cited beside them."""

_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[ \t]*(?:[-*+•>]|#{1,6}|\d{1,3}[.)])[ \t]+")
_BETWEEN = re.compile(r"[ \t]*(?:,|;|&|and)?[ \t]*")
_LOOSE = re.compile(r"\s+(?=[.,;:!?])")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer: `text` is what stands at code points `start` to `end` of a field, without citations.

    `field` leads to a string of a JSON answer, such as `reasons[0]`; it is empty for an answer in text. A claim has no
    words where a JSON answer gives citations without any words beside them.
    """

    field: str
    start: int
    end: int
    text: str
    citations: tuple[Cited, ...]


def find_claims(answer: str | Mapping[str, Any], evidence: Sequence[str] | None = None) -> list[Claim]:
    """Every sentence of the answer in order. A citation after a full stop belongs to the sentence before it.

    A line that ends in a colon leads in to what follows, and is no claim unless it cites something. Nor are headings,
    greetings and offers of help. What a list of sources at the end cites belongs to each claim that cites nothing.
    """
    if isinstance(answer, str):
        return list(_in_text("", answer, evidence))
    return list(_in_object("", answer, evidence))


def _in_text(field: str, text: str, evidence: Sequence[str] | None) -> Iterator[Claim]:
    cited = find_cited(text, evidence)
    masked = _without(text, cited)
    end = _end_of_claims(masked)
    listed = tuple(item for item in cited if item.start >= end)
    for claim in _in_lines(field, text, masked, [item for item in cited if item.start < end], end):
        yield claim if claim.citations or not listed else replace(claim, citations=listed)


def _end_of_claims(masked: str) -> int:
    """Where the list of sources at the end of a text begins; the end where there is none."""
    lines = list(_LINE.finditer(masked))
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number][0]
        marker = _MARKER.match(line)
        if lists_sources(line[marker.end() :] if marker else line):
            return lines[number].start()
        if marker is None and WORD_CHARACTER.search(line):
            break
    return len(masked)


def _in_lines(field: str, text: str, masked: str, cited: Sequence[Cited], end_of_claims: int) -> Iterator[Claim]:
    """The claims of the lines before that place."""
    cited = sorted(cited, key=lambda item: item.start)
    starts_of_cited = [item.start for item in cited]
    waiting: list[Cited] = []  # what a line without words cites belongs to the claim before it, or else after it
    last: Claim | None = None
    for line in _LINE.finditer(text, 0, end_of_claims):
        found = list(_sentences(masked, line.start(), line.end()))
        heading = is_heading(masked[line.start() : line.end()])
        here = cited[bisect_left(starts_of_cited, line.start()) : bisect_left(starts_of_cited, line.end())]
        if not found:
            if last is None:
                waiting += here
            else:
                last = Claim(field, last.start, last.end, last.text, (*last.citations, *here))
            continue
        starts = [start for start, _ in found]
        for number, (start, end) in enumerate(found):
            until = starts[number + 1] if number + 1 < len(starts) else line.end()
            since = line.start() if number == 0 else start
            own = waiting + [item for item in here if since <= item.start < until]
            waiting = []
            if last is not None:
                yield last
                last = None
            words = _LOOSE.sub("", " ".join(masked[start:end].split()))
            if own or not (words.endswith(":") or heading or is_courtesy(words)):
                last = Claim(field, start, end, words, tuple(own))
    if last is not None:
        yield last
    elif waiting:
        yield Claim(field, 0, len(text), "", tuple(waiting))


def _sentences(masked: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the sentences of a line begin and end, without the marker of a list and without white space around them."""
    marker = _MARKER.match(masked, start, end)
    start = marker.end() if marker else start
    line = masked[start:end]
    pieces: list[tuple[int, int]] = []
    for first, last in sentences(line):
        if pieces and goes_on(line[slice(*pieces[-1])], line[first:last]):
            pieces[-1] = pieces[-1][0], last
        else:
            pieces.append((first, last))
    for first, last in pieces:
        piece = line[first:last]
        if WORD_CHARACTER.search(piece):
            lead = len(piece) - len(piece.lstrip())
            yield start + first + lead, start + first + len(piece.rstrip())


def _without(text: str, cited: Sequence[Cited]) -> str:
    """The text with every citation, and all that belongs to it, as blanks: so that offsets stay."""
    spans = [item.outer for item in cited] + definition_lines(text)
    pieces, end = [], 0
    for start, until in sorted(set(spans)):
        gap = text[end:start]
        pieces.append(" " * len(gap) if end and _BETWEEN.fullmatch(gap) else gap)
        pieces.append(" " * (until - max(start, end)))
        end = max(end, until)
    return "".join([*pieces, text[end:]])


def _in_object(path: str, value: Any, evidence: Sequence[str] | None) -> Iterator[Claim]:
    """The claims in the strings of a JSON value, depth first; an object's citations belong to all claims in it."""
    if isinstance(value, str):
        if _is_prose(value) or not all(is_incomplete(item.citation) for item in find_cited(value, evidence)):
            yield from _in_text(path, value, evidence)
    elif isinstance(value, Sequence):
        for place, item in enumerate(value):
            yield from _in_object(f"{path}[{place}]", item, evidence)
    elif isinstance(value, Mapping):
        cited = [Cited(name) for key in value if key in CITING for name in _names(value[key], evidence)]
        quotes = [text for key in value if key in QUOTING for text in _strings(value[key])]
        inner = [
            claim
            for key, item in value.items()
            if key not in CITING and key not in QUOTING
            for claim in _in_object(f"{path}.{key}" if path else str(key), item, evidence)
        ]
        if not cited:
            yield from inner
            return
        quoted = [Cited(item.citation, quote) for quote in quotes for item in cited] if quotes else []
        bare = [claim for claim in inner if not claim.citations]
        for claim in inner:
            yield Claim(claim.field, claim.start, claim.end, claim.text, claim.citations or tuple(cited))
        if quoted or not bare:
            yield Claim(path, 0, 0, "", tuple(quoted or cited))


def _names(value: Any, evidence: Sequence[str] | None) -> Iterator[str]:
    """Citations in a field that holds some: as handles, as numbers of the evidence, or as objects that hold either."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield find_cited(f"[{value}]", evidence or [])[0].citation if 0 <= value <= 99 else f"[{value}]"
    elif isinstance(value, str):
        found = find_cited(value, evidence)
        yield from (item.citation for item in found) if found else [value.strip()] if value.strip() else []
    elif isinstance(value, Mapping):
        yield from (name for key in value if key in CITING for name in _names(value[key], evidence))
    elif isinstance(value, Sequence):
        for item in value:
            yield from _names(item, evidence)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for item in value:
            yield from _strings(item)


def _is_prose(text: str) -> bool:
    """Whether a string of a JSON answer says something: an id, a date or a code word does not."""
    return len(text.split()) >= 3
