"""Words that govern others, by rules for English: what introduces, closes or numbers a list, or decides a section."""

import re

from indexer.text.outline import Node
from indexer.text.sentences import sentences
from policies.markdown.source import trimmed_span

Span = tuple[int, int]

SHORT = 400
"""Up to this many characters a parent item governs whole; of a longer one, its last sentence does."""

FEW_WORDS = 6
"""So many words at most name what stands beneath them."""

_SHORT_SENTENCE = 4
_TRAIL = re.compile(r"(?:[^\w.,:;!?…–—。！？：-]|_)*")
_EMPHASIS = re.compile(r"[*_~`]+")
_POINTS = re.compile(
    r"\b(?:the following|as follows|below|here (?:are|is)|for example|for instance|namely"
    r"|these(?: \w+){0,2}\W*\Z|one of\W*\Z|any of\W*\Z|all of\W*\Z)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:none|all|any|each|every one|both|neither|most|some) of (?:these|those|them|the above|the following)\b"
    r"|(?:these|those|they|the above|all others?) (?:do|does|are|is|must|may|can|cannot|will|shall|have|apply)\b"
    r"|(?:this|that) (?:list |table )?(?:does|do|applies|is not|is in)\b|[^.!?]{1,60} in this (?:list|table)\b",
    re.IGNORECASE,
)
_BY_EXAMPLE = re.compile(r"\b(?:such as|including|includes?)\b", re.IGNORECASE)
_EMPHASISED = re.compile(r"\s*(?P<mark>\*{1,3}|_{1,3})(?=\S)(?:(?!\1).)+(?P=mark)\s*[:.]?\s*\Z", re.DOTALL)
_SAYS_WHO = re.compile(r"\w+(?: \w+){0,2} (?:may|must|can|cannot|will|shall|should|do|does|are|is)\b")
_CLOSING = re.compile(r"[,;]?\s*[a-z]")
_ENUMERATOR = re.compile(
    r"\s*(?:\*\*|__|\*|_)?(?:\((?P<closed>[a-zA-Z]{1,4}|\d{1,2})\)|(?P<open>[a-zA-Z]|[ivx]{1,4})[.)])(?=[\s*_]|\Z)"
)
_INLINE = re.compile(r"(?<!\w)\((?P<label>[a-z]{1,4}|\d{1,2})\)(?=\s)")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_DENYING = re.compile(
    r"\b(?:not|no|non|never|cannot|can['’]t|don['’]?ts?|won['’]t|prohibit\w*|forbid\w*|un\w+|ineligib\w*|exclu[ds]\w*"
    r"|except\w*|disallow\w*|bann\w*|illegal)\b",
    re.IGNORECASE,
)
_DECIDING = re.compile(
    r"\b(?:not|no|non|never|cannot|can['’]t|don['’]?ts?|won['’]t|prohibit\w*|forbid\w*|unacceptable|inappropriate"
    r"|unauthori[sz]ed|exclu[ds]\w*|except(?:ions?|ed)?|exempt\w*|(?:in)?eligib\w*|(?:dis)?allow\w*|permitted|acceptable"
    r"|restrict\w*|bann?(?:ed|s)?|den(?:y|ied|ials?)|invalid|uncovered|covered|required|mandatory|optional|must|may|only"
    r"|examples?|unless|without|illegal|unlawful|out of|subject to|expir\w+|void\w*|revok\w+|refus\w+|reject\w+)\b",
    re.IGNORECASE,
)


def introduces(sentence: str) -> bool:
    """Whether a sentence before a list says that it goes on there: it ends open, or points on.

    It ends open with a colon, a dash or a comma, or without a sign that ends a sentence. Where it points on by way of
    an example ("including those below"), it is left out as doubtful.
    """
    if opens(sentence) or _EMPHASISED.match(sentence):
        return True
    bare = _bare(sentence)
    if bare and bare[-1] not in ".!?…。！？":
        return True
    return points(bare)


def _bare(text: str) -> str:
    """The text up to its last letter, digit or sign of punctuation: without marks, brackets and pictures at its end."""
    found = _TRAIL.match(text[::-1])
    assert found is not None
    return text[: len(text) - found.end()]


def points(sentence: str) -> bool:
    """Whether a sentence points on to what is listed, and not by way of an example."""
    found = _POINTS.search(sentence)
    return found is not None and not _BY_EXAMPLE.search(sentence, 0, found.start())


def points_back(text: str) -> bool:
    """Whether a paragraph speaks of all that stands in the list or table before it."""
    return _BACK.match(text) is not None


def question(text: str) -> bool:
    """Whether a paragraph is one question, which what stands next answers."""
    return len(text) <= SHORT and _bare(text).endswith("?") and "." not in _bare(text)[:-1].replace("Q.", "")


