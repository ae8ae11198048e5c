"""The order in which evidence is handed over."""

import pytest

from retriever.evidence.ordering import ordered


def test_rank_leaves_the_order() -> None:
    assert ordered([1, 2, 3, 4], "rank") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [([1, 2, 3, 4, 5], [1, 3, 5, 4, 2]), ([1, 2, 3, 4], [1, 3, 4, 2]), ([1, 2], [1, 2]), ([1], [1]), ([], [])],
)
def test_edges_puts_the_strongest_first_and_last(ranks: list[int], expected: list[int]) -> None:
    assert ordered(ranks, "edges") == expected


def test_what_is_handed_over_is_a_new_list() -> None:
    given = [1, 2]
    assert ordered(given, "rank") is not given
