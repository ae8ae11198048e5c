"""Quotations in the text of a model: where they stand, and which of them stands beside which citation."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from retriever.citation_forms import Form, alike, citation_forms, definition_lines
from retriever.client.block_quotes import block_words, blocks

LONGEST_QUOTATION = 2000
"""A mark that nobody closes within so many characters opens no quotation."""

CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’"}
"""Each mark that opens a quotation, with those that close it."""

_OPENS_BEHIND = "([{<>*_/:=-–—'"
_BEHIND_SINGLE = _OPENS_BEHIND + '"“„«»'
_AMBIGUOUS = '"»‘'
_SHORT_YEAR = re.compile(r"\d0s")
"""What an apostrophe stands before that was typed as an opening mark."""

_MARKS = {mark: re.compile(f"[{mark}{closers}]") for mark, closers in CLOSING.items()}
_MARKS["‘"] = re.compile(r"[‘’]|\n[ \t\r]*\n")
_DEEPEST = 4
_BEFORE = re.compile(
    r"(?:[\s(\[,;:*_>—–-]|(?<![^\W_])(?:see|cf\.?|per|from|in|under|source|says|states|according to))*\Z", re.IGNORECASE
)
_SAYS = re.compile(
    r"[*_]*(?:\s*:|,?\s+(?:says?|said|states?|stated|reads?|provides?|requires?)\b(?:\s+that)?\s*[,:]?)\s*[*_]*",
    re.IGNORECASE,
)
_ACCORDING = re.compile(r"(?:according to|as stated in)[\s(\[*_]*\Z", re.IGNORECASE)
_STOPS = re.compile(r"[\s.,;!?…]*\Z")


class NeedMore(Exception):
    """What comes next decides."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation of a sentence, and the words quoted beside it; citations in one bracket have one `group`."""

    citation: str
    quote: str | None
    group: int


def closing_mark(text: str, at: int, whole: bool) -> int | None:
    """Where the quotation that a mark opens is closed; None where it opens none. NeedMore if more text decides."""
    mark = text[at]
    if mark in _AMBIGUOUS and not _opens(text, at, whole):
        return None
    depth, limit = 1, at + 1 + LONGEST_QUOTATION
    for match in _MARKS[mark].finditer(text, at + 1, limit):
        if mark == "‘":
            if match[0].isspace():
                return None
            if _apostrophe(text, match.start(), whole) if match[0] == "’" else not _opens(text, match.start(), whole):
                continue
        if match[0] in CLOSING[mark] and not (match[0] == mark and _opens(text, match.start(), whole)):
            depth -= 1
            if not depth:
                return match.start()
        elif (depth := depth + 1) > _DEEPEST:
            return None
    if len(text) < limit and not whole:
        raise NeedMore
    return None


def _opens(text: str, at: int, whole: bool) -> bool:
    """Whether a mark that may open or close a quotation opens one: it stands close to what follows alone."""
    if at and not (text[at - 1].isspace() or text[at - 1] in (_BEHIND_SINGLE if text[at] == "‘" else _OPENS_BEHIND)):
        return False
    if len(text) < at + (4 if text[at] == "‘" and text[at + 1 : at + 2].isdigit() else 2) and not whole:
        raise NeedMore
    return bool(text[at + 1 : at + 2].strip()) and not (text[at] == "‘" and _SHORT_YEAR.match(text, at + 1))


def _apostrophe(text: str, at: int, whole: bool) -> bool:
    """Whether a ’ closes nothing: it stands within a word, or where a word begins."""
    before = text[at - 1]
    if before.isalnum() and at + 1 == len(text) and not whole:
        raise NeedMore
    return before.isspace() or (before.isalnum() and text[at + 1 : at + 2].isalnum())


def quotations(text: str) -> list[tuple[int, int]]:
    """Where the quotations of a text begin and end, their marks included."""
    found, at = [], 0
    while at < len(text):
        if text[at] in CLOSING and (end := closing_mark(text, at, True)) is not None:
            found.append((at, end + 1))
            at = end
        at += 1
    return found


