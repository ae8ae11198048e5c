"""Block quotes in the text of a model: lines behind `>`, where they end, and which words of theirs are a quotation."""

import re

_ITEM = r"[ \t]*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?"
"""A block quote may stand in an item of a list."""

_BLOCK = re.compile(rf"^{_ITEM}>[^\n]*(?:\n[ \t]*>[^\n]*)*", re.MULTILINE)
_FIRST = re.compile(rf"{_ITEM}>")
_MAY_BEGIN = re.compile(r"[ \t]*(?:(?:[-*+•]|\d{1,3}[.)]?)[ \t]*)?")
_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_CALLOUT = re.compile(
    r"\W*(?:\[!\w+\]|[*_]{2}[^*_\n]{1,40}(?::[*_]{2}|[*_]{2}:)|(?:answer|attention|caution|example|hint|important|note"
    r"|please note|remember|reminder|summary|tip|warning)[*_]*\s*[:—–-])",
    re.IGNORECASE,
)
"""What begins words of the model's own that are only set apart."""


def begins_block(line: str) -> bool:
    """Whether a line begins a block quote."""
    return _FIRST.match(line) is not None


def may_begin_block(start: str) -> bool:
    """Whether the start of a line may go on as a block quote and is none yet."""
    return _MAY_BEGIN.fullmatch(start) is not None


def blocks(text: str) -> list[tuple[int, int]]:
    """Where the block quotes of a text begin and end; the line break behind the last line is left out."""
    return [match.span() for match in _BLOCK.finditer(text)]


def block_words(block: str) -> str | None:
    """The words of a block quote without the marks of its lines; None where they are a note of the writer's own."""
    words = _MARKS.sub("", _FIRST.sub("", block, count=1)).strip()
    return None if not words or _CALLOUT.match(words) else words
