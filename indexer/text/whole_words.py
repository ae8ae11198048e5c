"""Whole words: some words are found in a text, but not as part of longer ones, in time that grows with the text.

A pattern with look-around would be tried at every place anew. A plain search is not, so each word's ends are marked.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

_MARK = "\x00"
_END_OF_WORD = re.compile(r"(?<!\w)(?=[^\W_])|(?<=[^\W_])(?!\w)")
_WRITTEN = re.compile(r"\S+")


def places_of(words: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """Where the words, in lower case, stand in the text, whole and side by side; case and white space do not count."""
    written = list(_WRITTEN.finditer(text))
    marked = [_marked(match[0].lower()) for match in written]
    starts = list(accumulate((len(word) + 1 for word in marked), initial=0))
    wanted, said = _marked(" ".join(words)), " ".join(marked)

    def place(at: int) -> int:
        word = bisect_right(starts, at) - 1
        before = marked[word][: at - starts[word]]
        return written[word].start() + len(before) - before.count(_MARK)

    at = said.find(wanted)
    while at >= 0:
        yield place(at), place(at + len(wanted))
        at = said.find(wanted, at + len(wanted))


def _marked(text: str) -> str:
    return _END_OF_WORD.sub(_MARK, text)
