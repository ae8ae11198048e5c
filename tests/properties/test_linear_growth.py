"""Whatever reads text takes time in proportion to its length, on the hardest texts that we know.

The ratio of two times is looked at, not the times: under load both are longer. `scripts/bench growth` shows exponents.
"""

import re
from collections.abc import Iterable

import pytest

from benchmarks._hostile_text import FAMILIES
from benchmarks._text_readers import READERS
from benchmarks.growth import LEAST, Growth, growth, taken

SMALL, LARGE = 2_000, 8_000
"""Past the bounds within which comparing two texts takes the product of their lengths."""

ENOUGH = 0.01
"""Seconds of processor time: where the larger text takes less, growth is not looked for."""

EXPONENT = 1.75
"""In proportion is 1, squared is 2; between them lies the noise of a busy machine."""


def growing(name: str, families: Iterable[str]) -> list[str]:
    """The families that the reader takes disproportionate time for, each time it is tried."""
    read = READERS[name]
    slow = [family for family in families if taken(read, FAMILIES[family](LARGE), times=1) > ENOUGH]
    return [
        family
        for family in slow
        if all(growth(read, FAMILIES[family], (SMALL, LARGE), times=1).exponent > EXPONENT for _ in range(4))
    ]


@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_text_alone(name: str) -> None:
    """Each reader by a third of the families, each family by a third of the readers."""
    assert growing(name, list(FAMILIES)[list(READERS).index(name) % 3 :: 3]) == []


ONCE = {
    "split": ["empty quotes", "headings in quotes"],
    "lint": ["'|a'", "name in braces", "numbers of a heading", "numbers of a clause", "sections and links"],
    "compared with other words": ["'\\n- a'"],
    "reply": ["spaces then a", "marks of an end", "marks of no end"],
    "citation forms": ["citations by number"],
}


@pytest.mark.parametrize("name", ONCE)
def test_time_grows_with_the_text_alone_where_it_once_did_not(name: str) -> None:
    """Of the pairs that the third leaves out."""
    assert growing(name, ONCE[name]) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_text_alone_in_every_family(name: str) -> None:
    assert growing(name, FAMILIES) == []


def test_a_pattern_that_is_tried_at_every_place_anew_is_found() -> None:
    words = re.compile(r"[^\s]*\w[^\s]*").findall
    assert growth(words, FAMILIES["'{'"], (500, 4_000)).exponent > EXPONENT


def test_times_too_short_to_tell_have_no_exponent() -> None:
    assert growth(len, lambda size: "a" * size, (10, 100)) == Growth(100, pytest.approx(0, abs=LEAST), 0.0)
