"""Support: does the evidence say what the claim says? A score between 0 and 1, a verdict, and what decided.

No language model is used. A logistic function weighs about eleven measures of alignment, quantities and polarity. Its
coefficients are in `weights.json`, fitted by `scripts/bench grounding --fit`. Two things decide alone: a claim that
stands in the evidence word for word passes, and a claim that contradicts it fails.
"""

import json
import math
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

from evaluator.checks.check import Verdict
from evaluator.english import OTHER_LANGUAGE, other_language
from evaluator.quantities import Relation, quantities, rebounded
from evaluator.support.governed_texts import Context, GovernedTexts
from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.cues import is_negation
from evaluator.support.lexical.difference import differences, is_near
from evaluator.support.lexical.polarity import polarity
from evaluator.support.lexical.quantity_matching import Match, matches
from evaluator.support.lexical.words import words_of
from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.whole_words import places_of

PASS_AT, FAIL_AT = 0.5, 0.3
"""A claim passes from the first score on, and fails up to the second; between them nobody can tell."""

SURE = 1.0
"""How much likelier a quantity that differs must be than any that agrees, to decide where sentences are less alike."""


LONG = 20
"""In evidence of more sentences, a name of the claim that none of them has counts more."""


CLEAR = 0.7
"""From this share of the claim in one sentence on, a negation in only one of them leaves the verdict in doubt."""

GOVERNING_ALONE = "only the words that govern the evidence say this, and not the evidence itself"

RESTRICTING = frozenset({"only", "solely", "exclusively"})


class Thresholds(NamedTuple):
    """PASS at or above the first, FAIL at or below the second."""

    pass_at: float = PASS_AT
    fail_at: float = FAIL_AT

    def verdict(self, score: float) -> Verdict:
        if score >= self.pass_at:
            return "PASS"
        return "FAIL" if score <= self.fail_at else "UNKNOWN"


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Support:
    """How far evidence supports a claim; the score is None where it could not be scored."""

    score: float | None
    verdict: Verdict
    reasons: tuple[SupportFinding, ...]

    def content(self) -> dict[str, Any]:
        return {
            "score": None if self.score is None else round(self.score, 6),
            "verdict": self.verdict,
            "reasons": [reason.content() for reason in self.reasons],
        }


class Scorer(Protocol):
    """What says how far evidence supports a claim."""

    def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
        """How far the evidence supports the claim. Where nobody can score it: ERROR and the reason, no exception.

        `context` holds the words that govern each text of the evidence. They decide how it is meant, and support
        nothing by themselves.
        """
        ...


FEATURES = (
    "coverage",
    "order",
    "focus",
    "names_missing",
    "names_nowhere",
    "quantities_differ",
    "quantities_absent",
    "quantity_margin",
    "negation",
    "modal",
    "opposite",
)
"""The names of what the score weighs; `Reading.features` gives their values."""