def cited(sentence: str, evidence: Sequence[str]) -> list[Cited]:
    """Every citation of a sentence in order, with the quotation before it, or behind it where it is said to say so.

    A number counts in `evidence`. A line that says what a number cites, `[1]: P-7@2#1`, cites that.
    """
    forms = citation_forms(sentence, evidence)
    quoted, set_apart = quotations(sentence), blocks(sentence)
    begins = [start for start, _ in quoted]
    found: list[Cited] = []
    since, groups = 0, _grouped(forms)
    for number, group in enumerate(groups):
        start, end = group[0].outer
        until = groups[number + 1][0].outer[0] if number + 1 < len(groups) else len(sentence)
        marked = quoted[max(0, bisect_left(begins, since) - 1) : bisect_left(begins, until)]
        quote = _block_beside(sentence, since, (start, end), until, set_apart)
        if quote is None:
            quote = _quoted_before(sentence, since, start, marked)
        if quote is None:
            quote = _quoted_behind(sentence, since, (start, end), until, marked)
        found += [Cited(form.citation, quote, number) for form in group]
        since = end
    for start, end in definition_lines(sentence):
        said = alike(sentence).index("]", start)
        defined = citation_forms(sentence[said:end])
        found += [Cited(form.citation, None, len(groups) + place) for place, form in enumerate(defined)]
    return found


def _grouped(forms: Sequence[Form]) -> list[list[Form]]:
    groups: list[list[Form]] = []
    for form in forms:
        if groups and groups[-1][0].outer == form.outer:
            groups[-1].append(form)
        else:
            groups.append([form])
    return groups


def _quoted_before(text: str, since: int, start: int, marked: Sequence[tuple[int, int]]) -> str | None:
    """The quotation that ends before a citation; where its beginning was too far off, the words that are there."""
    at = _gap(text, since, start)
    for opens, end in marked:
        if since <= opens and end == at:
            return _words(text[opens + 1 : end - 1])
    mark, before = text[at - 1 : at], text[at - 2 : at - 1]
    if mark == "’" and since < at:
        return _single_words(text, since, at - 1)
    unopened = mark in ("”", "»") or (mark == '"' and not before.isdigit() and not before.isspace())
    if unopened and since < at and not any(opens < at <= end for opens, end in marked):
        return _words(text[since : at - 1])
    return None


def _single_words(text: str, since: int, closes: int) -> str | None:
    """The words in single marks that end at one; a ’ among them may be an apostrophe, "the customers’ own"."""
    for opens in range(closes - 1, max(since, closes - LONGEST_QUOTATION) - 1, -1):
        if text[opens] == "‘" and _opens(text, opens, True):
            return _words(text[opens + 1 : closes])
    return None


def _block_beside(
    text: str, since: int, outer: tuple[int, int], until: int, set_apart: Sequence[tuple[int, int]]
) -> str | None:
    """The words of the block quote before a citation, or of the one behind it that it leads to.

    A citation inside a block quote cites it if it is the last thing there, on a line of its own or behind a full stop.
    """
    start, end = outer
    at = _gap(text, since, start)
    for opens, closes in set_apart:
        if since <= opens < at <= closes:
            between, rest = text[at:start], text[end : max(end, min(closes, until))]
            if closes <= start or (re.search(r"[\n.!?…]", between) and not rest.strip(" \t\n>.,;*_)]")):
                return _block_words(text[opens:at])
        if end <= opens and closes <= until:
            leads = not text[end:opens].strip(" \t\n*_)]:") or _SAYS.fullmatch(text[end:opens].rstrip(" \t\n"))
            if leads and (until == len(text) or _gap(text, closes, until) > closes):
                return _block_words(text[opens:closes])
            return None
    return None


def _block_words(block: str) -> str | None:
    """The words of a block quote, without quotation marks around all of them."""
    words = block_words(block)
    if words is not None and quotations(words) == [(0, len(words))]:
        words = words[1:-1]
    return None if words is None else _words(words)


def _gap(text: str, since: int, start: int) -> int:
    """Where the words before a citation end: without brackets, stops, and words that only lead to the citation."""
    before = text[since:start]
    while True:
        shorter = before[: _start(_STOPS, before)]
        shorter = shorter[: _start(_BEFORE, shorter)]
        if shorter == before:
            return since + len(before)
        before = shorter


def _start(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text, max(0, len(text) - 100))
    return len(text) if match is None else match.start()


def _quoted_behind(
    text: str, since: int, outer: tuple[int, int], until: int, marked: Sequence[tuple[int, int]]
) -> str | None:
    """The quotation behind a citation that is said to say so, unless a citation follows it at once."""
    start, end = outer
    for opens, closes in marked:
        if end <= opens and closes <= until:
            gap = text[end:opens]
            according = _ACCORDING.search(text, max(since, start - 40), start) and not gap.strip(" \t\n,)]*_")
            last = closes < until and _gap(text, closes, until) > closes
            if (according or _SAYS.fullmatch(gap)) and (last or until == len(text)):
                return _words(text[opens + 1 : closes - 1])
            return None
    return None


def _words(quoted: str) -> str | None:
    """The quoted words; some writers put full stops and commas inside the marks in any case."""
    return quoted.strip().rstrip(".,") or None
