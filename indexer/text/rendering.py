"""What one line or block shows, as evidence and prompts print it: the rendered words, laid out in lines."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from indexer.text.rendered import Rendered, read_html, read_paragraph

_HEADING = re.compile(r"\s*<h([1-6])\b[^<>]*>[^<>]*</h\1>\s*", re.IGNORECASE)
_LIST_OR_TABLE = re.compile(r"<(/?)(?:ul|ol|dl|table)\b", re.IGNORECASE)
_HEADER_CELL = re.compile(r"<th\b", re.IGNORECASE)
_FENCE = re.compile(r"\A[ \t]*(?:`{3,}|~{3,})[^\n]*(?:\n|\Z)|\n?[ \t]*(?:`{3,}|~{3,})[ \t]*\Z")


def inline_words(content: str, references: Mapping[str, Any]) -> str:
    """The words of a paragraph's or a cell's content, a line for each hard break.

    `references` are the link definitions of the whole document, as the block parser collects them.
    """
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
    found = Rendered()
    read_paragraph(content, 0, references, found)
    return plain_lines(found.marked())


def html_words(html: str) -> str:
    """The words of a block of HTML: a line for each block-level element, cells apart by a bar."""
    found = Rendered()
    read_html(html, 0, found)
    return plain_lines(found.marked())


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
