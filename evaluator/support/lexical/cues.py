"""Words that turn a statement round or change its force: negations and modal words, and the words that they govern."""

import re

from evaluator.support.lexical.words import Words
from indexer.text.words import NEGATIONS

# A subject ("none", "nothing") or an exception ("unless") may deny a statement. Orders do not use these words.
_TURNS_ROUND = NEGATIONS | set("none nothing neither without unless except excluding n't".split())
_DENIALS = frozenset("deny denies denied denying fail fails failed lack lacks lacked refuse refuses refused".split())
"""Words that govern like negations, and are content words too."""

_NO_NEGATION_BEFORE = frozenset("only just necessarily".split())

MODALS = {
    **dict.fromkeys("may might can could".split(), "may"),
    **dict.fromkeys("must shall".split(), "must"),
    **dict.fromkeys("should ought".split(), "should"),
}
"""Modal words by their meaning: "may" allows, "must" obliges, "should" advises."""

REACH = 4
"""How many words after it a cue governs."""

_ANSWERED = re.compile(r"\s*[,.:;!–—]")
_BREAK = re.compile(r"[.,;:!?()]")


def is_negation(word: str) -> bool:
    """Whether the word, in lower case, says that something is not so, or not so in some case."""
    return word in _TURNS_ROUND or word.endswith("n't")


def negations(words: Words, places: range) -> list[int]:
    """Which of the words are negations.

    "not only" is no negation where both of its words are among them, and neither is "No," as an answer to a question.
    """
    return [
        at
        for at in places
        if is_negation(words.words[at])
        and not (at + 1 in places and words.words[at + 1] in _NO_NEGATION_BEFORE)
        and not (words.words[at] == "no" and _ANSWERED.match(words.text, words.spans[at][1]))
    ]


def modals(words: Words, places: range) -> list[int]:
    """Which of the words are modal; the month of May is none."""
    return [at for at in places if words.words[at] in MODALS and not (at and words.text[words.spans[at][0]].isupper())]


def governed(words: Words, places: range, modal: bool) -> dict[int, int]:
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
