"""A case with its passages: the gold one, the distractors, and the passages as the retriever ranks them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evaluator.errors import BadFile
from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.scoring import holds_answer, holds_words
from evaluator.positions.sources import Source
from retriever.evidence.citations import Handle

CLOSED_BOOK, ORACLE = "closed_book", "oracle"
CONTROLS = (CLOSED_BOOK, ORACLE)

Others = Literal["retriever", "outdated"]
"""What stands beside the gold passage: what the retriever finds, or first its own wordings from other times."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A case, the gold passage, k - 1 others in an order drawn for the case, and the retriever's k best by rank."""

    case: SweepCase
    gold: Passage
    others: tuple[Passage, ...]
    ranked: tuple[Passage, ...] = ()

    def at(self, position: int) -> tuple[Passage, ...]:
        """The others in their order with the gold passage at this position, from 0."""
        return (*self.others[:position], self.gold, *self.others[position:])

    @property
    def dated(self) -> bool:
        """Whether prompts show when each passage is in force."""
        return self.gold.in_force is not None


def set_among(
    case: SweepCase, source: Source, k: int, seed: int, ranked: bool = False, beside: Others = "retriever"
) -> Setting:
    """The case among k passages: those that its line gives, or its outdated wordings, then the hard negatives.

    No other passage holds an answer or the gold words. BadFile where there are too few. The order depends on the seed
    and the case's id alone.
    """
    gold = case.gold or source.gold(case)
    others = [item for item in case.given if _distracts(item, case, gold)]
    if beside == "outdated":
        gold = replace(gold, numbered=True)
        wordings = _outdated(case, gold, source, k - 1)
        found = _negatives(case, gold, wordings, source, k - 1)
        others = [replace(item, numbered=True) for item in found]
    elif case.kind == "key-value":
        others = _drawn(others, case.id, seed)[: k - 1]
    else:
        others = _negatives(case, gold, others[: k - 1], source, k - 1)
    if len(others) < k - 1:
        raise BadFile(
            f"Case {case.id} has {len(others)} passages to set beside the gold one, of the {k - 1} wanted; "
            f"ask with -k {len(others) + 1} or fewer"
        )
    best = tuple(_shown(item, case) for item in source.ranked(case, k)[:k]) if ranked else ()
    return Setting(case, gold, tuple(_drawn(others, case.id, seed)), best)


def _outdated(case: SweepCase, gold: Passage, source: Source, most: int) -> list[Passage]:
    """The wordings from other times that hold no accepted answer: those with an outdated one, then the nearest."""
    if not case.outdated:
        raise BadFile(f"Case {case.id} has no field outdated, the answers that only wordings from other times hold")
    if not holds_words(gold.words, case.answers) or holds_words(gold.words, case.outdated):
        raise BadFile(f"Case {case.id}: {gold.handle} has to hold one of answers, and none of outdated: {gold.text!r}")
    found = [item for item in source.wordings(case) if _distracts(item, case, gold)]
    found.sort(key=lambda item: not holds_words(item.words, case.outdated))
    if not found or not holds_words(found[0].words, case.outdated):
        told = "" if case.later else '; wordings that come into force later count with "later": true'
        raise BadFile(f"Case {case.id}: no other wording of {gold.handle} holds one of {list(case.outdated)}{told}")
    return found[:most]


def _negatives(case: SweepCase, gold: Passage, given: list[Passage], source: Source, most: int) -> list[Passage]:
    """The given passages, then the retriever's best; it is asked for more while there are too few and it has more."""
    wanted = 2 * most + 10
    while len(given) < most:
        ranked = source.ranked(case, wanted)
        found = list(given)
        for item in ranked:
            if len(found) < most and _distracts(item, case, gold) and not any(item.text == had.text for had in found):
                found.append(_shown(item, case))
        if len(found) == most or len(ranked) < wanted or wanted >= source.most:
            return found
        wanted = min(4 * wanted, source.most)
    return given


def _distracts(item: Passage, case: SweepCase, gold: Passage) -> bool:
    """Whether it is another passage than the gold one, and holds no answer; only wordings hold outdated ones."""
    if case.kind == "key-value":
        return True
    repeats = item.text in gold.text or gold.text in item.text or _shares_a_passage(item, gold)
    if case.outdated:
        wrong = case.answers if item.outdated else (*case.answers, *case.outdated)
        return not repeats and not holds_words(item.words, wrong)
    return not repeats and not holds_answer(item.words, case.answers)


def _shares_a_passage(item: Passage, gold: Passage) -> bool:
    """Whether both are of a policy, and some passage stands in both: the block of the gold passage repeats it."""
    if item.handle is None or gold.handle is None:
        return False
    return Handle.parse(item.handle).overlaps(Handle.parse(gold.handle))


def _shown(item: Passage, case: SweepCase) -> Passage:
    """The passage, without its handle where the gold one has none: a mix of handles would show which one is gold."""
    return item if case.kind == "policy" else replace(item, handle=None)


def _drawn(items: Sequence[Passage], name: str, seed: int) -> list[Passage]:
    """The items in the order of the digest of seed, case and place, which is the same in every version of Python."""
    digests = [hashlib.sha256(f"{seed}\n{name}\n{place}".encode()).digest() for place in range(len(items))]
    return [items[place] for place in sorted(range(len(items)), key=digests.__getitem__)]
