"""What trusted facts make of a rule: "Damaged items may be returned within 30 days of delivery", and 45 days passed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluator.quantities import Quantity, comparable, quantities
from evaluator.quantities.bounds import Bound
from evaluator.support.entailment.entailment import readings_of
from evaluator.support.entailment.reading.parser import Tree, parse
from evaluator.support.entailment.words.lexicon import related
from evaluator.support.facts.fact import Fact, read_facts
from evaluator.support.governed_texts import Context

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("return", "sent back", "send back", "take back", "taken back", "go back", "goes back", "bring back", "give back"),
    ("refund", "reimburse", "money back"),
    ("exchange", "replace", "swap"),
    ("repair",),
    ("cancel", "withdraw"),
    ("claim",),
)
"""What a rule may grant, in the words for it. "Eligible" and "qualify" name none of these and fit each."""

_GRANTS = re.compile(
    r"\b(?:may|can)\s+(?:(?:still|also|then|generally)\s+)?(?!not\b)"
    r"|\b(?:is|are|be|remains?|stays?)\s+(?:still\s+)?(?:eligible|entitled|allowed|permitted|accepted|covered|returnable|refundable)"
    r"|\beligible\s+for\b|\bqualif(?:y|ies)\b|\b(?:has|have)\s+(?:\w+\s+){1,3}to\s+\w+|\bentitled\b|\baccepts?\b",
    re.IGNORECASE,
)
"""Words that grant something. What the seller will do within a time, or what anybody has to do, grants nothing."""

_DENIES = re.compile(
    r"\b(?:not|never|no|nor|cannot|can't|except|unless|without|only\s+after|neither)\b|n['’]t\b", re.IGNORECASE
)
_ANYTHING = frozenset(
    "item items order orders good goods product products purchase purchases article articles parcel parcels "
    "customer customers buyer buyers return returns request requests claim claims you they we".split()
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a rule and the facts decide: granted or not, and why.

    `confirmed` says that the rule is about just what the facts describe. Where it is not, the facts can show that the
    rule does not grant something, and never that it does.
    """

    granted: bool
    confirmed: bool
    detail: str
    text: int
    families: frozenset[int]


def decide(facts: Mapping[str, str], evidence: Sequence[str], context: Context = ()) -> Decided | None:
    """What the facts make of the one rule in the evidence that bounds one of them; None where no rule decides.

    A rule whose subject the facts confirm comes before others. Rules that disagree decide nothing, and nothing is
    decided where another rule denies something of just what the facts describe.
    """
    read = read_facts(facts)
    measured = [fact for fact in read if fact.quantity is not None]
    if not measured:
        return None
    readings = readings_of(evidence, context)
    sentences = [
        (number, sentence)
        for number, reading in readings
        for sentence in _SENTENCE.split(reading)
        if any(character.isdigit() for character in sentence) or _IN_WORDS.search(sentence)
    ]
    if any(refused(sentence, read) for _, reading in readings for sentence in _SENTENCE.split(reading)):
        return None
    found = [one for number, sentence in sentences for one in _by_rule(number, sentence, measured, read)]
    found = [one for one in found if one.confirmed] or found
    return found[0] if found and len({one.granted for one in found}) == 1 else None


_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_IN_WORDS = re.compile(r"\b(?:one|two|three|four|five|six|seven|ten|fourteen|thirty|sixty|ninety)\b", re.IGNORECASE)


def _by_rule(number: int, sentence: str, measured: Sequence[Fact], facts: Sequence[Fact]) -> Iterator[Decided]:
    if not _GRANTS.search(sentence) or _DENIES.search(sentence):
        return
    bounds = [one for one in quantities(sentence) if one.bound is not Bound.EXACT]
    tree = parse([sentence])[0]
    for fact in measured:
        fitting = [one for one in bounds if _bounds(one, fact, sentence)]
        if len(fitting) != 1:
            continue
        bound, value = fitting[0], fact.quantity
        assert value is not None
        within = bound.range[0] <= value.low and value.high <= bound.range[1]
        limit = " ".join(sentence[bound.begin : bound.end].split())
        detail = f"{fact.name.replace('_', ' ')}: {fact.said}, {'' if within else 'and not '}{limit}"
        others = [one for one in quantities(sentence) if one is not bound and one.start != bound.start]
        confirmed = _confirmed(tree, facts, bound) and not others
        if confirmed or not within:
            yield Decided(within, confirmed, detail, number, families(sentence))


def refused(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence denies something of what the facts describe: "Final sale items may not be returned"."""
    without = _DENIES.sub(lambda denied: "can" if denied[0].lower() in ("cannot", "can't") else " ", sentence)
    return without != sentence and _GRANTS.search(without) is not None and describes(facts, sentence)


def describes(facts: Sequence[Fact], text: str) -> bool:
    """Whether a text names a thing by a word that a fact describes it by."""
    values = {word for fact in facts if fact.said != "false" for word in _words_of(fact)}
    return any(related(word, value) for word in re.findall(r"[a-z]{4,}", text.lower()) for value in values)


def _words_of(fact: Fact) -> list[str]:
    """The words that a fact describes a thing by: those of its value, or of its name where it is only true."""
    said = " ".join(fact.names) if fact.said == "true" else "" if fact.quantity is not None else fact.said
    return re.findall(r"[a-z]{4,}", said.lower())


def families(text: str) -> frozenset[int]:
    """Which families of actions a text names."""
    words = re.findall(r"[a-z]+", text.lower())
    said = " ".join(words)
    return frozenset(
        place
        for place, family in enumerate(FAMILIES)
        if any(name in said if " " in name else any(related(word, name) for word in words) for name in family)
    )


def _bounds(bound: Quantity, fact: Fact, sentence: str) -> bool:
    """Whether a bound of a sentence is about what a fact counts: the same unit, and the fact's event beside it."""
    value = fact.quantity
    if value is None or not comparable(value, bound) or value.base != bound.base:
        return False
    event = (fact.event or "").split("_") if fact.event else fact.names
    around = re.findall(r"[a-z]+", sentence[bound.end : bound.end + 60].lower())[:6]
    around += re.findall(r"[a-z]+", sentence[: bound.begin].lower())[-6:] if fact.event is None else []
    return any(related(word, name) for word in around for name in event if len(name) > 2)


def _confirmed(tree: Tree, facts: Sequence[Fact], bound: Quantity) -> bool:
    """Whether each word that narrows the subject of a rule is the value of a fact: "damaged" of "damaged items"."""
    values = [word for fact in facts if fact.said != "false" for word in _words_of(fact)]
    subjects = [it.at for it in tree.tokens if it.dep in ("nsubj", "nsubjpass")]
    if not subjects:
        return False
    for at in subjects:
        narrowing = [at] if tree.tokens[at].word.lower() not in _ANYTHING else []
        waiting = list(tree.children[at])
        while waiting:
            child = waiting.pop()
            token = tree.tokens[child]
            if bound.begin <= token.start < bound.end:
                continue
            waiting += tree.children[child]
            if token.pos in ("ADJ", "NOUN", "PROPN", "VERB", "ADV") and token.word.lower() not in _ANYTHING:
                narrowing.append(child)
        if not all(any(related(tree.tokens[it].word.lower(), value) for value in values) for it in narrowing):
            return False
    return not any(it.dep in ("advcl", "relcl", "mark") for it in tree.tokens)
