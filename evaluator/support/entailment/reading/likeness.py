"""When two terms mean the same, or the contrary."""

from evaluator.support.entailment.reading.roles import GETTING, GIVING, GOING
from evaluator.support.entailment.reading.terms import NAMING, Term
from evaluator.support.entailment.words.lexicon import contraries_of, contrast, denies, groups_of, may_turn, related

SAME = 1


CONTRARY = -1


_RECEIVING = GETTING | GOING


def alike(one: Term, other: Term) -> int:
    """SAME where two terms mean the same, CONTRARY where one denies the other, 0 where neither is known."""
    if not (_takes_more(one) or _takes_more(other)):
        return SAME if related(one.lemma, other.lemma) or not one.groups.isdisjoint(other.groups) else 0
    if contrast(one.lemma, other.lemma):
        return 0
    if related(one.lemma, other.lemma) or not one.groups.isdisjoint(other.groups):
        return SAME
    if _who(one, other):
        return SAME
    if _says_not(one, other) or _says_not(other, one) or denies(one.lemma, other.lemma):
        return CONTRARY
    return 0


def _takes_more(term: Term) -> bool:
    """Whether a term may contrast with others, deny them or name somebody, so that roots and groups do not decide."""
    return term.pos == NAMING or may_turn(term.lemma)


def converse(first: Term, second: Term) -> bool:
    """Whether one verb gives what the other gets: who does it is compared by its roles."""
    if not first.pos == second.pos == "VERB":
        return False
    one, other = first.lemma, second.lemma
    return (one in GIVING and other in _RECEIVING) or (other in GIVING and one in _RECEIVING)


def _who(one: Term, other: Term) -> bool:
    """Whether "people visiting" are the visitors."""
    if NAMING not in (one.pos, other.pos):
        return False
    verb, noun = (one, other) if one.pos == NAMING else (other, one)
    if noun.pos not in ("NOUN", "PROPN"):
        return False
    return any(
        noun.lemma.endswith(end) and related(noun.lemma[: -len(end)], verb.lemma)
        for end in ("er", "or", "r", "ant", "ent", "ee")
    )


def _says_not(one: Term, other: Term) -> bool:
    contraries = contraries_of(one.lemma)
    return bool(contraries) and any(
        related(word, other.lemma) or not groups_of(word).isdisjoint(other.groups) for word in contraries
    )