def lazy_line(text: str, item: Node) -> Span | None:
    """The last line of an item that stands at the margin and begins anew: it introduces the items after it.

    A line that was only wrapped ("New York") does not: it has no colon, and does not say who may or must.
    """
    first = item.children[0] if item.children else None
    if first is None or first.kind != "paragraph" or len(item.children) > 1 or "\n" not in first.content:
        return None
    start = text.rfind("\n", 0, first.span[1]) + 1
    line = text[start : first.span[1]]
    begins_anew = line[:1].isupper() and (opens(line) or (introduces(line) and _SAYS_WHO.match(line) is not None))
    return (start, first.span[1]) if item.marker and begins_anew else None


def opens(sentence: str) -> bool:
    """Whether a sentence ends in a colon or a dash, so that whatever stands next belongs to it."""
    return _bare(sentence)[-1:] in (":", "：", "–", "—") or sentence.rstrip().endswith(" -")


def emphasised(text: str) -> bool:
    """Whether a paragraph is one stretch of emphasis: a line used as a heading."""
    return len(text) <= SHORT and _EMPHASISED.match(text) is not None


def defines(text: str) -> bool:
    """Whether a paragraph begins as the definition of the term before it: with a colon."""
    return text.startswith(": ")


def names(text: str) -> bool:
    """Whether a paragraph is a few words without a sign at their end: a line used as a heading, or of an address."""
    return "\n" not in text and len(text.split()) <= FEW_WORDS and _bare(text)[-1:].isalnum()


def introduction(text: str, span: Span) -> Span:
    """The part of a paragraph that introduces what stands next: its last sentence, or more where that is very short."""
    start, end = span
    if emphasised(text[start:end]):
        return span
    words = text[start:end].rsplit(None, _SHORT_SENTENCE - 1)
    if len(words) == _SHORT_SENTENCE:
        enough = len(words[0].rstrip())  # where the first of the last words ends, of which there must be so many
        for first, _ in reversed(sentences(text[start:end])):
            if first < enough and (found := trimmed_span(text, start + first, end)):
                return found
    return span


def parent(text: str, span: Span) -> Span:
    """The part of an item that governs what stands beneath it."""
    return span if span[1] - span[0] <= SHORT else introduction(text, span)


def closes(text: str) -> bool:
    """Whether a paragraph after a list goes on with the list's sentence."""
    return _CLOSING.match(text) is not None and not enumerator(text)


def decides(heading: str) -> bool:
    """Whether a heading says by itself how the words beneath it are meant: "Prohibited uses", "Not covered".

    So does one that ends open ("We accept:"), and one that asks what they answer ("May I smoke?").
    """
    bare = _bare(_EMPHASIS.sub("", heading))
    return _DECIDING.search(bare) is not None or bare.endswith(("?", "…", "...")) or opens(heading)


def denies(heading: str) -> bool:
    """Whether a heading decides by denying."""
    return _DENYING.search(_EMPHASIS.sub("", heading)) is not None


def enumerator(text: str) -> str:
    """The letter or number in brackets, or before a full stop, that a paragraph begins with; empty for none."""
    match = _ENUMERATOR.match(text)
    return "" if match is None else match["closed"] or match["open"]


def readings(label: str) -> list[tuple[str, int]]:
    """What an enumerator can be: its style and its place in that style, from 1."""
    found = []
    if label.isdigit():
        return [("1", int(label))]
    case = "a" if label.islower() else "A"
    if len(label) == 1:
        found.append((case, ord(label.lower()) - ord("a") + 1))
    if (label.islower() or label.isupper()) and (value := _roman(label.lower())):
        found.append((f"{case} roman", value))
    return found


def _roman(label: str) -> int:
    if set(label) - set(_ROMAN):
        return 0
    values = [_ROMAN[letter] for letter in label]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


class Numbering:
    """The enumerators met so far, each level by its style and its last place. It says where the next one stands."""

    def __init__(self) -> None:
        self.levels: list[tuple[str, int]] = []

    def place(self, label: str) -> int | None:
        """The level, from 0, on which an enumerator goes on or begins; None where it does neither. Changes nothing."""
        found = self._found(label)
        return None if found is None else found[0]

    def take(self, label: str) -> int | None:
        """The same, and from now on what follows is read after it."""
        if (found := self._found(label)) is None:
            return None
        level, reading = found
        self.levels = [*self.levels[:level], reading]
        return level

    def _found(self, label: str) -> tuple[int, tuple[str, int]] | None:
        kinds = readings(label)
        for level in range(len(self.levels) - 1, -1, -1):
            style, last = self.levels[level]
            if (style, last + 1) in kinds:
                return level, (style, last + 1)
        used = {style for style, _ in self.levels}
        # (i) begins a new level of roman numbers rather than going on from nothing.
        for style, value in reversed(kinds):
            if value == 1 and style not in used:
                return len(self.levels), (style, 1)
        return None


def inline_enumeration(text: str) -> tuple[Span, list[int]] | None:
    """The words before the first of at least two enumerators inside a text, and where each enumerator stands."""
    numbering, places = Numbering(), []
    for match in _INLINE.finditer(text):
        if numbering.take(match["label"]) is not None:
            places.append(match.start())
    if len(places) < 2:
        return None
    start = max((first for first, _ in sentences(text) if first <= places[0]), default=0)
    chapeau = trimmed_span(text, start, places[0])
    return None if chapeau is None else (chapeau, places)
