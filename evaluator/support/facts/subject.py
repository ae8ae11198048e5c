"""What a rule is about: whether facts say each word that narrows its subject, as "damaged" narrows "damaged items"."""

import re
from collections.abc import Iterator, Sequence

from evaluator.quantities import Quantity
from evaluator.support.entailment.reading.parser import Token, Tree
from evaluator.support.entailment.words.lexicon import related
from evaluator.support.facts.fact import Fact

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("return", "sent back", "send back", "take back", "taken back", "go back", "goes back", "bring back", "give back"),
    ("refund", "reimburse", "money back"),
    ("exchange", "replace", "swap"),
    ("repair",),
    ("cancel", "withdraw"),
    ("claim",),
)
"""What a rule may grant, in the words for it. "Eligible" and "qualify" name none of these and fit each."""

_ANYTHING = frozenset(
    "item items order orders good goods product products purchase purchases article articles parcel parcels "
    "customer customers buyer buyers return returns request requests claim claims you they we it".split()
)
_ANYWHERE = frozenset(
    "post mail courier shop store branch library counter desk person reason credit charge cost fee us seller account "
    "website right option period day week month year".split()
)
"""Where, by what way and for what something may be done: it narrows nothing."""

_NARROWS = ("ADJ", "NOUN", "PROPN", "VERB", "ADV")


def families(text: str) -> frozenset[int]:
    """Which families of actions a text names."""
    words = re.findall(r"[a-z]+", text.lower())
    said = " ".join(words)
    return frozenset(
        place
        for place, family in enumerate(FAMILIES)
        if any(name in said if " " in name else any(related(word, name) for word in words) for name in family)
    )


def describes(facts: Sequence[Fact], text: str) -> bool:
    """Whether a text names a thing by a word that a fact describes it by."""
    values = _values(facts)
    return any(related(word, value) for word in re.findall(r"[a-z]{4,}", text.lower()) for value in values)


def unsaid(tree: Tree, facts: Sequence[Fact], bound: Quantity | None = None, event: Sequence[str] = ()) -> list[str]:
    """The words that narrow a rule and that no fact says; none where the rule is about just what the facts describe.

    Besides the subject and what a verb acts on, "with the receipt" narrows a rule, and so does a clause with "if".
    `event` are the words of what the bound counts from.
    """
    subjects = [it.at for it in tree.tokens if it.dep in ("nsubj", "nsubjpass")]
    if not subjects:
        return ["whatever the rule is about"]
    known = [*_values(facts), *event]
    narrowing = {
        it.at for it in _below(tree, bound) if not any(related(it.word, value) for value in known) and not _neutral(it)
    }
    narrowing |= {it.at for it in tree.tokens if it.word == "only" and not (bound and -10 < bound.begin - it.end <= 1)}
    said = [tree.text[a.start : b.end] for a, b in _runs(tree, sorted(narrowing))]
    for it in tree.tokens:
        if it.dep in ("advcl", "relcl", "mark") and it.at not in narrowing:
            head = it.at if it.dep != "mark" else it.head
            below = [tree.tokens[at] for at in tree.subtree(head)]
            said.append(tree.text[min(one.start for one in below) : max(one.end for one in below)].strip(" .,"))
    return list(dict.fromkeys(" ".join(words.split()) for words in said))


def _below(tree: Tree, bound: Quantity | None) -> Iterator[Token]:
    """The words that narrow: those of subjects and objects, and of phrases such as "in the original packaging"."""
    inside = {it.at for it in tree.tokens if bound is not None and bound.begin <= it.start < bound.end}
    for top in tree.tokens:
        owned = top.dep in ("nsubj", "nsubjpass", "dobj", "prep", "agent", "oprd")
        if not owned or top.at in inside or any(at in inside for at in tree.ancestors(top.at)):
            continue
        waiting = [top.at]
        while waiting:
            at = waiting.pop()
            if at in inside:
                continue
            waiting += tree.children[at]
            if tree.tokens[at].pos in _NARROWS or (at == top.at and top.dep in ("nsubj", "nsubjpass")):
                yield tree.tokens[at]


def _neutral(token: Token) -> bool:
    if token.word in _ANYTHING or (token.pos == "PRON" and token.word in ("that", "which", "who", "their", "this")):
        return True
    return token.lemma in _ANYWHERE or (token.dep in ("dobj", "pobj", "conj", "appos") and bool(families(token.word)))


def _runs(tree: Tree, places: Sequence[int]) -> Iterator[tuple[Token, Token]]:
    """The first and the last word of each run of places that stand side by side."""
    for number, at in enumerate(places):
        if number and places[number - 1] == at - 1:
            continue
        last = number
        while last + 1 < len(places) and places[last + 1] == places[last] + 1:
            last += 1
        yield tree.tokens[at], tree.tokens[places[last]]


def _values(facts: Sequence[Fact]) -> list[str]:
    """The words that facts describe a thing by: those of a value, or of a name where it is only true."""
    said = [
        " ".join(fact.names) if fact.said == "true" else "" if fact.quantity is not None else fact.said
        for fact in facts
        if fact.said != "false"
    ]
    return re.findall(r"[a-z]{4,}", " ".join(said).lower())
