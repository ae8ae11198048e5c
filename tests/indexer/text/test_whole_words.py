"""Words found whole: as the pattern with look-around finds them, which takes longer."""

import re

from hypothesis import given
from hypothesis import strategies as st

from indexer.text.whole_words import holds_whole, places_of

FEW = st.text(st.sampled_from("ab7_- .\n\u00e9"), max_size=30)


def test_seven_days_are_not_within_twenty_seven() -> None:
    assert holds_whole("7 days", "Within 7 days.")
    assert not holds_whole("7 days", "Within 27 days.")
    assert not holds_whole("7 day", "Within 7 days.")
    assert holds_whole("-day", "A 7-day period")
    assert not holds_whole("", "Words.")


@given(FEW, FEW)
def test_what_is_held_whole_is_what_a_pattern_finds(wanted: str, text: str) -> None:
    before = r"(?<!\w)" if wanted[:1].isalnum() else ""
    after = r"(?!\w)" if wanted[-1:].isalnum() else ""
    found = re.search(f"{before}{re.escape(wanted)}{after}", text)
    assert holds_whole(wanted, text) == (bool(wanted) and found is not None)


@given(st.lists(st.text(st.sampled_from("ab7"), min_size=1, max_size=2), min_size=1, max_size=3), FEW)
def test_places_are_those_that_a_pattern_finds(words: list[str], text: str) -> None:
    pattern = r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)"
    assert list(places_of(words, text)) == [match.span() for match in re.finditer(pattern, text)]
