"""Rules with negations beside one another: those that only waive or bound something, and those that deny the grant."""

import pytest

from evaluator.support.facts.decision import Decided, decide
from evaluator.support.facts.negations import hindrances, waived
from evaluator.support.facts.shown import shown

BOOK = {"category": "book", "condition": "damaged"}
DISC = {"category": "disc"}
BICYCLE = {"category": "bicycle", "condition": "scratched"}
HELMET = {"category": "helmet", "condition": "worn"}
PERMIT = {"category": "permit"}
COVER = {"category": "policy"}

GRANTING = [
    ("Damaged books may be returned without a fee within 5 days of the loan.", BOOK, "loan", 4, 45),
    ("Damaged books may be returned free of charge within 5 days of the loan.", BOOK, "loan", 5, 6),
    ("Books may be returned at no cost within 5 days of the loan.", BOOK, "loan", 1, 9),
    ("Discs may be exchanged at no extra charge up to 3 days after the loan.", DISC, "loan", 3, 4),
    ("Discs may be returned, no questions asked, within 7 days of the loan.", DISC, "loan", 2, 8),
    ("Discs can be returned with no reason given within 7 days of the loan.", DISC, "loan", 7, 30),
    ("Books, whether or not damaged, may be returned within 5 days of the loan.", BOOK, "loan", 5, 12),
    ("Books may be returned whether or not they are damaged, within 5 days of the loan.", BOOK, "loan", 2, 7),
    ("Scratched bicycles may be returned not later than 10 days after the hire.", BICYCLE, "hire", 10, 11),
    ("Scratched bicycles may be returned no later than 10 days after the hire.", BICYCLE, "hire", 9, 12),
    ("Bicycles may be exchanged without giving a reason within 2 weeks of the hire.", BICYCLE, "hire", 14, 15),
    ("Bicycles may be returned within 10 days of the hire, but not later.", BICYCLE, "hire", 6, 20),
    ("Bicycles can be returned, without exception, within 10 days of the hire.", BICYCLE, "hire", 3, 13),
    ("Worn helmets may be replaced without any charge or fee within 20 days of the hire.", HELMET, "hire", 18, 21),
    ("Helmets may not only be returned but also exchanged within 20 days of the hire.", HELMET, "hire", 20, 22),
    ("Permits may be returned in not more than 14 days after issue.", PERMIT, "issue", 14, 15),
    ("Permits are eligible for a refund within 14 days of issue, and no fee is charged.", PERMIT, "issue", 8, 99),
    ("Permits qualify for a refund no longer than 14 days after issue.", PERMIT, "issue", 13, 16),
    ("Policies may be cancelled without penalty within 14 days of purchase.", COVER, "purchase", 14, 15),
    ("Policies may be cancelled within 14 days of purchase, and no reason need be given.", COVER, "purchase", 3, 31),
    ("Policies may be cancelled without stating any reason within 14 days of purchase.", COVER, "purchase", 1, 40),
    ("Policies may be cancelled only after 90 days from purchase.", COVER, "purchase", 91, 30),
    ("Policies may be cancelled not earlier than 90 days after purchase.", COVER, "purchase", 90, 89),
]  # fmt: skip

DENYING = [
    ("No books may be returned within 5 days of the loan.", BOOK, "loan", 3, 45),
    ("Damaged books may not be returned within 5 days of the loan.", BOOK, "loan", 3, 45),
    ("Damaged books cannot be returned within 5 days of the loan.", BOOK, "loan", 5, 6),
    ("Damaged books can never be returned within 5 days of the loan.", BOOK, "loan", 5, 6),
    ("Discs are not eligible for an exchange within 3 days of the loan.", DISC, "loan", 3, 4),
    ("No discs are accepted within 3 days of the loan.", DISC, "loan", 2, 5),
    ("We do not accept discs within 3 days of the loan.", DISC, "loan", 2, 5),
    ("Scratched bicycles may not be returned later than 10 days after the hire.", BICYCLE, "hire", 11, 10),
    ("Scratched bicycles can't be exchanged more than 10 days after the hire.", BICYCLE, "hire", 12, 3),
    ("Bicycles are not returnable after 10 days from the hire.", BICYCLE, "hire", 30, 1),
    ("Worn helmets may no longer be returned after 20 days from the hire.", HELMET, "hire", 21, 7),
    ("Permits do not qualify for a refund after 14 days from issue.", PERMIT, "issue", 20, 2),
    ("Permits are never accepted after 14 days from issue.", PERMIT, "issue", 20, 2),
    ("Policies may not be cancelled within 14 days of purchase.", COVER, "purchase", 14, 15),
]

