"""The terms of a text: its words with content, their phrases, labels and quantities, each at a place of the tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from evaluator.quantities import Kind, Quantity, quantities
from evaluator.quantities.bounds import Bound, bound_of
from evaluator.support.entailment.reading.counting import Counted, limited, plain_quantity
from evaluator.support.entailment.reading.negation import NEGATIONS
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.entailment.words.lexicon import groups_of, is_light, phrases_at

_LABEL = re.compile(
    r"\b(?P<kind>sections?|sec\.|articles?|art\.|annex(?:es)?|appendix|appendices|schedules?|paragraphs?|para\.|clauses?|"
    r"chapters?|parts?|rules?|tables?|figures?|forms?|bands?|tiers?|grades?|class|category|levels?|zones?|groups?|types?|"
    r"phases?|steps?|stages?|versions?|polic(?:y|ies)|code|option|room|lot|gate|building|terminal|hall|floor|block|route|line|step|plan|contract|scale|list|series|model)\s+"
    r"(?P<name>\d+(?:\.\d+)*(?:\([a-z0-9]+\))*|[A-Z]{0,5}-?\d(?:[\w.-]*\w)?|[A-Z]\b(?!-\d)(?![a-z'])|[IVXLC]+\b|\([a-z0-9]{1,4}\))"
    r"|(?<![\w-])(?P<bare>[A-Z]{1,5}-\d+[A-Z]?|\d+(?:\.\d+)*\([a-z0-9]+\))(?![\w-])",
    re.IGNORECASE,
)


_NAMED = re.compile(r"[A-Z0-9(]")


_RATES = frozenset("second minute hour day night week fortnight month quarter year".split())


_CONTENT = frozenset(("NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM", "X", "INTJ", "SYM"))


_WORD = re.compile(r"[^\W_]")


NAMING = "NAMING"
"""In place of a part of speech: a verb that says who somebody is, as in "people visiting"."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A word or phrase with content, anchored at a word of the tree. `light` ones need not stand in the evidence."""

    at: int
    places: tuple[int, ...]
    lemma: str
    pos: str
    groups: frozenset[int]
    light: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What names one of several: "Band 3", "4.2(b)", "HR-204", in lower case, at a word of the tree.

    A number may be bounded, as in "grade 7 and above".
    """

    at: int
    kind: str
    name: str
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What a tree's words say: terms, labels and quantities, each in order of where it stands."""

    tree: Tree
    terms: tuple[Term, ...]
    labels: tuple[Label, ...]
    counted: tuple[Counted, ...]
    term_at: dict[int, Term] = field(repr=False)
    absorbed: frozenset[int] = frozenset()
    """Verbs whose denial is a part of a bound: "must not weigh more than 30 kg"."""
    bounding: frozenset[int] = frozenset()
    """The words of bounds: "no more than"."""
    measured: frozenset[int] = frozenset()
    """The words of labels, of quantities and of their bounds."""


@lru_cache(maxsize=20_000)
def terms_of(tree: Tree) -> Terms:
    text = tree.text
    taken: set[int] = set()
    labels = []
    for match in _LABEL.finditer(text):
        name = match["bare"] or match["name"]
        if not match["bare"] and not _NAMED.match(name):
            continue
        places = list(_places(tree, *match.span()))
        if places:
            bound = bound_of(text, *match.span())[0] if name.isdigit() else Bound.EXACT
            labels.append(Label(places[-1], _kind(match["kind"]), name.lower(), bound))
            taken.update(places)
    counted = []
    for quantity in (plain_quantity(text, one) for one in quantities(text)):
        places = [at for at in _places(tree, quantity.start, quantity.end) if at not in taken]
        if places and not (
            quantity.kind is Kind.NUMBER
            and tree.tokens[places[-1]].dep in ("nsubj", "nsubjpass", "pobj", "dobj")
            and tree.tokens[places[-1]].pos == "NUM"
            and tree.tokens[max(0, places[0] - 1)].word in ("the", "these", "those", "all", "both")
        ):
            counted.append(Counted(places[-1], quantity))
            taken.update(places)
            taken.update(_behind(tree, places[-1], quantity))
            taken.update(
                at
                for at in _places(tree, quantity.begin, quantity.start)
                if tree.tokens[at].pos != "NOUN" or tree.tokens[at].word in ("maximum", "minimum", "total")
            )
    terms, within = [], set(taken)
    words = [token.word for token in tree.tokens]
    lemmas = [token.lemma for token in tree.tokens]
    for at, token in enumerate(tree.tokens):
        if at in within or token.word in NEGATIONS:
            continue
        if joined := _non(tree, at):
            terms.append(
                Term(joined[-1], joined, f"non-{tree.tokens[joined[-1]].lemma}", token.pos, frozenset(), False)
            )
            within.update(joined)
            continue
        if token.lemma == "let" and (
            know := next((it for it in tree.children[at] if tree.tokens[it].lemma == "know"), 0)
        ):
            terms.append(Term(at, (at, know), "notify", "VERB", groups_of("notify"), False))
            within.update((at, know))
            continue
        if token.lemma in ("cost", "pay") and (
            nothing := next((it for it in tree.children[at] if tree.tokens[it].word == "nothing"), 0)
        ):
            terms.append(Term(at, (at, nothing), "free", "ADJ", groups_of("free"), False))
            within.update((at, nothing))
            continue
        if token.pos == "VERB" and (particle := _particle(tree, at)):
            lemma = f"{token.lemma} {tree.tokens[particle].word}"
            groups = next((groups for _, groups in phrases_at(lemma.split(), lemma.split(), 0)), frozenset[int]())
            if groups and particle not in within:
                terms.append(Term(at, (at, particle), lemma, token.pos, groups, is_light(token.lemma)))
                within.update((at, particle))
                continue
        phrase = _phrase(tree, words, lemmas, at, within)
        if phrase is not None:
            terms.append(phrase)
            within.update(phrase.places)
        elif token.pos in _CONTENT and _WORD.search(token.word):
            each = any(tree.tokens[child].word in ("each", "every") for child in tree.children[at])
            freely = token.lemma == "free" and any(True for _ in tree.dependents(at, "xcomp"))
            given = token.word in ("provided", "providing") and token.dep in ("prep", "advcl", "mark")
            little = (is_light(token.lemma) or is_light(token.word)) and not each
            light = little or freely or given or _implied(tree, at) or _partitive(tree, at)
            named = token.pos == "VERB" and token.dep in ("acl", "relcl") and tree.tokens[token.head].lemma in _ANYBODY
            pos = NAMING if named else token.pos
            terms.append(Term(at, (at,), token.lemma, pos, groups_of(token.lemma) | groups_of(token.word), light))
    absorbed: set[int] = set()
    counted = [limited(tree, it, absorbed) for it in counted]
    term_at = {place: it for it in terms for place in it.places}
    bounding = frozenset(at for it in counted for at in _places(tree, it.quantity.begin, it.quantity.start))
    return Terms(
        tree, tuple(terms), tuple(labels), tuple(counted), term_at, frozenset(absorbed), bounding, frozenset(taken)
    )


