"""How a quantity of the claim stands to those of the evidence."""

from evaluator.quantities import Kind, Quantity, Relation, comparable, relation
from evaluator.quantities.bounds import Bound
from evaluator.support.entailment.matching import Domain, images
from evaluator.support.entailment.reading.counting import Counted
from evaluator.support.entailment.reading.likeness import alike
from evaluator.support.entailment.reading.terms import Term


def counted_relation(mine: Domain, counted: Counted, domain: Domain) -> tuple[Relation | None, Counted | None]:
    """How the quantity of the evidence that is likest stands to one of the claim, and which that is."""
    best: tuple[Relation | None, Counted | None] = (None, None)
    order = {Relation.AGREES: 3, Relation.OPEN: 2, Relation.DIFFERS: 1, None: 0}
    for other in domain.counted:
        if same_kind(counted.quantity, other.quantity) and _of_one_thing(mine, counted, domain, other):
            found = _related(mine, counted, domain, other)
            if order[found] > order[best[0]]:
                best = found, other
    return best


def _of_one_thing(mine: Domain, counted: Counted, domain: Domain, other: Counted) -> bool:
    """Whether two counts may count the same things: not five carers and five children."""
    if counted.quantity.kind is not Kind.NUMBER:
        return True
    here, there = _thing(mine, counted), _thing(domain, other)
    if here is None or there is None or here.light or there.light:
        return True
    return bool(alike(here, there)) or not any(True for _ in images(here, domain))


def _thing(domain: Domain, counted: Counted) -> Term | None:
    """What a number counts."""
    token = domain.terms.tree.tokens[counted.at]
    return domain.terms.term_at.get(token.head) if token.dep in ("nummod", "amod", "compound") else None


def same_kind(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities count the same kind of thing."""
    if Kind.ORDINAL in (one.kind, other.kind):
        return one.kind is other.kind
    return comparable(one, other) and one.kind is other.kind


def _related(mine: Domain, counted: Counted, domain: Domain, other: Counted) -> Relation:
    """A limit that says for whom or when something holds may be claimed narrower; one that says how much, wider."""
    ours, theirs = counted.quantity, other.quantity
    found = relation(ours, theirs)
    if (ours.kind, ours.base) != (theirs.kind, theirs.base):
        return found
    (low, high), (least, most) = ours.range, theirs.range
    if (low, high) == (least, most) and ours.bound is theirs.bound:
        return Relation.AGREES
    when = conditional(domain, other.at) or conditional(mine, counted.at)
    if ours.kind is Kind.DATE and not (when and ours.bound is not theirs.bound):
        return found
    if when:
        within = least <= low and high <= most
        return Relation.AGREES if within else Relation.OPEN if low <= most and least <= high else Relation.DIFFERS
    if Bound.EXACT not in (ours.bound, theirs.bound):
        return Relation.OPEN if ours.low == theirs.low else Relation.DIFFERS
    return found


def conditional(domain: Domain, at: int) -> bool:
    """Whether a place says for whom or when something holds: in a subject, or in a clause or phrase of condition."""
    tree = domain.terms.tree
    of = tree.tokens[at].head if tree.tokens[at].dep in ("nummod", "quantmod") else at
    if tree.tokens[of].dep in ("nsubj", "nsubjpass"):
        return False  # "up to 10 days may be carried over" says how many
    for one in (at, *tree.ancestors(at)):
        token = tree.tokens[one]
        if one == domain.clause.head:
            return False
        if token.dep in ("nsubj", "nsubjpass"):
            return True
        if token.dep == "advcl" and not any(tree.tokens[child].word == "to" for child in tree.dependents(one, "aux")):
            return True
        if (
            token.dep == "prep"
            and token.word in ("for", "of")
            and tree.tokens[token.head].dep in ("nsubj", "nsubjpass")
        ):
            return True
    return False