DENYING_OR_OPEN = [
    ("Neither books nor discs may be returned within 5 days of the loan.", BOOK, "loan"),
    ("None of the books may be returned within 5 days of the loan.", BOOK, "loan"),
    ("Nobody may return damaged books within 5 days of the loan.", BOOK, "loan"),
    ("Hardly any damaged books may be returned within 5 days of the loan.", BOOK, "loan"),
    ("Not all damaged books may be returned within 5 days of the loan.", BOOK, "loan"),
    ("Under no circumstances may damaged books be returned within 5 days of the loan.", BOOK, "loan"),
    ("Books may not be returned without a fee within 5 days of the loan.", BOOK, "loan"),
    ("Books cannot be returned at no cost within 5 days of the loan.", BOOK, "loan"),
    ("Books may not be returned, no questions asked, within 5 days of the loan.", BOOK, "loan"),
    ("Books may not be returned no later than 5 days after the loan.", BOOK, "loan"),
    ("Staff decide whether or not damaged books may be returned within 5 days of the loan.", BOOK, "loan"),
    ("It is not the case that damaged books may be returned within 5 days of the loan.", BOOK, "loan"),
    ("Damaged books may be refused within 5 days of the loan.", BOOK, "loan"),
    ("Scratched bicycles may be kept within 5 days of the hire.", BICYCLE, "hire"),
    ("We may charge for scratched bicycles within 5 days of the hire.", BICYCLE, "hire"),
    ("Bicycles may be returned within 5 days of the hire, unless they are scratched.", BICYCLE, "hire"),
    ("Bicycles may be returned within 5 days of the hire, except scratched ones.", BICYCLE, "hire"),
    ("Bicycles may be returned within 5 days of the hire, with the exception of scratched ones.", BICYCLE, "hire"),
    ("Bicycles may be returned within 5 days of the hire, but not when scratched.", BICYCLE, "hire"),
    ("Helmets may not always be returned within 5 days of the hire.", HELMET, "hire"),
    ("Helmets may be returned without a receipt within 5 days of the hire.", HELMET, "hire"),
    ("Permits may be returned for no less than 5 days after issue.", PERMIT, "issue"),
    ("Permits may be returned not only within 5 days of issue but also later.", PERMIT, "issue"),
    ("Policies may be cancelled if no claim was made within 5 days of purchase.", COVER, "purchase"),
]


def outcomes(rule: str, facts: dict[str, str], event: str, *days: int) -> list[tuple[bool | None, bool | None]]:
    """What is decided and what is shown of a rule, so many days after the event."""
    found = []
    for count in days:
        given = {**facts, f"days_since_{event}": str(count)}
        decided, sure = decide(given, [rule]), shown(given, [rule], (), [rule])
        found.append((decided and decided.granted, sure.granted if isinstance(sure, Decided) else None))
    return found


@pytest.mark.parametrize(("rule", "facts", "event", "inside", "outside"), GRANTING)
def test_a_negation_of_something_else_leaves_the_grant_and_its_bound(
    rule: str, facts: dict[str, str], event: str, inside: int, outside: int
) -> None:
    assert outcomes(rule, facts, event, inside, outside) == [(True, True), (False, False)]


@pytest.mark.parametrize(("rule", "facts", "event", "inside", "outside"), DENYING)
def test_a_denied_grant_is_never_given_and_denied_where_its_bound_holds(
    rule: str, facts: dict[str, str], event: str, inside: int, outside: int
) -> None:
    assert outcomes(rule, facts, event, inside, outside) == [(None, False), (None, None)]


@pytest.mark.parametrize(("rule", "facts", "event"), DENYING_OR_OPEN)
def test_what_may_deny_or_except_decides_nothing(rule: str, facts: dict[str, str], event: str) -> None:
    assert outcomes(rule, facts, event, 3, 45) == [(None, None), (None, None)]


@pytest.mark.parametrize(
    ("rule", "facts", "event"),
    [
        ("Books that are not damaged may be returned within 5 days of the loan.", BOOK, "loan"),
        ("Bicycles without scratches may be returned within 5 days of the hire.", BICYCLE, "hire"),
        ("Permits may be returned within 5 days of issue if they were not used.", PERMIT, "issue"),
        ("Policies with no claims may be cancelled within 5 days of purchase.", COVER, "purchase"),
        ("Not only damaged books but also discs may be returned within 5 days of the loan.", BOOK, "loan"),
    ],
)
def test_a_condition_that_no_fact_says_grants_nothing_and_its_bound_still_holds(
    rule: str, facts: dict[str, str], event: str
) -> None:
    (inside, _), (outside, _) = outcomes(rule, facts, event, 3, 45)
    assert (inside, outside) == (None, False)


@pytest.mark.parametrize(
    "rule",
    [
        "Books may be returned with the receipt within 5 days of the loan.",
        "Books may be returned in their original wrapper within 5 days of the loan.",
        "Readers may return unread books within 5 days of the loan.",
        "We accept unread books within 5 days of the loan.",
        "Books may be returned only by members within 5 days of the loan.",
        "Books may be returned at our discretion within 5 days of the loan.",
    ],
)
def test_what_no_fact_says_keeps_a_grant_from_being_shown(rule: str) -> None:
    (inside, sure), _ = outcomes(rule, BOOK, "loan", 3, 45)
    assert (inside, sure) == (None, None)


def test_a_rule_is_read_without_what_it_waives() -> None:
    assert waived("Discs may be returned, no questions asked.") == "Discs may be returned."
    assert waived("Discs may not be returned.") == "Discs may not be returned."
    assert hindrances("Discs may be returned no later than 5 days after the loan.") == []
    assert hindrances("Discs may no longer be returned.") == ["no"]
