"""A question that nothing in force is near to gets no evidence, and a reason."""

from dataclasses import replace

import pytest

from retriever.answering.abstention import NEVER_ABSTAINS, Thresholds, share
from tests.retriever.homes import Home

OFF = "Which planets of the solar system have rings of ice?"
NEAR = "When are damaged items refunded?"
BODY = "\n\n".join(f"Damaged items of kind {number} are refunded within {number} days." for number in range(2, 12))


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", BODY, "2024-01-01")
    return home


def test_neither_leg_reaches_its_threshold() -> None:
    found = Thresholds(0.3, 0.4).below(0.2999, lambda: 0.3999)
    assert found is not None
    assert found.reason == "below_threshold"
    assert "0.30" in found.detail
    assert "40%" in found.detail


@pytest.mark.parametrize(("dense", "coverage"), [(0.3, 0.0), (0.0, 0.4), (0.9, 0.9)])
def test_one_leg_that_reaches_its_threshold_is_enough(dense: float, coverage: float) -> None:
    assert Thresholds(0.3, 0.4).below(dense, lambda: coverage) is None


def test_coverage_is_worked_out_only_where_the_vectors_leave_it_open() -> None:
    def never() -> float:
        raise AssertionError

    assert Thresholds(0.3, 0.4).below(0.5, never) is None
    assert NEVER_ABSTAINS.below(-1.0, never) is None


def test_question_off_the_subject_is_not_answered_and_says_why(shop: Home) -> None:
    answer = shop.ask(OFF)
    assert (answer["evidence"], answer["tokens"]) == ([], 0)
    assert answer["abstained"]["reason"] == "below_threshold"
    assert "No passage in force is near the question" in answer["abstained"]["detail"]
    assert len(shop.ask(NEAR)["evidence"]) == 5


def test_thresholds_are_settings_and_part_of_the_pipeline(shop: Home) -> None:
    turned_away = shop.ask(OFF)
    other = shop.open()
    other.settings = replace(other.settings, thresholds=NEVER_ABSTAINS)
    answered = other.retrieve(query=OFF).content()
    assert len(answered["evidence"]) == 5
    assert answered["receipt"]["pipeline"] != turned_away["receipt"]["pipeline"]


def test_how_many_blocks_are_wanted_decides_nothing(shop: Home) -> None:
    assert shop.ask(OFF, k=10)["abstained"]["reason"] == "below_threshold"
    assert len(shop.ask(NEAR, k=10)["evidence"]) == 10


def test_the_dense_threshold_grows_with_the_number_of_eligible_passages() -> None:
    shares = [share(passages) for passages in (0, 1, 2, 8, 64, 100_000)]
    assert shares == sorted(shares)
    assert (shares[0], shares[1], shares[3], shares[-1]) == (0.25, 0.25, pytest.approx(0.625), 1.0)
    few = Thresholds(0.4, 0.4)
    assert few.below(0.11, lambda: 0.0, 1) is None
    found = few.below(0.09, lambda: 0.0, 1)
    assert found is not None
    assert "0.10" in found.detail


@pytest.mark.parametrize("words", ["Cats sleep in the basket.", 'Items marked "final sale" may not be returned.'])
def test_one_eligible_passage_is_withheld_from_a_question_of_something_else(home: Home, words: str) -> None:
    home.publish("Z-1", words, "2024-01-01")
    for question in ("zebra quantum chromodynamics", OFF):
        assert home.ask(question, policies=["Z-1"])["abstained"]["reason"] == "below_threshold"
    assert home.cited(query=words, policies=["Z-1"]) == ["Z-1@1#1"]


def test_a_question_without_a_term_is_not_judged_by_its_terms(shop: Home) -> None:
    assert len(shop.ask("What is this about?")["evidence"]) == 5


def test_what_is_not_eligible_does_not_count_as_near(shop: Home) -> None:
    shop.publish("P-9", "Saturn and other planets of the solar system have rings of ice.", "2030-01-01")
    assert shop.ask(OFF)["abstained"]["reason"] == "below_threshold"
    assert shop.cited(query=OFF, as_of="2030-06-01")[0] == "P-9@1#1"
