"""Words found whole: as the pattern with look-around finds them, which takes longer."""

import re

from hypothesis import given
from hypothesis import strategies as st

from indexer.text.whole_words import places_of

FEW = st.text(st.sampled_from("ab7_- .\n\u00e9"), max_size=30)


@given(st.lists(st.text(st.sampled_from("ab7"), min_size=1, max_size=2), min_size=1, max_size=3), FEW)
def test_places_are_those_that_a_pattern_finds(words: list[str], text: str) -> None:
    pattern = r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)"
    assert list(places_of(words, text)) == [match.span() for match in re.finditer(pattern, text)]
