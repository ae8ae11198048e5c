from decimal import Decimal

from evaluator.quantities.unit_numbers import unit_numbers


def test_a_number_is_compared_by_value_and_unit() -> None:
    short, long = unit_numbers("900 ms is 0.9 seconds")
    assert short.comparable(1) == long.comparable(1) == (("time",), Decimal("0.9"))


def test_times_and_ids_are_no_numbers() -> None:
    assert [found.value for found in unit_numbers("P-7 at 14:05 costs $5")] == [Decimal(5)]
