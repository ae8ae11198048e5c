"""An authored file as the rules read it: blocks of Markdown with their words, marks and lines."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from policies.instant import Instant
from policies.markdown.block_parser import block_parser
from policies.markdown.source import Source
from policies.revision import Draft, Span

MOST_CHARACTERS = 20_000
"""How much of one paragraph is read for its marks: a parser's time may grow faster than what it reads."""

CODE = "\ufffc"
"""Stands for a span of code among words: what it shows is quoted, not said."""

Kind = Literal["heading", "paragraph", "cell", "header cell", "code", "html", "break"]
Place = tuple[int, str]
"""A line of the file and what stands there."""

_inline = MarkdownIt("commonmark")
_CONTAINERS = {"bullet_list": "list", "ordered_list": "list", "list_item": "item", "blockquote": "quote"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link's words stand in its block's words, and its target."""

    start: int
    end: int
    target: str


@dataclass(slots=True)
class Block:
    """A block and the line on which it begins. `last` is the line behind its last one.

    `words` are those that a reader of the page sees, a line end for each of the source. `within` are the containers
    around it, outermost first. `number` is that of the item which it begins, `level` is a heading's.
    """

    kind: Kind
    line: int
    last: int
    raw: str
    within: tuple[str, ...] = ()
    level: int = 0
    number: str = ""
    words: str = ""
    bold: list[tuple[int, int]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    images: list[Place] = field(default_factory=list)
    """The words of each image that Markdown shows; empty where there are none."""
    html: list[Place] = field(default_factory=list)
    """Tags and comments of HTML."""
    column: int = 0
    """Which cell of its row it is, from 0."""
    _ends: list[int] | None = None

    def line_at(self, offset: int) -> int:
        """The line of the file on which a character of `words` stands."""
        if self._ends is None:
            self._ends = [at for at, character in enumerate(self.words) if character == "\n"]
        return self.line + bisect_left(self._ends, offset)

    @property
    def said(self) -> str:
        """The words on one line."""
        return " ".join(self.words.split())


@dataclass(frozen=True)
class Page:
    """A draft, read once for all rules.

    `passages` are the spans that it would be recorded with. `start` is when it would come into force.
    `in_force` says of each policy that its author may know of whether it is in force then.
    """

    draft: Draft
    start: Instant
    passages: Sequence[Span]
    in_force: Callable[[], Mapping[str, bool]]

    @cached_property
    def source(self) -> Source:
        return Source.of(self.draft.text)

    @cached_property
    def first_line(self) -> int:
        """The line of the file on which its Markdown begins."""
        return self.draft.text.count("\n", 0, len(self.draft.text) - len(self.source.markdown)) + 1

    @cached_property
    def first_word(self) -> int:
        """The line of the file on which the first word of its Markdown stands."""
        return next((n for n, line in enumerate(self.lines, self.first_line) if line.strip()), self.first_line)

    @cached_property
    def end(self) -> int:
        """The line behind the last one of the file."""
        return self.first_line + len(self.lines)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the Markdown; the first is `first_line` of the file."""
        return self.source.markdown.split("\n")

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in order."""
        return tuple(_blocks(self.source.markdown, self.first_line))

    def shown(self) -> Iterator[Block]:
        """The blocks whose words a reader takes for the policy's: no code, no HTML."""
        return (block for block in self.blocks if block.kind not in ("code", "html", "break"))

    def offset(self, line: int) -> int:
        """Where a line of the file begins in its text, in code points."""
        return self.source.line(line - self.first_line)[0]


def _blocks(markdown: str, first_line: int) -> Iterator[Block]:
    env: dict[str, Any] = {}
    tokens = block_parser().parse(markdown, env)
    within: list[str] = []
    numbers: list[int | None] = []
    number, level, column, header = "", 0, 0, False
    for token in tokens:
        kind = token.type
        name, _, turn = kind.rpartition("_")
        if kind in ("fence", "code_block", "html_block", "hr"):
            assert token.map is not None
            made: Kind = "html" if kind == "html_block" else "break" if kind == "hr" else "code"
            first, last = (first_line + line for line in token.map)
            block = Block(made, first, last, token.content, tuple(within))
            if made == "html":
                block.html.append((first, token.content))
            yield block
        elif kind == "inline":
            assert token.map is not None
            first, last = (first_line + line for line in token.map)
            cell = within[-1:] == ["row"]
            kind_of: Kind = (
                "heading" if level else "header cell" if cell and header else "cell" if cell else "paragraph"
            )
            block = Block(kind_of, first, last, token.content, tuple(within), level, number)
            block.column, column = column, column + cell
            _read(token.content, env, block)
            number, level = "", 0
            yield block
        elif kind == "heading_open":
            level = int(token.tag[1])
        elif kind in ("thead_open", "thead_close"):
            header = kind == "thead_open"
        elif name in _CONTAINERS or name in ("table", "tr"):
            if turn == "close":
                within.pop()
                if name in ("bullet_list", "ordered_list"):
                    numbers.pop()
                continue
            if name in ("bullet_list", "ordered_list"):
                numbers.append(int(token.attrGet("start") or 1) if name == "ordered_list" else None)
            elif name == "list_item" and (value := numbers[-1]) is not None:
                number, numbers[-1] = str(value), value + 1
            elif name == "list_item":
                number = ""
            column = 0
            within.append(_CONTAINERS.get(name, "row" if name == "tr" else name))


def _read(content: str, env: dict[str, Any], block: Block) -> None:
    """Fills a block with the words and marks of its content."""
    if len(content) > MOST_CHARACTERS:
        block.words = content
        return
    tokens: list[Token] = []
    _inline.inline.parse(content, _inline, env, tokens)
    parts: list[str] = []
    at, line = 0, block.line
    bold: list[int] = []
    links: list[tuple[int, str]] = []
    for token in tokens:
        kind, text = token.type, ""
        if kind in ("text", "text_special"):
            text = token.content
        elif kind in ("softbreak", "hardbreak"):
            text = "\n"
        elif kind == "code_inline":
            text = CODE
        elif kind == "html_inline":
            block.html.append((line, token.content))
            text = "\n" * token.content.count("\n")
        elif kind == "image":
            block.images.append((line, _words_of(token)))
        elif kind == "strong_open":
            bold.append(at)
        elif kind == "strong_close":
            block.bold.append((bold.pop(), at))
        elif kind == "link_open":
            links.append((at, str(token.attrGet("href") or "")))
        elif kind == "link_close":
            start, target = links.pop()
            block.links.append(Link(start, at, target))
        parts.append(text)
        at += len(text)
        line += text.count("\n")
    block.words = "".join(parts)


def _words_of(image: Token) -> str:
    """The words that stand for an image."""
    return "".join(child.content for child in image.children or ()).strip()


def plain(name: str) -> str:
    """A name without the signs between its words: renderers differ in how they make names of headings."""
    return "".join(filter(str.isalnum, name.casefold().removeprefix("user-content-")))
