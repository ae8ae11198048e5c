"""Words that only one of claim and evidence denies."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against, by_term
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.likeness import CONTRARY
from evaluator.support.entailment.reading.negation import denied, excluded, left_out
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.entailment.reading.terms import Term
from evaluator.support.entailment.words.lexicon import is_light
from evaluator.support.support_finding import SupportFinding


def denials(mine: Domain, pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """A word that one of the two denies and the other does not."""
    for at, found in by_term(pairs).items():
        if not any(_agree(mine, image) for image in found):
            other = found[0]
            there = other.domain.terms.tree.tokens[other.other.at]
            said = f"only one of the claim and the evidence denies {there.word!r}"
            yield against(mine, at, "denied", said, decides=not any(map(_beside_a_noun, found)))


def _beside_a_noun(image: Image) -> bool:
    """Whether the evidence has the word only as a part of another noun's name: "change" in "no change fee"."""
    tree = image.domain.terms.tree
    return tree.tokens[image.other.at].dep == "compound"


def _agree(mine: Domain, image: Image) -> bool:
    named = mine.terms.tree.tokens[image.term.at].pos, image.domain.terms.tree.tokens[image.other.at].pos
    here, there = _turned(mine, image.term), _turned(image.domain, image.other)
    if named == ("NOUN", "VERB"):
        here = here or _by_verb(mine, image.term.at)
    elif named == ("VERB", "NOUN"):
        there = there or _by_verb(image.domain, image.other.at)
    return (here != there) == (image.sign == CONTRARY)


def _turned(domain: Domain, term: Term) -> bool:
    """Whether a word is denied where it stands: as a predicate, or as what is left out."""
    tree = domain.terms.tree
    if term.at in domain.terms.absorbed:
        return False
    ignored = frozenset(term.places) | domain.terms.bounding
    token = tree.tokens[term.at]
    out = term.at in excluded(tree) and not frozenset(term.places) & _marks(tree)
    if token.pos == "VERB" and any(True for _ in tree.dependents(term.at, "neg")):
        return denied(tree, term.at, ignored)
    if token.pos == "VERB" or _complement(tree, term.at):
        return denied(tree, term.at, ignored) != out
    if token.dep in ("amod", "nummod") and _complement(tree, token.head):
        return denied(tree, token.head, ignored) != out
    return out or left_out(tree, term.at)


def _by_verb(domain: Domain, at: int) -> bool:
    """Whether the verb is denied that a noun completes, as in "must not lead to dismissal".

    A part of another noun's name is not: who has no change fee may change.
    """
    tree = domain.terms.tree
    if tree.tokens[at].dep == "compound":
        return False
    verb = next((one for one in tree.ancestors(at) if tree.tokens[one].pos in ("VERB", "AUX")), None)
    return verb is not None and is_light(tree.tokens[verb].lemma) and denied(tree, verb)


def _marks(tree: Tree) -> frozenset[int]:
    """The words that leave something out, such as "without"."""
    return frozenset(token.at for token in tree.tokens if token.word in ("without", "except", "excluding"))


def _complement(tree: Tree, at: int) -> bool:
    """Whether a word is what something is said to be."""
    return tree.tokens[at].dep in ("attr", "acomp", "oprd") or (
        tree.tokens[at].dep in ("ROOT", "conj") and any(True for _ in tree.dependents(at, "cop", "nsubj", "nsubjpass"))
    )
