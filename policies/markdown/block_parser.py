"""Markdown's parser of blocks, with bounds under which its time grows with the text."""

from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock, blockquote, table

MAX_NESTING = 100
"""Lists, items and quotes inside one another, at most; the parser drops what lies deeper."""

MAX_QUOTES = 10
"""Quotes inside one another, at most: each one looks at every line anew. Deeper marks are words of their paragraph."""

MAX_LINES_AGAIN = 1_000
"""Lines that quotes look at beyond those of their text, at most, for each quote inside one another. Then a mark of a
quote is a word of its paragraph. A quote looks for its end below lines without a mark, also where they turn out not to
be its own, and the next quote looks at all that is left anew."""

MAX_CELLS = 10_000
"""Cells that the rows of a text lack and the parser fills in, at most; then what looks like a table is a paragraph."""


@cache
def block_parser() -> MarkdownIt:
    """The parser of blocks as CommonMark has them, and of tables. Threads may share it."""
    made = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    made.core.ruler.enableOnly(["block"])
    blocks = _Blocks()
    made.block, blocks.ruler = blocks, made.block.ruler
    made.block.ruler.at("blockquote", _blockquote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    made.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    made.parse("")  # rules are put in order at the first use, and a thread that came second would find a part of them
    return made


class _Blocks(ParserBlock):
    """The parser's own, which counts the lines that quotes have looked at."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 (names of markdown-it)
        if state.parentType == "blockquote":
            env: Any = state.env
            env["looked_at"] = env.get("looked_at", 0) + endLine - startLine
        super().tokenize(state, startLine, endLine)


def _blockquote(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if silent:
        return blockquote(state, first, last, silent)
    env: Any = state.env
    depth = env.get("quotes", 0)
    if depth == MAX_QUOTES or env.get("looked_at", 0) > MAX_QUOTES * (len(state.bMarks) + MAX_LINES_AGAIN):
        return False
    env["quotes"] = depth + 1
    found = blockquote(state, first, last, silent)
    env["quotes"] = depth
    return found


def _table(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    env: Any = state.env
    filled = env.get("cells", 0)
    if filled > MAX_CELLS and not silent:
        return False
    before = len(state.tokens)
    found = table(state, first, last, silent)
    if found and not silent:
        cells = (len(state.tokens) - before) // 3
        written = state.eMarks[state.line - 1] - state.bMarks[first]  # a cell has a character at least
        env["cells"] = filled + max(0, cells - written)
    return found
