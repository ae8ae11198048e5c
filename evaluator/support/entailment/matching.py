"""Where each part of a claim stands in the evidence: its clauses beside those of the evidence, term by term."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evaluator.quantities.bounds import Bound, bounded
from evaluator.support.entailment.reading.clauses import Clause, clauses
from evaluator.support.entailment.reading.counting import Counted
from evaluator.support.entailment.reading.frames import gone
from evaluator.support.entailment.reading.likeness import SAME, alike, converse
from evaluator.support.entailment.reading.terms import Label, Term, Terms
from evaluator.support.entailment.side_by_side import apart


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """What one clause of the evidence says: its own words, those that it shares, and the clauses below it."""

    text: int
    terms: Terms
    clause: Clause
    words: frozenset[int]
    own: tuple[Term, ...]
    labels: tuple[Label, ...]
    counted: tuple[Counted, ...]
    seen: "dict[Term, tuple[Image, ...]]" = field(default_factory=dict, repr=False)
    """The images that were asked for before."""

    @property
    def sentence(self) -> tuple[int, int]:
        return id(self.terms), self.terms.tree.tokens[self.clause.head].sentence


def domains(texts: Sequence[tuple[int, Terms]]) -> list[Domain]:
    """The clauses of some evidence; each text comes with the number of the piece that it is a reading of."""
    found = []
    for number, terms in texts:
        for clause in clauses(terms.tree):
            for words in apart(terms, clause):
                found.append(domain(number, terms, clause, words))
    return found


def domain(number: int, terms: Terms, clause: Clause, words: frozenset[int]) -> Domain:
    words -= gone(terms.tree)
    return Domain(
        number,
        terms,
        clause,
        words,
        tuple(term for term in terms.terms if term.at in words),
        tuple(label for label in terms.labels if label.at in words),
        tuple(counted for counted in terms.counted if counted.at in words),
    )


@dataclass(frozen=True, slots=True)
class Image:
    """A term of the claim and one of the evidence that it is alike; `sign` is that of `alike`."""

    term: Term
    domain: Domain
    other: Term
    sign: int


def images(term: Term, domain: Domain) -> tuple[Image, ...]:
    """Where a term stands in a domain; a verb that gives what another gets stands for it where nothing else does."""
    if term not in domain.seen:
        domain.seen[term] = _images(term, domain)
    return domain.seen[term]


def _images(term: Term, domain: Domain) -> tuple[Image, ...]:
    found = [Image(term, domain, other, sign) for other in domain.own if (sign := alike(term, other))]
    return tuple(found or (Image(term, domain, other, SAME) for other in domain.own if converse(term, other)))


def label_stands(label: Label, domain: Domain) -> bool:
    return any(is_named(label, other) and _kinds_meet(label, other) for other in domain.labels)


def other_label(label: Label, domain: Domain) -> Label | None:
    """A label of the same kind that stands there in the claim's place."""
    others = [other for other in domain.labels if other.kind == label.kind or not (other.kind and label.kind)]
    return others[0] if others and not label_stands(label, domain) else None


def is_named(label: Label, other: Label) -> bool:
    """Whether a label is the other one, or lies within what that one bounds: grade 8 in "grade 7 and above"."""
    if other.bound is Bound.EXACT or not label.name.isdigit():
        return label.name == other.name and label.bound is other.bound
    low, high = bounded(float(other.name), float(other.name), other.bound)
    least, most = bounded(float(label.name), float(label.name), label.bound)
    return low <= least and most <= high


def _kinds_meet(one: Label, other: Label) -> bool:
    return one.kind == other.kind or not one.kind or not other.kind


ELSE = 1 / 4
"""The share of what a clause of the evidence says up to which the rest of it is about the same; one word is always."""


def says_little_else(theirs: Sequence[Domain], claim: Sequence[Domain]) -> bool:
    """Whether a claim says nearly all that some clauses of the evidence say."""
    terms = [term for one in theirs for term in one.own if not term.light]
    unsaid = sum(not any(images(term, one) for one in claim) for term in terms)
    return unsaid <= max(1, ELSE * len(terms))
