"""Where a full stop ends no sentence."""

import pytest

from retriever.short_forms import goes_on


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Costs are approx.", "30"),
        ("See e.g.", "P-7"),
        ("Mr.", "Smith"),
        ("1.2.", "Items"),
        ("iv.", "Items"),
        ("By J.", "Smith"),
        ("See no.", "7"),
        ("At 5 p.m.", "on"),
    ],
)
def test_it_goes_on_behind_a_short_form_an_initial_or_a_number(before: str, after: str) -> None:
    assert goes_on(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [("The answer is no.", "It"), ("At 5 p.m.", "It"), ("It ends.", "It"), ("Etc.", ""), ("So!", "it")],
)
def test_it_ends_behind_other_words(before: str, after: str) -> None:
    assert not goes_on(before, after)
