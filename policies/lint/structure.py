"""How a page is built: tables of contents, bold lines in place of headings, images without words, long passages."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby

from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Block, Page, plain

LEAST_ENTRIES = 3
LEAST_SHARE = 0.8
"""The share of a list that are entries, at least, for it to be a table of contents."""

MOST_LEVELS = 6
MOST_HEADING_WORDS = 12
"""How many words a bold line has at most that may be a heading."""

LEAST_WORDS = 5
"""How many words a paragraph has at least that may stand under a heading: an address has fewer in its first line."""

_TOC_MARK = re.compile(r"\s*\[{1,2}_?TOC_?\]{1,2}\s*|\s*\{:\s*toc\s*\}\s*", re.I)
_TOC_TITLE = re.compile(r"(?:table of )?contents:?|in this (?:policy|document|page|article):?", re.I)
_OF_THE_PAGE = re.compile(
    r"\b(?:articles?|below|chapters?|contents?|covers?|documents?|guides?|headings?|here|jump|links?|navigate"
    r"|pages?|parts?|polic(?:y|ies)|read|sections?|see|topics?)\b",
    re.I,
)
"""A word by which a lead-in tells of the page, not of what the policy rules."""

_ENDS_SENTENCE = re.compile(r"[.;,!:]$")
_NO_HEADING = re.compile(
    r"(?:signed|executed|accepted|agreed|acknowledged"
    r"|effective|(?:last )?(?:updated|modified|revised)|version|dated)\b",
    re.I,
)
"""How lines begin that are a signature or a date."""

_SENTENCE_END = re.compile(r"[.!?:;。！？][\"'”’»)\]*_]*$")
_FILE_NAME = re.compile(
    r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)|(?:image|img|picture|screenshot|media/image)[-_ ]?\d*", re.I
)
_IMG = re.compile(r"<img\b[^<>]*>", re.I)
_ALT = re.compile(r"\balt\s*=", re.I)


def _contents(page: Page) -> Iterator[Found]:
    for block in page.shown():
        if block.kind == "paragraph" and _TOC_MARK.fullmatch(block.words):
            yield block.line, f"{quoted(block.words)} makes a table of contents, which repeats the headings"
        led = [at for at, line in enumerate(block.words.split("\n")) if _is_led(line)]
        if len(led) >= LEAST_ENTRIES:
            yield block.line + led[0], f"A table of contents with {len(led)} entries and page numbers"
    headings = {plain(block.words) for block in page.blocks if block.kind == "heading"}
    titled = told = False
    for where, run in groupby(page.shown(), key=_where):
        blocks = [block for block in run if where != "table" or block.column == 0]
        links = [sum(1 for _ in block.links) if _only_links(block) else 0 for block in blocks]
        named = [titled and plain(block.words) in headings for block in blocks]
        entries = sum(map(max, links, named))
        of = sum(1 for found in map(max, links, named) if found)
        if entries >= LEAST_ENTRIES and not told and (of == len(blocks) or of >= LEAST_SHARE * len(blocks)):
            yield blocks[0].line, f"A table of contents with {entries} entries; each would be searched as a passage"
        before = blocks[-1].said if blocks else ""
        titled = _TOC_TITLE.fullmatch(before) is not None
        told = where == "text" and _tells(before)


def _tells(words: str) -> bool:
    """Whether a lead-in says what a list is of, and not that it is of parts of the page."""
    return words.endswith(":") and len(words.split()) >= LEAST_WORDS and not _OF_THE_PAGE.search(words)


def _where(block: Block) -> str:
    """What a block stands in, so far as entries of one table of contents stand together."""
    if block.kind in ("cell", "header cell"):
        return "table" if block.kind == "cell" else "header"
    if "item" in block.within:
        return "list"
    return "links" if _only_links(block) else "text"


def _only_links(block: Block) -> bool:
    """Whether a block is links to places of its page and nothing else, but for numbers."""
    if not block.links or not all(link.target.startswith("#") for link in block.links):
        return False
    at, beside = 0, []
    for link in block.links:
        beside.append(block.words[at : link.start])
        at = link.end
    return not any(map(str.isalpha, "".join([*beside, block.words[at:]])))


def _is_led(line: str) -> bool:
    """Whether dots lead from words to the number of a page."""
    words = line.rstrip()
    bare = words.rstrip("0123456789")
    leaders = "".join(bare.split())
    return 0 < len(words) - len(bare) <= 4 and leaders.endswith(("....", "……")) and any(map(str.isalpha, leaders))


def _bold_lines(page: Page) -> Iterator[Found]:
    blocks = page.blocks
    level = 1
    for before, block, after in zip([None, *blocks], blocks, [*blocks[1:], None], strict=False):
        level = min(block.level, MOST_LEVELS - 1) or level
        if block.kind != "paragraph" or block.within or after is None or after.kind in ("heading", "break"):
            continue
        said = block.said
        if (
            _whole_bold(block)
            and len(said.split()) <= MOST_HEADING_WORDS
            and not _ENDS_SENTENCE.search(said)
            and ": " not in said
            and not _TOC_TITLE.fullmatch(said)
            and not _NO_HEADING.match(said)
            and not (before is not None and before.said.endswith(":"))
            and not _is_bold_line(after)
            and _heads(after)
        ):
            reason = f"{quoted(said)} is bold like a heading, and no passage below it stands under it"
            yield block.line, reason, f"Write it as a heading: {'#' * (level + 1)} {said}"


def _heads(block: Block) -> bool:
    """Whether a block says something that a heading may stand over: no signature, no address."""
    if block.kind != "paragraph" or block.within:
        return True
    return block.said.endswith(":") or len(block.said.split()) >= LEAST_WORDS


def _whole_bold(block: Block) -> bool:
    return block.bold[:1] == [(0, len(block.words))] and any(map(str.isalpha, block.words))


def _is_bold_line(block: Block) -> bool:
    return block.kind == "paragraph" and not block.within and _whole_bold(block)


def _images(page: Page) -> Iterator[Found]:
    for block in page.blocks:
        for line, words in block.images:
            if not words:
                yield line, "An image has no words; what it shows can be neither searched nor cited"
            elif _FILE_NAME.fullmatch(words):
                yield line, f"An image has {quoted(words)} for words, which says nothing of what it shows"
        for line, html in block.html:
            if html.startswith("<!--"):
                continue
            for match in _IMG.finditer(html):
                if not _ALT.search(match[0]):
                    at = line + html.count("\n", 0, match.start())
                    yield at, "An image has no alt; what it shows can be neither searched nor cited"


def _cut(page: Page) -> Iterator[Found]:
    starts = [span.start for span in page.passages]
    text = page.draft.text
    for block in page.blocks:
        if block.kind != "paragraph" and (block.kind != "cell" or block.column):
            continue  # code and HTML are cut between their lines
        first, last = page.offset(block.line), page.offset(block.last) if block.last < page.end else len(text)
        inside = page.passages[bisect_left(starts, first) : bisect_left(starts, last)]
        cut = [
            span for span in inside[:-1] if not _SENTENCE_END.search(text[max(span.start, span.end - 40) : span.end])
        ]
        if cut:
            behind = quoted(text[max(cut[0].start, cut[0].end - 40) : cut[0].end])
            line = text.count("\n", 0, cut[0].end) + 1
            yield line, f"A sentence is longer than a passage may be, so it is cut behind {behind}"


RULES = (
    Rule(
        "table-of-contents",
        "a table of contents",
        "Remove it; the page that Asof shows is searched, not leafed through",
        "- [Damaged items](#damaged-items)\n- [Gifts](#gifts)\n- [Refunds](#refunds)\n\n## Damaged items\n\nA.\n\n"
        "## Gifts\n\nB.\n\n## Refunds\n\nC.",
        "See [Gifts](#gifts).\n\n- Damaged items\n- Wrong items\n- Late items\n\n## Gifts\n\nB.",
        _contents,
    ),
    Rule(
        "bold-heading",
        "a bold line that should be a heading",
        "Write it as a heading: ## and its words",
        "**Damaged items**\n\nWithin 30 days they are eligible.",
        "**Damaged items are never eligible after 30 days.**\n\nWrong items are.",
        _bold_lines,
    ),
    Rule(
        "image-without-words",
        "an image without words",
        "Say in its alt text, or below it, what it shows",
        "![](returns-flow.png)\n\nDamaged items are eligible.",
        "![A damaged box, its corner torn](box.png)\n\nDamaged items are eligible.",
        _images,
    ),
    Rule(
        "cut-passage",
        "a sentence that is cut, since it is longer than a passage may be",
        "Make several sentences of it, or a list with a lead-in",
        "Damaged " + "and broken and torn and wet " * 60 + "items are eligible.",
        "Damaged items are eligible. " * 60,
        _cut,
    ),
)
