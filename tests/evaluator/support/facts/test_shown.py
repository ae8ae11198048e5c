import pytest

from evaluator.support.facts.decision import Decided, Open
from evaluator.support.facts.shown import shown

WITHIN = "Damaged items within 30 days of delivery are eligible for a return."
FACTS = {"condition": "damaged", "days_since_delivery": "12"}
LATE = {"condition": "damaged", "days_since_delivery": "31"}


def granted(facts: dict[str, str], rule: str, *others: str, governing: str = "") -> bool | None:
    """What is shown by a rule beside others, the rule's own among them."""
    above = [[governing]] if governing else []
    found = shown(facts, [rule], above, [rule, *others], [*above, *([[]] * len(others))] if above else [])
    return found.granted if isinstance(found, Decided) else None


def test_a_rule_about_just_these_facts_shows_a_grant_and_a_denial() -> None:
    assert granted(FACTS, WITHIN) is True
    assert granted(LATE, WITHIN) is False


@pytest.mark.parametrize(
    "rule",
    [
        "Unused items in their original packaging may be returned within 30 days of delivery.",
        "The recipient of a gift may return it within 30 days of delivery.",
        "Refunds are issued within 5 working days.",
        "The customer pays for return shipping.",
    ],
)
def test_a_rule_about_something_else_shows_nothing(rule: str) -> None:
    assert granted(FACTS, rule) is None


@pytest.mark.parametrize(
    ("facts", "rule", "governing"),
    [
        ({"category": "gift_card"}, "Gift cards.", "What cannot be returned"),
        ({"category": "swimwear"}, "Swimwear may not be returned.", ""),
        ({"condition": "opened", "category": "game"}, "Opened games can't be exchanged.", ""),
    ],
)
def test_words_that_deny_what_the_facts_describe_show_a_denial(
    facts: dict[str, str], rule: str, governing: str
) -> None:
    assert granted(facts, rule, governing=governing) is False


def test_a_denial_with_an_exception_is_open() -> None:
    assert granted({"final_sale": "true"}, "Final sale items may not be returned, unless they arrive damaged.") is None


def test_a_grant_is_not_shown_beside_a_rule_that_denies_it() -> None:
    denies = "Final sale items may not be returned."
    assert granted({**FACTS, "final_sale": "true"}, WITHIN, denies) is None
    assert granted({**FACTS, "final_sale": "false"}, WITHIN, denies) is True
    excepted = "Final sale items may not be returned, unless they arrive damaged."
    assert granted({**FACTS, "final_sale": "true"}, WITHIN, excepted) is True


def test_a_denial_is_not_shown_beside_a_rule_that_grants() -> None:
    assert granted(LATE, WITHIN, "Damaged items within 60 days of delivery may be exchanged.") is None


def test_without_facts_nothing_is_shown() -> None:
    assert granted({}, WITHIN) is None


@pytest.mark.parametrize(
    ("facts", "rule", "others", "reason"),
    [
        (
            {"condition": "unused", "days_since_delivery": "12"},
            "Unused items in their original packaging may be returned within 14 days of delivery.",
            [],
            "no fact says 'original packaging'",
        ),
        (
            {"condition": "unused", "days_since_delivery": "15"},
            "Unused items in their original packaging may be returned within 14 days of delivery.",
            [],
            "the rule does not grant it (days since delivery: 15 days, and not within 14 days), "
            "and no fact says 'original packaging'",
        ),
        (FACTS, "The customer pays for return shipping.", [], "the rule names no bound that a fact measures"),
        ({"condition": "damaged"}, WITHIN, [], "no fact is a number that a rule may bound"),
        (
            LATE,
            WITHIN,
            ["Damaged items within 60 days of delivery may be exchanged."],
            "another rule grants it: days since delivery: 31 days, within 60 days",
        ),
        (
            {**FACTS, "final_sale": "true"},
            WITHIN,
            ["Final sale items may not be returned."],
            "another rule may deny it: Final sale items may not be returned.",
        ),
        (
            FACTS,
            "Items with no tags removed may be returned within 30 days of delivery.",
            [],
            "no fact says 'tags removed'",
        ),
    ],
)
def test_what_is_open_is_said(facts: dict[str, str], rule: str, others: list[str], reason: str) -> None:
    found = shown(facts, [rule], (), others)
    assert found == Open(reason)
