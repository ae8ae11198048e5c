"""Which policies a text refers to: ids with digits anywhere, words only where they are marked as ids."""

import pytest

from retriever.inspecting.references import referred_to

IDS = {"P-7", "P-70", "time-off", "returns", "v1.2"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("See P-7.", {"P-7"}),
        ("See (P-7), and P-7's annex.", {"P-7"}),
        ("As P-7@2#3 says.", {"P-7"}),
        ("Form XP-7 and P-7b and P-7-1 are others.", set()),
        ("P-70 is another.", {"P-70"}),
        ("Rule v1.2, or v1.2.", {"v1.2"}),
        ("Time-off and time-off returns are words.", set()),
        ("See [leave](time-off.md) and [[returns]].", {"time-off", "returns"}),
        ("See [leave](../hr/time-off.html#who).", {"time-off"}),
        ("See `time-off`, or returns@3.", {"time-off", "returns"}),
        ("See [leave](https://example.org/time-off/other).", set()),
    ],
)
def test_a_reference_is_an_id_and_not_a_word(words: str, found: set[str]) -> None:
    assert referred_to(words, IDS) == found


def test_the_front_matter_refers_to_nothing() -> None:
    assert referred_to("---\npolicy: P-7\ntitle: P-70\n---\nWords of v1.2.\n", IDS) == {"v1.2"}
