"""Who does what to whom, in the claim and in the evidence."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against, by_term, words_of
from evaluator.support.entailment.matching import Domain, Image, images
from evaluator.support.entailment.reading.likeness import alike
from evaluator.support.entailment.reading.modal_words import modal_word
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.entailment.reading.roles import GETTING, GIVING, GOING, OPPOSED, roles
from evaluator.support.entailment.reading.terms import Term
from evaluator.support.entailment.words.lexicon import related
from evaluator.support.support_finding import SupportFinding

_MOVING = GIVING | GETTING | GOING


def parts(mine: Domain, theirs: Sequence[Domain]) -> Iterator[SupportFinding]:
    """Whoever does in the claim what is done to them in the evidence; and who does it in another sentence only."""
    for at in sorted(mine.words):
        args = [(role, place) for role, place in roles(mine.terms.tree, at) if place in mine.terms.term_at]
        args = [(role, place) for role, place in args if not mine.terms.term_at[place].light]
        if not args or modal_word(mine.terms.tree, at):
            continue
        verdicts = [
            verdict
            for one in theirs
            for place in _predicates(mine, at, one)
            for verdict in [_cast(mine, args, one, place, theirs)]
        ]
        if verdicts and "kept" not in verdicts:
            clash = all(verdict == "swapped" for verdict in verdicts)
            word = mine.terms.tree.tokens[args[0][1]].word
            detail = (
                f"{word!r} and the others do not have the same part in it" if clash else f"it is not said of {word!r}"
            )
            yield against(mine, at, "role", detail, decides=clash)
            return


def _predicates(mine: Domain, at: int, one: Domain) -> list[int]:
    """Where a clause of the evidence has a predicate of the claim; the one that stands as it does, where it has two."""
    found = [place for place in sorted(one.words) if _same_predicate(mine, at, one, place)]
    relative = mine.terms.tree.tokens[at].dep == _RELATIVE
    return [it for it in found if (one.terms.tree.tokens[it].dep == _RELATIVE) == relative] or found


_RELATIVE = "relcl"


def _same_predicate(mine: Domain, at: int, one: Domain, place: int) -> bool:
    here, there = mine.terms.term_at.get(at), one.terms.term_at.get(place)
    ours, theirs = mine.terms.tree.tokens[at], one.terms.tree.tokens[place]
    if theirs.pos not in ("VERB", "NOUN", "AUX"):
        return False
    if ours.lemma in _MOVING and theirs.lemma in _MOVING and ours.pos == theirs.pos == "VERB":
        return True
    return here is not None and there is not None and any(image.other.at == place for image in images(here, one))


def _cast(mine: Domain, args: Sequence[tuple[str, int]], one: Domain, place: int, theirs: Sequence[Domain]) -> str:
    """Whether a predicate of the evidence gives the claim's arguments the same parts, others, or has them not."""
    there: dict[int, set[str]] = {}
    for role, at in roles(one.terms.tree, place):
        there.setdefault(at, set()).add(role)
    kept = swapped = absent = 0
    for role, at in args:
        found: set[str] = set()
        referred = bool(_PRONOUNS & words_of(one)) and any(
            True for other in theirs if other is not one for _ in images(mine.terms.term_at[at], other)
        )
        near = referred
        for image in images(mine.terms.term_at[at], one):
            near = True
            found |= there.get(image.other.at, set())
        if OPPOSED.get(role) in found and role not in found:
            swapped += 1
        elif near and (
            referred
            or all(_modifier_near(mine, child, one) for child in mine.terms.tree.dependents(at, "amod", "compound"))
        ):
            kept += 1
        else:
            absent += 1
    if swapped:
        return "swapped"
    return "absent" if absent and there else "kept"


def owners(mine: Domain, pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """Whose a thing is: the supervisor's log in the claim, the apprentice's in the evidence."""
    for image in pairs:
        here = _owner(mine, image.term.at)
        there = _owner(image.domain, image.other.at)
        if here is None or there is None or here.light or there.light:
            continue
        if not alike(here, there):
            yield against(mine, here.at, "role", f"it is {there.lemma!r} that has it in the evidence", decides=True)
            return


def named_after(mine: Domain, pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """A word that the evidence has only in the name of a denied thing: "no return deadline" denies no return.

    It then says nothing of it, either way.
    """
    said = {mine.terms.tree.tokens[place].lemma for term in mine.own for place in term.places}
    for at, found in by_term(pairs).items():
        if mine.terms.tree.tokens[at].dep in _NAMING_DEPS:
            continue
        heads = [_named_thing(image) for image in found]
        if all(
            head is not None
            and _has_none(image.domain.terms.tree, head)
            and not any(related(image.domain.terms.tree.tokens[head].lemma, lemma) for lemma in said)
            for image, head in zip(found, heads, strict=True)
        ):
            word = mine.terms.tree.tokens[at].word
            thing = found[0].domain.terms.tree.tokens[heads[0] or 0].word
            yield against(mine, at, "named after", f"the evidence has {word!r} only in the name of its {thing!r}")
            return


_IN_A_NAME = ("compound", "amod")

_NAMING_DEPS = ("compound", "nmod", "amod", "poss")


def _named_thing(image: Image) -> int | None:
    """The noun in whose name the evidence has a word; None where the word stands for itself."""
    tree, at = image.domain.terms.tree, image.other.at
    if tree.tokens[at].dep not in _IN_A_NAME or tree.tokens[tree.tokens[at].head].pos != "NOUN":
        return None
    while tree.tokens[at].dep in _IN_A_NAME:
        at = tree.tokens[at].head
    return at


def _has_none(tree: Tree, at: int) -> bool:
    return any(tree.tokens[child].word in ("no", "without") for child in tree.children[at])


def _owner(domain: Domain, at: int) -> Term | None:
    owner = next(domain.terms.tree.dependents(at, "poss"), None)
    return None if owner is None else domain.terms.term_at.get(owner)


_PRONOUNS = frozenset(("it", "they", "them", "this", "these"))


def _modifier_near(mine: Domain, at: int, one: Domain) -> bool:
    term = mine.terms.term_at.get(at)
    return term is None or term.light or any(True for _ in images(term, one))
