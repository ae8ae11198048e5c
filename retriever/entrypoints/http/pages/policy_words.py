"""A policy's words as HTML: by the one rendering that quotations use, each passage with its anchor and its handle.

The words are untrusted. What Markdown and HTML in them become is parsed again and let through by a list of elements and
attributes. Ids, classes and handles are this module's own: policies cannot set them, because they are written under
names that nobody outside this process knows, and get their real names behind that list.
"""

import re
import secrets
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.text.comments import comment_spans, masked
from indexer.text.rendered import Rendered, inline_tokens, read_paragraph
from policies.markdown.block_parser import block_parser
from policies.markdown.source import Source

if TYPE_CHECKING:
    from nh3 import Cleaner

_OWN = secrets.token_hex(8)
_ID, _CLASS, _HANDLE = (f"data-{_OWN}-{name}" for name in ("id", "class", "handle"))
_HANDLE_MARK = re.compile(rf'<span {_HANDLE}="(\d+)"></span>')

_TAGS = frozenset(
    "a abbr address b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small "
    "span strike strong sub summary sup table tbody td tfoot th thead tr u ul var wbr".split()
)
_UNSHOWN = frozenset(("script", "style", "template", "title"))
_SCHEMES = frozenset(("http", "https", "mailto"))
_ALIGNED = re.compile(r"text-align:(left|center|right)")

_renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"])

KEPT = 128
"""How many revisions are kept as HTML."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the words: its level from 2, its anchor, and its words."""

    level: int
    anchor: str
    words: str


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """A revision's words as HTML, and the headings in them."""

    html: str
    contents: tuple[Heading, ...]


def policy_words(version: str, text: str, spans: Sequence[tuple[int, int]]) -> PolicyWords:
    """The words of a revision; `spans` are its passages."""
    return _words(version, text, tuple(spans))


def forget_policy_words() -> None:
    """Empties what is kept of words in memory."""
    _words.cache_clear()


@lru_cache(maxsize=KEPT)
def _words(version: str, text: str, spans: tuple[tuple[int, int], ...]) -> PolicyWords:
    page = _Page(Source.of(text), spans)
    html: str = _renderer.renderer.render(page.tokens(), _renderer.options, {})
    clean = _cleaner().clean(html).replace(f" {_ID}=", " id=").replace(f" {_CLASS}=", " class=")
    policy_id, _, number = version.partition("@")

    def handle(match: re.Match[str]) -> str:
        name = f"{version}#{match[1]}"
        return f'<a class="handle" href="/p/{policy_id}/{number}#p{match[1]}" aria-label="{name}">#{match[1]}</a>'

    return PolicyWords(_HANDLE_MARK.sub(handle, clean), tuple(page.contents))


