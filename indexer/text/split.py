"""Splits a revision's Markdown into passages by its block structure; spans point into the untouched source.

A paragraph, list item, table row, code or HTML block is a passage. A longer block than the limit becomes several
passages, cut between sentences. A sentence is cut only where it alone is too long. Two blocks are never joined.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from markdown_it.token import Token

from indexer.text.comments import comment_spans, masked, shown_span
from indexer.text.sentences import sentences
from indexer.text.words import WORD_CHARACTER
from policies.markdown.block_parser import block_parser
from policies.markdown.source import Source, trimmed_span
from policies.revision import Span

TOKEN_LIMIT = 200
"""Tokens of the model's tokenizer in one passage, at most."""

_MARKERS = re.compile(r"(?:(?><!--.*?-->)|(?>\{\{.*?\}\})|(?>\{%.*?%\})|\s)*+", re.DOTALL)
"""Comments and template markers, which no reader of the policy sees."""
_WORDLESS_HTML = re.compile(r"(?:(?><!--.*?-->)|</?[A-Za-z][^>]*>|\s)*+", re.DOTALL)
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

TokenOffsets = Callable[[str], list[tuple[int, int]]]
"""Where each token of a text begins and ends, in code points."""


class Splitter:
    """Cuts by `token_offsets`, the model's tokenizer. `version` names the rules and the tokenizer."""

    def __init__(self, token_offsets: TokenOffsets, tokenizer_digest: str, limit: int = TOKEN_LIMIT) -> None:
        self._token_offsets = token_offsets
        self._limit = limit
        self.version = f"markdown-2/{limit}/{tokenizer_digest[:12]}"
        self._markdown = block_parser()

    def split(self, text: str) -> list[Span]:
        """The spans of the passages of `text`, ascending and apart; each slice is non-empty and trimmed."""
        source = Source.of(text)
        walk = _Walk(source)
        for token in self._markdown.parse(source.markdown):
            walk.take(token)
        return [
            Span(start, end, block.headings, block.lead_ins)
            for block in walk.blocks
            for start, end in self._pieces(text, block)
        ]

    def _pieces(self, text: str, where: "_Block") -> list[tuple[int, int]]:
        """The block whole if it fits; else runs of whole sentences (or lines) that do. None begins in a comment."""
        start, end = where.start, where.end
        inside = [(first - start, last - start) for first, last in where.comments if start <= first and last <= end]
        block = masked(text[start:end], inside)
        # Outside ASCII a character may be several tokens: a Hangul syllable is up to three.
        short = len(block) <= self._limit and block.isascii()
        if short or len(self._token_offsets(block)) <= self._limit:
            return [(start, end)]
        pieces: list[tuple[int, int]] = []
        room = 0
        for first, last in _lines(block) if where.verbatim else sentences(block):
            for low, high, cost in self._fitting(block, first, last):
                if pieces and cost <= room:
                    pieces[-1] = (pieces[-1][0], high)
                    room -= cost
                else:
                    pieces.append((low, high))
                    room = self._limit - cost
        trimmed = (shown_span(text, start + low, start + high, where.comments) for low, high in pieces)
        return [span for span in trimmed if span is not None and WORD_CHARACTER.search(text, *span)]

    def _fitting(self, block: str, first: int, last: int) -> list[tuple[int, int, int]]:
        """A sentence whole, or cut between words into pieces that fit; each with its count of tokens."""
        tokens = self._token_offsets(block[first:last])
        if len(tokens) <= self._limit:
            return [(first, last, len(tokens))]
        cuts, at = [], 0
        while len(tokens) - at > self._limit:
            stop = self._cut(block, first, tokens, at)
            cuts.append((first + tokens[at][0], first + tokens[stop][0], stop - at))
            at = stop
        return [*cuts, (first + tokens[at][0], last, len(tokens) - at)]

    def _cut(self, block: str, first: int, tokens: list[tuple[int, int]], at: int) -> int:
        """The token to cut before: the last in reach after white space, else between words, else between characters."""
        reach = range(at + self._limit, at + self._limit // 2, -1)
        # Tokens of one character share its offsets; between them there is no place to cut.
        places = {stop: first + tokens[stop][0] for stop in reach if tokens[stop - 1][1] <= tokens[stop][0]}
        for fits in (_at_space, _between_words):
            for stop, place in places.items():
                if fits(block, place):
                    return stop
        return next(iter(places), at + self._limit)


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    headings: tuple[tuple[int, int], ...]
    lead_ins: tuple[tuple[int, int], ...]
    verbatim: bool
    comments: list[tuple[int, int]]


@dataclass
class _Container:
    """What stands above the next block inside one list, item, quote or the document. Its headings end with it."""

    paragraph: tuple[int, int] | None = None
    lead_ins: tuple[tuple[int, int], ...] = ()
    headings: list[tuple[int, tuple[int, int]]] = field(default_factory=list)


@dataclass
class _Walk:
    """Reads block tokens in order and keeps what surrounds the next one."""

    source: Source
    blocks: list[_Block] = field(default_factory=list)
    containers: list[_Container] = field(default_factory=lambda: [_Container()])
    heading: int = 0
    header: bool = False
    cells: bool = False

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "heading_open":
            self.heading = int(token.tag[1])
        elif kind == "inline" and self.heading:
            self._heading(token)
        elif kind == "inline" and not self.cells:
            self._block(self.source.inline(token), paragraph=True)
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._open(self._lead_in())
        elif kind in ("list_item_open", "blockquote_open"):
            self._open(None)
        elif kind in ("bullet_list_close", "ordered_list_close", "list_item_close", "blockquote_close"):
            self.containers.pop()
        elif kind in ("fence", "code_block", "html_block"):
            self._verbatim(token)
        elif kind == "hr":
            self.containers[-1].paragraph = None
        else:
            self._table(token)

    def _heading(self, token: Token) -> None:
        span = self.source.inline(token)
        headings = self.containers[-1].headings
        while headings and headings[-1][0] >= self.heading:
            headings.pop()
        if span is not None:
            headings.append((self.heading, span))
        self.heading = 0
        self.containers[-1].paragraph = None

    def _table(self, token: Token) -> None:
        kind = token.type
        if kind == "table_open":
            self._open(None)
        elif kind == "table_close":
            self.containers.pop()
        elif kind in ("thead_open", "thead_close"):
            self.header = kind == "thead_open"
        elif kind == "tr_open":
            self.cells = True
            assert token.map is not None
            row = self.source.lines(*token.map)
            if not self.header:
                self._block(row)
            elif row:
                self.containers[-1].lead_ins += (row,)
        elif kind == "tr_close":
            self.cells = False

    def _verbatim(self, token: Token) -> None:
        assert token.map is not None
        span = self.source.lines(*token.map)
        if span and not (token.type == "html_block" and _WORDLESS_HTML.fullmatch(self.source.text, span[0], span[1])):
            self._block(span, verbatim=True, code=token.type != "html_block")

    def _block(
        self, span: tuple[int, int] | None, *, paragraph: bool = False, verbatim: bool = False, code: bool = False
    ) -> None:
        text = self.source.text
        if span is None:
            return
        comments = [] if code else comment_spans(text, *span, html=verbatim)
        if comments:
            span = shown_span(text, *span, comments)
        if span is None or not WORD_CHARACTER.search(text, *span) or _MARKERS.fullmatch(text, *span):
            return
        headings = tuple(heading for container in self.containers for _, heading in container.headings)
        self.blocks.append(_Block(*span, headings, self.containers[-1].lead_ins, verbatim, comments))
        self.containers[-1].paragraph = span if paragraph else None

    def _lead_in(self) -> tuple[int, int] | None:
        """The last sentence of the paragraph right before a list: what introduces its items."""
        paragraph = self.containers[-1].paragraph
        if paragraph is None:
            return None
        first, last = sentences(self.source.text[paragraph[0] : paragraph[1]])[-1]
        return trimmed_span(self.source.text, paragraph[0] + first, paragraph[0] + last)

    def _open(self, lead_in: tuple[int, int] | None) -> None:
        above = self.containers[-1].lead_ins
        if lead_in is None:
            self.containers[-1].paragraph = None
        self.containers.append(_Container(lead_ins=above if lead_in is None else (*above, lead_in)))


def _at_space(block: str, place: int) -> bool:
    return block[place - 1].isspace() or block[place].isspace()


def _between_words(block: str, place: int) -> bool:
    sides = block[place - 1 : place + 1]
    return not sides.isalnum() or _IDEOGRAPH.search(sides) is not None


def _lines(block: str) -> list[tuple[int, int]]:
    starts = [0, *(match.end() for match in re.finditer(r"\n", block))]
    return [(a, b) for a, b in zip(starts, [*starts[1:], len(block)], strict=True) if a < b]
