"""The one rendering: words as a reader of the page sees them, each character with its place in the source.

Marks, link targets and HTML comments are gone. The tokens of the Markdown library say what is shown. They have no
places, but stand in the order of the source, so each is looked for behind the one before it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from itertools import takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.token import Token

from indexer.text.comments import comment_spans, masked
from policies.markdown.block_parser import block_parser

MOST_CHARACTERS = 20_000
"""How much of one paragraph, or block of HTML, is read for its marks: a parser's time may grow faster than what it
reads."""

STRUCK = "~~"
"""The mark around words that are struck through, where words are shown without a page."""

_inline = MarkdownIt("commonmark").enable("strikethrough")
_FENCES = ("```", "~~~")
_TAG = re.compile(r"<[^<>]*>")
_LINES = frozenset(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section summary table tbody tfoot thead tr ul".split()
)
_CELLS = frozenset(("td", "th"))
_UNSHOWN = frozenset(("script", "style", "template", "title"))
_STRUCK = frozenset(("del", "s", "strike"))


@dataclass(slots=True)
class Rendered:
    """Rendered words. `places` has where each character of `text` begins in the source; `struck` are the parts of
    `text` that are struck through."""

    text: str = ""
    places: list[int] = field(default_factory=list)
    struck: list[tuple[int, int]] = field(default_factory=list)

    def add(self, text: str, place: int, *, verbatim: bool = False) -> None:
        """Adds words: each at the next place where they are `verbatim` in the source, else all at one place."""
        self.text += text
        self.places += range(place, place + len(text)) if verbatim else [place] * len(text)

    def strike(self, start: int) -> None:
        """Takes the words from `start` on for struck through."""
        if start < len(self.text):
            self.struck.append((start, len(self.text)))

    def marked(self) -> str:
        """The words, with a mark around those that are struck through."""
        parts, at = [], 0
        for start, end in sorted(self.struck):
            if self.text[start:end].strip() and start >= at:
                parts += [self.text[at:start], STRUCK, self.text[start:end], STRUCK]
                at = end
        return "".join([*parts, self.text[at:]])


def rendered(source: str, span: tuple[int, int], references: Mapping[str, Any]) -> Rendered:
    """A passage of a source, rendered. `references` are the link definitions of the source; a row keeps its bars."""
    start, end = span
    raw = source[start:end]
    found = Rendered()
    if raw.lstrip().startswith(_FENCES):
        _code(raw, start, found)
    elif raw.lstrip().startswith("<") and _is_html(raw):
        read_html(raw, start, found)
    else:
        read_paragraph(raw, start, references, found)
    return found


def _is_html(raw: str) -> bool:
    tokens = block_parser().parse(raw)
    return bool(tokens) and tokens[0].type == "html_block"


def references_of(source: str) -> Mapping[str, Any]:
    """The link definitions of a source."""
    definitions: dict[str, Any] = {}
    if "]:" in source:
        block_parser().parse(source, definitions)
    references: Mapping[str, Any] = definitions.get("references", {})
    return references


def read_html(html: str, start: int, found: Rendered) -> None:
    """Adds what is shown of a block of HTML that begins at `start`: a line for each element, cells apart by a bar."""
    html = masked(html, comment_spans(html, 0, len(html), html=True))
    if len(html) > MOST_CHARACTERS:  # the parser's time may grow with the square of what is not closed
        found.add(masked(html, [match.span() for match in _TAG.finditer(html)]), start, verbatim=True)
        return
    reader = _Html(html, start, found)
    reader.feed(html)
    reader.close()


def _code(raw: str, start: int, found: Rendered) -> None:
    """The lines of a block of code between its fences."""
    at = begun = 0
    for line in raw.splitlines(keepends=True):
        if line.lstrip().startswith(_FENCES):
            found.add(raw[begun:at], start + begun, verbatim=True)
            begun = at + len(line)
        at += len(line)
    found.add(raw[begun:], start + begun, verbatim=True)


def read_paragraph(raw: str, start: int, references: Mapping[str, Any], found: Rendered) -> None:
    """Adds what is shown of the content of a paragraph or a cell that begins at `start`."""
    tokens = inline_tokens(raw, references)
    if tokens is None:
        found.add(masked(raw, comment_spans(raw, 0, len(raw))), start, verbatim=True)
    else:
        _Reader(raw, start, found).take(tokens)


def inline_tokens(raw: str, references: Mapping[str, Any]) -> list[Token] | None:
    """What is shown of the content of a paragraph or a cell; None where it is too long to be read for its marks."""
    content = masked(raw, comment_spans(raw, 0, len(raw)))
    lines = [line.lstrip(" \t") for line in content.split("\n")]
    unquoted = [line.lstrip("> \t") if number and line.startswith(">") else line for number, line in enumerate(lines)]
    content = "\n".join(unquoted)
    if len(content) > MOST_CHARACTERS:  # the parser's time may grow faster than what it reads
        return None
    tokens: list[Token] = []
    _inline.inline.parse(content, _inline, {"references": references}, tokens)
    return tokens


class _Reader:
    """Follows inline tokens through the source."""

    def __init__(self, raw: str, start: int, found: Rendered) -> None:
        self._raw, self._start, self._found = raw, start, found
        self._at = 0
        self._struck: list[int] = []

    def take(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            kind = token.type
            if kind == "text":
                self._shown(token.content)
            elif kind == "text_special":
                self._found.add(token.content, self._start + self._skipped(token.markup))
            elif kind == "code_inline":
                self._shown(token.content)
                self._skipped("`")
            elif kind in ("softbreak", "hardbreak"):
                at = self._skipped("\n")
                self._found.add("\n" if kind == "hardbreak" else " ", self._start + at)
            elif kind == "html_inline":
                at = self._skipped(token.content)
                self._element(token.content, at)
            elif kind == "s_open":
                self._struck.append(len(self._found.text))
            elif kind == "s_close":
                self._strike()
            elif kind == "image":
                self.take(token.children or ())
                self._link_tail()
            elif kind == "link_close" and token.markup != "autolink":
                self._link_tail()

    def _element(self, tag: str, at: int) -> None:
        """A tag of HTML between words: the end of a line, or the beginning or end of struck words."""
        name = "".join(takewhile(str.isalnum, tag.lstrip("</"))).lower()
        if name == "br":
            self._found.add("\n", self._start + at)
        elif name in _STRUCK and not tag.startswith("</"):
            self._struck.append(len(self._found.text))
        elif name in _STRUCK:
            self._strike()

    def _strike(self) -> None:
        if self._struck:
            self._found.strike(self._struck.pop())

    def _shown(self, text: str) -> None:
        """Words that stand in the source as they are, but for the ends of lines inside a span of code."""
        at = self._raw.find(text, self._at)
        if at >= 0:
            self._found.add(text, self._start + at, verbatim=True)
            self._at = at + len(text)
            return
        for word in text.split(" "):
            at = max(self._raw.find(word, self._at), self._at)
            if self._found.text[-1:] not in ("", " "):
                self._found.add(" ", self._start + at)
            self._found.add(word, self._start + at, verbatim=True)
            self._at = at + len(word)

    def _skipped(self, text: str) -> int:
        """Where something stands that is not shown as it is; what follows stands behind it."""
        at = self._raw.find(text, self._at)
        if at < 0:
            return self._at
        self._at = at + len(text)
        return at

    def _link_tail(self) -> None:
        """Goes past a link's target: `](target "title")` or `][label]`."""
        raw = self._raw
        at = raw.find("]", self._at)
        if at < 0:
            return
        self._at = at + 1
        if raw[at + 1 : at + 2] == "(":
            target = parseLinkDestination(raw, _past_spaces(raw, at + 2), len(raw))
            end = target.pos if target.ok else at + 2
            title = parseLinkTitle(raw, _past_spaces(raw, end), len(raw))
            end = title.pos if title.ok else end
            close = raw.find(")", end)
            self._at = close + 1 if close >= 0 else end
        elif raw[at + 1 : at + 2] == "[" and (close := raw.find("]", at + 1)) >= 0:
            self._at = close + 1