_BOUNDING = frozenset(
    "at most least or and more less fewer above over below under older younger higher lower up".split()
)


def _behind(tree: Tree, at: int, quantity: Quantity) -> list[int]:
    """The words of a bound that stand behind its number, as in "ten pages at most"."""
    if quantity.bound is Bound.EXACT or quantity.begin < quantity.start:
        return []
    words = range(at + 1, min(at + 5, len(tree.tokens)))
    first = next((it for it in words if tree.tokens[it].word in ("at", "or", "and")), None)
    return [] if first is None else [it for it in words if it >= first and tree.tokens[it].word in _BOUNDING]


def _places(tree: Tree, start: int, end: int) -> Iterator[int]:
    return (token.at for token in tree.tokens if token.start < end and start < token.end)


def _kind(kind: str | None) -> str:
    word = (kind or "").lower().rstrip(".")
    singular = {"annexes": "annex", "appendices": "appendix", "policies": "policy", "sec": "section", "art": "article"}
    return singular.get(word, word.rstrip("s") if word != "class" else word)


def _phrase(tree: Tree, words: Sequence[str], lemmas: Sequence[str], at: int, within: set[int]) -> Term | None:
    if lemmas[at] == "be":
        return None  # "is valid" is what "valid" says
    for length, groups in phrases_at(words, lemmas, at):
        places = range(at, at + length)
        if within.isdisjoint(places):
            anchor = next((place for place in places if tree.tokens[place].head not in places), at)
            own = tree.tokens[anchor]
            lemma = own.lemma if not is_light(own.lemma) else " ".join(lemmas[at : at + length])
            rate = lemmas[places[-1]] in _RATES
            bleached = is_light("_".join(lemmas[at : at + length]))
            particle = length == 2 and tree.tokens[at + 1].pos in ("ADP", "ADV", "PART")
            light = not rate and (
                bleached or own.pos not in _CONTENT or (particle and all(is_light(lemmas[place]) for place in places))
            )
            return Term(anchor, tuple(places), lemma, own.pos, groups | groups_of(own.lemma), light)
    return None


def _non(tree: Tree, at: int) -> tuple[int, ...]:
    """The places of "non-smoker", which the parser reads as three words."""
    tokens = tree.tokens[at : at + 3]
    joined = len(tokens) == 3 and tokens[0].word == "non" and tokens[1].word == "-" and tokens[0].end == tokens[1].start
    return (at, at + 1, at + 2) if joined else ()


_PARTS = frozenset("member group set piece part share kind type sort number range".split())
_BEING = frozenset("work live hold use take wear stay reside travel serve stand".split())


def _partitive(tree: Tree, at: int) -> bool:
    """Whether a word only counts out what "of" names, or says that somebody is there: nurses working nights."""
    token = tree.tokens[at]
    if token.pos == "NOUN":
        return token.lemma in _PARTS and any(tree.tokens[child].word == "of" for child in tree.children[at])
    return token.pos == "VERB" and token.dep in ("acl", "relcl") and token.lemma in _BEING


def _implied(tree: Tree, at: int) -> bool:
    """Whether a verb of a clause below another only brings its object in: "if you work overtime", "when you fly"."""
    token = tree.tokens[at]
    if token.pos != "VERB" or token.dep not in ("advcl", "relcl"):
        return False
    subject = [tree.tokens[it].word for it in tree.dependents(at, "nsubj")]
    complements = any(True for _ in tree.dependents(at, "dobj", "prep", "npadvmod", "oprd"))
    denies = any(True for _ in tree.dependents(at, "neg"))
    return bool(subject) and subject[0] in _ANYBODY and complements and not denies


def _particle(tree: Tree, at: int) -> int:
    """The particle of a verb that stands behind its object: "sends the goods back"."""
    for child in tree.children[at]:
        token = tree.tokens[child]
        if child > at + 1 and (
            token.dep == "prt" or (token.dep == "advmod" and token.word in ("back", "up", "off", "out", "in", "down"))
        ):
            return child
    return 0


_ANYBODY = frozenset(
    "you we they i one somebody someone anybody anyone people person those whoever everybody everyone".split()
)
