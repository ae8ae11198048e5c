"""All from some, only from any, one from each."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.joints import joined
from evaluator.support.entailment.checks.saying import against, words_of
from evaluator.support.entailment.matching import Domain, Image, images
from evaluator.support.support_finding import SupportFinding

ALL = frozenset("all every each any everyone everybody always".split())


SOME = frozenset("some several certain few sometimes partly".split())


MOST = frozenset("most majority mostly usually generally often".split())


ONLY = frozenset("only solely exclusively sole".split())


_STRONGER = frozenset(
    (("all", "some"), ("all", "most"), ("all", "not all"), ("most", "some"), ("no", "not all"), ("some", "no"))
)


def quantifiers(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """All from some, only from any, both from either."""
    for image in pairs:
        here, there = _quantifier(mine, image.term.at), _quantifier(image.domain, image.other.at)
        if (here, there) in _STRONGER:
            yield against(
                mine, image.term.at, "quantifier", f"the claim says {here!r}, the evidence {there!r}", decides=True
            )
        elif here == "all" and not there and _owned(image.domain, image.other.at) and not _owned(mine, image.term.at):
            yield against(mine, image.term.at, "quantifier", "the evidence says it of their own, the claim of all")
        elif here == "all" and not there and _listed(mine, image):
            yield against(mine, image.term.at, "quantifier", "the evidence names some, the claim says all")
        elif (
            _one(mine, image.term.at)
            and there == "all"
            and image.domain.terms.tree.tokens[image.other.at].word != "any"
        ):
            yield against(mine, image.term.at, "quantifier", "the claim says one, the evidence each")
    words = words_of(mine)
    others = {word for one in theirs for word in words_of(one)}
    if words & ONLY and not others & (ONLY | {"alone", "nobody", "except", "single"}):
        at = next(at for at in mine.words if mine.terms.tree.tokens[at].word in ONLY)
        after = mine.terms.tree.tokens[at + 1].word if at + 1 < len(mine.terms.tree.tokens) else ""
        if after not in ("after", "once", "upon"):
            yield against(mine, at, "only", "only the claim says that nothing else is so")
    if ("either" in words and ("both" in others or ("or" not in others))) or (
        "both" in words and "or" in others and "and" not in others
    ):
        at = next(at for at in mine.words if mine.terms.tree.tokens[at].word in ("either", "both"))
        yield against(mine, at, "conjunction", "one of the two says both, the other either", decides=True)
    elif "alone" in words and "both" in others:
        yield against(
            mine,
            mine.clause.head,
            "conjunction",
            "the claim says that one is enough, the evidence needs both",
            decides=True,
        )
    else:
        yield from joined(mine, pairs)


def _quantifier(domain: Domain, at: int) -> str:
    tree = domain.terms.tree
    for child in tree.children[at]:
        token = tree.tokens[child]
        if token.word in ALL and token.dep in ("det", "predet", "amod", "advmod", "poss"):
            before = tree.tokens[child - 1].word if child else ""
            return "not all" if before in ("not", "n't") else "all"
        if token.word in SOME and token.dep in ("det", "amod", "quantmod"):
            return "some"
        if token.word in MOST and token.dep in ("det", "amod", "quantmod"):
            return "most"
        if token.word == "no" and token.dep in ("det", "neg"):
            return "no"
    token = tree.tokens[at]
    if token.dep == "pobj" and tree.tokens[token.head].word == "of":
        head = tree.tokens[tree.tokens[token.head].head].word
        return "all" if head in ALL else "some" if head in SOME else "most" if head in MOST else ""
    return ""


def _listed(mine: Domain, image: Image) -> bool:
    """Whether the evidence names some: "the Family and Gold plans", and "night shift" where the claim has any shift."""
    tree = image.domain.terms.tree
    for child in tree.children[image.other.at]:
        token = tree.tokens[child]
        if token.pos == "PROPN" or token.dep == "nmod":
            return True
        term = image.domain.terms.term_at.get(child)
        narrower = token.dep in ("compound", "amod") and term is not None and not term.light
        if narrower and term is not None and not any(True for _ in images(term, mine)):
            return True
    return False


def _owned(domain: Domain, at: int) -> bool:
    """Whether a thing, or a clause about it, is of somebody's own."""
    return any(domain.terms.tree.tokens[child].word == "own" for child in domain.terms.tree.children[at])


def _one(mine: Domain, at: int) -> bool:
    return any(mine.terms.tree.tokens[child].word == "one" for child in mine.terms.tree.children[at])
