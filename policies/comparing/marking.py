"""Two texts as runs of words: the same in both, removed from the first, added in the second."""

import re
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

Mark = Literal["same", "removed", "added"]
Words: TypeAlias = tuple[tuple[Mark, str], ...]

COMPARED = 300
"""How many words of a text are compared, at most: comparing takes the product of both numbers."""

_WORD_AND_SPACE = re.compile(r"\S+\s*")


def marked_words(before: str, after: str) -> Words:
    """The words of two texts as runs, in the order in which both are read.

    Python's difflib finds them, since it looks for long runs: a shortest list of changes leaves every "the" in place.
    """
    left, right = _WORD_AND_SPACE.findall(before), _WORD_AND_SPACE.findall(after)
    was, now = ([word.strip() for word in words[:COMPARED]] for words in (left, right))
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    runs: list[tuple[Mark, str]] = []
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            runs.append(("same", "".join(right[c:d])))
            continue
        if b > a:
            runs.append(("removed", "".join(left[a:b])))
        if d > c:
            runs.append(("added", "".join(right[c:d])))
    rest: Words = (("removed", "".join(left[COMPARED:])), ("added", "".join(right[COMPARED:])))
    *firsts, last = [*runs, *(run for run in rest if run[1])] or [("same", "")]
    # The last word of the shorter text has no space behind it, and may stand before others here.
    spaced = [(mark, text if text[-1:].isspace() else f"{text} ") for mark, text in firsts]
    return (*spaced, last) if last[1] else ()


def words_content(words: Words) -> list[dict[str, Any]]:
    """The JSON values of marked words."""
    return [{"mark": mark, "text": text} for mark, text in words]