@dataclass
class _Page:
    """Walks the blocks of a revision, and puts the passages into them."""

    source: Source
    spans: tuple[tuple[int, int], ...]
    contents: list[Heading] = field(default_factory=list)
    references: Mapping[str, Any] = field(default_factory=dict)
    row: list[int] = field(default_factory=list)
    in_table: bool = False

    def tokens(self) -> list[Token]:
        environment: dict[str, Any] = {}
        parsed = block_parser().parse(self.source.markdown, environment)
        self.references = environment.get("references", {})
        return [made for token in self._headed(parsed) for made in self._taken(token)]

    def _headed(self, tokens: Sequence[Token]) -> Iterator[Token]:
        """The tokens, each heading one level lower: the page has a heading of its own."""
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
            if token.type == "heading_open" and following is not None:
                anchor = f"s{len(self.contents) + 1}"
                token.attrSet(_ID, anchor)
                shown = Rendered()
                read_paragraph(following.content, 0, self.references, shown)
                self.contents.append(Heading(int(token.tag[1]), anchor, " ".join(shown.text.split())))
            yield token

    def _taken(self, token: Token) -> Iterator[Token]:
        kind = token.type
        if kind == "inline":
            yield _html("inline", self._cell(token) if self.in_table else self._paragraph(token))
        elif kind in ("fence", "code_block", "html_block"):
            yield from self._block(token)
        elif kind == "tr_open":
            assert token.map is not None
            self.row = self._passages(self.source.lines(*token.map))
            if self.row:
                token.attrSet(_ID, f"p{self.row[0]}")
                token.attrSet(_CLASS, "passage")
            yield token
        else:
            if kind in ("table_open", "table_close"):
                self.in_table = kind == "table_open"
                edge = f'<div {_CLASS}="wide">' if self.in_table else "</div>"
                yield from [_html("html_block", edge), token] if self.in_table else [token, _html("html_block", edge)]
                return
            if kind in ("th_open", "td_open") and (aligned := _ALIGNED.search(str(token.attrGet("style") or ""))):
                token.attrs.pop("style")
                token.attrSet(_CLASS, aligned[1])
            yield token

    def _passages(self, span: tuple[int, int] | None) -> list[int]:
        """The ordinals of the passages that begin within a span of the source."""
        if span is None:
            return []
        first = bisect_left(self.spans, (span[0], 0))
        return list(range(first + 1, bisect_left(self.spans, (span[1], 0)) + 1))

    def _paragraph(self, token: Token) -> str:
        """A paragraph or heading: each passage rendered alone, as quotations are."""
        span = self.source.inline(token)
        ordinals = self._passages(span)
        if span is None or not ordinals:
            return self._shown(token.content)
        at, parts = span[0], []
        for ordinal in ordinals:
            start, end = self.spans[ordinal - 1]
            parts.append(self._shown(self.source.text[at:start]))
            words = self._shown(self.source.text[start:end])
            parts.append(f'<span {_ID}="p{ordinal}" {_CLASS}="passage">{_handle(ordinal)}{words}</span>')
            at = end
        return "".join([*parts, self._shown(self.source.text[at : span[1]])])

    def _cell(self, token: Token) -> str:
        """A cell; the first one of a row holds the handles of the row, and the anchors of its further passages."""
        marks = "".join(map(_handle, self.row[:1]))
        marks += "".join(f'<span {_ID}="p{ordinal}">{_handle(ordinal)}</span>' for ordinal in self.row[1:])
        self.row = []
        return marks + self._shown(token.content)

    def _block(self, token: Token) -> Iterator[Token]:
        """Code or HTML, behind the anchors of its passages."""
        assert token.map is not None
        ordinals = self._passages(self.source.lines(*token.map))
        marks = "".join(
            f'<span {_ID}="p{ordinal}" {_CLASS}="passage">{_handle(ordinal)}</span>' for ordinal in ordinals
        )
        if marks:
            yield _html("html_block", f'<div {_CLASS}="anchors">{marks}</div>')
        if token.type == "html_block":
            token.content = masked(token.content, comment_spans(token.content, 0, len(token.content), html=True))
        else:
            token.info = ""
        yield token

    def _shown(self, raw: str) -> str:
        """What is shown of a part of the source."""
        if not raw.strip():
            return " " if raw else ""
        tokens = inline_tokens(raw, self.references)
        if tokens is None:
            return escape(masked(raw, comment_spans(raw, 0, len(raw))))
        html: str = _renderer.renderer.render(
            [Token("inline", "", 0, children=_as_words(tokens))], _renderer.options, {}
        )
        before, after = raw[:1].isspace(), raw[-1:].isspace()
        return f"{' ' if before else ''}{html}{' ' if after else ''}"


def _as_words(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with the words of an image in its place, since none is fetched, and with escapes as text."""
    found: list[Token] = []
    for token in tokens:
        if token.type == "image":
            found += [_html("html_inline", f'<span {_CLASS}="image">'), *_as_words(token.children or [])]
            found.append(_html("html_inline", "</span>"))
        else:
            token.type = "text" if token.type == "text_special" else token.type
            found.append(token)
    return found


def _html(kind: str, html: str) -> Token:
    """A token that is shown as this HTML."""
    if kind == "inline":
        return Token("inline", "", 0, children=[Token("html_inline", "", 0, content=html)])
    return Token(kind, "", 0, content=html)


def _handle(ordinal: int) -> str:
    return f'<span {_HANDLE}="{ordinal}"></span>'


@cache
def _cleaner() -> "Cleaner":
    from nh3 import Cleaner

    attributes = {
        "*": {_ID, _CLASS},
        "a": {"href", "title"},
        "abbr": {"title"},
        "details": {"open"},
        "ol": {"start"},
        "span": {_HANDLE},
        **{cell: {"colspan", "rowspan"} for cell in ("td", "th")},
    }
    return Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_UNSHOWN),
        attributes=attributes,
        link_rel="noopener nofollow",
        url_schemes=set(_SCHEMES),
        url_relative="deny",
    )
