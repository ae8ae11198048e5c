"""The ways in which people and models write citations, read in one place.

A citation is a handle (`P-7@3#2`), or a number where there is a list to count in. It stands in brackets of many kinds,
as a raised number, as a link, or bare. Characters that look alike are made alike one to one, so that offsets stay.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from retriever.incomplete_forms import incomplete_forms

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−﹣－", "-"),
        **dict.fromkeys("［【〔〚⟦", "["),
        **dict.fromkeys("］】〕〛⟧", "]"),
        **dict.fromkeys("（", "("),
        **dict.fromkeys("）", ")"),
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        **dict.fromkeys("＃", "#"),
        **dict.fromkeys("＠", "@"),
        **dict.fromkeys("，、", ","),
    }
)
SCHEME = "asof:"
"""What an address of a passage begins with, as a search gives it."""

# Wider than a handle's own grammar: `P-7@0#1` or `P-7@3#2a` cites something that cannot exist, and has to be counted.
# The bound on the id keeps the search linear.
_HANDLE = re.compile(
    r"(?<![A-Za-z0-9])(?P<version>[A-Za-z0-9][A-Za-z0-9._-]{0,199}@\d[A-Za-z0-9]*) ?#(?P<passage>\d[A-Za-z0-9]*)"
    r"(?: ?- ?#?(?P<last>\d+)(?![\w@]))?",
    re.ASCII,
)
_FURTHER = re.compile(r" ?(?:,|;|&|and) ?#?(?P<passage>\d{1,6})(?: ?- ?#?(?P<last>\d+))?(?![\w@.-])", re.ASCII)
_NUMBER = r"\d{1,2}(?: ?- ?\d{1,2})?"
_NUMBERS = rf"(?P<numbers>{_NUMBER}(?: ?(?:,|;|&|and) ?{_NUMBER})*)"
_LABEL = r"(?:(?:id|sources?|refs?|references?|docs?|documents?|passages?|evidence|citations?|n[o°]\.?) ?:? ?#?)?"
_LINK = r"(?:\([^()\s]{0,300}\))?"
_LINK_WITHIN = rf"(?:\((?:#|{SCHEME})[^()\s]{{0,300}}\)|(?!\())"
"""A number that links elsewhere is a link, and no citation."""
_BY_NUMBER = re.compile(
    rf"(?:\\?\[\[?\^? ?{_LABEL}{_NUMBERS}(?: ?†[^\[\]\n]{{0,60}})? ?\\?\]\]?(?!:){_LINK_WITHIN}"
    rf"|<sup> ?\[?(?P<raised>{_NUMBER}(?: ?, ?{_NUMBER})*)\]? ?</sup>)",
    re.IGNORECASE | re.ASCII,
)
_UNRESOLVED_NUMBER = re.compile(r"\[\d+\]", re.ASCII)
_RANGE = re.compile(r"(\d{1,2})(?: ?- ?(\d{1,2}))?")
_DEFINITION = re.compile(r"^[ \t]{0,3}\[\^?(?P<number>\d{1,2})\] ?:[ \t]*(?P<what>[^\n]*)$", re.MULTILINE)
_BEFORE = re.compile(rf"(?:\\?[\[(]|<sup>)+\^? ?{_LABEL}\Z", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r" ?(?:,|;|&|and)? ?", re.ASCII)
_AFTER = re.compile(rf" ?(?:\\?[\])]|</sup>)+{_LINK}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """A citation as it is written: what it names, where that stands, and where all that belongs to it does."""

    citation: str
    start: int
    end: int
    outer: tuple[int, int]


MOST_BRACKETS = 10
"""So many brackets around a handle are taken off; nobody writes more."""


def alike(text: str) -> str:
    """The text with plain hyphens, brackets and spaces in place of those that look like them; no longer, no shorter."""
    return text.translate(_ALIKE)


def plain_handle(text: str) -> str:
    """A handle as its own grammar has it: without brackets, the scheme of its address, or spaces inside."""
    bare = alike(text).strip()
    around = 0
    while around < MOST_BRACKETS and bare[:1] in ("[", "(") and bare[-1:] in ("]", ")"):
        bare, around = bare[1:-1].strip(), around + 1
    match = _HANDLE.fullmatch(bare.removeprefix(SCHEME))
    return bare if match is None else _handle(match["version"], match["passage"], match["last"])


def citation_forms(text: str, evidence: Sequence[str] | None = None) -> list[Form]:
    """Every citation in a text, in order.

    A number counts in `evidence`, or names what its definition in the text cites. One that leads nowhere is given as
    `[3]`, and one that is no whole handle as it is written, `[P-7]`. Without evidence, neither is looked for.
    """
    text = alike(text)
    definitions = {
        int(match["number"]): [form.citation for form in _by_handle(match["what"])]
        for match in _DEFINITION.finditer(text)
    }
    defined = {number: names for number, names in definitions.items() if names}
    lines = [match.span() for match in _DEFINITION.finditer(text) if int(match["number"]) in defined]
    in_lines = _Taken(lines)
    found = [form for form in _by_handle(text) if not in_lines.meets(form.start, form.start + 1)]
    taken = _Taken([*(form.outer for form in found), *lines])
    for match in _BY_NUMBER.finditer(text):
        group = "numbers" if match["numbers"] else "raised"
        numbers = list(_numbers(match[group]))
        if evidence is None and not all(number in defined for number, _, _ in numbers):
            continue
        if taken.meets(*match.span()):
            continue
        at = match.start(group)
        for number, start, end in numbers:
            for name in _named(number, defined, evidence):
                found.append(Form(name, at + start, at + end, match.span()))
    if evidence is not None:
        found += _not_whole(text, evidence, found, lines)
    return sorted(found, key=lambda form: form.start)


def is_incomplete(citation: str) -> bool:
    """Whether a citation of a text is neither a handle nor a number."""
    return _HANDLE.fullmatch(plain_handle(citation)) is None and not is_unresolved_number(citation)


def is_unresolved_number(citation: str) -> bool:
    """Whether a citation of a text is a number that leads nowhere, `[3]`."""
    return _UNRESOLVED_NUMBER.fullmatch(citation) is not None


def definition_lines(text: str) -> list[tuple[int, int]]:
    """Where lines stand that only say what a number cites."""
    plain = alike(text)
    return [match.span() for match in _DEFINITION.finditer(plain) if _HANDLE.search(match["what"])]


def _not_whole(
    text: str, evidence: Sequence[str], found: Sequence[Form], lines: Sequence[tuple[int, int]]
) -> list[Form]:
    """The citations that are no whole handles; what may be a mention is none beside a whole one."""
    policies = {citation.partition("@")[0] for citation in evidence if "@" in citation}
    taken = _Taken([*(form.outer for form in found), *lines])
    versions = {form.citation.partition("#")[0] for form in found}
    whole = versions | {version.partition("@")[0] for version in versions}
    forms = []
    for item in incomplete_forms(text, policies):
        if not taken.meets(item.start, item.end) and not (item.kind == "aside" and item.named in whole):
            forms.append(Form(text[item.start : item.end], item.start, item.end, (item.start, item.end)))
    return forms


class _Taken:
    """Some parts of a text, to be asked often whether they share a character with another part."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        spans = sorted(spans)
        self._begins = [start for start, _ in spans]
        self._reached = list(accumulate((end for _, end in spans), max))

    def meets(self, start: int, end: int) -> bool:
        before = bisect_left(self._begins, end)
        return before > 0 and self._reached[before - 1] > start


