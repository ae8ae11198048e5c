"""The scorer by rules: PASS only what can be shown, FAIL what is contradicted, UNKNOWN everything else.

A claim passes where its propositions are found in the evidence, part by part (`entailment`), or where it is a whole
sentence of it. Words alone never pass: the lexical score only orders what has the same verdict.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from evaluator.checks.check import Verdict
from evaluator.english import OTHER_LANGUAGE, other_language
from evaluator.quantities.amounts import IN_WORDS, spelled
from evaluator.support.entailment.entailment import Entailment, entail, is_sentence, prepare
from evaluator.support.entailment.governed import turning
from evaluator.support.entailment.reading.parser import parse
from evaluator.support.governed_texts import Context
from evaluator.support.lexical.score import (
    DEFAULT_THRESHOLDS,
    FAIL_AT,
    GOVERNING_ALONE,
    PASS_AT,
    Support,
    Thresholds,
    lexical_reading,
)
from evaluator.support.lexical.words import words_of
from evaluator.support.openings import claimed
from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.tokenizer import STOP_WORDS

LONGEST_CLAIM = 2_000
"""Characters of a claim that are read; a longer one says more than one thing, and nobody can tell."""

_MARKER = re.compile(r"\[[^\[\]\s]{0,60}\d[^\[\]\s]{0,20}\]")
_LINK = re.compile(r"!?\[(?P<text>[^\[\]\n]{0,300})\](?:\([^()\s]{0,600}\)|\[[^\[\]\n]{0,100}\])")
_MARKS = re.compile(r"(?<![^\W_])[*_`]+|[*_`]+(?![^\W_])|\\(?=[^\w\s])")
_IN_WORDS = re.compile(rf"\b{IN_WORDS}\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(\d+)\s?\(\1\)")
_EDGE = " \t\r\n.,;:!?\"'“”‘’*_`-"
_OPENING = " \t\r\n'‘(*_"
_LISTED = re.compile(r"^[ \t>]*(?:[-*+•]|\(?\w{1,4}[.)])[ \t]+[*_'‘(]*\Z|\|", re.MULTILINE)


class RuleScorer:
    """Scores without a language model; the same result for the same words and the same parser."""

    def __init__(self, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> None:
        self.thresholds = thresholds

    def prepare(self, texts: Iterable[tuple[str, Sequence[str], Context]]) -> None:
        """Parses claims, evidence and context that are asked about next; many at once take less time."""
        prepare(
            (plain(claimed(claim)[0]), [plain(text) for text in evidence], _plain_context(context))
            for claim, evidence, context in texts
        )

    def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
        """How far the evidence supports the claim. `context` holds what governs each text of the evidence.

        How a sentence opens is left out: "According to the policy," says nothing that evidence could show.
        """
        said, before = claimed(claim)
        found = self._supported(said, evidence, context)
        if not before:
            return found
        moved = (replace(it, start=it.start + before, end=it.end + before) for it in found.reasons)
        return replace(found, reasons=tuple(moved))

    def _supported(self, claim: str, evidence: Sequence[str], context: Context) -> Support:
        lexical = lexical_reading(claim, evidence, context)
        place = whole_sentence(claim, evidence)
        if (
            place is not None
            and not any(map(turning, context))
            and (_stands_alone(claim) or not any(map(any, context)))
        ):
            said = SupportFinding("quoted", 0, len(claim), place, "the evidence says it word for word", decides=True)
            return Support(1.0, "PASS" if self.thresholds.pass_at <= 1 else "UNKNOWN", (said,))
        if other_language(claim):
            unread = SupportFinding("language", 0, len(claim), None, OTHER_LANGUAGE)
            return Support(_between(lexical.score), "UNKNOWN", (unread, *lexical.reasons))
        if len(claim) > LONGEST_CLAIM:
            long = SupportFinding(
                "too long", 0, len(claim), None, "the claim says too much to be read as one", against=True
            )
            return Support(_between(lexical.score), "UNKNOWN", (long, *lexical.reasons))
        found = entail(plain(claim), [plain(text) for text in evidence], _plain_context(context))
        if found.verdict == "PASS" and context and not _shares_words(claim, evidence):
            alone = SupportFinding("governing", 0, len(claim), None, GOVERNING_ALONE, against=True)
            found = Entailment("UNKNOWN", (alone,))
        decided = self._decided(found, lexical)
        if place is not None and decided.verdict == "FAIL":
            # What governs a sentence may turn it, but no word of the sentence itself is another one.
            doubts = tuple(replace(it, decides=False) for it in decided.reasons)
            return Support(_between(lexical.score), "UNKNOWN", doubts)
        return decided

    def _decided(self, found: Entailment, lexical: "Support") -> Support:
        score = lexical.score or 0.0
        contradicted = tuple(it for it in lexical.reasons if it.decides and it.against)
        if found.verdict == "PASS":
            score = PASS_AT + (1 - PASS_AT) * score
            verdict: Verdict = "PASS" if score >= self.thresholds.pass_at else "UNKNOWN"
            return Support(score, verdict, (*found.findings, *(it for it in lexical.reasons if not it.against)))
        if found.verdict == "FAIL" or contradicted:
            return Support(FAIL_AT * score, "FAIL", (*contradicted, *found.findings))
        return Support(_between(score), "UNKNOWN", (*found.findings, *lexical.reasons))


def _shares_words(claim: str, evidence: Sequence[str]) -> bool:
    """Whether the evidence itself has a word of the claim; what only governs it says nothing by itself."""
    said = set(words_of(claim).stems) - STOP_WORDS
    return any(said & set(words_of(text).stems) for text in evidence)


def plain(text: str) -> str:
    """A text without marks of citations, links and emphasis; its other words stay where they are."""
    if "[" in text:
        text = _MARKER.sub(lambda match: " " * len(match[0]), text)
        text = _LINK.sub(lambda match: match["text"].rjust(len(match[0])), text)
    return _MARKS.sub(lambda match: " " * len(match[0]), text) if _MARKS.search(text) else text


def _plain_context(context: Context) -> list[list[str]]:
    return [[plain(text) for text in governing] for governing in context]


def _stands_alone(claim: str) -> bool:
    """Whether a claim has a subject and a verb, and so says by itself what it says as an item of a list."""
    return is_sentence(parse([plain(claim)])[0])


def in_figures(text: str) -> str:
    """A text with its numbers in figures: thirty (30) days, and thirty days, as 30 days."""
    figures = _IN_WORDS.sub(lambda match: f"{spelled(match[0]):g}", text)
    return _AGAIN.sub(r"\1", figures)


def whole_sentence(claim: str, evidence: Sequence[str]) -> Place | None:
    """Where a claim stands in the evidence as whole sentences, word for word but for how numbers are written."""
    found = _whole_sentence(claim, evidence)
    if found is None:
        written = _whole_sentence(in_figures(claim), [in_figures(text) for text in evidence])
        return None if written is None else Place(written.text, 0, len(evidence[written.text]))
    return found


def _whole_sentence(claim: str, evidence: Sequence[str]) -> Place | None:
    words = [re.escape(word) for word in claim.strip(_EDGE).split()]
    if not words or len(words) > 400:
        return None
    said = " ".join(claim.strip(_EDGE).lower().split())
    if not any(said in " ".join(text.lower().split()) for text in evidence):
        return None
    pattern = re.compile(r"\s+".join(words), re.IGNORECASE)
    for number, text in enumerate(evidence):
        for match in pattern.finditer(text):
            after = text[match.end() :].lstrip("\"'”’)*_ ")
            if _begins_anew(text[: match.start()]) and (not after or after[0] in ".!?\n"):
                return Place(number, *match.span())
    return None


def _begins_anew(before: str) -> bool:
    """Whether a sentence begins behind some words that cannot turn it: no lead-in, no list, no open quotation."""
    if before.count('"') % 2 or before.count("“") > before.count("”") or not before.strip(_OPENING):
        return not before.strip(_OPENING) and '"' not in before and "“" not in before
    last = before.rstrip(_OPENING)
    if last[-1] in ".!?":
        return not _LISTED.search(before)
    above = last.rsplit("\n", 1)[-1]
    return "\n" in before[len(last) :] and last[-1] not in ":;," and above.startswith("#") and not turning([above])


def _between(score: float | None) -> float:
    """A score between the thresholds: nobody can tell."""
    return FAIL_AT + (PASS_AT - FAIL_AT) * (score or 0.0) * 0.99
