"""What to write in place of a front matter that cannot be read: the line, and the words for it."""

import json
import re
from collections.abc import Callable, Collection
from itertools import takewhile

Read = Callable[[str], object]
"""What lines of YAML say; ValueError if they cannot be read."""

_FIELD = re.compile(r"[\"']?(\w+)[\"']?[ \t]*(:?)[ \t]*(.*)", re.DOTALL)
_KEY = re.compile(r"[ \t]+\S|- |#|[\"']?\w+[\"']?[ \t]*:")
_WORDS = re.compile(r"[\w#>*!|(\"“‘]")
_ALMOST = re.compile(r"[ \t]*(?:-{2,}|[—–]+|\*{3,}|_{3,}|\+{3,}|={3,})[ \t]*")
LISTS = ("audience", "applies_to")
"""The fields that may hold more than words."""

_CLOSES = {"[": "]", "{": "}"}
MOST_CHARACTERS = 2000
"""How long a line may be that is read for a mending: a longer one says nothing short."""


def mended(front_matter: str, last: int, keys: Collection[str], read: Read) -> tuple[int, str] | None:
    """The first line that cannot be read, from 0, up to the line `last`, and what to write instead; None if unknown."""
    lines = front_matter.split("\n")
    at = 0
    while at <= last and at < len(lines):
        more = list(takewhile(lambda line: line[:1] in (" ", "\t", "-") or not line.strip(), lines[at + 1 :]))
        if not _reads("\n".join([lines[at], *more]), read):
            wrong = at + 1 if more and more[0].strip() and _reads(lines[at], read) else at
            words = _as_field(lines[wrong].rstrip(), keys, read)
            return None if words is None else (wrong, words)
        at += 1 + len(more)
    return None


def unclosed(text: str) -> tuple[int, str] | None:
    """The line of a text, from 1, at which its front matter should close or begin, and what is wrong with it."""
    lines = text.removeprefix("\ufeff").split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if lines[first].rstrip() != "---":
        return None
    if first:
        return first + 1, "the front matter begins here; remove what stands before it, so that it begins on line 1"
    ends = (at for at, line in enumerate(lines[1:], 1) if not _KEY.match(line) or _ALMOST.fullmatch(line.rstrip()))
    at = next(ends, len(lines))
    if at < len(lines) and _ALMOST.fullmatch(lines[at].rstrip()):
        return at + 1, f'the front matter is not closed; write --- in place of "{lines[at].rstrip()}"'
    return at + 1, "the front matter that line 1 begins is not closed; write a line --- before this line"


def words_begin(front_matter: str) -> int | None:
    """The line, from 0, from which on a front matter looks like the words of its policy; None if it does not."""
    lines = front_matter.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip() and not _KEY.match(line)), None)
    if at is None or not _WORDS.match(lines[at]):
        return None
    while at and (lines[at - 1].startswith("#") or not lines[at - 1].strip()):
        at -= 1
    return at


def _as_field(line: str, keys: Collection[str], read: Read) -> str | None:
    """A line of front matter like this one that can be read."""
    match = _FIELD.fullmatch(line.strip()) if len(line) <= MOST_CHARACTERS else None
    if match is None or match[1] not in keys:
        return None
    key, value = match[1], match[3].strip()
    for written in _values(value):
        field = f"{key}: {written}"
        if field != line and _reads(field, read, of=None if key in LISTS else key):
            return field
    return None


def _values(value: str) -> list[str]:
    """Ways to write a value, the plainest first."""
    if value[:1] in _CLOSES:
        return [value + _CLOSES[value[0]], json.dumps(value, ensure_ascii=False)]
    if value[:1] in ("'", '"') and value.count(value[0]) == 1:
        value = value[1:]
    single = "'" + value.replace("'", "''") + "'"
    return [value, single if '"' in value or "\\" in value else json.dumps(value, ensure_ascii=False)]


def _reads(lines: str, read: Read, of: str | None = None) -> bool:
    """Whether lines are fields, and the field `of` is one of words."""
    try:
        found = read(lines)
    except ValueError:
        return False
    return found is None or (isinstance(found, dict) and (of is None or isinstance(found.get(of), str)))
