"""Support by evidence and trusted facts together: "Delivered 12 days ago, so eligible under P-7"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from evaluator.quantities import quantities
from evaluator.quantities.bounds import Bound
from evaluator.support.facts.decision import Decided, decide
from evaluator.support.facts.fact import read_facts
from evaluator.support.facts.subject import families
from evaluator.support.governed_texts import Context
from evaluator.support.lexical.score import FAIL_AT, Scorer, Support
from evaluator.support.lexical.words import words_of
from evaluator.support.support_finding import Place, SupportFinding
from indexer.text.tokenizer import STOP_WORDS, stem

_JOINED = re.compile(
    r"(?:\s*[,;]\s*|\s+)(?:and\s+)?(?:so|therefore|thus|hence|consequently|which\s+means(?:\s+that)?|meaning|"
    r"because|as\s+(?=it|the|you|this|that))\b\s*(?:that\s+)?|\s*[,;]\s*(?:since|as|and)\s+|\s*:\s+|\s+and\s+(?=it\s+is\b|is\b|may\b|can\b)",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\b(?:(?P<bare>in)?eligible|qualif(?:y|ies)|"
    r"(?:may|can|could|will)(?P<not>not|\s+not|\s+no\s+longer|n['’]t)?\s+(?:still\s+|now\s+)?(?:be\s+)?"
    r"(?:return(?:ed)?|refund(?:ed)?|exchange[d]?|replace[d]?|repair(?:ed)?|sen[dt]\s+back|take[n]?\s+back|go\s+back|accept(?:ed)?))\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|no\s+longer|never|cannot)\b|n['’]t\b", re.IGNORECASE)
_POLICY = re.compile(r"\b[A-Z][A-Za-z]*-?\d+(?:@\d+)?\b")
_TOO_LITTLE = STOP_WORDS | {
    stem(word)
    for word in "yes no not does do order item customer parcel product purchase request return refund policy rule "
    "eligible still qualify back under according accordingly decision result case".split()
}


class _Read(NamedTuple):
    """A claim that concludes something: granted or not, for which family of actions, and what it premises."""

    granted: bool
    start: int
    end: int
    families: frozenset[int]
    premises: tuple[str, ...]
    words: tuple[str, ...]
    policies: tuple[str, ...]


def supported(
    scorer: Scorer,
    claim: str,
    evidence: Sequence[str],
    context: Context,
    facts: Mapping[str, str],
    policies: frozenset[str] = frozenset(),
) -> Support:
    """How far evidence and facts together support a claim. `policies` are the ids of what the evidence is from.

    A conclusion ("so it is eligible") follows from the one rule that bounds a fact: 45 days are not within 30. What the
    claim premises for it has to be shown besides. Every other claim is scored with the facts among the evidence.
    """
    if not facts:
        return scorer.support(claim, evidence, context)
    said = tuple(sentence for fact in read_facts(facts) for sentence in fact.sentences())
    alone = scorer.support(claim, evidence, context)
    read = _read(claim) if alone.verdict not in ("PASS", "ERROR") else None
    decided = decide(facts, evidence, context) if read is not None else None
    if read is None or decided is None or not _concerns(read, decided, evidence, said, policies):
        return _with_facts(scorer, claim, evidence, context, said, alone)
    place = Place(decided.text, 0, len(evidence[decided.text]))
    if read.granted != decided.granted:
        against = SupportFinding("facts", read.start, read.end, place, decided.detail, against=True, decides=True)
        return Support(FAIL_AT / 2, "FAIL", (against,))
    premises = [
        _with_facts(scorer, premise, evidence, context, said, scorer.support(premise, evidence, context))
        for premise in read.premises
    ]
    if (worst := next((it for it in premises if it.verdict != "PASS"), None)) is not None:
        return worst
    shown = SupportFinding("facts", read.start, read.end, place, decided.detail, decides=True)
    return Support(1.0, "PASS", (shown, *(reason for it in premises for reason in it.reasons)))


def _with_facts(
    scorer: Scorer, claim: str, evidence: Sequence[str], context: Context, said: Sequence[str], alone: Support
) -> Support:
    """The better of what the evidence shows alone and together with the facts that share a word with the claim."""
    words = set(words_of(claim).stems) - STOP_WORDS
    near = [sentence for sentence in said if words & (set(words_of(sentence).stems) - STOP_WORDS)]
    if alone.verdict in ("PASS", "ERROR") or not near:
        return alone
    padded = (*context, *[()] * (len(evidence) - len(context)))[: len(evidence)]
    together = scorer.support(claim, (*evidence, *near), (*padded, *[()] * len(near)) if any(padded) else ())
    last = len(evidence)
    reasons = tuple(
        replace(it, place=None) if it.place is not None and it.place.text >= last else it for it in together.reasons
    )
    if together.verdict == "PASS":
        reasons += (SupportFinding("facts", 0, len(claim), None, "the trusted facts say it", decides=True),)
    return replace(together, reasons=reasons)


def _read(claim: str) -> _Read | None:
    """A claim's conclusion and its premises; None where it concludes nothing, or more than one thing."""
    cuts = [0, *(place for match in _JOINED.finditer(claim) for place in match.span()), len(claim)]
    pieces = [(cuts[at], cuts[at + 1]) for at in range(0, len(cuts), 2)]
    concluding = [(start, end) for start, end in pieces if _CONCLUSION.search(claim[start:end])]
    if len(concluding) != 1 or "?" in claim or re.search(r"\b(?:if|unless|when|whether)\b", claim, re.IGNORECASE):
        return None
    start, end = concluding[0]
    clause = claim[start:end]
    match = _CONCLUSION.search(clause)
    assert match is not None
    if any(quantity.bound is not Bound.EXACT for quantity in quantities(clause)):
        return None  # it says what the rule is, and not what follows from it
    denied = bool(match["not"] or match["bare"]) != bool(_DENIED.search(clause[: match.start()]))
    premises = tuple(
        claim[a:b].strip(" .,;") for a, b in pieces if (a, b) != (start, end) and words_of(claim[a:b]).stems
    )
    rest = f"{clause[: match.start()]} {clause[match.end() :]}"
    policies = tuple(_POLICY.findall(rest))
    words = tuple(it for it in words_of(_POLICY.sub(" ", rest)).stems if it not in _TOO_LITTLE)
    return _Read(not denied, start, end, families(clause), premises, words, policies)


def _concerns(
    read: _Read, decided: Decided, evidence: Sequence[str], said: Sequence[str], policies: frozenset[str]
) -> bool:
    """Whether what a claim concludes is what the rule grants, of these facts, under these policies."""
    known = {it for text in (evidence[decided.text], *said) for it in words_of(text).stems}
    named = {policy.split("@")[0] for policy in read.policies}
    return (
        (not read.families or not decided.families or bool(read.families & decided.families))
        and set(read.words) <= known
        and named <= policies
    )
