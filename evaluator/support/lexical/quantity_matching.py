"""Which quantity of the evidence is about the same thing as one of the claim, by the words beside them and by size."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.quantities.agreement import Relation, comparable, nearness, relation
from evaluator.quantities.quantity import Quantity
from evaluator.support.lexical.alignment import Alignment
from evaluator.support.lexical.rarity import rarity
from evaluator.support.lexical.words import Words
from indexer.text.tokenizer import STOP_WORDS

BEFORE, AFTER = 5, 7
"""How many words before and after a quantity may say what it counts; those after it do so more often."""

MOST = 50
"""How many quantities of a claim are looked for in the evidence; any more are taken as absent."""

WEIGHT_BEFORE, FADING = 0.7, 0.15
WEIGHT_OF_SIZE, WEIGHT_OF_SENTENCE, WEIGHT_OF_KIND = 0.5, 0.7, 0.2
"""The weights of equal numbers, of the best sentence and of the same kind; equal words have weight 1."""


@dataclass(frozen=True, slots=True)
class Match:
    """A quantity of the claim with the quantity of the evidence that is most likely about the same thing.

    `found` is None where the evidence has nothing to compare it with. `margin` says how much likelier the best quantity
    that agrees is than the best that differs, from -2 to 2.
    """

    quantity: Quantity
    found: Quantity | None
    relation: Relation | None
    margin: float


def matches(aligned: Alignment, found: Sequence[Quantity]) -> list[Match]:
    """Each quantity of the claim, in order, with its counterpart among those `found` in the evidence."""
    places = [(other, _word_at(aligned.evidence.words, other)) for other in found]
    asked = aligned.claim.quantities
    return [
        *(_match(aligned, quantity, places) for quantity in asked[:MOST]),
        *(Match(quantity, None, None, 0.0) for quantity in asked[MOST:]),
    ]


def _match(aligned: Alignment, quantity: Quantity, places: list[tuple[Quantity, int]]) -> Match:
    around = _around(aligned, quantity)
    best: dict[Relation, tuple[float, Quantity]] = {}
    for other, at in places:
        if not comparable(quantity, other):
            continue
        found = relation(quantity, other)
        likely = (
            _shared(aligned, around, at)
            + WEIGHT_OF_SIZE * nearness(quantity, other)
            + WEIGHT_OF_SENTENCE * aligned.covered.get(aligned.evidence.sentence_of[at], 0.0)
            + WEIGHT_OF_KIND * (quantity.kind is other.kind)
        )
        if found not in best or likely > best[found][0]:
            best[found] = likely, other
    if not best:
        return Match(quantity, None, Relation.AGREES if _written(aligned, quantity) else None, 0.0)
    chosen = max(best, key=lambda found: (best[found][0], found is Relation.AGREES))
    margin = best.get(Relation.AGREES, (0.0,))[0] - best.get(Relation.DIFFERS, (0.0,))[0]
    return Match(quantity, best[chosen][1], chosen, max(-2.0, min(2.0, margin)))


def _around(aligned: Alignment, quantity: Quantity) -> dict[str, float]:
    """What the quantity counts: the stems of the words beside it, the near ones heavier; weights sum to 1."""
    words, place = aligned.claim.words, _word_at(aligned.claim.words, quantity)
    weights: dict[str, float] = {}
    for at in range(max(0, place - BEFORE), min(len(words.words), place + AFTER)):
        if at in aligned.claim.counted or words.words[at] in STOP_WORDS:
            continue
        weight = rarity(words.words[at]) * (1.0 if at > place else WEIGHT_BEFORE) / (1 + FADING * abs(at - place))
        weights[words.stems[at]] = max(weight, weights.get(words.stems[at], 0.0))
    whole = sum(weights.values())
    return {word: weight / whole for word, weight in weights.items()}


def _shared(aligned: Alignment, around: dict[str, float], place: int) -> float:
    """The weight of the words that also stand beside a quantity of the evidence, in its sentence."""
    evidence = aligned.evidence
    within = evidence.sentence(evidence.sentence_of[place])
    first, last = max(within.start, place - BEFORE - 1), min(within.stop, place + AFTER + 1)
    beside = set(evidence.words.stems[first:last])
    return sum(weight for word, weight in around.items() if word in beside)


def _written(aligned: Alignment, quantity: Quantity) -> bool:
    """Whether the evidence holds all words of the quantity, though not as a quantity that can be compared."""
    words = aligned.claim.words
    said = {
        word
        for word, (start, _) in zip(words.words, words.spans, strict=True)
        if quantity.start <= start < quantity.end
    }
    return bool(said) and said.issubset(aligned.evidence.words.words)


def _word_at(words: Words, quantity: Quantity) -> int:
    return min(bisect_left(words.spans, (quantity.start, 0)), len(words.spans) - 1)
