"""Terms that are defined more than once."""

import re
from collections.abc import Iterator

from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Block, Page

_DEFINES = r"(?:means?|shall mean|will mean|refers? to|is defined as|are defined as|has the meaning|have the meaning)\b"
_QUOTED = re.compile(rf"[“\"]([^”“\"\n]{{2,60}})[”\"](?:[ \xa0\n]?\([^()]{{0,60}}\))?,?[ \xa0\n]+{_DEFINES}")
_BEHIND_BOLD = re.compile(rf"[”\"]?,?[ \xa0\n]+{_DEFINES}")
_BEHIND_TERM = re.compile(r"[”\"]?[ \xa0]?(?::|[—–]|[ \xa0]-[ \xa0])")
_GLOSSARY = re.compile(r"\b(?:definitions?|glossary|defined terms)\b", re.I)
_SCOPED = re.compile(
    r"\b(?:in|under|of|for|as used in) (?:the )?(?:purposes? of )?(?:this|the following) "
    r"(?:section|subsection|paragraph|clause|article|table|chapter|part)\b",
    re.I,
)
_QUOTES = "“”\"' \xa0\n:.,"


def _twice(page: Page) -> Iterator[Found]:
    first: dict[str, int] = {}
    for block, term, at in _definitions(page):
        key = " ".join(term.casefold().split())
        line = block.line_at(at)
        if key in first and first[key] != line:
            yield line, f"{quoted(term)} is defined here and on line {first[key]}"
        first.setdefault(key, line)


def _definitions(page: Page) -> Iterator[tuple[Block, str, int]]:
    """The definitions that hold for the whole page: block, term, and where it stands."""
    glossary: int | None = None
    for block in page.shown():
        if block.kind == "heading":
            if glossary is None or block.level <= glossary:
                glossary = block.level if _GLOSSARY.search(block.words) else None
            continue
        if block.kind != "paragraph" or _SCOPED.search(block.words):
            continue
        words = block.words
        found = {match.start(1): match[1] for match in _QUOTED.finditer(words)}
        for start, end in block.bold:
            behind = _BEHIND_BOLD.match(words, end)
            leads = glossary is not None and not words[:start].strip(_QUOTES)
            named = leads and (_BEHIND_TERM.match(words, end) or words[start:end].rstrip().endswith(":"))
            if (behind or named) and start < end:
                found.setdefault(start + (words[start] in _QUOTES), words[start:end])
        for at, term in sorted(found.items()):
            if bare := term.strip(_QUOTES):
                yield block, bare, at


RULES = (
    Rule(
        "defined-twice",
        "a term that is defined twice",
        "Keep one definition; where they differ, give one of them another name",
        '"Gift" means an item that was bought for another person.\n\nA "gift" means whatever has a gift receipt.',
        '"Gift" means an item for another person.\n\n"Gift receipt" means a receipt without prices.',
        _twice,
    ),
)
