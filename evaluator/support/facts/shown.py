"""The decision that facts and rules show: not only that nothing contradicts it, but that its words decide the case."""

import re
from collections.abc import Iterator, Mapping, Sequence

from evaluator.support.entailment.entailment import readings_of
from evaluator.support.facts.decision import Decided, decide, describes, families, refused
from evaluator.support.facts.fact import Fact, read_facts
from evaluator.support.governed_texts import Context

_EXCEPTION = re.compile(r"[,;]?\s*\b(?:unless|except|other than)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n")


def shown(
    facts: Mapping[str, str],
    rules: Sequence[str],
    governing: Context = (),
    others: Sequence[str] = (),
    others_governing: Context = (),
) -> Decided | None:
    """What the rules make of the facts, where they are about just what the facts describe; None where that is open.

    `others` are the other texts that apply: a grant is not shown beside one that denies something of these facts, and
    a denial not beside one that grants.
    """
    read = read_facts(facts)
    denied = next((sentence for sentence in _denials(rules, governing, read, surely=True)), None)
    if denied is not None:
        decided = Decided(False, True, f"the rule denies it: {denied}", 0, families(denied))
    else:
        found = decide(facts, rules, governing)
        if found is None or not found.confirmed:
            return None
        decided = found
    if decided.granted:
        return None if any(_denials(others, others_governing, read, surely=False)) else decided
    return None if any(_grants(facts, others, others_governing)) else decided


def _denials(texts: Sequence[str], context: Context, facts: Sequence[Fact], surely: bool) -> Iterator[str]:
    """The sentences that deny something of what the facts describe; an exception that the facts fit lifts a denial.

    With `surely`, a sentence with an exception denies nothing: whether it is fitted may hang on what no fact says.
    """
    for _, reading in readings_of(texts, context):
        for sentence in _SENTENCE.split(reading):
            exception = _EXCEPTION.search(sentence)
            main = sentence if exception is None else sentence[: exception.start()]
            lifted = exception is not None and (surely or describes(facts, sentence[exception.end() :]))
            if not lifted and refused(main, facts):
                yield sentence


def _grants(facts: Mapping[str, str], texts: Sequence[str], context: Context) -> Iterator[Decided]:
    for place, text in enumerate(texts):
        found = decide(facts, [text], context[place : place + 1])
        if found is not None and found.granted and found.confirmed:
            yield found
