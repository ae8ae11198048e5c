"""The polarity of claim and evidence, compared word by word: negations, modal words, opposites.

A cue governs the words after it, up to a punctuation mark: "not eligible", "must return". Two texts disagree where one
negates a word and the other does not, or where one says "may" and the other "must".
"""

from collections.abc import Iterator

from evaluator.support.lexical.alignment import Alignment
from evaluator.support.lexical.cues import MODALS, governed
from evaluator.support.support_finding import SupportFinding
from indexer.text.tokenizer import stem

_OPPOSITES = """
    increase decrease, increased decreased, rise fall, rose fell, before after, allowed forbidden, allowed
    prohibited, permitted prohibited, permitted forbidden, more less, more fewer, higher lower, above below,
    accept refuse, accept reject, accepted rejected, approve deny, approved denied, approve reject, include
    exclude, eligible ineligible, valid invalid, open closed, win lose, won lost, alive dead, born died, start
    end, begin end, positive negative, north south, east west, northern southern, eastern western, male female,
    man woman, men women, boy girl, he she, father mother, son daughter, brother sister, husband wife, public
    private, internal external, domestic foreign, domestic international, major minor, earlier later, left
    right, best worst, better worse, maximum minimum, most least, success failure, buyer seller, sender
    recipient, refundable nonrefundable, possible impossible, legal illegal, lawful unlawful, true false, always
    never, with without, gain loss, profit loss, agree disagree, favorable unfavorable, active inactive, enable
    disable, authorized unauthorized, paid unpaid, opened unopened, used unused, damaged undamaged, current
    former, studio live, victory defeat
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split(","):
        one, other = (stem(word) for word in pair.split())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _opposites()
"""By stem, the stems that say the opposite."""


def polarity(aligned: Alignment) -> Iterator[SupportFinding]:
    """Negations, modal words and opposites in which claim and window disagree about a word that both have."""
    yield from _negations(aligned)
    yield from _modals(aligned)
    yield from _opposed(aligned)


def _compared(aligned: Alignment) -> Iterator[tuple[int, list[int]]]:
    """The content words of the claim that stand in the window, and where."""
    for at in aligned.claim.content:
        if places := aligned.places.get(aligned.claim.words.stems[at]):
            yield at, places


def _negations(aligned: Alignment) -> Iterator[SupportFinding]:
    claim, evidence = aligned.claim.words, aligned.evidence.words
    here = governed(claim, range(len(claim.words)), modal=False)
    there = governed(evidence, aligned.window, modal=False)
    seen: set[int] = set()
    for at, places in _compared(aligned):
        if at in here and not any(place in there for place in places):
            if here[at] not in seen:
                seen.add(here[at])
                detail = f"the claim has {claim.words[here[at]]!r} before {claim.words[at]!r}, the evidence has not"
                yield _finding("negation", aligned, here[at], places[0], detail)
        elif at not in here and all(place in there for place in places):
            cue = there[places[0]]
            if -1 - cue not in seen:
                seen.add(-1 - cue)
                detail = (
                    f"the evidence has {evidence.words[cue]!r} before {evidence.words[places[0]]!r}, the claim has not"
                )
                yield _finding("negation", aligned, at, cue, detail)


def _modals(aligned: Alignment) -> Iterator[SupportFinding]:
    claim, evidence = aligned.claim.words, aligned.evidence.words
    here = governed(claim, range(len(claim.words)), modal=True)
    there = governed(evidence, aligned.window, modal=True)
    seen: set[tuple[str, str]] = set()
    for at, places in _compared(aligned):
        ours = claim.words[here[at]] if at in here else ""
        theirs = [evidence.words[there[place]] if place in there else "" for place in places]
        if MODALS.get(ours) in {MODALS.get(word) for word in theirs} or (ours, theirs[0]) in seen:
            continue
        seen.add((ours, theirs[0]))
        cue = there.get(places[0], places[0])
        said = f"of {claim.words[at]!r} the claim says {ours or 'no modal word'!r}, "
        said += f"the evidence {theirs[0] or 'no modal word'!r}"
        yield _finding("modal", aligned, here.get(at, at), cue, said)


def _opposed(aligned: Alignment) -> Iterator[SupportFinding]:
    claim, evidence = aligned.claim, aligned.evidence.words
    there: dict[str, int] = {}
    for at in aligned.best:
        there.setdefault(evidence.stems[at], at)
    for at, word in enumerate(claim.words.stems):
        if at in claim.counted or word not in OPPOSITES or word in there:
            continue
        if found := sorted(OPPOSITES[word] & there.keys()):
            place = there[found[0]]
            detail = f"the claim says {claim.words.words[at]!r}, the evidence {evidence.words[place]!r}"
            yield _finding("opposite", aligned, at, place, detail)


def _finding(kind: str, aligned: Alignment, at: int, place: int, detail: str) -> SupportFinding:
    start, end = aligned.claim.words.spans[at]
    return SupportFinding(
        kind, start, end, aligned.evidence.place(*aligned.evidence.words.spans[place]), detail, against=True
    )
