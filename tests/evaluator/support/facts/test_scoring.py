"""Facts beside a rule: what follows passes, the contrary fails, and what the facts do not decide stays open."""

from collections.abc import Sequence

import pytest

from evaluator.support.facts.decision import decide
from evaluator.support.facts.fact import read_facts
from evaluator.support.facts.scoring import supported
from evaluator.support.governed_texts import Context
from evaluator.support.lexical.score import Support
from evaluator.support.rules import RuleScorer

RULE = "Damaged goods can be exchanged up to 21 days after delivery."
GIVEN = {"condition": "damaged", "region": "FR"}
P = frozenset({"P-2"})


def verdict(claim: str, days: int, *more: str, **facts: str) -> str:
    given = {**GIVEN, "days_since_delivery": str(days), **facts}
    return supported(RuleScorer(), claim, [RULE, *more], (), given, P).verdict


@pytest.mark.parametrize(
    ("claim", "early", "late"),
    [
        ("It arrived 5 days ago, so it is eligible for an exchange.", "PASS", "FAIL"),
        ("Delivered 5 days ago, so eligible under P-2", "PASS", "FAIL"),
        ("Your order qualifies.", "PASS", "FAIL"),
        ("The item can be exchanged.", "PASS", "FAIL"),
        ("The order is not eligible.", "FAIL", "PASS"),
        ("It can no longer be exchanged.", "FAIL", "PASS"),
        ("The order was delivered 5 days ago.", "PASS", "FAIL"),
        ("The item was damaged.", "PASS", "PASS"),
        ("The region is FR.", "PASS", "PASS"),
        (RULE, "PASS", "PASS"),
        ("The order is eligible under P-3.", "UNKNOWN", "UNKNOWN"),
        ("The item can be refunded.", "UNKNOWN", "UNKNOWN"),
        ("You can exchange it free of charge.", "UNKNOWN", "UNKNOWN"),
        ("If it was opened, it can be exchanged.", "UNKNOWN", "UNKNOWN"),
        ("The shop accepts it after 60 days.", "UNKNOWN", "UNKNOWN"),
    ],
)
def test_a_conclusion_is_what_rule_and_facts_give(claim: str, early: str, late: str) -> None:
    assert (verdict(claim, 5), verdict(claim, 40)) == (early, late)


def test_a_premise_that_the_facts_do_not_have_is_no_support() -> None:
    assert verdict("It arrived 9 days ago, so it is eligible.", 5) == "FAIL"
    assert verdict("It was unopened, so it is eligible.", 5) == "UNKNOWN"


def test_a_rule_about_something_else_grants_nothing_and_still_bounds() -> None:
    unused = ["Unused goods can be exchanged within 21 days after delivery."]
    given = {"condition": "opened", "days_since_delivery": "5"}
    assert supported(RuleScorer(), "It is eligible.", unused, (), given).verdict == "UNKNOWN"
    assert (
        supported(RuleScorer(), "It is eligible.", unused, (), {**given, "days_since_delivery": "40"}).verdict == "FAIL"
    )


def test_where_another_rule_denies_it_nothing_is_decided() -> None:
    never = "Final sale items may not be exchanged."
    assert verdict("It is eligible.", 5, never, final_sale="true") == "UNKNOWN"
    assert verdict("It is eligible.", 5, never, final_sale="false") == "PASS"


def test_rules_that_disagree_decide_nothing_and_units_are_not_mixed() -> None:
    facts = {**GIVEN, "days_since_delivery": "25"}
    assert decide(facts, [RULE, "Damaged goods can be exchanged within 30 days of delivery."]) is None
    assert decide(facts, ["Damaged goods can be exchanged within 21 working days of delivery."]) is None
    assert decide(facts, ["Damaged goods can be exchanged within 21 days of purchase."]) is None
    weeks = decide(facts, ["Damaged goods can be exchanged within four weeks of delivery."])
    assert weeks is not None
    assert weeks.granted


def test_a_list_item_is_read_under_its_lead_in() -> None:
    found = decide(
        {**GIVEN, "days_since_delivery": "40"},
        ["- damaged goods, within 21 days of delivery"],
        [["The following may be returned:"]],
    )
    assert found is None or not found.granted


def test_facts_say_what_they_are() -> None:
    said = {
        sentence
        for fact in read_facts(
            {"days_since_delivery": "1", "bought_on": "2025-12-01", "gift": "true", "category": "gift_card"}
        )
        for sentence in fact.sentences()
    }
    assert {
        "It was delivered 1 days ago.",
        "The order was bought on 2025-12-01.",
        "It is a gift.",
        "The category is gift card.",
    } <= said


@pytest.mark.parametrize(
    "rule",
    [
        "Refunds for damaged goods will be paid within 21 days after delivery.",
        "The customer has to report damaged goods within 21 days after delivery.",
    ],
)
def test_what_somebody_will_or_has_to_do_in_time_grants_nothing(rule: str) -> None:
    assert decide({**GIVEN, "days_since_delivery": "40"}, [rule]) is None


def test_a_scorer_is_asked_no_more_than_it_has_to_be() -> None:
    asked: list[str] = []

    class Counting(RuleScorer):
        def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
            asked.append(claim)
            return super().support(claim, evidence, context)

    supported(Counting(), "The region is FR.", [RULE], (), GIVEN)
    assert asked == ["The region is FR."] * 2  # alone, and with the facts
