import pytest

from evaluator.quantities.amounts import amounts
from evaluator.quantities.bounds import Bound
from evaluator.quantities.units import DAY, Kind


@pytest.mark.parametrize(
    ("text", "kind", "base", "low", "high", "bound"),
    [
        ("12,500 cases", Kind.NUMBER, "", 12_500, 12_500, Bound.EXACT),
        ("more than seven hundred deaths", Kind.NUMBER, "", 700, 700, Bound.ABOVE),
        ("thirty-five items", Kind.NUMBER, "", 35, 35, Bound.EXACT),
        ("two hundred and fifty people", Kind.NUMBER, "", 250, 250, Bound.EXACT),
        ("half a million", Kind.NUMBER, "", 500_000, 500_000, Bound.EXACT),
        ("nineteen ninety-five", Kind.NUMBER, "", 1_995, 1_995, Bound.EXACT),
        ("at least 5%", Kind.PERCENT, "%", 5, 5, Bound.AT_LEAST),
        ("12 per cent or less", Kind.PERCENT, "%", 12, 12, Bound.AT_MOST),
        ("$ 100.1 million", Kind.MONEY, "USD", 100_100_000, 100_100_000, Bound.EXACT),
        ("under 50 euros", Kind.MONEY, "EUR", 50, 50, Bound.BELOW),
        ("50 cents", Kind.MONEY, "USD", 0.5, 0.5, Bound.EXACT),
        ("within 30 days", Kind.DURATION, "seconds", 30 * DAY, 30 * DAY, Bound.AT_MOST),
        ("a 30-day window", Kind.DURATION, "seconds", 30 * DAY, 30 * DAY, Bound.EXACT),
        ("7 to 10 business days", Kind.DURATION, "working days", 7, 10, Bound.EXACT),
        ("two years", Kind.DURATION, "months", 24, 24, Bound.EXACT),
        ("between 5 and 10 kg", Kind.MEASURE, "kg", 5, 10, Bound.EXACT),
        ("before the 58th minute", Kind.ORDINAL, "", 58, 58, Bound.BELOW),
        ("the third floor", Kind.ORDINAL, "", 3, 3, Bound.EXACT),
        ("until 10:30 p.m.", Kind.TIME, "", 22 * 60 + 30, 22 * 60 + 30, Bound.EXACT),
        ("5 or more items", Kind.NUMBER, "", 5, 5, Bound.AT_LEAST),
        ("no more than 3 returns", Kind.NUMBER, "", 3, 3, Bound.AT_MOST),
        ("nearly 80 people", Kind.NUMBER, "", 80, 80, Bound.NEARLY),
        ("about a hundred people", Kind.NUMBER, "", 100, 100, Bound.ABOUT),
        ("he called twice", Kind.NUMBER, "", 2, 2, Bound.EXACT),
    ],
)
def test_a_quantity_is_read_with_its_kind_unit_and_bound(
    text: str, kind: Kind, base: str, low: float, high: float, bound: Bound
) -> None:
    (found,) = amounts(text)
    assert (found.kind, found.base, found.low, found.high, found.bound) == (kind, base, low, high, bound)


@pytest.mark.parametrize("text", ["P-7@3#2", "version 4.2.1", "COVID-19", "one of them", "no one", "the A10 road"])
def test_numbers_in_names_and_pronouns_are_no_quantities(text: str) -> None:
    assert amounts(text) == []


def test_the_bound_is_part_of_the_place_and_the_number_is_told_apart() -> None:
    text = "It takes more than 40 days."
    (found,) = amounts(text)
    assert text[found.begin : found.end] == "more than 40 days"
    assert text[found.start : found.end] == "40 days"


def test_a_score_is_two_numbers_and_a_range_is_one() -> None:
    assert [found.low for found in amounts("They won 2–0.")] == [2, 0]
    assert [(found.low, found.high) for found in amounts("It takes 2–5 tries.")] == [(2, 5)]


def test_the_last_digit_of_a_number_with_a_scale_is_worth_more() -> None:
    assert [found.factor for found in amounts("3 million or 3.1 million or 3,100,000")] == [1e6, 1e5, 1.0]
