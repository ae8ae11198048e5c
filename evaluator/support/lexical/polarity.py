"""Words that turn a statement round or change its force: negations, modal words, opposites; compared word by word.

A cue governs the words after it, up to a punctuation mark: "not eligible", "must return". What is compared is whether
the same word is negated here and not there, or may in one and must in the other.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from evaluator.support.finding import Finding
from indexer.text.tokenizer import stem

if TYPE_CHECKING:
    from evaluator.support.lexical.alignment import Alignment, Words

NEGATIONS = frozenset("not no never none nobody nothing neither nor cannot without unless except excluding n't".split())
_DENIALS = frozenset("deny denies denied denying fail fails failed lack lacks lacked refuse refuses refused".split())
"""Words that govern like negations, and say something themselves."""

_NO_NEGATION_BEFORE = frozenset("only just necessarily".split())

MODALS = {
    **dict.fromkeys("may might can could".split(), "may"),
    **dict.fromkeys("must shall".split(), "must"),
    **dict.fromkeys("should ought".split(), "should"),
}
"""Modal words by what they say: it is open to one, one has to, one had better."""

REACH = 4
"""How many words after a cue it governs."""

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

_ANSWERED = re.compile(r"\s*[,.:;!–—]")
_BREAK = re.compile(r"[.,;:!?()]")


def is_negation(word: str) -> bool:
    """Whether the word, in lower case, says that something is not so, or not so in some case."""
    return word in NEGATIONS or word.endswith("n't")


def negations(words: "Words", places: range) -> list[int]:
    """Which of the words are negations.

    "not only" is none where both of its words are among them, nor is the "No," that answers a question.
    """
    return [
        at
        for at in places
        if is_negation(words.words[at])
        and not (at + 1 in places and words.words[at + 1] in _NO_NEGATION_BEFORE)
        and not (words.words[at] == "no" and _ANSWERED.match(words.text, words.spans[at][1]))
    ]


def modals(words: "Words", places: range) -> list[int]:
    """Which of the words are modal; the month of May is none."""
    return [at for at in places if words.words[at] in MODALS and not (at and words.text[words.spans[at][0]].isupper())]


def governed(words: "Words", places: range, modal: bool) -> dict[int, int]:
    """The words among `places` that a negation, or a modal word, governs, each with the place of its cue."""
    found: dict[int, int] = {}
    cues = modals(words, places)
    if not modal:
        cues = sorted([*negations(words, places), *(at for at in places if words.words[at] in _DENIALS)])
    for at in cues:
        for place in range(at + 1, min(places.stop, at + 1 + REACH)):
            if _BREAK.search(words.text, words.spans[place - 1][1], words.spans[place][0]):
                break
            found.setdefault(place, at)
    return found


def polarity(aligned: "Alignment") -> Iterator[Finding]:
    """Negations, modal words and opposites in which claim and window disagree about a word that both have."""
    yield from _negations(aligned)
    yield from _modals(aligned)
    yield from _opposed(aligned)


def _compared(aligned: "Alignment") -> Iterator[tuple[int, list[int]]]:
    """The content words of the claim that stand in the window, and where."""
    for at in aligned.claim.content:
        if places := aligned.places.get(aligned.claim.words.stems[at]):
            yield at, places


def _negations(aligned: "Alignment") -> Iterator[Finding]:
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


def _modals(aligned: "Alignment") -> Iterator[Finding]:
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


def _opposed(aligned: "Alignment") -> Iterator[Finding]:
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


def _finding(kind: str, aligned: "Alignment", at: int, place: int, detail: str) -> Finding:
    start, end = aligned.claim.words.spans[at]
    return Finding(kind, start, end, aligned.evidence.place(*aligned.evidence.words.spans[place]), detail, against=True)
