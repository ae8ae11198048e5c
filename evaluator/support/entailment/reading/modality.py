"""How strongly a predicate holds: must, may, need not, should."""

from enum import StrEnum

from evaluator.support.entailment.reading.modal_words import MAY, MUST
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree


class Modality(StrEnum):
    """How strongly something holds."""

    FACT = "is"
    MUST = "must"
    MAY = "may"
    SHOULD = "should"
    FREE = "need not"
    WILL = "will"


_MODALS = {
    **dict.fromkeys(("must", "shall"), Modality.MUST),
    **dict.fromkeys(("may", "can", "could", "might", "ca"), Modality.MAY),
    **dict.fromkeys(("should", "ought"), Modality.SHOULD),
    **dict.fromkeys(("will", "would", "wo", "'ll"), Modality.WILL),
    "need": Modality.MUST,
}


def modality(tree: Tree, at: int, own: bool = False) -> Modality:
    """How strongly a predicate holds, by its auxiliaries and the verbs that it completes."""
    found = Modality.FACT
    for child in tree.children[at]:
        token = tree.tokens[child]
        if token.dep in ("aux", "auxpass") and token.word in _MODALS and not _inverted(tree, child):
            found = _MODALS[token.word]
            negated = any(tree.tokens[other].dep == "neg" for other in tree.children[at])
            if token.word == "need" and negated:
                return Modality.FREE
    token = tree.tokens[at]
    if (
        found in (Modality.FACT, Modality.WILL)
        and not own
        and token.dep in ("xcomp", "ccomp", "acl", "csubj", "advcl", "nsubj", "pcomp")
    ):
        head = tree.tokens[token.head]
        negated = denied(tree, head.at) if head.at != at else False
        if any(True for _ in tree.dependents(head.at, "auxpass", "nsubjpass")) and head.lemma == "need":
            return Modality.MAY  # "no receipt is needed to return it" does not say that it must be returned
        if head.lemma in ("advise", "recommend", "suppose", "encourage"):
            return Modality.SHOULD
        if head.lemma in MUST and (head.lemma != "have" or token.dep == "xcomp"):
            return Modality.FREE if negated else Modality.MUST
        if head.lemma in MAY and token.dep in ("xcomp", "ccomp", "acl"):
            return Modality.MAY
        for said in tree.dependents(head.at, "acomp", "attr"):
            if tree.tokens[said].lemma in MAY | MUST:
                return Modality.MAY if tree.tokens[said].lemma in MAY else Modality.FREE if negated else Modality.MUST
    return found


def _inverted(tree: Tree, at: int) -> bool:
    """Whether "should" stands first, for "if": "should the organiser cancel it, fees are refunded"."""
    token = tree.tokens[at]
    first = at == 0 or tree.tokens[at - 1].sentence != token.sentence or tree.tokens[at - 1].word == ","
    return token.word == "should" and first
