"""Governed words: the words of a block among those that decide how they are meant, each on a line that says how.

An item is one of an answer's `evidence`, as JSON values. An item from before governing words is its text alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_UNSHOWN = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>|\*\*|__|`|\\(?=[*_#>|`\[\]-])", re.DOTALL)
_CELL = re.compile(r"</t[hd]>\s*(?:<t[hd]\b[^<>]*>)?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
"""What a reader of the page does not see of a line: comments, tags, marks, the targets of links."""

LABELS: Mapping[str, str] = {
    "heading": "under the heading",
    "lead_in": "introduced by",
    "chapeau": "introduced by",
    "parent_item": "under the item",
    "table_header": "columns",
    "list_closing": "closed by",
    "footnote": "linked by a footnote",
    "bold_line": "under the line",
}
"""What a line says of its words, by their kind."""

OTHER = "read with"
"""What is said of a kind that a later service adds."""

AFTER = frozenset(("list_closing", "footnote"))
"""The kinds that a reader meets after the block."""


def on_one_line(kind: str, text: str) -> str:
    """Governing words of a kind without what a reader of the page does not see, on one line."""
    line = " ".join(_LINK.sub(r"\1", _UNSHOWN.sub("", _CELL.sub(" | ", text))).split())
    return line.strip("| ") if kind == "table_header" else line


def words_of(item: Mapping[str, Any]) -> str:
    """The words as a reader of the rendered page sees them; the text of an item without them."""
    words: str | None = item.get("words")
    return item["text"] if words is None else words


def lines_before(item: Mapping[str, Any]) -> list[str]:
    """What governs the words and stands before them, a line each, the outermost first."""
    return [f"{label}: {text}" for text, (label, kind) in _governing(item).items() if kind not in AFTER]


def lines_after(item: Mapping[str, Any]) -> list[str]:
    """What governs the words and stands after them, a line each."""
    return [f"{label}: {text}" for text, (label, kind) in _governing(item).items() if kind in AFTER]


def governed_words(item: Mapping[str, Any]) -> str:
    """The words of an item with all that governs them, in the order of reading."""
    return "\n".join([*lines_before(item), words_of(item), *lines_after(item)])


def texts_of(item: Mapping[str, Any]) -> list[str]:
    """The words and the governing texts as they are, in the order of reading."""
    governing = item.get("governed_by") or ()
    before = [found["text"] for found in governing if found["kind"] not in AFTER]
    return [*before, words_of(item), *(found["text"] for found in governing if found["kind"] in AFTER)]


def handles(item: Mapping[str, Any]) -> str | None:
    """The narrower handles of a block of several passages; None where its own handle is the only one."""
    passages: Sequence[Mapping[str, Any]] = item.get("passages") or ()
    if len(passages) < 2:
        return None
    first, last = passages[0]["citation"], passages[-1]["citation"]
    return (
        f"{first} to {last}, in order, one a paragraph, item or row (a long one has several); best match {item['best']}"
    )


def _governing(item: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Label and kind of each governing text, on one line; a text with two kinds counts as its innermost."""
    return {text: (LABELS.get(kind, OTHER), kind) for kind, text in _texts(item)}


def _texts(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for found in item.get("governed_by") or ():
        yield found["kind"], on_one_line(found["kind"], found["text"])
