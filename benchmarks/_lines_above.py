"""Lines that stand above others, found by their marks alone: it knows nothing of the product's code."""

import re
from collections import Counter
from collections.abc import Iterator

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(\S.*?)\s*#*\s*$")
_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)+\|?\s*$")
_MARKER = re.compile(r"\A\s*(?:>\s*)*(?:(?:[-*+]|\d{1,9}[.)])\s+)?")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\S")


def headings(text: str) -> Counter[str]:
    """How often each heading that is written with # stands in a text."""
    return Counter(plain(match[1]) for line, _ in _shown(text) if (match := _HEADING.match(line)) and plain(match[1]))


def table_headers(text: str) -> Counter[str]:
    """How often each line stands in a text that has a rule of a table below it."""
    return Counter(plain(line) for line, below in _shown(text) if "|" in line and below and _RULE.match(below[0]))


def lead_ins(text: str) -> Counter[str]:
    """How often each line stands in a text that ends with a colon and has an item of a list as the next line.

    The mark of an item that it is itself does not count.
    """
    return Counter(
        plain(_MARKER.sub("", line, count=1))
        for line, below in _shown(text)
        if line.rstrip().rstrip("*_").endswith(":") and below and _ITEM.match(below[0]) and not _HEADING.match(line)
    )


def plain(text: str) -> str:
    """Letters and digits of a text in lower case, between single spaces, without the targets of links."""
    text = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", text)
    return " ".join(re.findall(r"\w+", text.lower().replace("_", " ")))


def _shown(text: str) -> Iterator[tuple[str, list[str]]]:
    """The lines outside front matter, comments and fences, each with the next line that is not blank."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    lines, fenced = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and line.strip():
            lines.append(line)
    for at, line in enumerate(lines):
        yield line, lines[at + 1 : at + 2]
