from datetime import date

import pytest

from evaluator.quantities.bounds import Bound
from evaluator.quantities.dates import ANY_YEAR, dates, moved


def day(year: int, month: int, number: int) -> float:
    return float(date(year, month, number).toordinal())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("on 5 March 2020", (2020, 3, 5), (2020, 3, 5)),
        ("on March 5th , 2020", (2020, 3, 5), (2020, 3, 5)),
        ("since 2020-03-05", (2020, 3, 5), (2020, 3, 5)),
        ("in March 2020", (2020, 3, 1), (2020, 3, 31)),
        ("in 2020", (2020, 1, 1), (2020, 12, 31)),
        ("in the 1990s", (1990, 1, 1), (1999, 12, 31)),
        ("on 5 March", (ANY_YEAR, 3, 5), (ANY_YEAR, 3, 5)),
        ("in May", (ANY_YEAR, 5, 1), (ANY_YEAR, 5, 31)),
    ],
)
def test_a_date_is_the_days_that_it_names(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    (found,) = dates(text)
    assert (found.low, found.high) == (day(*first), day(*last))
    assert found.anniversary is (first[0] == ANY_YEAR)


@pytest.mark.parametrize("text", ["They may march.", "2020 confirmed cases", "31 February 2020", "item 1234-56"])
def test_other_words_and_numbers_are_no_dates(text: str) -> None:
    assert dates(text) == []


def test_before_a_day_ends_with_the_day_before() -> None:
    (found,) = dates("Before March 22, 2020")
    assert found.bound is Bound.BELOW
    assert found.range[1] == day(2020, 3, 21)


def test_after_a_month_begins_with_the_next_one() -> None:
    (found,) = dates("after March 2020")
    assert found.range[0] == day(2020, 4, 1)


def test_29_february_moves_to_the_28th_of_a_common_year() -> None:
    (found,) = dates("on 29 February")
    assert moved(found, 2021).low == day(2021, 2, 28)
