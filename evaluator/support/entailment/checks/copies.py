"""A claim that nearly copies a sentence: each word in which the two differ has to leave the sense as it was."""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from evaluator.support.entailment.reading.likeness import alike
from evaluator.support.entailment.reading.parser import Token, Tree
from evaluator.support.entailment.reading.terms import Terms
from evaluator.support.support_finding import SupportFinding

NEAR = 0.75
"""A claim is a copy of a sentence where this share of their lemmas is the same, in order (difflib's ratio, 2 M / T)."""

SHARED = 0.85
"""A claim has the words of a sentence, in whatever order, where this share of their lemmas is the same."""

LONGEST = 120
"""Words of a sentence that are compared; comparing takes the product of both numbers."""

_DENYING = frozenset(
    "no not never n't none neither nor without nobody nothing unless except excluding cannot prohibit forbid".split()
)
_TELLING: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (
        frozenset("may can could might".split()),
        frozenset("allow permit able entitle authorize authorise free possible".split()),
    ),
    (frozenset("must shall".split()), frozenset("require oblige have need necessary mandatory".split())),
    (frozenset(("should", "ought")), frozenset("advise recommend".split())),
    (frozenset("all every each any".split()), frozenset("always whole whoever whatever".split())),
    (frozenset("some several certain few".split()), frozenset("all every each most many".split())),
    (frozenset("many most majority".split()), frozenset("all every each".split())),
    (_DENYING, frozenset()),
    (frozenset("only solely exclusively".split()), frozenset("except nobody but".split())),
    (frozenset(("and", "both")), frozenset("well plus addition besides".split())),
    (frozenset(("or", "either")), frozenset()),
    (frozenset(("before",)), frozenset("prior ahead until".split())),
    (frozenset(("after",)), frozenset("follow following once upon when from".split())),
    (frozenset("until till".split()), frozenset(("before",))),
    (frozenset(("from", "since")), frozenset("by of after".split())),
    (frozenset("more higher greater larger longer".split()), frozenset("over above exceed".split())),
    (frozenset("less lower fewer smaller shorter".split()), frozenset("under below".split())),
)
"""Kinds of words that decide what a sentence says, and the lemmas that say the same in other ways."""

_FEWER = frozenset("some several certain few many most majority".split())
_CONDITIONS = frozenset("if when where provided unless".split())
_FOR_CONDITIONS = frozenset("upon on who that which whoever when where if once after unless without any".split())
_OPENING = frozenset(("example", "addition", "however", "also", "therefore", "moreover", "furthermore", "general"))


def changed_copy(claim: Terms, texts: Sequence[Terms]) -> SupportFinding | None:
    """What a near copy of a sentence changes; None where the claim is no copy, or a copy that says the same."""
    ours = [token for token in claim.tree.tokens if token.pos not in ("PUNCT", "SPACE")]
    if not 4 <= len(ours) <= LONGEST:
        return None
    best: tuple[float, list[Token], Terms, SequenceMatcher[str]] | None = None
    for terms in texts:
        for sentence in _sentences(terms):
            matcher = SequenceMatcher(None, _lemmas(sentence), _lemmas(ours), autojunk=False)
            if (ratio := matcher.ratio()) >= NEAR and (best is None or ratio > best[0]):
                best = ratio, sentence, terms, matcher
    for terms in texts:
        for sentence in _sentences(terms):
            shared = (Counter(_lemmas(sentence)) & Counter(_lemmas(ours))).total()
            if 2 * shared >= SHARED * (len(sentence) + len(ours)) and (turned := _crossed(sentence, ours, terms.tree)):
                return turned
    if best is None:
        return None
    _, theirs, terms, matcher = best
    gone: list[Token] = []
    new: list[Token] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            gone += theirs[a:b]
            new += ours[c:d]
    if len(claim.labels) + len(claim.counted) == len(terms.labels) + len(terms.counted):  # each was compared
        gone = [token for token in gone if token.at not in terms.measured]
        new = [token for token in new if token.at not in claim.measured]
    return _told(gone, new) or _lost(gone, new, claim, terms)