def _by_handle(text: str) -> Iterator[Form]:
    """The handles of a text; inside a bracket, the further passages that a list names after one belong to it."""
    run: list[tuple[str, int, int]] = []
    for match in _HANDLE.finditer(text):
        if run and not _BETWEEN.fullmatch(text, run[-1][2], match.start()):
            yield from _enclosed(text, run)
            run = []
        version, end = match["version"], match.end()
        run.append((_handle(version, match["passage"], match["last"]), *match.span()))
        while _BEFORE.search(text, max(0, run[0][1] - 40), run[0][1]) and (further := _FURTHER.match(text, end)):
            end = further.end()
            run.append((_handle(version, further["passage"], further["last"]), further.start("passage"), end))
    if run:
        yield from _enclosed(text, run)


def _enclosed(text: str, run: Sequence[tuple[str, int, int]]) -> Iterator[Form]:
    """Handles in a row, with the brackets around them and the target of their link."""
    first, last = run[0][1], run[-1][2]
    if (before := _BEFORE.search(text, max(0, first - 40), first)) is not None:
        after = _AFTER.match(text, last)
        first, last = before.start(), after.end() if after else last
    for citation, start, end in run:
        yield Form(citation, start, end, (first, last))


def _handle(version: str, passage: str, last: str | None) -> str:
    return f"{version}#{passage}" + (f"-{last}" if last else "")


def _numbers(text: str) -> Iterator[tuple[int, int, int]]:
    """Each number of a list, those of a range too, with its place in the text."""
    for match in _RANGE.finditer(text):
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last <= first + 20:
            yield first, match.start(1), match.end(1)
            yield last, match.start(2), match.end(2)
            continue
        for number in range(first, last + 1):
            yield number, match.start(), match.end()


def _named(number: int, defined: Mapping[int, Sequence[str]], evidence: Sequence[str] | None) -> Sequence[str]:
    if number in defined:
        return defined[number]
    if evidence is not None and 1 <= number <= len(evidence):
        return [evidence[number - 1]]
    return [f"[{number}]"]