def _past_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


class _Html(HTMLParser):
    """Follows the elements of a block of HTML."""

    def __init__(self, html: str, start: int, found: Rendered) -> None:
        super().__init__(convert_charrefs=False)
        self._start, self._found = start, found
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self._unshown = 0
        self._struck: list[int] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._unshown += tag in _UNSHOWN
        self._line(tag)
        if tag in _STRUCK:
            self._struck.append(len(self._found.text))

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._line(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unshown -= tag in _UNSHOWN and self._unshown > 0
        if tag in _STRUCK and self._struck:
            self._found.strike(self._struck.pop())
        if tag in _CELLS:
            self._found.add(" | ", self._place())
        self._line(tag)

    def handle_data(self, data: str) -> None:
        if not self._unshown:
            self._found.add(data.replace("\n", " "), self._place(), verbatim=True)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Takes `<![name`, which no page shows, for a comment, as browsers do; Python's parser may fail there."""
        return self.parse_bogus_comment(i, bool(report))

    def _reference(self, text: str) -> None:
        if not self._unshown:
            self._found.add(unescape(text) if len(text) < 12 else text, self._place())

    def _line(self, tag: str) -> None:
        if tag in _LINES:
            self._found.add("\n", self._place())

    def _place(self) -> int:
        line, column = self.getpos()
        return self._start + self._lines[line - 1] + column
