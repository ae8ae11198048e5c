import math

import pytest

from evaluator.quantities.bounds import Bound, bound_of, bounded


@pytest.mark.parametrize(
    ("before", "after", "bound"),
    [
        ("more than ", "", Bound.ABOVE),
        ("more than a total of ", "", Bound.ABOVE),
        ("no fewer than ", "", Bound.AT_LEAST),
        ("not more than ", "", Bound.AT_MOST),
        ("within ", "", Bound.AT_MOST),
        ("below ", "", Bound.BELOW),
        ("roughly ", "", Bound.ABOUT),
        ("", " items or more", Bound.AT_LEAST),
        ("", " or fewer", Bound.AT_MOST),
        ("moreover, ", "", Bound.EXACT),
        ("turnover ", "", Bound.EXACT),
    ],
)
def test_words_beside_a_number_bound_it(before: str, after: str, bound: Bound) -> None:
    text = f"{before}12{after}"
    assert bound_of(text, len(before), len(before) + 2)[0] is bound


def test_the_bound_begins_where_its_words_do() -> None:
    assert bound_of("It has at least 12 rooms", 16, 18) == (Bound.AT_LEAST, 7)


def test_a_range_ends_just_before_an_excluded_number() -> None:
    assert bounded(40, 40, Bound.ABOVE) == (math.nextafter(40, math.inf), math.inf)
    assert bounded(40, 40, Bound.BELOW, step=1) == (-math.inf, 39)
    assert bounded(40, 40, Bound.ABOUT) == (36, 44)
