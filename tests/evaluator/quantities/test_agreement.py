import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.quantities import Quantity, Relation, quantities, relation
from evaluator.quantities.agreement import comparable, nearness, rebounded


def only(text: str) -> Quantity:
    (found,) = quantities(text)
    return found


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        ("more than 40", "38", "differs"),
        ("more than 40", "40", "differs"),
        ("more than 40", "41", "agrees"),
        ("at least 40", "40", "agrees"),
        ("under 40", "39", "agrees"),
        ("under 40", "40", "differs"),
        ("at most 40", "40", "agrees"),
        ("more than 110 cases", "over 120 cases", "agrees"),
        ("more than 110 cases", "over 100 cases", "open"),
        ("less than 100", "over 120", "differs"),
        ("38 people", "thirty-eight people", "agrees"),
        ("$5", "€5", "differs"),
        ("$5", "5 dollars", "agrees"),
        ("7%", "6%", "differs"),
        ("58%", "58 out of", "agrees"),
        ("1.4 million", "1,412,345", "agrees"),
        ("1.4 million", "1,472,345", "differs"),
        ("1.4 million", "1.5 million", "differs"),
        ("in March 2020", "on 5 March 2020", "agrees"),
        ("on 5 March 2020", "in March 2020", "open"),
        ("on 5 March 2020", "on 6 March 2020", "differs"),
        ("on 5 March", "on March 5, 2020", "agrees"),
        ("before March 22, 2020", "21 March", "agrees"),
        ("before March 22, 2020", "22 March", "differs"),
        ("in 2019", "in 2020", "differs"),
        ("30 days", "one month", "open"),
        ("45 days", "one month", "differs"),
        ("5 days", "5 business days", "open"),
        ("30 days", "5 business days", "differs"),
        ("two weeks", "14 days", "agrees"),
        ("7 hours", "420 minutes", "agrees"),
        ("500 g", "0.5 kg", "agrees"),
        ("within 30 days", "30 days", "agrees"),
        ("within 30 days", "within 14 days", "open"),
        ("within 14 days", "within 30 days", "open"),
        ("at least 5 items", "at most 5 items", "open"),
        ("100,000 items", "100k items", "agrees"),
        ("the 57th minute", "the 58th minute", "differs"),
        ("8 pm", "7pm", "differs"),
    ],
)
def test_a_quantity_follows_contradicts_or_stays_open(claim: str, evidence: str, expected: str) -> None:
    one, other = only(claim), only(evidence)
    assert comparable(one, other)
    assert relation(one, other) == expected


@pytest.mark.parametrize(("one", "other"), [("3 km", "3 kg"), ("3 days", "3 people"), ("the third", "three people")])
def test_different_things_are_not_compared(one: str, other: str) -> None:
    assert not comparable(only(one), only(other))


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        ("within 30 days", "within 14 days", True),
        ("over $50", "over $35", True),
        ("at least 5", "at most 5", True),
        ("7 to 12 days", "7 to 10 days", True),
        ("before January 3, 2020", "before January 1, 2020", True),
        ("before January 3", "before January 3, 2020", False),
        ("in January 2020", "on 3 January 2020", False),
        ("more than 5", "over five", False),
        ("within 30 days", "30 days", False),
        ("within 30 days", "within one month", False),
    ],
)
def test_another_number_or_direction_is_another_bound(claim: str, evidence: str, expected: bool) -> None:
    assert rebounded(only(claim), only(evidence)) is expected


def test_a_day_in_a_date_is_not_counted_again_as_a_number() -> None:
    assert [found.kind for found in quantities("On 5 March 2020 there were 5 cases")] == ["date", "number"]


NUMBERS = st.integers(min_value=0, max_value=10**9)
BOUNDS = st.sampled_from(["", "more than ", "at least ", "under ", "at most ", "about ", "nearly "])


@given(NUMBERS, BOUNDS)
def test_every_number_agrees_with_itself(number: int, bound: str) -> None:
    found = only(f"It was {bound}{number:,} items")
    assert relation(found, found) is Relation.AGREES
    assert nearness(found, found) == 1.0


@given(NUMBERS, NUMBERS)
def test_plain_numbers_agree_exactly_when_they_are_equal(one: int, other: int) -> None:
    found = relation(only(f"{one:,} items"), only(f"{other:,} items"))
    assert found is (Relation.AGREES if one == other else Relation.DIFFERS)


@given(NUMBERS, NUMBERS)
def test_more_than_and_at_most_are_opposites(one: int, other: int) -> None:
    evidence = only(f"{other} items")
    above, up_to = only(f"more than {one} items"), only(f"at most {one} items")
    assert {relation(above, evidence), relation(up_to, evidence)} == {Relation.AGREES, Relation.DIFFERS}
