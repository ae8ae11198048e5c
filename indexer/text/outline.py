"""The outline of a revision: its blocks of Markdown as a tree, each with its place in the untouched source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from markdown_it.token import Token

from indexer.text.comments import without_comments
from policies.markdown.block_parser import block_parser
from policies.markdown.source import Source

Kind = Literal["document", "heading", "paragraph", "list", "item", "quote", "table", "row", "code", "html", "break"]

LEAVES = frozenset(("paragraph", "row", "code", "html"))
"""The kinds whose words become passages."""


@dataclass(slots=True)
class Node:
    """A block. `content` is a paragraph's or heading's, without the marks of quotes around it.

    `span` is where its words stand, for a table where its header does. `cells` are a row's, or a table's header's.
    `marker` stands before an item: a dash, or its number as rendered. `level` is a heading's.
    """

    kind: Kind
    span: tuple[int, int] = (0, 0)
    content: str = ""
    cells: tuple[str, ...] = ()
    marker: str = ""
    level: int = 0
    children: list["Node"] = field(default_factory=list)
    passages: list[int] = field(default_factory=list)
    """The ordinals of the passages whose words begin in it."""

    def leaves(self) -> Iterator["Node"]:
        """The leaves beneath it, in their order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.kind in LEAVES:
                yield node
            waiting += reversed(node.children)


def outline(text: str) -> tuple[Node, Mapping[str, Any]]:
    """The tree of a revision's text, and its link definitions."""
    source = Source.of(text)
    definitions: dict[str, Any] = {}
    reader = _Reader(source)
    for token in block_parser().parse(source.markdown, definitions):
        reader.take(token)
    return reader.open[0], definitions.get("references", {})


class _Reader:
    """Reads block tokens in order into a tree."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.open = [Node("document")]
        self._numbers: list[int | None] = []
        self._heading = 0
        self._cells: list[str] | None = None
        self._row: tuple[int, int] | None = None
        self._header = False

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._inline(token)
        elif kind == "heading_open":
            self._heading = int(token.tag[1])
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._numbers.append(int(token.attrGet("start") or 1) if kind == "ordered_list_open" else None)
            self._enter(Node("list"))
        elif kind == "list_item_open":
            self._enter(Node("item", marker=self._marker()))
        elif kind == "blockquote_open":
            self._enter(Node("quote"))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
            self.open.pop()
        elif kind in ("list_item_close", "blockquote_close", "table_close"):
            self.open.pop()
        elif kind in ("fence", "code_block", "html_block"):
            self._verbatim(token)
        elif kind == "hr":
            self.open[-1].children.append(Node("break"))
        else:
            self._table(token)

    def _enter(self, node: Node) -> None:
        self.open[-1].children.append(node)
        self.open.append(node)

    def _marker(self) -> str:
        number = self._numbers[-1]
        if number is None:
            return "-"
        self._numbers[-1] = number + 1
        return f"{number}."

    def _inline(self, token: Token) -> None:
        if self._cells is not None:
            self._cells.append(token.content)
            return
        level, self._heading = self._heading, 0
        if (span := self._source.inline(token)) is not None:
            kind: Kind = "heading" if level else "paragraph"
            self.open[-1].children.append(Node(kind, span, without_comments(token.content), level=level))

    def _verbatim(self, token: Token) -> None:
        assert token.map is not None
        if (span := self._source.lines(*token.map)) is not None:
            kind: Kind = "html" if token.type == "html_block" else "code"
            self.open[-1].children.append(Node(kind, span, self._source.text[slice(*span)]))

    def _table(self, token: Token) -> None:
        kind = token.type
        if kind == "table_open":
            self._enter(Node("table"))
        elif kind in ("thead_open", "thead_close"):
            self._header = kind == "thead_open"
        elif kind == "tr_open":
            assert token.map is not None
            self._row, self._cells = self._source.lines(*token.map), []
        elif kind == "tr_close":
            cells, self._cells = tuple(self._cells or ()), None
            if self._row is None:
                return
            if self._header:
                self.open[-1].span, self.open[-1].cells = self._row, cells
            else:
                self.open[-1].children.append(Node("row", self._row, cells=cells))
