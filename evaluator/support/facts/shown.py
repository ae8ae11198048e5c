"""The decision that facts and rules show: not only that nothing contradicts it, but that its words decide the case."""

from collections.abc import Iterator, Mapping, Sequence

from evaluator.quantities import quantities
from evaluator.support.entailment.entailment import readings_of
from evaluator.support.facts.decision import (
    SENTENCE,
    Decided,
    Open,
    bounds,
    counted_from,
    decide,
    holds,
    refused,
    weigh,
)
from evaluator.support.facts.fact import Fact, read_facts
from evaluator.support.facts.negations import EXCEPTION, denial
from evaluator.support.facts.subject import describes, families, unsaid
from evaluator.support.governed_texts import Context


def shown(
    facts: Mapping[str, str],
    rules: Sequence[str],
    governing: Context = (),
    others: Sequence[str] = (),
    others_governing: Context = (),
) -> Decided | Open:
    """What the rules make of the facts, where they are about just what the facts describe; else why that is open.

    `others` are the other texts that apply: a grant is not shown beside one that denies something of these facts, and
    a denial not beside one that grants.
    """
    read = read_facts(facts)
    denied = next((one for one in _sentences(rules, governing) if _surely_denied(one, read)), None)
    decided: Decided | Open
    if denied is not None:
        decided = Decided(False, True, f"the rule denies it: {denied}", 0, families(denied))
    else:
        decided = weigh(facts, rules, governing)
    if isinstance(decided, Open):
        return decided
    if not decided.confirmed:
        return Open(f"the rule does not grant it ({decided.detail}), and no fact says {decided.unsaid}")
    if decided.granted:
        denies = next((one for one in _sentences(others, others_governing) if _may_be_denied(one, read)), None)
        return decided if denies is None else Open(f"another rule may deny it: {denies}")
    grants = next(_grants(facts, others, others_governing), None)
    return decided if grants is None else Open(f"another rule grants it: {grants.detail}")


def _sentences(texts: Sequence[str], context: Context) -> Iterator[str]:
    return (sentence for _, reading in readings_of(texts, context) for sentence in SENTENCE.split(reading))


def _may_be_denied(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence denies something of what the facts describe; an exception that the facts fit lifts it."""
    exception = EXCEPTION.search(sentence)
    if exception is None:
        return refused(sentence, facts)
    return not describes(facts, sentence[exception.end() :]) and refused(sentence[: exception.start()], facts)


def _surely_denied(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence denies just what the facts describe. An exception may hang on what no fact says."""
    tree = None if EXCEPTION.search(sentence) else denial(sentence)
    if tree is None:
        return False
    counted = quantities(tree.text)
    if not counted:
        return describes(facts, sentence) and not unsaid(tree, facts)
    fitting = [(fact, one) for fact in facts for one in counted if bounds(one, fact, tree.text)]
    if len(counted) != 1 or len(fitting) != 1:
        return False
    ((fact, bound),) = fitting
    assert fact.quantity is not None
    return holds(bound, fact.quantity) and not unsaid(tree, facts, bound, counted_from(fact))


def _grants(facts: Mapping[str, str], texts: Sequence[str], context: Context) -> Iterator[Decided]:
    for place, text in enumerate(texts):
        found = decide(facts, [text], context[place : place + 1])
        if found is not None and found.granted and found.confirmed:
            yield found
