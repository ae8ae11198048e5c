"""Words as a reader of the rendered page sees them: marks, link targets and HTML comments are gone."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt

MOST_CHARACTERS = 20_000
"""How much of one paragraph, or block of HTML, is read for its marks: a parser's time may grow faster than what it
reads."""

_inline = MarkdownIt("commonmark")

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"\s*<h([1-6])\b[^<>]*>[^<>]*</h\1>\s*", re.IGNORECASE)
_LIST_OR_TABLE = re.compile(r"<(/?)(?:ul|ol|dl|table)\b", re.IGNORECASE)
_HEADER_CELL = re.compile(r"<th\b", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
_FENCE = re.compile(r"\A[ \t]*(?:`{3,}|~{3,})[^\n]*(?:\n|\Z)|\n?[ \t]*(?:`{3,}|~{3,})[ \t]*\Z")
LINES = frozenset(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section summary table tbody tfoot thead tr ul".split()
)
CELLS = frozenset(("td", "th"))
UNSHOWN = frozenset(("script", "style", "template", "title"))


def inline_words(content: str, references: Mapping[str, Any]) -> str:
    """The words of a paragraph's or a cell's content, a line for each hard break.

    `references` are the link definitions of the whole document, as the block parser collects them.
    """
    if len(content) > MOST_CHARACTERS:
        return plain_lines(_COMMENT.sub(" ", content))
    if "[" in content and references:
        return _words(content, references)
    return _words_alone(content)


@lru_cache(maxsize=4096)
def _words_alone(content: str) -> str:
    return _words(content, {})


def forget_words() -> None:
    """Empties what is kept of words in memory."""
    _words_alone.cache_clear()


def _words(content: str, references: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for token in _inline.parseInline(content, {"references": dict(references)})[0].children or ():
        if token.type in ("text", "code_inline", "image"):
            parts.append(token.content.replace("\n", " "))
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content[:3].lower() == "<br"):
            parts.append("\n")
    return plain_lines("".join(parts))


def html_words(html: str) -> str:
    """The words of a block of HTML: a line for each block-level element, cells apart by a bar."""
    html = _COMMENT.sub(" ", html)
    if len(html) > MOST_CHARACTERS:  # the parser's time may grow with the square of what is not closed
        return plain_lines(TAG.sub(" ", html))
    reader = _HtmlWords()
    reader.feed(html)
    reader.close()
    return plain_lines("".join(reader.parts))


def html_depth(html: str) -> int:
    """How many lists and tables a block of HTML leaves open; below 0 where it closes some that others opened."""
    return sum(-1 if match[1] else 1 for match in _LIST_OR_TABLE.finditer(html))


def opens_or_closes(html: str) -> bool:
    """Whether a block of HTML has the beginning or end of a list or table."""
    return _LIST_OR_TABLE.search(html) is not None


def html_header(text: str, span: tuple[int, int]) -> tuple[int, int] | None:
    """Where the first row of header cells stands in a block of HTML."""
    if (cell := _HEADER_CELL.search(text, *span)) is None:
        return None
    start = max(text.rfind("<tr", span[0], cell.start()), span[0])
    end = text.find("</tr>", cell.end(), span[1])
    return start, span[1] if end < 0 else end + len("</tr>")


def html_heading(html: str) -> tuple[int, str] | None:
    """The level and words of a block of HTML that is one heading."""
    match = _HEADING.fullmatch(html)
    return None if match is None else (int(match[1]), html_words(html))


class _HtmlWords(HTMLParser):
    """Collects what is shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in UNSHOWN:
            self._unshown += 1
        elif tag in LINES:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSHOWN:
            self._unshown = max(0, self._unshown - 1)
        elif tag in CELLS:
            self.parts.append(" | ")
        elif tag in LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self.parts.append(data.replace("\n", " "))


def code_words(code: str) -> str:
    """The lines of a block of code, without its fence."""
    return "\n".join(line.rstrip() for line in _FENCE.sub("", code).split("\n")).strip("\n")


def row_words(columns: Sequence[str], cells: Sequence[str]) -> str:
    """A table's row on one line, each cell behind the name of its column."""
    named = [
        f"{column}: {cell}" if column else cell
        for column, cell in zip([*columns, *[""] * len(cells)], cells, strict=False)
        if cell
    ]
    return "; ".join(" ".join(part.split()) for part in named)


def plain_lines(text: str) -> str:
    """The lines of a text that are not blank, each with single spaces."""
    return "\n".join(line for raw in text.split("\n") if (line := " ".join(raw.split()).strip(" |")))
