"""A number in an address is one of a transaction or a revision, or none."""

import pytest

from retriever.entrypoints.http.number import number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("0012", 12),
        ("9007199254740992", 2**53),
        ("9007199254740993", None),
        ("00000000000000001", None),
        ("1" * 5_000, None),
        ("0", None),
        ("-1", None),
        ("²", None),
        ("٣", None),
        ("", None),
    ],
)
def test_digits_are_a_number_up_to_the_greatest_that_is_recorded(text: str, number: int | None) -> None:
    assert number_in(text) == number
