"""How each passage of a revision is meant: the words that govern it, and the passages that are read together with it.

Both are derived from the source alone, whenever it was recorded, by the rule that `RULE` names.
"""

import logging
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice
from typing import Any

from indexer.text.blocks import Form, Governing, Group, Member, Standing, Structure, wordless
from indexer.text.comments import comment_spans, masked
from indexer.text.introducing import (
    closes,
    decides,
    defines,
    denies,
    emphasised,
    inline_enumeration,
    introduces,
    introduction,
    lazy_line,
    names,
    opens,
    parent,
    points,
    points_back,
    question,
)
from indexer.text.lettered import BODIES, LETTERED, with_lettered
from indexer.text.outline import Node, outline
from indexer.text.rendering import (
    code_words,
    html_depth,
    html_header,
    html_heading,
    html_words,
    inline_words,
    row_words,
)
from indexer.text.sentences import sentences
from policies.revision import Span

RULE = "governing-2"
"""The rule by which governing words and blocks are derived. It is a part of the pipeline's name."""

logger = logging.getLogger(__name__)

UNREADABLE = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What the parsers of a text raise where they fail at it. What fails by itself, such as memory or a disk, is none."""

REFERENCES = 3
"""So many sentences that refer to a footnote are shown beside it, at most."""

NOTES = 12
"""So many footnotes of a lead-in, a heading or the like are shown beside each passage it governs: the first ones."""

LEVELS = 6
"""Levels of headings. A line of emphasis that is used as a heading stands below them."""

CHAIN = 8
"""So many openings ("Note:", "You may:") one after the other are read as one, at most."""

DEEPEST = 30
"""So many lists, quotes and openings are read inside one another, at most. What stands deeper is read side by side.

