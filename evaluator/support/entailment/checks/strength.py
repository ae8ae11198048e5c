"""Duties out of permissions, and freedoms out of duties."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against, by_term
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.modal_words import modal_word
from evaluator.support.entailment.reading.modality import Modality, modality
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.support_finding import SupportFinding

_WEAKER: dict[Modality, frozenset[Modality]] = {
    Modality.MUST: frozenset((Modality.MUST, Modality.FACT, Modality.WILL, Modality.SHOULD)),
    Modality.FACT: frozenset((Modality.FACT, Modality.WILL, Modality.MUST, Modality.MAY)),
    Modality.WILL: frozenset((Modality.FACT, Modality.WILL, Modality.MUST)),
    Modality.MAY: frozenset((Modality.MAY,)),
    Modality.SHOULD: frozenset((Modality.SHOULD,)),
    Modality.FREE: frozenset((Modality.FREE, Modality.MAY)),
}
"""What may be claimed of something that holds as strongly as the evidence says."""


def strengths(mine: Domain, pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """A duty out of a permission, or a freedom out of a duty."""
    verbs = [
        image
        for image in pairs
        if mine.terms.tree.tokens[image.term.at].pos == "VERB"
        and image.domain.terms.tree.tokens[image.other.at].pos == "VERB"
    ]
    for at, found in by_term(verbs).items():
        tree = mine.terms.tree
        if found[0].term.light or not finite(tree, at):
            continue
        here, off = modality(tree, at), denied(tree, at)
        there = [
            (modality(it.domain.terms.tree, it.other.at), denied(it.domain.terms.tree, it.other.at)) for it in found
        ]
        if any(_follows(here, off, *one) for one in there):
            continue
        clash = (
            here is Modality.FREE
            or there[0][0] is Modality.FREE
            or {here, there[0][0]} == {Modality.MAY, Modality.MUST}
        )
        detail = f"the claim says {here.value!r}, the evidence {there[0][0].value!r}"
        yield against(mine, at, "modality", detail, decides=clash)


def finite(tree: Tree, at: int) -> bool:
    """Whether a verb says that something is so, and is not only named, as in "sending it back is free"."""
    token = tree.tokens[at]
    auxiliary = any(True for _ in tree.dependents(at, "aux", "auxpass"))
    return auxiliary or token.tag not in ("VBG", "VBN") or token.dep in ("ROOT", "conj", "ccomp")


def clause_strength(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """The same of a whole clause, where other words than its verb say what it says: "are obliged to use"."""
    verbs = {image.term.at for image in pairs if _both_verbs(mine, image) and not image.term.light}
    here, off = _of_clause(mine)
    if here in (Modality.FACT, Modality.WILL) or verbs & mine.clause.words:
        return
    there, denied_there = _of_clause(theirs[0])
    if not _follows(here, off, there, denied_there):
        detail = f"the claim says {here.value!r}, the evidence {there.value!r}"
        yield against(mine, mine.clause.head, "modality", detail, decides=Modality.FREE in (here, there))


def _both_verbs(mine: Domain, image: Image) -> bool:
    return mine.terms.tree.tokens[image.term.at].pos == image.domain.terms.tree.tokens[image.other.at].pos == "VERB"


def _of_clause(domain: Domain) -> tuple[Modality, bool]:
    tree, head = domain.terms.tree, domain.clause.head
    main = next(tree.dependents(head, "xcomp", "ccomp"), head) if modal_word(tree, head) else head
    found = modality(tree, main)
    return (modality(tree, head) if found is Modality.FACT else found), denied(tree, main)


def _follows(here: Modality, off: bool, there: Modality, denied_there: bool) -> bool:
    if off and denied_there and Modality.FREE not in (here, there):
        return True  # what may not be is not, and must not be
    if Modality.FREE in (here, there) and (off or denied_there) and here is not there:
        return False
    return here in _WEAKER[there]
