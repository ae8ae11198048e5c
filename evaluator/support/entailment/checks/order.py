"""What comes first and what after: in time, in rank, and in size."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.matching import Domain, images
from evaluator.support.entailment.reading.clauses import subjects
from evaluator.support.entailment.reading.likeness import SAME
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.support_finding import SupportFinding

_MORE = frozenset("exceed surpass override prevail outweigh outrank".split())


_HIGHER = frozenset("dearer more higher greater larger longer older better bigger".split())


_LOWER = frozenset("cheaper less lower fewer smaller shorter younger".split())


_REPLACING = frozenset(("replace", "supersede"))


_EARLIER = frozenset(("before",))


_LATER = frozenset(("after", "once", "upon", "following"))


_THEN = frozenset(("then", "later", "afterwards", "finally", "second", "next"))


_TELLING_LEMMAS = _MORE | _REPLACING | {"be"}


_TELLING_WORDS = _HIGHER | _LOWER | _EARLIER | _LATER | _THEN | {"precedence", "priority", "ahead", "prior", "first"}


def ordered(mine: Domain, theirs: Sequence[Domain]) -> Iterator[SupportFinding]:
    """What the claim puts before, above or in the place of something that the evidence puts the other way round."""
    for here in _pairs(mine.terms.tree, mine):
        for one in theirs:
            for there in _pairs(one.terms.tree, one):
                if here[0] == there[0] and (_crossed(mine, here, one, there) or _usurped(mine, here, one, there)):
                    token = mine.terms.tree.tokens[min(here[1], default=mine.clause.head)]
                    detail = "the evidence has it the other way round"
                    yield SupportFinding("order", token.start, token.end, None, detail, against=True, decides=True)
                    return


Pair = tuple[str, frozenset[int], frozenset[int]]


def _crossed(mine: Domain, here: Pair, one: Domain, there: Pair) -> bool:
    """Whether more of what is first in one is second in the other than is first in both."""
    kept = swapped = 0
    sides = ((here[1] - here[2], there[1], there[2]), (here[2] - here[1], there[2], there[1]))
    for side, same, other in sides:
        for at in side:
            found = _stands_at(mine, at, one) - (same & other)
            kept += bool(found & same)
            swapped += bool(found & other) and not found & same
    return swapped > min(kept, 1)


def _usurped(mine: Domain, here: Pair, one: Domain, there: Pair) -> bool:
    """Whether what is above in the claim stands in the evidence, and is not what is above there."""
    if here[0] != "above":
        return False
    found = [places for at in here[1] if (places := _stands_at(mine, at, one))]
    return not all(places & there[1] for places in found)


def _stands_at(mine: Domain, at: int, one: Domain) -> set[int]:
    """Where a word or label of the claim stands in the evidence."""
    label = next((label for label in mine.labels if label.at == at), None)
    if label is not None:
        return {other.at for other in one.labels if other.name == label.name}
    term = mine.terms.term_at.get(at)
    if term is None or term.at != at or term.light:
        return set()
    return {image.other.at for image in images(term, one) if image.sign == SAME}


def _pairs(tree: Tree, domain: Domain) -> Iterator[Pair]:
    sentence = [token for token in tree.tokens if token.sentence == tree.tokens[domain.clause.head].sentence]
    places = [token.at for token in sentence]
    for token in sentence:
        if token.lemma not in _TELLING_LEMMAS and token.word not in _TELLING_WORDS:
            continue
        before = frozenset(at for at in places if at < token.at)
        after = frozenset(at for at in places if at > token.at)
        if (token.lemma in _MORE and token.pos == "VERB") or (token.word in ("precedence", "priority")):
            verb = token.at if token.pos == "VERB" else token.head
            above = frozenset(at for subject in subjects(tree, verb) for at in _named(tree, verb, subject))
            aside = {at for clause in tree.dependents(verb, "advcl") for at in tree.subtree(clause)}
            yield "above", (above or before) - aside, after - aside
        elif token.word in _HIGHER | _LOWER and any(
            tree.tokens[at].word == "than" for at in range(token.at, min(token.at + 8, len(tree.tokens)))
        ):
            than = next(at for at in range(token.at, len(tree.tokens)) if tree.tokens[at].word == "than")
            if any(
                other.quantity.begin <= tree.tokens[than].start < other.quantity.end for other in domain.terms.counted
            ):
                continue
            rest = frozenset(at for at in places if at > than)
            yield ("above", before, rest) if token.word in _HIGHER else ("above", rest, before)
        elif token.lemma == "be" and (whose := _possessors(tree, token.at)):
            said = frozenset(at for one in tree.dependents(token.at, "attr") for at in tree.subtree(one))
            yield "of", whose, said
        elif token.lemma in _REPLACING:
            passive = any(True for _ in tree.dependents(token.at, "auxpass"))
            yield ("instead", after, before) if passive else ("instead", before, after)
        elif (
            token.word in ("ahead", "prior")
            and token.at + 1 < len(tree.tokens)
            and tree.tokens[token.at + 1].word in ("of", "to")
        ):
            if any(it.at == token.at - 1 for it in domain.terms.counted):
                continue  # "24 hours ahead of arrival" says when
            below = frozenset(tree.subtree(token.at)) | frozenset(tree.subtree(token.at + 1))
            yield "before", frozenset(places) - below, below
        elif token.word in _EARLIER | _LATER and token.dep in ("prep", "mark", "advmod", "cc"):
            clause = token.at if token.dep == "prep" else token.head
            below = frozenset(tree.subtree(clause))
            if not any(tree.tokens[at].pos in ("VERB", "NOUN", "PROPN") for at in below) or (
                token.head == clause and token.dep == "ROOT"
            ):
                continue
            rest = frozenset(places) - below
            yield ("before", rest, below) if token.word in _EARLIER else ("before", below, rest)
        elif (
            token.word == "first"
            and token.dep in ("advmod", "npadvmod", "amod", "acomp")
            and tree.tokens[token.head].pos in ("VERB", "AUX")
        ):
            own = _part(tree, places, token.at)
            yield "before", own, frozenset(places) - own
        elif (
            token.word in _THEN
            and token.dep in ("advmod", "npadvmod")
            and tree.tokens[token.head].pos in ("VERB", "AUX")
        ):
            own = _part(tree, places, token.at)
            yield "before", frozenset(places) - own, own


def _named(tree: Tree, verb: int, subject: int) -> Iterator[int]:
    """The words that a subject stands for: those before "that" in "it is the handbook that prevails"."""
    if tree.tokens[subject].word in ("that", "which", "who") and tree.tokens[verb].dep == "relcl":
        below = set(tree.subtree(verb))
        return (at for at in tree.subtree(tree.tokens[verb].head) if at not in below)
    return tree.subtree(subject)


def _possessors(tree: Tree, verb: int) -> frozenset[int]:
    """Whose the subject of "be" is: those of "of" and of the genitive, in "the deputy of the manager is the head"."""
    found: set[int] = set()
    for subject in tree.dependents(verb, "nsubj"):
        for child in tree.dependents(subject, "poss", "prep"):
            if tree.tokens[child].dep == "poss" or tree.tokens[child].word == "of":
                found.update(tree.subtree(child))
    return frozenset(found)


def _part(tree: Tree, places: Sequence[int], at: int) -> frozenset[int]:
    """The part of a sentence that a word stands in, between "and", "but" and semicolons."""
    cuts = [it for it in places if tree.tokens[it].word in ("and", "but", ";", "then")]
    first = max((it for it in cuts if it < at), default=places[0] - 1)
    last = min((it for it in cuts if it > at), default=places[-1] + 1)
    return frozenset(it for it in places if first < it < last)