So how deep the reading of a text goes is known before it begins, whatever the text.
"""

_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_NOTE_TEXT = re.compile(r"^[ \t>]{0,8}\[\^([^\]\s]{1,40})\]:[ \t]*(\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.MULTILINE)
_MARKS = r"\\\*{1,3}|[†‡]|<sup>\w{1,3}</sup>|[¹²³⁴⁵⁶⁷⁸⁹]"
_MARK = re.compile(rf"(?:{_MARKS})(?=\s*\S)")
_REFERENCE = re.compile(rf"\[\^([^\]\s]{{1,40}})\](?!:)|(?<=[\w.,;:)\]]) ?\\?(\*{{1,3}}(?![\w*])|{_MARKS})")

Context = tuple[int, ...]
Heading = tuple[float, int | None, bool]
"""Its level, its number if it is not the title, and whether it decides."""


def derived(title: str, text: str, spans: Sequence[Span], count: Callable[[str], int]) -> Structure:
    """The structure of a revision's text, whose passages stand at `spans`. `count` counts the tokens of a text.

    A text that cannot be read, since a parser fails at it, gets a structure without words: nothing answers from it, and
    no other text is kept from being searched. The log has the error.

    How deep the caller stands changes nothing: a parser that finds no room for its calls gets a stack of its own.
    """

    def read() -> Structure:
        return _Derivation(title, text, spans, count).structure()

    error: BaseException | None
    try:
        return read()
    except RecursionError:
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(read)
        if not isinstance(error := found.exception(), UNREADABLE):
            return found.result()
    except UNREADABLE as failure:
        error = failure
    logger.error("A revision cannot be read, so nothing answers from it", exc_info=error)
    return wordless(tuple((span.start, span.end) for span in spans))


@dataclass(slots=True)
class _Derivation:
    title: str
    text: str
    spans: Sequence[Span]
    count: Callable[[str], int]
    references: Mapping[str, Any] = field(default_factory=dict)
    governing: list[Governing] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    numbers: dict[tuple[str, int, int], int] = field(default_factory=dict)
    leaves: Sequence[Node] = ()
    """Those of the source, each once. Reading puts items into other items, and the tree then has them twice."""
    top: tuple[int, int] | None = None
    """Where the only heading of the first level stands: the title of the document."""
    nested: int = 0
    """In how many lists, quotes and openings what is read stands."""

    def structure(self) -> Structure:
        document, self.references = outline(self.text)
        self.text = _shown(self.text, document)
        self._place(document)
        tops = [node for node in document.children if node.kind == "heading" and node.level == 1]
        self.top = tops[0].span if len(tops) == 1 else None
        nothing = Standing("", 0, ())
        self.standings = [nothing] * len(self.spans)
        members = self._siblings(document.children, (), "")
        self._footnotes()
        places = tuple((span.start, span.end) for span in self.spans)
        return Structure(tuple(self.governing), tuple(self.standings), tuple(members), places)

    def _place(self, document: Node) -> None:
        """Gives each leaf the passages that begin in it, or behind it and before the next leaf."""
        self.leaves = leaves = list(document.leaves()) or [Node("paragraph", (0, len(self.text)), self.text)]
        if not document.children:
            document.children = leaves
        at = 0
        for ordinal, span in enumerate(self.spans, start=1):
            while at + 1 < len(leaves) and leaves[at + 1].span[0] <= span.start:
                at += 1
            leaves[at].passages.append(ordinal)

    # Siblings: what introduces what, and what closes it.

    def _siblings(self, nodes: Sequence[Node], context: Context, indent: str) -> list[Member]:
        """The members of a document, quote or item, in their order."""
        children = _Siblings(with_lettered(nodes), self.text)
        headings: list[Heading] = []
        found: list[Member] = []
        at = 0
        while at < len(children):
            node = children[at]
            if node.kind == "heading":
                self._enter_heading(headings, node.level, node.span, node.content)
                at += 1
                continue
            after = children[at + 1] if at + 1 < len(children) else None
            if after is not None and after.kind == "heading" and node.kind == "paragraph":
                self._open_sections(headings, node, after.level)
            if node.kind == "html" and (found_heading := html_heading(node.content)) is not None:
                self._enter_heading(headings, found_heading[0], node.span, found_heading[1])
            line = node.kind == "paragraph" and emphasised(node.content)
            if line or node.kind != "paragraph":
                _end_lines(headings)
            here = (*context, *_deciding(headings))
            members, end = self._unit(children, at, here, indent, 0)
            found += members
            if children[end - 1].kind != "paragraph":
                _end_lines(headings)
            heads = line and decides(node.content) and children.lines[at] > 1
            if heads and after is not None and after.kind == "paragraph":
                headings.append((LEVELS + 0.5, self._number("bold_line", node.span), True))
            at = end
        return found

    def _open_sections(self, headings: list[Heading], node: Node, level: int) -> None:
        """A paragraph that ends open before a deeper heading governs the sections beneath it."""
        start, end = introduction(self.text, node.span)
        above = max((before for before, _, _ in headings), default=0)
        if level > above and opens(self.text[start:end]):
            headings.append((level - 0.5, self._number("lead_in", (start, end)), True))

    def _enter_heading(self, headings: list[Heading], level: int, span: tuple[int, int], content: str) -> None:
        while headings and headings[-1][0] >= level:
            headings.pop()
        name = " ".join(content.split())
        titled = name.casefold() == self.title.casefold() or (span == self.top and not denies(name))
        number = self._number("heading", span)
        headings.append((level, None if titled else number, decides(name) and not titled))

    def _unit(
        self, children: "_Siblings", at: int, context: Context, indent: str, depth: int
    ) -> tuple[list[Member], int]:
        """What begins at a sibling and is read together: and the place of the sibling after it."""
        node = children[at]
        after = children[at + 1] if at + 1 < len(children) else None
        if node.kind == "break":
            return [], at + 1
        if node.kind in BODIES:
            return self._bodies(children, at, context, indent, many=False, introduced=False)
        if node.kind != "paragraph" or after is None or depth == CHAIN:
            return self._leaf(node, context, indent), at + 1
        start, end = introduction(self.text, node.span)
        sentence = self.text[start:end]
        strong = introduces(sentence)
        line = emphasised(node.content)
        asks = question(node.content)
        if after.kind in ("list", "table") or (after.kind in BODIES and strong):
            kind = "chapeau" if after.content == LETTERED and after.kind == "list" else "lead_in"
            kind = "heading" if line and decides(node.content) else kind
            strong = strong or asks
            inner = (*context, self._number(kind, (start, end))) if strong else context
            members, end_at = self._bodies(children, at + 1, inner, indent, many=strong)
        elif defines(after.content):
            members, end_at = self._definitions(children, at, context, indent)
        elif after.kind == "paragraph" and self._opens(children, at, opens(sentence) or line or asks):
            governs = not line or decides(node.content) or opens(sentence)
            kind = "heading" if line else "lead_in"
            inner = (*context, self._number(kind, (start, end))) if governs else context
            members, end_at = self._opened(children, at + 1, inner, indent, depth + 1)
        elif after.kind == "paragraph" and names(node.content) and not depth:
            members, end_at = self._unit(children, at + 1, context, indent, depth + 1)
        else:
            return self._leaf(node, context, indent), at + 1
        lead = self._leaf(node, context, indent)
        if not lead:
            return members, end_at
        form: Form = "introduced" if start == node.span[0] else "follows"
        return [*lead[:-1], *_group(form, [lead[-1], *members])], end_at

    def _opened(
        self, children: "_Siblings", at: int, context: Context, indent: str, depth: int
    ) -> tuple[list[Member], int]:
        """What an opening introduces: the next unit, or lines of a few words one after the other."""
        end = at
        while end < len(children) and children[end].kind == "paragraph" and names(children[end].content):
            end += 1
        if end - at < 2:
            self.nested += 1
            found = self._unit(children, at, context, indent, depth)
            self.nested -= 1
            return found
        return [member for node in children[at:end] for member in self._leaf(node, context, indent)], end

    def _definitions(
        self, children: Sequence[Node], at: int, context: Context, indent: str
    ) -> tuple[list[Member], int]:
        """The definitions behind a term, each a paragraph that begins with a colon."""
        start, end = children[at].span
        term = self._number(
            "lead_in", (start, self.text.find("\n", start, end) if "\n" in children[at].content else end)
        )
        members: list[Member] = []
        at += 1
        while at < len(children) and defines(children[at].content):
            members += self._leaf(children[at], (*context, term), indent)
            at += 1
        return members, at

    def _opens(self, children: Sequence[Node], at: int, open_: bool) -> bool:
        """Whether a paragraph is read together with the one behind it, because it ends open or points past it."""
        return self.nested < DEEPEST and (open_ or self._points_past(children, at))

    def _points_past(self, children: Sequence[Node], at: int) -> bool:
        """Whether a paragraph points to a list from which a paragraph that does not introduce it keeps it apart."""
        if at + 2 >= len(children) or children[at + 2].kind not in ("list", "table"):
            return False
        sentence, between = (self.text[slice(*introduction(self.text, children[n].span))] for n in (at, at + 1))
        return points(sentence) and not introduces(between)

    def _bodies(
        self, children: "_Siblings", at: int, context: Context, indent: str, *, many: bool, introduced: bool = True
    ) -> tuple[list[Member], int]:
        """Lists, tables and the like from a sibling on, with the paragraph that closes them."""
        end = at + 1
        if many and children[at].kind in ("list", "html") and children[at].content != LETTERED:
            end = _lists_end(children, at)
        if children[at].kind == "html":
            end = max(end, children.html_ends[at])
        closing = self._closing(children, end)
        inner = context if closing is None else (*context, self._number("list_closing", closing.span))
        of_html = (html_header(self.text, node.span) for node in children[at:end] if node.kind == "html")
        if (header := next(filter(None, of_html), None)) is not None:
            inner = (*inner, self._number("table_header", header))
        members = [member for node in children[at:end] for member in self._body(node, inner, indent, introduced)]
        if closing is not None:
            members += self._leaf(closing, context, indent)
            end += 1
        form: Form = "together" if many or introduced else "loose"
        return _group(form, members), end

    def _closing(self, children: Sequence[Node], at: int) -> Node | None:
        """The paragraph at a place, if it closes the list or table before it and does not introduce the next one."""
        node = children[at] if at < len(children) else None
        if node is None or node.kind != "paragraph" or children[at - 1].kind not in ("list", "table"):
            return None
        if not (points_back(node.content) or (children[at - 1].kind == "list" and closes(node.content))):
            return None
        after = children[at + 1] if at + 1 < len(children) else None
        opening = after is not None and after.kind in BODIES and introduces(node.content)
        return None if opening else node

    def _body(self, node: Node, context: Context, indent: str, introduced: bool) -> list[Member]:
        if node.kind in ("list", "quote"):
            members = self._inside(node, context, indent)
        elif node.kind == "table":
            if any(cell.strip() for cell in node.cells):
                context = (*context, self._number("table_header", node.span))
            columns = [inline_words(cell, self.references) for cell in node.cells]
            members = [member for row in node.children for member in self._row(row, columns, context, indent)]
        else:
            members = self._leaf(node, context, indent)
        form: Form = "together" if introduced else "loose"
        return _group(form, members)

    def _inside(self, node: Node, context: Context, indent: str) -> list[Member]:
        """The members of a list or quote; side by side where they stand too deep."""
        if self.nested == DEEPEST:
            return [member for part in _level(node) for member in self._body(part, context, indent, introduced=False)]
        self.nested += 1
        if node.kind == "list":
            members = self._items(node, context, indent)
        else:
            members = self._siblings(node.children, context, indent)
        self.nested -= 1
        return members

    def _items(self, node: Node, context: Context, indent: str) -> list[Member]:
        """The items of a list, and what stands between them."""
        members: list[Member] = []
        for item in node.children:
            if item.kind != "item":  # a paragraph between two parts of a numbered list
                members += self._leaf(item, self._headings(context), indent)
                continue
            members += self._item(item, context, indent)
            if (line := lazy_line(self.text, item)) is not None:  # what follows is introduced anew
                context = (*self._headings(context), self._number("lead_in", line))
        return members

    def _headings(self, context: Context) -> Context:
        return tuple(number for number in context if self.governing[number].kind == "heading")

    def _item(self, item: Node, context: Context, indent: str) -> list[Member]:
        first, rest = (item.children[0], item.children[1:]) if item.children else (None, [])
        if first is None:
            return []
        deeper = f"{indent}  "
        if first.kind != "paragraph":
            return self._siblings(item.children, context, deeper)
        lead = self._leaf(first, context, indent, item.marker)
        if not rest:
            return lead
        inner = (*context, self._number("parent_item", parent(self.text, first.span)))
        members = [*lead, *self._siblings(rest, inner, deeper)]
        return _group("introduced" if lead else "together", members)

    # Leaves: the words of each passage, and what governs it.

    def _leaf(self, node: Node, context: Context, indent: str, marker: str = "") -> list[Member]:
        """The passages of a paragraph or a verbatim block; those between which a sentence was cut stay together."""
        ordinals = node.passages
        if not ordinals:
            return []
        if len(ordinals) == 1 and node.span == self._span(ordinals[0]):
            self._stand(ordinals[0], self._words_of(node), context, indent, marker)
            return [ordinals[0]]
        for ordinal in ordinals:
            start, end = self._span(ordinal)
            piece = Node(node.kind, (start, end), _QUOTED.sub("", self.text[start:end]))
            self._stand(ordinal, self._words_of(piece), context, indent, marker)
            marker = " " * len(marker)
        self._enumerated(node, ordinals)
        return self._uncut(node, ordinals)

    def _words_of(self, node: Node) -> str:
        if node.kind == "html":
            return html_words(node.content)
        if node.kind == "code":
            return code_words(node.content)
        return inline_words(node.content, self.references)

    def _row(self, row: Node, columns: Sequence[str], context: Context, indent: str) -> list[Member]:
        words = row_words(columns, [inline_words(cell, self.references) for cell in row.cells])
        for ordinal in row.passages:
            if self._span(ordinal) != row.span:  # a row so long that it was cut
                words = inline_words(self.text[slice(*self._span(ordinal))], self.references)
            self._stand(ordinal, words, context, indent, "-")
        return list(row.passages)

    def _stand(self, ordinal: int, words: str, context: Context, indent: str, marker: str) -> None:
        lines = words.split("\n") if words else []
        begin = f"{indent}{marker} " if marker else indent
        laid = "\n".join(f"{begin if not n else ' ' * len(begin)}{line}" for n, line in enumerate(lines))
        self.standings[ordinal - 1] = Standing(laid, self.count(words), tuple(dict.fromkeys(context)))

    def _uncut(self, node: Node, ordinals: Sequence[int]) -> list[Member]:
        """The passages, those together between which no sentence begins."""
        if node.kind != "paragraph":
            return list(ordinals)
        start = node.span[0]
        begins = {start + first for first, _ in sentences(self.text[start : node.span[1]])}
        runs: list[list[int]] = []
        for ordinal in ordinals:
            if runs and self._span(ordinal)[0] not in begins:
                runs[-1].append(ordinal)
            else:
                runs.append([ordinal])
        return _group("cut", [member for run in runs for member in _group("cut", run)])

    def _enumerated(self, node: Node, ordinals: Sequence[int]) -> None:
        """Gives the pieces of a paragraph that counts (i), (ii) in a sentence the words before (i)."""
        if (found := inline_enumeration(self.text[slice(*node.span)])) is None:
            return
        start = node.span[0]
        (first, last), places = found
        for ordinal in ordinals:
            if start + places[0] < self._span(ordinal)[0] <= start + places[-1]:
                self._govern(ordinal, self._number("chapeau", (start + first, start + last)))

    def _footnotes(self) -> None:
        """Footnotes belong to what refers to them, and what refers to a footnote belongs to it.

        Of several with the same mark, the next one behind a reference is meant.
        """
        notes: dict[str, list[tuple[int, int]]] = {}
        for note_text in _NOTE_TEXT.finditer(self.text) if "[^" in self.text else ():
            notes.setdefault(note_text[1], []).append(note_text.span(2))
        for leaf in self.leaves:
            if leaf.kind == "paragraph" and (match := _MARK.match(self.text, *leaf.span)):
                notes.setdefault(match[0].lstrip("\\"), []).append(leaf.span)
        if not notes:
            return
        referring = [self._first_notes(item, notes) for item in self.governing]
        for ordinal, standing in enumerate(self.standings, start=1):
            found_notes = [note for number in standing.governing for note in referring[number]]
            self._govern(ordinal, *(self._number("footnote", note) for note in found_notes))
        # Up to each note with a mark, how far down any of them begins.
        furthest = {mark: list(accumulate((first for first, _ in found), max)) for mark, found in notes.items()}
        starts, referred = [span.start for span in self.spans], Counter[int]()
        for ordinal, span in enumerate(self.spans, start=1):
            even = self.text.count("*", span.start, span.end) % 2 == 0
            for found in _REFERENCE.finditer(self.text, span.start, span.end):
                mark = found[1] or found[2]
                if mark not in notes or (found[0] == "*" and even):  # an even number of stars is emphasis
                    continue
                behind = bisect_right(furthest[mark], found.start())
                meant = notes[mark][min(behind, len(notes[mark]) - 1)]
                own = bisect_right(starts, meant[0])
                if own == ordinal:
                    continue
                self._govern(ordinal, self._number("footnote", meant))
                referred[own] += 1
                if own and meant[0] < self._span(own)[1] and referred[own] <= REFERENCES:
                    self._govern(own, self._number("footnote", self._sentence(ordinal, found.start())))

    def _first_notes(self, item: Governing, notes: Mapping[str, Sequence[tuple[int, int]]]) -> list[tuple[int, int]]:
        """The first footnotes to which governing words refer, of each mark the first one."""
        marks = (found[1] or found[2] for found in _REFERENCE.finditer(self.text, item.start, item.end))
        return list(islice(dict.fromkeys(notes[mark][0] for mark in marks if mark in notes), NOTES))

    def _sentence(self, ordinal: int, place: int) -> tuple[int, int]:
        """The sentence of a passage in which a place lies."""
        start, end = self._span(ordinal)
        end = next((start + last for _, last in sentences(self.text[start:end]) if place < start + last), end)
        return introduction(self.text, (start, start + len(self.text[start:end].rstrip())))

    def _govern(self, ordinal: int, *numbers: int) -> None:
        standing = self.standings[ordinal - 1]
        governing = tuple(dict.fromkeys((*standing.governing, *numbers)))
        self.standings[ordinal - 1] = Standing(standing.words, standing.tokens, governing)

    def _number(self, kind: str, span: tuple[int, int]) -> int:
        key = (kind, *span)
        if key not in self.numbers:
            self.numbers[key] = len(self.governing)
            self.governing.append(Governing(kind, *span, self.count(self.text[slice(*span)])))
        return self.numbers[key]

    def _span(self, ordinal: int) -> tuple[int, int]:
        span = self.spans[ordinal - 1]
        return span.start, span.end


class _Siblings(list[Node]):
    """The blocks of a document, quote or item, and what is found out about all of them at once."""

    def __init__(self, nodes: Iterable[Node], text: str) -> None:
        super().__init__(nodes)
        self._text = text

    @cached_property
    def lines(self) -> list[int]:
        """How many lines of emphasis stand in the section of each sibling."""
        sections: list[int] = []
        found = Counter[int]()
        for node in self:
            sections.append(sections[-1] + (node.kind in ("heading", "break")) if sections else 0)
            found[sections[-1]] += node.kind == "paragraph" and emphasised(node.content)
        return [found[section] for section in sections]

    @cached_property
    def html_ends(self) -> list[int]:
        """Where a list or table of HTML ends that begins at each sibling, also where blank lines cut it into several.

        One that nothing closes ends with the sibling at which it begins.
        """
        ends = list(range(1, len(self) + 1))
        begun: list[tuple[int, int]] = []
        depth = 0
        for at, node in enumerate(self):
            if node.kind == "html":
                begun.append((at, depth))
            elif node.kind != "paragraph":
                begun.clear()
            if not begun:
                continue
            depth += html_depth(self._text[slice(*node.span)])
            while begun and begun[-1][1] >= depth:
                ends[begun.pop()[0]] = at + 1
        return ends


def _level(node: Node) -> list[Node]:
    """What stands in a list or quote, however deep, without the lists and quotes around it."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part.kind in ("list", "item", "quote"):
            waiting += reversed(part.children)
        else:
            found.append(part)
    return found