def lexical_reading(claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
    """The lexical score of a claim, with all that was found of its words."""
    return LexicalScorer()._scored(claim, evidence, context)


class LexicalScorer:
    """The scorer by words alone, no judge by itself: the same result for the same words."""

    def __init__(self, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> None:
        self.thresholds = thresholds

    def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
        found = self._scored(claim, evidence, context)
        if found.score is None or not other_language(claim) or any(it.kind == "quoted" for it in found.reasons):
            return found
        unread = SupportFinding("language", 0, len(claim), None, OTHER_LANGUAGE)
        return Support(_doubtful(found.score), "UNKNOWN", (unread, *found.reasons))

    def _scored(self, claim: str, evidence: Sequence[str], context: Context) -> Support:
        if not any(map(any, context)):
            return self._read(read(claim, evidence))
        # "The following are excluded: damage" is a sentence with its colon, "You must not send: food" is one without.
        supports = [self._governed(claim, GovernedTexts.of(evidence, context, run_on)) for run_on in (True, False)]
        return max(supports, key=lambda support: (support.verdict == "PASS", support.score))

    def _governed(self, claim: str, governed: GovernedTexts) -> Support:
        reading = read(claim, governed.texts)
        support = self._read(reading)
        reasons = governed.findings(support.reasons)
        if support.verdict == "PASS" and not any(map(governed.place, reading.places())):
            alone = SupportFinding("governing", 0, len(claim), None, GOVERNING_ALONE, against=True)
            return Support(_doubtful(reading.score()), "UNKNOWN", (alone, *reasons))
        return replace(support, reasons=reasons)

    def _read(self, reading: "Reading") -> Support:
        score = reading.score()
        verdict = "FAIL" if reading.refuted else self.thresholds.verdict(score)
        if verdict == "PASS" and reading.in_doubt and not reading.quoted:
            verdict = "UNKNOWN"  # at any threshold
        return Support(score, verdict, reading.reasons())


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim beside its evidence: the alignment and the findings; those that decide come first."""

    aligned: Alignment
    matches: tuple[Match, ...]
    findings: tuple[SupportFinding, ...]
    near: bool
    quoted: bool

    @property
    def in_doubt(self) -> bool:
        """Whether a sentence says nearly all of the claim and may still mean something else.

        Only one of them negates something, only the claim says "only", or a quantity may or may not be the same.
        """
        if max(self.aligned.covered.values(), default=0.0) >= CLEAR:
            said = self.aligned.claim.words.words
            there = {self.aligned.evidence.words.words[at] for at in self.aligned.window}
            if any(word in RESTRICTING and word not in there for word in said):
                return True
            if any(finding.kind == "negation" and finding.against for finding in self.findings):
                return True
        return self.near and any(
            match.found is not None
            and match.relation is Relation.OPEN
            and (match.quantity.low, match.quantity.base) != (match.found.low, match.found.base)
            for match in self.matches
        )

    @property
    def refuted(self) -> bool:
        """Whether a disagreement decides by itself."""
        return any(finding.decides and finding.against for finding in self.findings)

    def features(self) -> tuple[float, ...]:
        """The values that the score weighs, in the order of FEATURES."""
        aligned, claim = self.aligned, self.aligned.claim
        count = len(self.matches) or 1
        names = [at for at in aligned.missing() if claim.is_name(at)]
        nowhere = aligned.nowhere(names) if len(aligned.evidence.firsts) > LONG else ()
        kinds = {finding.kind for finding in self.findings}
        return (
            aligned.coverage(),
            aligned.order(),
            aligned.focus(),
            claim.share_of(names),
            claim.share_of(nowhere),
            sum(match.relation is Relation.DIFFERS for match in self.matches) / count,
            sum(match.relation is None for match in self.matches) / count,
            max(-2.0, min(2.0, math.fsum(match.margin for match in self.matches))),
            float("negation" in kinds),
            float("modal" in kinds),
            float("opposite" in kinds),
        )

    def score(self) -> float:
        """The score from 0 to 1: 1 for a claim that stands there word for word, at most FAIL_AT for a refuted one.

        It is below PASS_AT where the verdict is in doubt.
        """
        if self.quoted:
            return 1.0
        intercept, factors = _weights()
        score = logistic(intercept + math.fsum(map(operator.mul, factors, self.features())))
        if self.refuted:
            return FAIL_AT * score
        return _doubtful(score) if self.in_doubt else score

    def places(self) -> Iterator[Place]:
        """Where words of the claim stand in the evidence."""
        if self.quoted:
            yield from (finding.place for finding in self.findings if finding.place is not None)
            return
        aligned, evidence = self.aligned, self.aligned.evidence
        words = aligned.claim.words
        said = {words.stems[at] for at in (*aligned.claim.content, *aligned.claim.counted)}
        for stem in said & aligned.places.keys():
            yield from (evidence.place(*evidence.words.spans[at]) for at in aligned.places[stem])
        for match in self.matches:
            if match.found is not None and match.relation is Relation.AGREES:
                yield evidence.place(match.found.begin, match.found.end)

    def reasons(self) -> tuple[SupportFinding, ...]:
        """The findings, then the words that are missing, then where the claim was looked for."""
        return self.findings if self.quoted else (*self.findings, *self._missing(), *self._found())

    def _missing(self) -> Iterator[SupportFinding]:
        claim = self.aligned.claim
        for at in self.aligned.missing():
            start, end = claim.words.spans[at]
            kind = "name missing" if claim.is_name(at) else "word missing"
            detail = f"no {claim.words.text[start:end]!r} where the claim was found"
            yield SupportFinding(kind, start, end, None, detail, against=True)

    def _found(self) -> Iterator[SupportFinding]:
        if covered := self.aligned.covered:
            place = self.aligned.evidence.sentence_place(self.aligned.best)
            detail = f"{max(covered.values()):.0%} of the claim by weight stands here"
            yield SupportFinding("aligned", 0, len(self.aligned.claim.words.text), place, detail)


def read(claim: str, evidence: Sequence[str]) -> Reading:
    aligned = Alignment.of(Claim.of(claim), Evidence.of(evidence))
    if found := quoted(claim, evidence):
        return Reading(aligned, (), (found,), near=True, quoted=True)
    near = is_near(aligned)
    counted = quantities(aligned.evidence.words.text) if near or aligned.claim.quantities else []
    matched = tuple(matches(aligned, counted))
    findings = [*(_of_quantity(aligned, match, near) for match in matched), *polarity(aligned)]
    if near:
        findings += differences(aligned, tuple(counted))
    findings.sort(key=lambda finding: (not finding.decides, not finding.against, finding.start))
    return Reading(aligned, matched, tuple(findings), near, quoted=False)


def _of_quantity(aligned: Alignment, match: Match, near: bool) -> SupportFinding:
    quantity, found = match.quantity, match.found
    said = aligned.claim.words.text[quantity.begin : quantity.end]
    kind = f"quantity {match.relation or 'absent'}"
    against = match.relation is not Relation.AGREES
    if found is None:
        detail = f"the evidence says nothing to compare {said!r} with" if against else f"the evidence too says {said!r}"
        return SupportFinding(kind, quantity.begin, quantity.end, None, detail, against)
    there = aligned.evidence.words.text[found.begin : found.end]
    detail = f"the claim says {said!r}, the evidence {there!r}"
    place = aligned.evidence.place(found.begin, found.end)
    changed = near and rebounded(quantity, found)
    decides = changed or (match.relation is Relation.DIFFERS and (near or match.margin <= -SURE))
    kind = "quantity differs" if changed else kind
    return SupportFinding(kind, quantity.begin, quantity.end, place, detail, against or changed, decides)


_ENDS = " \t\r\n.,;:!?\"'“”‘’"
_SENTENCE_END = re.compile(r"[.!?\n]")


def quoted(claim: str, evidence: Sequence[str]) -> SupportFinding | None:
    """Where the claim stands word for word, case and white space aside, and not after a negation in its sentence."""
    words = claim.strip(_ENDS).lower().split()
    whole = " ".join(words)
    for index, text in enumerate(evidence):
        if not whole or whole not in " ".join(text.lower().split()):
            continue
        for start, end in places_of(words, text):
            before = _SENTENCE_END.split(text[max(0, start - 80) : start])[-1]
            if not any(map(is_negation, words_of(before).words)):
                place = Place(index, start, end)
                return SupportFinding(
                    "quoted", 0, len(claim), place, "the evidence says it word for word", decides=True
                )
    return None


def _doubtful(score: float) -> float:
    """A score between the thresholds: nobody can tell."""
    return FAIL_AT + (PASS_AT - FAIL_AT) * score / 2


def logistic(value: float) -> float:
    """1 / (1 + e^-x), without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


@cache
def _weights() -> tuple[float, list[float]]:
    content = json.loads(files("evaluator.support.lexical").joinpath("weights.json").read_text(encoding="utf-8"))
    return content["intercept"], [content["weights"][name] for name in FEATURES]
