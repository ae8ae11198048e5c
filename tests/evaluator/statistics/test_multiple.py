import pytest

from evaluator.statistics.multiple import holm


def test_holm_multiplies_by_how_many_are_left_and_never_falls() -> None:
    # in order: 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04 is lifted to 0.06
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


def test_holm_stays_at_most_one_and_of_nothing_is_nothing() -> None:
    assert holm({"a": 0.6, "b": 0.9}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
