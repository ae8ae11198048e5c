"""A prohibition ("do not restart workers"): whether a text still forbids it, in English.

It does where the verb, in any form, stands with its objects in one sentence and near a negation. A report forbids
nothing: "workers were not restarted" and "no need to restart workers" are no prohibitions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.contract.check_outcome import CheckOutcome
from evaluator.contract.layout import sentences
from indexer.text.tokenizer import terms
from indexer.text.words import NEGATIONS

_TOKEN = re.compile(r"\w+(?:['’]\w+)*|[,;:.!?]")
# A warning may begin with "avoid"; elsewhere that word denies nothing. "Without" begins a condition, so it is left out.
_NEGATIONS = NEGATIONS | {"avoid", "avoiding", "dont", "refrain"}
_FILLERS = frozenset(
    "be been being ever to from of the any a an all please try trying attempt attempting may must should can could "
    "shall will is are under circumstances kindly do one".split()
)
_REPORTS = frozenset("was were did has had have need needn".split())
_FORBIDDEN = frozenset("forbidden prohibited banned disallowed avoided".split())
_ALLOWED = frozenset("allowed permitted safe authorized authorised acceptable".split())
_OBJECT_NOISE = frozenset(
    "the a an any all your our their its this that these those it to of in on for "
    "and back has have had been was were is are be into onto up out with away down by".split()
)
_IRREGULAR = dict(
    pair.split("/")
    for pair in (
        "began/begin begun/begin bought/buy broke/break broken/break brought/bring built/build chose/choose "
        "chosen/choose driven/drive done/do drawn/draw drew/draw fed/feed forgotten/forget gave/give given/give "
        "held/hold hidden/hide kept/keep left/leave lent/lend lost/lose made/make overwritten/overwrite paid/pay "
        "ran/run running/run rewritten/rewrite rewrote/rewrite sent/send shown/show sold/sell spent/spend taken/take "
        "taught/teach threw/throw thrown/throw told/tell took/take withdrawn/withdraw withdrew/withdraw written/write "
        "wrote/write"
    ).split()
)
REACH = 14
"""How many words away from its verb a negation may stand."""

_BEFORE_ORDER = frozenset("please then and must should can may to now , ; : . ! ?".split())


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        word = _IRREGULAR.get(self.word, self.word)
        return next(iter(terms(word)), word)


@dataclass(frozen=True, slots=True)
class Prohibition:
    """What is forbidden: the verb as the warning has it, its stem, and the stems of its objects."""

    verb: str
    stem: str
    objects: tuple[str, ...]

    @classmethod
    def parse(cls, warning: str) -> "Prohibition | None":
        """The verb after the negation and the words that follow; None where there is no negation before a word."""
        tokens = _tokens(warning)
        negations = [at for at, token in enumerate(tokens) if token.word in _NEGATIONS]
        if not negations:
            return None
        rest = [token for token in tokens[negations[0] + 1 :] if token.word not in _FILLERS and token.word.isalnum()]
        if not rest:
            return None
        before = [token for token in tokens[: negations[0]] if token.word not in _FILLERS and token.word.isalnum()]
        words = [token.stem for token in (*rest[1:], *before) if token.word not in _OBJECT_NOISE]
        return cls(rest[0].word, rest[0].stem, tuple(words))

    def finding(self, answer: str) -> CheckOutcome:
        """PASS where the answer forbids it and nowhere orders it; FAIL says whether all of it or "not" is lost."""
        kept: CheckOutcome | None = None
        broken: CheckOutcome | None = None
        for sentence in sentences(answer):
            tokens = _tokens(sentence.of(answer), sentence.start)
            stems = {token.stem for token in tokens}
            if not stems.issuperset(self.objects) or tokens[-1].word == "?":
                continue
            for at, token in enumerate(tokens):
                if token.stem != self.stem:
                    continue
                place = (sentence.start, sentence.end)
                if self._negated_before(tokens, at) or _refused_after(tokens, at):
                    kept = kept or CheckOutcome("PASS", "held", "the warning is there", *place)
                elif token.word == self.verb and (at == 0 or tokens[at - 1].word in _BEFORE_ORDER):
                    said = answer[sentence.start : sentence.end][:80]
                    return CheckOutcome(
                        "FAIL", "negation_lost", f"what was forbidden is said without it: {said!r}", *place
                    )
                else:
                    broken = broken or CheckOutcome(
                        "FAIL", "negation_lost", "it is spoken of, but no longer forbidden there", *place
                    )
        return kept or broken or CheckOutcome("FAIL", "lost", "the warning is not in the answer")

    def _negated_before(self, tokens: Sequence[Token], at: int) -> bool:
        skipped = 0
        for place in range(at - 1, max(-1, at - REACH), -1):
            token = tokens[place]
            if token.word in _NEGATIONS:
                return not _undone(tokens, place)
            if token.word in ("or", "nor", *_FILLERS) or token.stem in self.objects:
                continue
            joined = any(later.word in ("or", "nor") for later in tokens[place + 1 : at])
            skipped += 1
            if token.word in ".!?;:" or not (joined or token.word == ",") or skipped > 5:
                return False
        return False


def _refused_after(tokens: Sequence[Token], at: int) -> bool:
    """Whether the sentence goes on to say that it is forbidden, or not allowed."""
    for place in range(at + 1, min(len(tokens), at + REACH)):
        word, before = tokens[place].word, tokens[place - 1].word
        if word in ".!?;":
            return False
        if word in _FORBIDDEN:
            return not any(token.word in _NEGATIONS for token in tokens[at + 1 : place])
        if word in _ALLOWED and before in ("not", "never"):
            return True
    return False


def _undone(tokens: Sequence[Token], place: int) -> bool:
    """Whether the negation is part of a report, is itself negated, or is a `no need`."""
    word, before = tokens[place].word, [token.word for token in tokens[max(0, place - 2) : place]]
    after = tokens[place + 1].word if place + 1 < len(tokens) else ""
    if word in ("avoid", "avoiding", "refrain"):
        return any(other in ("not", "never", "no", "cannot") for other in before)
    return before[-1:] != [] and (before[-1] in _REPORTS or (before[-1] in ("is", "are") and after != "to"))


def _tokens(text: str, offset: int = 0) -> list[Token]:
    """The words in lower case and the marks between clauses; `don't` and `cannot` give the two words that they join."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match[0].lower().replace("’", "'"), offset + match.start(), offset + match.end()
        if word.endswith("n't"):
            verb = {"ca": "can", "wo": "will"}.get(word[:-3], word[:-3])
            found += [Token(verb, start, end), Token("not", start, end)]
        else:
            found.append(Token(word, start, end))
    return found