def _sentences(terms: Terms) -> list[list[Token]]:
    found: dict[int, list[Token]] = {}
    for token in terms.tree.tokens:
        if token.pos not in ("PUNCT", "SPACE"):
            found.setdefault(token.sentence, []).append(token)
    return [sentence for sentence in found.values() if len(sentence) <= LONGEST]


def _lemmas(tokens: Sequence[Token]) -> list[str]:
    return [token.lemma for token in tokens]


def _told(gone: Sequence[Token], new: Sequence[Token]) -> SupportFinding | None:
    """A word that decides what is said, on one side alone."""
    if any(token.word == "only" for token in gone) and any(token.word in ("nobody", "except") for token in new):
        gone, new = (), ()  # only members may is nobody else may
    denies = all(any(token.word in _DENYING for token in side) for side in (gone, new))
    for kind, others in _TELLING:
        if denies and kind & {"may", "must"}:
            continue  # what may not be must not be
        if "all" in kind and any(token.word in _FEWER for token in new):
            continue  # what holds of all holds of some
        here = [token for token in new if token.word in kind]
        there = [token for token in gone if token.word in kind]
        more, beside = (here, gone) if len(here) > len(there) else (there, new)
        if len(here) != len(there) and not any(token.lemma in others for token in beside):
            where = "the claim" if more is here else "the sentence"
            return _finding(here[0] if more is here else None, f"{more[0].word!r} stands in {where} alone")
    lost = [token for token in gone if token.word in _CONDITIONS]
    if lost and not any(token.word in _FOR_CONDITIONS for token in new):
        return _finding(None, f"{lost[0].word!r} stands in the sentence alone")
    return None


def _lost(gone: Sequence[Token], new: Sequence[Token], claim: Terms, terms: Terms) -> SupportFinding | None:
    """A thing that the sentence says, and its copy does not."""
    said = [term for token in new if (term := claim.term_at.get(token.at)) is not None]
    numbers = {token.lemma for token in new}
    for token in gone:
        if token.pos == "NUM" and token.lemma not in numbers:
            return _finding(new[0] if new else None, f"the claim copies the sentence without {token.word!r}")
        term = terms.term_at.get(token.at)
        if term is None or term.light or token.lemma in _OPENING or token.pos == "ADV":
            continue
        if not any(alike(term, other) for other in said):
            return _finding(new[0] if new else None, f"the claim copies the sentence without {token.word!r}")
    return None


def _crossed(theirs: Sequence[Token], ours: Sequence[Token], tree: Tree) -> SupportFinding | None:
    """Subject and object of an active verb that changed places in the claim, which has the same verb."""
    for verb in theirs:
        subject, thing = list(tree.dependents(verb.at, "nsubj")), list(tree.dependents(verb.at, "dobj"))
        same = [token for token in ours if token.word == verb.word]
        if not subject or not thing or len(same) != 1:
            continue
        one, other = _nouns(tree, subject[0]), _nouns(tree, thing[0])
        before = {token.lemma for token in ours if token.at < same[0].at}
        behind = {token.lemma for token in ours if token.at > same[0].at}
        if (
            one - other
            and other - one
            and not (one - other) & before
            and (one - other) & behind
            and (other - one) & before
        ):
            return _finding(same[0], f"what stands before and behind {verb.word!r} changed places")
    return None


def _nouns(tree: Tree, at: int) -> set[str]:
    places = (at, *tree.dependents(at, "compound", "conj"))
    return {tree.tokens[one].lemma for one in places if tree.tokens[one].pos in ("NOUN", "PROPN", "PRON")}


def _finding(token: Token | None, detail: str) -> SupportFinding:
    start, end = (token.start, token.end) if token is not None else (0, 0)
    return SupportFinding("copy", start, end, None, detail, against=True)
