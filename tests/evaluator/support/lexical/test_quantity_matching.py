from evaluator.quantities import Relation, quantities
from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.quantity_matching import MOST, Match, matches


def matched(claim: str, evidence: str) -> list[Match]:
    return matches(Alignment.of(Claim.of(claim), Evidence.of([evidence])), quantities(evidence))


def test_the_number_beside_the_same_word_is_meant() -> None:
    evidence = "There were 3 deaths and 120 confirmed cases."
    (cases,) = matched("There were more than 110 cases", evidence)
    assert cases.found is not None
    assert (cases.found.low, cases.relation) == (120, Relation.AGREES)
    (deaths,) = matched("There were more than 110 deaths", evidence)
    assert deaths.found is not None
    assert deaths.found.low in (3, 120)


def test_a_changed_number_differs_by_a_margin() -> None:
    (match,) = matched("Items are accepted within 30 days", "Items are accepted within 14 days.")
    assert match.relation is Relation.OPEN
    (match,) = matched("Items are accepted for 30 days", "Items are accepted for 14 days.")
    assert match.relation is Relation.DIFFERS
    assert match.margin <= -1


def test_the_sentence_that_speaks_of_the_same_thing_is_preferred() -> None:
    evidence = "Shoes can be returned for 14 days. Hats can be returned for 30 days."
    (match,) = matched("Shoes can be returned for 30 days", evidence)
    assert match.relation is Relation.DIFFERS


def test_what_the_evidence_does_not_count_is_absent() -> None:
    (match,) = matched("It costs 5 dollars", "It costs nothing.")
    assert (match.found, match.relation) == (None, None)


def test_past_the_most_that_are_looked_for_quantities_are_absent() -> None:
    found = matched("5 parts, " * (MOST + 1), "It has 5 parts.")
    assert [match.relation for match in found] == [Relation.AGREES] * MOST + [None]


def test_a_claim_without_quantities_has_no_matches() -> None:
    assert matched("It is free", "It costs 5 dollars.") == []