def _shown(text: str, document: Node) -> str:
    """The text with spaces in place of comments, so that everything else stands where it stood."""
    if "<!--" not in text:
        return text
    waiting, spans = [document], set[tuple[int, int]]()
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.kind not in ("code", "document", "list", "item", "quote", "break"):
            spans.update(comment_spans(text, *node.span, html=node.kind == "html"))
    return masked(text, sorted(spans))


def _group(form: Form, members: Sequence[Member]) -> list[Member]:
    """The members as one, if they are several."""
    return [Group(form, tuple(members))] if len(members) > 1 else list(members)


def _deciding(headings: Sequence[Heading]) -> Context:
    """The headings from the outermost one that decides on: each further one may turn its meaning round."""
    first = next((at for at, (_, _, decides_) in enumerate(headings) if decides_), len(headings))
    return tuple(number for _, number, _ in headings[first:] if number is not None)


def _end_lines(headings: list[Heading]) -> None:
    """Ends what a line of emphasis is the heading of: it goes no further than the paragraphs behind it."""
    while headings and headings[-1][0] > LEVELS:
        headings.pop()


def _lists_end(children: Sequence[Node], at: int) -> int:
    """Where the lists end that begin at a sibling, with at most code between them."""
    end = look = at + 1
    while look < len(children) and children[look].kind in ("list", "code", "html"):
        look += 1
        if children[look - 1].kind == "list":
            end = look
    return end
