"""References to policies, sections and places of the page that are not there."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from urllib.parse import unquote

from policies.instant import to_datetime
from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Block, Page, plain

_NAME = re.compile(r"(?<![\w@#./-])[A-Za-z0-9][A-Za-z0-9._-]*+")
_NUMBERED = re.compile(r"(.*[A-Za-z][-_.])\d{1,9}")
_DIGITS = re.compile(r"\d{1,9}$")

_DEEPEST = 8
"""How many numbers a label has after its first one: each is a name too, so long ones would take much memory."""

_LABEL = rf"(?:\d{{1,2}}|[A-Z])(?:\.\d{{1,3}}){{0,{_DEEPEST}}}"
_HEADING = re.compile(rf"(?:(?:section|article|part|chapter)[ \xa0]+)?({_LABEL})(?!\.\d)(?:[.):]|(?=[ \xa0—–-]))", re.I)
_CLAUSE = re.compile(rf"(\d{{1,2}}(?:\.\d{{1,3}}){{1,{_DEEPEST}}})[.):]?[ \xa0]")
_BETWEEN = r"(?:, and|, or|,|[ \xa0]and|[ \xa0]or|[ \xa0]through)[ \xa0\n]"
_SECTION = re.compile(
    rf"(?:\b[Ss]ection|§)[ \xa0\n]*({_LABEL})(?![\w-]|\.\d)"
    rf"|(?:\b[Ss]ections|§§)[ \xa0\n]*({_LABEL}(?:{_BETWEEN}{_LABEL})*)(?![\w-]|\.\d)"
)
_ONE_LABEL = re.compile(rf"(?<![\w.]){_LABEL}(?!\w)")
_ELSEWHERE = re.compile(
    r"(?:\(\w+\))*,?[ \xa0\n]+"
    r"(?:(?:of|in|under|to)[ \xa0\n]+(?!(?:this|these|our)\b|(?:the )?(?:above|below)\b)|[A-Z]{2,})"
)
_LAST_WORD = re.compile(r"([\w.’']+)[ \xa0\n]+(?:\(\s*)?$")
_MAY_STAND_BEFORE = frozenset(
    "See In Under Per By And Or As To From With The Of Except Subject This Section Unless If".split()
)
LEAST_NUMBERED = 2
"""How many numbered headings make their numbers names."""

_ID = re.compile(r"\b(?:id|name)\s*=\s*[\"']?([^\"'\s<>]+)", re.I)
_BRACED_ID = re.compile(r"\{#([\w.:-]++)[^{}]*+\}")
_HTML_HEADING = re.compile(r"<h[1-6]\b[^<>]*>(.{0,300}?)</h[1-6]>", re.I | re.S)
_TAG = re.compile(r"<[^<>]*>")
_REPEAT = re.compile(r"-\d+$")
_NOT_IN_FILE = re.compile(
    r"top|l\d+(?:c\d+)?(?:-l?\d+(?:c\d+)?)?"
    r"|(?:user-content-)?fn(?:ref)?(?:\d+|[:_-].+)|cite(?:_note|_ref)?[_-]?\d+(?:-\d+)?|:~:.+"
)
"""Places that readers of Markdown make themselves: the top, lines of a file, footnotes, words of a page."""


def _policies(page: Page) -> Iterator[Found]:
    own = page.draft.policy_id
    wanted: list[tuple[str, str, int]] = []
    for block in page.shown():
        for match in _NAME.finditer(block.words):
            name = match[0].rstrip("._-")
            if name != own and (shape := _NUMBERED.fullmatch(name)):
                wanted.append((name, shape[1], block.line_at(match.start())))
    if not wanted:
        return
    known = page.in_force()
    shapes = {shape[1] for name in (own, *known) if (shape := _NUMBERED.fullmatch(name))}
    seen: set[str] = set()
    day = to_datetime(page.start).date().isoformat()
    for name, shape_of, line in wanted:
        if shape_of not in shapes or known.get(name) or name in seen:
            continue
        seen.add(name)
        yield line, f"{name} is not in force on {day}" if name in known else f"There is no policy {name}"


def _sections(page: Page) -> Iterator[Found]:
    labels, tops = _labels(page)
    yield from _anchors(page)
    for kind in (str.isdigit, str.isalpha):
        numbered = {top for top in tops if kind(top)}
        if len(numbered) < LEAST_NUMBERED:
            continue
        for block in page.shown():
            if block.kind == "heading":
                continue
            for label, at in _mentions(block):
                first, *rest = label.split(".")
                if not kind(first):
                    continue
                if first not in numbered:
                    yield block.line_at(at), f"There is no section {label}: no heading has the number {first}"
                elif rest and label not in labels:
                    yield block.line_at(at), f"There is no section {label}: section {first} has no such part"


def _mentions(block: Block) -> Iterator[tuple[str, int]]:
    """The sections of this page that a block names, by label, and where."""
    words, begins = block.words, [link.start for link in block.links]
    for match in _SECTION.finditer(words):
        before = _LAST_WORD.search(words[max(0, match.start() - 60) : match.start()])
        if before and before[1][0].isupper() and before[1] not in _MAY_STAND_BEFORE and not before[1].endswith("."):
            continue
        if before and before[1].endswith(("U.S.C.", "C.F.R.")):
            continue
        if _ELSEWHERE.match(words, match.end()):
            continue
        before_end = bisect_right(begins, match.end())
        if before_end and match.start() <= block.links[before_end - 1].end:
            continue
        text = match[1] or match[2]
        for label in _ONE_LABEL.findall(text):
            yield label, match.start()


def _labels(page: Page) -> tuple[set[str], set[str]]:
    """The labels of sections and of what is numbered beneath them; and the first part of each heading's label.

    Where a number stands beneath another one it counts alone and with those above it: authors write it either way.
    """
    labels: set[str] = set()
    tops: set[str] = set()
    path: list[tuple[int, str]] = []
    for block in page.shown():
        words = block.words.lstrip()
        if block.kind == "heading":
            while path and path[-1][0] >= block.level:
                path.pop()
            if match := _HEADING.match(words):
                label = match[1].upper()
                tops.add(label.split(".")[0])
                labels |= _beneath(path, label)
                path.append((block.level, label))
        elif match := _CLAUSE.match(words):
            labels |= _beneath(path, match[1])
        elif block.number:
            labels |= _beneath(path, block.number)
    for label in list(labels):
        parts = label.split(".")
        labels |= {".".join(parts[:depth]) for depth in range(1, len(parts))}
    return labels, tops


def _beneath(path: list[tuple[int, str]], label: str) -> set[str]:
    """A label, alone and beneath those of the headings above it."""
    above = [name for _, name in path]
    return {".".join([*above[depth:], label]) for depth in range(len(above) + 1)}


def _anchors(page: Page) -> Iterator[Found]:
    wanted = [
        (block, link)
        for block in page.shown()
        for link in block.links
        if link.target.startswith("#") and len(link.target) > 1 and "%7B" not in link.target
    ]
    if not wanted:
        return
    there = _places(page)
    for block, link in wanted:
        target = unquote(link.target[1:]).casefold()
        if _NOT_IN_FILE.fullmatch(target):
            continue
        if plain(target) not in there and plain(_REPEAT.sub("", target)) not in there:
            words = block.words[link.start : link.end] or link.target
            yield (
                block.line_at(link.start),
                f"The link {quoted(words)} leads to #{target}, and no heading has that name",
            )


def _places(page: Page) -> set[str]:
    """What a link of the page may lead to, without the signs between words: renderers differ in these."""
    found: set[str] = set()
    for block in page.blocks:
        for _, html in block.html:
            found |= {plain(name) for name in _ID.findall(html)}
            for words in _HTML_HEADING.findall(html):
                found |= _names(_TAG.sub("", words))
        names = _BRACED_ID.findall(block.words)
        found |= {plain(name) for name in names}
        if block.kind == "heading":
            words = _BRACED_ID.sub("", block.raw if "`" in block.raw else block.words)
            found |= _names(words) | _names(words.lstrip("0123456789. )"))
    return found


def _names(heading: str) -> set[str]:
    """What renderers call a heading: some leave an ampersand out, and some read it as a word."""
    return {plain(heading), plain(re.sub(r"&(?:amp;)?", " and ", heading))}


RULES = (
    Rule(
        "unknown-policy",
        "a policy id that is not known, or not in force when this text begins",
        "Name a policy that is in force then, or publish that one in the same commit",
        "Gifts are handled as P-12 says.",
        "Gifts are handled as P-8 says.",
        _policies,
    ),
    Rule(
        "unknown-section",
        "a reference to a section that is not there, or a link to a heading that is not there",
        "Name the section as its heading is numbered now",
        "## 1. Gifts\n\nSee section 4.2.\n\n## 2. Refunds\n\nThey take 5 days.",
        "## 1. Gifts\n\nSee section 2, and section 512 of the DMCA.\n\n## 2. Refunds\n\nThey take 5 days.",
        _sections,
    ),
)
