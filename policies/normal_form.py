"""Unicode: normal forms in time that the text's length alone decides, and scripts without spaces.

Normalising sorts the combining marks that follow one letter, in time that grows with the square of their number, and no
other thread runs meanwhile. So no more than `MOST_MARKS` in a row are taken in; a longer run, which was recorded
before there was a limit, is cut as the Stream-Safe Text Format has it.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

MOST_MARKS = 30
"""How many combining marks may follow one another: UAX #15 too has 30, far more than any language writes."""

SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""The letters of scripts that put no spaces between words, as a part of a class in a pattern: Chinese, Japanese, Thai,
Lao, Burmese, Khmer."""

_JOINER = "\u034f"

# Whatever could be a combining mark; the two of U+FF9E are letters, and become marks in NFKC and NFKD.
_RUN = re.compile(rf"(?:[^\w\s\x00-\u02ff]|[\uff9e\uff9f]){{{MOST_MARKS + 1},}}")


def normalised(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """The text, made stream-safe, in a normal form."""
    return unicodedata.normalize(form, stream_safe(text))


def stream_safe(text: str) -> str:
    """The text with a joiner that nobody sees after each `MOST_MARKS` combining marks of a longer run."""
    pieces, begun = [], 0
    for start, end in _runs(text):
        for cut in range(start + MOST_MARKS, end, MOST_MARKS):
            pieces.append(text[begun:cut])
            begun = cut
    return _JOINER.join([*pieces, text[begun:]])


def too_many_marks(text: str) -> int | None:
    """Where the first run of more than `MOST_MARKS` combining marks begins."""
    return next((start for start, _ in _runs(text)), None)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Where each run of more than `MOST_MARKS` combining marks begins and ends."""
    for found in () if text.isascii() else _RUN.finditer(text):
        for combines, run in groupby(range(*found.span()), key=lambda at: _combines(text[at])):
            places = list(run)
            if combines and len(places) > MOST_MARKS:
                yield places[0], places[-1] + 1


def _combines(character: str) -> bool:
    """Whether it joins the character before it in some normal form."""
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0
