"""Numbers and dates in the forms that contracts, Europeans and people in a hurry write."""

import pytest

from evaluator.quantities import quantities


@pytest.mark.parametrize(
    ("text", "base", "low"),
    [
        ("within thirty (30) days", "seconds", 30 * 86_400),
        ("12,5 %", "%", 12.5),
        ("€1.000", "EUR", 1_000),
        ("1.000.000 €", "EUR", 1_000_000),
        ("1.000,50 €", "EUR", 1_000.5),
        ("1 000 EUR", "EUR", 1_000),
        ("1’000 CHF", "CHF", 1_000),
        ("A$180", "AUD", 180),
        ("50 basis points", "%", 0.5),
        ("three quarters of it", "%", 75),
        ("half a year", "months", 6),
        ("a quarter of an hour", "seconds", 900),
        ("2½ days", "seconds", 2.5 * 86_400),
        ("within a week of it", "seconds", 7 * 86_400),
        ("-5 °C", "°C", -5),
        ("above 60 km/h", "km/h", 60),
        ("a single time", "", 1),
        ("double the price", "", 2),
        ("half a million dollars", "USD", 500_000),
    ],
)
def test_a_form_has_its_value(text: str, base: str, low: float) -> None:
    [quantity] = quantities(text)
    assert (quantity.base, quantity.low) == (base, pytest.approx(low))


@pytest.mark.parametrize("text", ["31.12.2025", "31/12/2025", "12/31/2025", "2025-12-31"])
def test_a_date_is_read_where_day_and_month_cannot_be_mistaken(text: str) -> None:
    [found], [wanted] = quantities(text), quantities("31 December 2025")
    assert (found.low, found.high) == (wanted.low, wanted.high)


@pytest.mark.parametrize("text", ["Once you have paid", "on loan at once", "Staff may sign", "paid €5 a week twice"])
def test_what_is_no_number_of_its_own(text: str) -> None:
    assert [text[it.start : it.end].lower() for it in quantities(text)] in ([], ["€5", "twice"])
