"""Where in the evidence the words of a claim stand: words with offsets, sentences, and the window with most of them.

Everything here takes time linear in the length of the evidence.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evaluator.quantities import Quantity, quantities
from evaluator.support.lexical.cues import MODALS, is_negation
from evaluator.support.lexical.rarity import rarity
from evaluator.support.lexical.words import Words, words_of
from evaluator.support.support_finding import Place
from indexer.text.sentences import sentences
from indexer.text.tokenizer import STOP_WORDS

WINDOW = 3
"""How many neighbouring sentences may say a claim together."""

LONGEST = 50
"""The most words of a sentence; further words begin a new one, since tables and lists have no full stops."""

LEAST = 0.05
"""The least weight of a content word; the rarest words weigh 1."""

_MARKER = re.compile(r"\[[^\[\]\s]{0,60}\d[^\[\]\s]{0,20}\]")
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as words. `content` are the places of words with content, without those of quantities and polarity."""

    words: Words
    quantities: list[Quantity]
    content: list[int]
    weights: dict[str, float]
    total: float
    counted: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "Claim":
        """The claim in a text, without citation markers such as [3] and [P-7@3#2]."""
        plain = _MARKER.sub(lambda marker: " " * len(marker[0]), text) if "[" in text else text
        words, found = words_of(plain), quantities(plain)
        taken = iter(found)
        current = next(taken, None)
        counted = set()
        for at, (start, _) in enumerate(words.spans):
            while current is not None and current.end <= start:
                current = next(taken, None)
            if current is not None and current.begin <= start:
                counted.add(at)
        content = [at for at, word in enumerate(words.words) if at not in counted and _says_something(word)]
        weights = {words.stems[at]: max(rarity(words.words[at]), LEAST) for at in content}
        return cls(words, found, content, weights, sum(weights.values()), frozenset(counted))

    def share_of(self, places: Iterable[int]) -> float:
        """The share of the claim's weight that some of its content words have; a word counts each time it is said."""
        weight = sum(self.weights[self.words.stems[at]] for at in places)
        return min(weight / self.total, 1.0) if self.total else 0.0

    def is_name(self, at: int) -> bool:
        """Whether the word is written as a name: with a capital, and not because a sentence begins."""
        start, end = self.words.spans[at]
        written = self.words.text[start:end]
        return (at > 0 and written[0].isupper()) or not (
            written[1:].islower() or written[1:].isdigit() or end - start < 2
        )


def _says_something(word: str) -> bool:
    return word not in STOP_WORDS and word not in MODALS and not is_negation(word) and (len(word) > 1 or word.isdigit())


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence texts as one: words, the sentence of each word, the first word of each sentence."""

    words: Words
    sentence_of: list[int]
    firsts: list[int]
    offsets: list[int]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Evidence":
        """The evidence in some texts; no sentence goes on from one to the next."""
        offsets, length = [], 0
        for text in texts:
            offsets.append(length)
            length += len(text) + len(_BETWEEN)
        words = words_of(_BETWEEN.join(texts))
        starts = sorted({*offsets, *(start for start, _ in sentences(words.text))})
        sentence_of, firsts, begun, said = [], [], 0, LONGEST
        for at, (start, _) in enumerate(words.spans):
            new = bisect_right(starts, start, begun)
            if new != begun or said >= LONGEST:
                firsts.append(at)
                begun, said = new, 0
            said += 1
            sentence_of.append(len(firsts) - 1)
        return cls(words, sentence_of, firsts, offsets)

    def sentence(self, number: int) -> range:
        return self.window(number, 1)

    def window(self, first: int, count: int) -> range:
        """The places of the words of some sentences side by side."""
        ends = [*self.firsts[first + count : first + count + 1], len(self.words.words)]
        return range(self.firsts[first], ends[0]) if first < len(self.firsts) else range(0)

    def sentence_place(self, words: range) -> Place:
        """Where the sentence of these words stands, its last mark included."""
        spans = self.words.spans
        start = spans[words.start][0]
        end = spans[words.stop][0] if words.stop < len(spans) else len(self.words.text)
        index = bisect_right(self.offsets, start)
        if index < len(self.offsets):
            end = min(end, self.offsets[index] - len(_BETWEEN))
        return self.place(start, start + len(self.words.text[start:end].rstrip()))

    def place(self, start: int, end: int) -> Place:
        """A span of the joined evidence as one of the text that it stands in."""
        index = bisect_right(self.offsets, start) - 1
        return Place(index, start - self.offsets[index], end - self.offsets[index])


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the claim's content stands in the evidence.

    `covered` is the share of the claim's weight in each sentence that holds any of it. `best` is the sentence that
    holds most. `window` is the one to three sentences that together hold most, and `places` says where each stem stands
    there.
    """

    claim: Claim
    evidence: Evidence
    covered: dict[int, float]
    best: range
    window: range
    places: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, claim: Claim, evidence: Evidence) -> "Alignment":
        weights = claim.weights
        held: dict[int, set[str]] = {}
        for at, found in enumerate(evidence.words.stems):
            if found in weights:
                held.setdefault(evidence.sentence_of[at], set()).add(found)
        covered = {number: _share(claim, stems) for number, stems in held.items()}
        best = max(covered, key=lambda number: (covered[number], -number), default=0)
        most, first = 0.0, 0
        for number in held:
            for start in range(max(0, number - WINDOW + 1), number + 1):
                share = _share(claim, set().union(*(held.get(start + step, ()) for step in range(WINDOW))))
                if share > most + 1e-12:
                    most, first = share, start
        window = evidence.window(first, WINDOW)
        places: dict[str, list[int]] = {}
        for at in window:
            places.setdefault(evidence.words.stems[at], []).append(at)
        return cls(claim, evidence, covered, evidence.sentence(best), window, places)

    def coverage(self) -> float:
        """The rarity-weighted share of the claim's content that stands in the window; 1 where it has no content."""
        if not self.claim.content:
            return 1.0 if self.claim.quantities else 0.0
        return _share(self.claim, self.places.keys() & self.claim.weights.keys())

    def order(self) -> float:
        """The share of neighbouring content words of the claim that are also near in the window, in the same order."""
        stems, weights = self.claim.words.stems, self.claim.weights
        kept = whole = 0.0
        for one, other in zip(self.claim.content, self.claim.content[1:], strict=False):
            weight, reach = min(weights[stems[one]], weights[stems[other]]), other - one + 2
            whole += weight
            after = self.places.get(stems[other], ())
            if any(0 < b - a <= reach for a in self.places.get(stems[one], ()) for b in after):
                kept += weight
        return kept / whole if whole else self.coverage()

    def focus(self) -> float:
        """The rarity-weighted share of the best sentence that the claim says."""
        words, stems = self.evidence.words.words, self.evidence.words.stems
        whole = shared = 0.0
        for at in self.best:
            if words[at] not in STOP_WORDS and not words[at].isdigit():
                weight = rarity(words[at])
                whole += weight
                shared += weight if stems[at] in self.claim.weights else 0.0
        return shared / whole if whole else 0.0

    def missing(self) -> list[int]:
        """The content words of the claim that the window does not hold."""
        return [at for at in self.claim.content if self.claim.words.stems[at] not in self.places]

    def nowhere(self, places: Sequence[int]) -> list[int]:
        """Those of some words of the claim that the whole evidence does not hold."""
        said = set(self.evidence.words.stems) if places else ()
        return [at for at in places if self.claim.words.stems[at] not in said]


def _share(claim: Claim, stems: "set[str]") -> float:
    return sum(claim.weights[found] for found in sorted(stems)) / claim.total if claim.total else 0.0
