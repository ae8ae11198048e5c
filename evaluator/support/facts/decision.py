"""What trusted facts make of a rule: "Damaged items may be returned within 30 days of delivery", and 45 days passed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluator.quantities import Quantity, comparable, quantities
from evaluator.quantities.bounds import Bound
from evaluator.support.entailment.entailment import readings_of
from evaluator.support.entailment.reading.parser import parse
from evaluator.support.entailment.words.lexicon import related
from evaluator.support.facts.fact import Fact, read_facts
from evaluator.support.facts.negations import GRANTS, conditions, hindrances, may_refuse, waived
from evaluator.support.facts.subject import describes, families, unsaid
from evaluator.support.governed_texts import Context

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_IN_WORDS = re.compile(r"\b(?:one|two|three|four|five|six|seven|ten|fourteen|thirty|sixty|ninety)\b", re.IGNORECASE)
_FOR = re.compile(r"\bfor\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a rule and the facts decide: granted or not, and why.

    `confirmed` says that the rule is about just what the facts describe. Where it is not, the facts can show that the
    rule does not grant something, and never that it does. `unsaid` are then the words of the rule that no fact says.
    """

    granted: bool
    confirmed: bool
    detail: str
    text: int
    families: frozenset[int]
    unsaid: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """Facts and rules decide nothing, for a reason."""

    reason: str


def decide(facts: Mapping[str, str], evidence: Sequence[str], context: Context = ()) -> Decided | None:
    """What the facts make of the one rule in the evidence that bounds one of them; None where no rule decides."""
    found = weigh(facts, evidence, context)
    return found if isinstance(found, Decided) else None


def weigh(facts: Mapping[str, str], evidence: Sequence[str], context: Context = ()) -> Decided | Open:
    """What the facts make of the one rule in the evidence that bounds one of them, or why they make nothing of it.

    A rule whose subject the facts confirm comes before others. Rules that disagree decide nothing, and nothing is
    decided where another rule denies something of just what the facts describe.
    """
    read = read_facts(facts)
    measured = [fact for fact in read if fact.quantity is not None]
    if not measured:
        return Open("no fact is a number that a rule may bound")
    sentences = [
        (number, sentence) for number, reading in readings_of(evidence, context) for sentence in SENTENCE.split(reading)
    ]
    if (refusal := next((sentence for _, sentence in sentences if refused(sentence, read)), None)) is not None:
        return Open(f"a rule may deny it: {refusal}")
    said = [one for number, sentence in sentences for one in _by_rule(number, sentence, measured, read)]
    found = [one for one in said if isinstance(one, Decided)]
    found = [one for one in found if one.confirmed] or found
    if len({one.granted for one in found}) > 1:
        return Open("the rules disagree")
    if found:
        return found[0]
    return next((one for one in said if isinstance(one, Open)), Open("the rule names no bound that a fact measures"))


def _by_rule(number: int, sentence: str, measured: Sequence[Fact], facts: Sequence[Fact]) -> Iterator[Decided | Open]:
    plain = waived(sentence)
    if not GRANTS.search(plain) or not (any(map(str.isdigit, plain)) or _IN_WORDS.search(plain)):
        return
    if denying := hindrances(plain):
        yield Open(f"what {denying[0]!r} leaves of the rule is open: {sentence}")
        return
    counted = quantities(plain)
    tree = parse([plain])[0]
    for fact in measured:
        fitting = [one for one in counted if bounds(one, fact, plain)]
        if len(fitting) != 1:
            continue
        bound, value = fitting[0], fact.quantity
        assert value is not None
        within = holds(bound, value)
        limit = " ".join(plain[bound.begin : bound.end].split())
        detail = f"{fact.name.replace('_', ' ')}: {fact.said}, {'' if within else 'and not '}{limit}"
        lacking = unsaid(tree, facts, bound, counted_from(fact))
        lacking += [plain[one.begin : one.end] for one in counted if one is not bound and one.start != bound.start]
        lacking = lacking or conditions(plain)
        unsaid_words = ", ".join(map(repr, lacking))
        if not lacking or not within:
            yield Decided(within, not lacking, detail, number, families(plain), unsaid_words)
        else:
            yield Open(f"no fact says {unsaid_words}")


def refused(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence may deny something of what the facts describe: "Final sale items may not be returned"."""
    return describes(facts, sentence) and may_refuse(sentence)


def holds(bound: Quantity, value: Quantity) -> bool:
    """Whether a value lies within a bound."""
    return bound.range[0] <= value.low and value.high <= bound.range[1]


def counted_from(fact: Fact) -> Sequence[str]:
    """The words for what a fact counts, or for the event that it counts from."""
    return fact.event.split("_") if fact.event else fact.names


def bounds(bound: Quantity, fact: Fact, sentence: str) -> bool:
    """Whether a bound of a sentence is about what a fact counts: the same unit, and the fact's event beside it.

    "For at least 30 days" is no such bound: it promises a time, and does not say when that ends.
    """
    value = fact.quantity
    if value is None or bound.bound is Bound.EXACT or not comparable(value, bound) or value.base != bound.base:
        return False
    if bound.bound is Bound.AT_LEAST and _FOR.search(sentence[: bound.begin]):
        return False
    around = re.findall(r"[a-z]+", sentence[bound.end : bound.end + 60].lower())[:6]
    around += re.findall(r"[a-z]+", sentence[: bound.begin].lower())[-6:] if fact.event is None else []
    return any(related(word, name) for word in around for name in counted_from(fact) if len(name) > 2)
