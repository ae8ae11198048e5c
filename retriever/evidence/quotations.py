"""Quotations: whether words stand in what a reader sees of a passage, whole, and where that is in the source."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from indexer.text.rendered import Rendered, references_of, rendered
from policies.normal_form import SPACELESS, normalised
from retriever.evidence.cut_off import CutOff, cut_off

PLAIN_MARKS: dict[int, str] = str.maketrans(
    {**dict.fromkeys("‘’‚‛′ʼ`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—−", "-")}
)
"""Typographic quotation marks and dashes, by code point, with the plain one that each counts as."""

_UNSEEN = re.compile("[\u00ad\u200b\u200c\u2060\ufeff]")
"""Soft hyphens and the like: where a line may break."""

_COMBINING = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\](?!:)|(?<=[^\W\d_])[¹²³⁴-⁹†‡]+")
"""A mark that leads to a footnote; a raised number behind a number is a power."""

_LIST_MARK = re.compile(r"^[^\S\n]*[-*+•·‣▪◦]\s+|(?<=\n)[ \t]*\d{1,3}[.)]\s+", re.MULTILINE)
"""A number at the very beginning may be the end of one that was cut."""

_MARKED = re.compile(r"[*_`~\[\]<>|\\&\n•·‣▪◦+-]")
"""What may be a mark of Markdown, of a list or of a cell."""

_EDGE_MARK = re.compile(r"(?<![^\W_])[*_`~]+|[*_`~]+(?![^\W_])")
"""Marks of emphasis, code or struck words at the edge of a word; one between two letters or figures is none."""

MARKS = 1000
"""So many characters of marks a quotation may have, and as many as the text has, beside its words."""

_BAR = re.compile(r"(?:^|(?<=\s))\|(?=\s|$)")
_SIGN = r"(?:(?<![\w)\]])[-+±])?"
_CURRENCY = r"(?:[$€£¥]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD)\b)"
_NUMBER = (
    rf"{_SIGN}(?:{_CURRENCY}\s?)?{_SIGN}\d+(?:[.,:/'-]?\d+|\s\d{{3}}(?!\d))*(?:\s?[½¼¾⅓⅔⅛⅜⅝⅞])?[¹²³⁰-⁹]*"
    rf"(?:\([^\W_]{{1,4}}\))*(?:[.\-][^\W_]+)*(?:\s?(?:%|‰|°\s?[CF]?\b|per ?cent\b|{_CURRENCY}))?"
)
_SPELLED = rf"[^\W_{SPACELESS}]+(?:[-'.@/&][^\W_{SPACELESS}]+)*"
_UNIT = re.compile(rf"{_NUMBER}|{_SPELLED}", re.IGNORECASE)

_NUMBERS = ("<super>", "<sub>", "<fraction>")
"""Characters whose plain form would join the number beside them."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Where a quotation stands in the source, and whether some of its words are struck through.

    `cut_off` are the whole sentences around it, and what it leaves out of them.
    """

    start: int
    end: int
    struck: bool
    cut_off: CutOff

    def content(self) -> dict[str, Any]:
        """The JSON values."""
        return {
            "char_start": self.start,
            "char_end": self.end,
            "struck": self.struck,
            "sentence": self.cut_off.sentence,
            "cut": [{"kind": kind, "words": words} for kind, words in self.cut_off.cut],
        }


def folded(text: str) -> str:
    """The text with Unicode form, white space, quotation marks and dashes made alike; no number becomes another."""
    if text.isascii():
        return " ".join(text.replace("`", "'").split())
    return "".join(character for character, _ in _folded(text))


def quotation(quote: str, source: str, spans: Sequence[tuple[int, int]]) -> Quotation | None:
    """Where a quotation stands in passages in a row; None where a reader does not find it there, whole.

    It may be copied from the page or from the source, with list marks and the bars of cells, or without.
    """
    shown = _joined(source, spans)
    text = folded(shown.text)
    for wanted in _readings(quote, len(text)):
        if (found := _whole(wanted, text)) is not None:
            return _placed(shown, [place for _, place in _folded(shown.text)], *found)
    if len(quote) <= 2 * len(text) + MARKS and _EDGE_MARK.search(quote):  # marks whose other half was left out
        bare = _EDGE_MARK.sub(_blank, shown.text)
        if (found := _whole(folded(_EDGE_MARK.sub("", _laid_flat(quote))), folded(bare))) is not None:
            return _placed(shown, [place for _, place in _folded(bare)], *found)
    return None


def _placed(shown: Rendered, places: Sequence[int], start: int, end: int) -> Quotation:
    """A quotation at `[start, end)` of folded words, which stand at `places` of what is shown."""
    first, last = places[start], places[end - 1]
    struck = any(first < high and low <= last for low, high in shown.struck)
    return Quotation(shown.places[first], shown.places[last] + 1, struck, cut_off(shown.text, first, last + 1))


def _blank(marks: re.Match[str]) -> str:
    """As many characters that nobody sees as there are marks."""
    return "\u200b" * len(marks[0])


def _whole(wanted: str, text: str) -> tuple[int, int] | None:
    """The first place of words in a text at which they cut no number and no word."""
    if not wanted or (at := text.find(wanted)) < 0:
        return None
    units = [match.span() for match in _UNIT.finditer(text)]
    ends = [end for _, end in units]
    while at >= 0:
        until = at + len(wanted)
        if not (_cuts(at, units, ends) or _cuts(until, units, ends)):
            return at, until
        at = text.find(wanted, at + 1)
    return None


def _readings(quote: str, most: int) -> Iterator[str]:
    """A quotation as it is, without list marks and bars, and as the page shows it where it has marks of Markdown.

    One that is far longer than the text, which has so many characters, is not in it.
    """
    plain = folded(_without_marks(quote))
    yield plain
    if len(plain) > 2 * most + MARKS:
        return
    if _MARKED.search(quote):
        yield folded(_laid_flat(quote))
        yield folded(_without_marks(rendered(quote, (0, len(quote)), {}).text))


def _laid_flat(quote: str) -> str:
    """A quotation without list marks, the bars of cells and marks of footnotes."""
    return _without_marks(_LIST_MARK.sub("", _BAR.sub(" ", quote)))


def _joined(source: str, spans: Sequence[tuple[int, int]]) -> Rendered:
    """The rendered words of passages, a line for each, without marks of footnotes and the bars of cells."""
    whole, references = Rendered(), references_of(source)
    texts: list[str] = []
    for span in spans:
        part = rendered(source, span, references)
        if whole.places:
            texts.append("\n")
            whole.places.append(span[0])
        offset = len(whole.places)
        hidden = [False] * len(part.text)
        if part.text.lstrip().startswith("|"):
            part.text = part.text.replace("|", " ")
        for pattern in (_FOOTNOTE, _BAR):
            for match in pattern.finditer(part.text):
                hidden[slice(*match.span())] = [True] * (match.end() - match.start())
        kept = [number for number, unseen in enumerate(hidden) if not unseen]
        texts.append("".join(part.text[number] for number in kept))
        whole.places += [part.places[number] for number in kept]
        whole.struck += [
            (offset + bisect_right(kept, low - 1), offset + bisect_right(kept, high - 1)) for low, high in part.struck
        ]
    whole.text = "".join(texts)
    return whole


def _without_marks(text: str) -> str:
    return _FOOTNOTE.sub("", text)


def _folded(text: str) -> Iterator[tuple[str, int]]:
    """Each character made alike, with the place of the one that it comes from; white space is one space."""
    space: int | None = None
    begun = False
    for cluster, place in _clusters(text):
        for character in _alike(cluster):
            if character == " ":
                space = place if space is None else space
                continue
            if space is not None and begun:
                yield " ", space
            space, begun = None, True
            yield character, place


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """The characters of a text, each with the combining marks that follow it, and where it stands."""
    if text.isascii():
        yield from zip(text, range(len(text)), strict=True)
        return
    at = 0
    for match in _COMBINING.finditer(text):
        yield from zip(text[at : match.start()], range(at, match.start()), strict=True)
        yield match[0], match.start()
        at = match.end()
    yield from zip(text[at:], range(at, len(text)), strict=True)


@lru_cache(maxsize=4096)
def _alike(cluster: str) -> str:
    """A character in its plain form, nothing for one that nobody sees. A raised number or a fraction stays as it is."""
    if cluster.isascii():
        return "'" if cluster == "`" else " " if cluster.isspace() else cluster
    if cluster.isspace():
        return " "
    if _UNSEEN.fullmatch(cluster):
        return ""
    if unicodedata.decomposition(cluster[0]).startswith(_NUMBERS):
        return cluster
    return normalised("NFKC", cluster.translate(PLAIN_MARKS)).translate(PLAIN_MARKS)


def _cuts(place: int, units: Sequence[tuple[int, int]], ends: Sequence[int]) -> bool:
    """Whether a number or a word goes on at both sides of a place."""
    at = bisect_right(ends, place)
    return at < len(units) and units[at][0] < place
