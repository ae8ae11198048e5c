"""Words in which a claim differs from an otherwise equal sentence; a word that reverses the sense decides."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from evaluator.quantities import Quantity, Relation, comparable, rebounded, relation
from evaluator.support.lexical.alignment import Alignment
from evaluator.support.lexical.cues import MODALS, modals, negations
from evaluator.support.lexical.words import Words
from evaluator.support.support_finding import SupportFinding

NEAR = 0.75
"""From this coverage and order on, claim and sentence are taken to differ only in single words."""

LEAD = 3
"""How many words before the first common word belong to the statement too, as in "No returns"."""


def is_near(aligned: Alignment) -> bool:
    """Whether one sentence says nearly the same in nearly the same order."""
    return max(aligned.covered.values(), default=0.0) >= NEAR and aligned.order() >= NEAR


def differences(aligned: Alignment, quantities: tuple[Quantity, ...]) -> Iterator[SupportFinding]:
    """Negations and figures in only one of claim and best sentence, and changed modal words; each decides.

    `quantities` are those of the evidence.
    """
    claim, evidence = aligned.claim.words, aligned.evidence.words
    best = aligned.best
    matcher = SequenceMatcher(None, claim.words, evidence.words[best.start : best.stop], autojunk=False)
    blocks = matcher.get_matching_blocks()[:-1]
    if not blocks:
        return
    first, last = blocks[0], blocks[-1]
    begin, end = max(0, first.b - LEAD), last.b + last.size
    for tag, a, b, c, d in matcher.get_opcodes():
        ours = range(a, b)
        theirs = range(best.start + max(c, begin), best.start + min(d, end))
        if tag != "equal" and (ours or theirs):
            yield from _turned(aligned, ours, theirs)
            if len(ours) == len(theirs) == 1 and claim.words[a].isdigit() and evidence.words[theirs[0]].isdigit():
                yield from _figure(aligned, a, theirs[0], quantities)


def _turned(aligned: Alignment, ours: range, theirs: range) -> Iterator[SupportFinding]:
    claim, evidence = aligned.claim.words, aligned.evidence.words
    here, there = negations(claim, ours), negations(evidence, theirs)
    if len(here) % 2 != len(there) % 2:
        detail = f"{_said(claim, here)} in the claim, {_said(evidence, there)} in the evidence"
        yield _finding("negation", aligned, (here or [ours.start])[0], (there or [theirs.start])[0], detail)
    here, there = modals(claim, ours), modals(evidence, theirs)
    if here and there and {MODALS[claim.words[at]] for at in here} != {MODALS[evidence.words[at]] for at in there}:
        detail = f"{_said(claim, here)} in the claim, {_said(evidence, there)} in the evidence"
        yield _finding("modal", aligned, (here or [ours.start])[0], (there or [theirs.start])[0], detail)


def _figure(aligned: Alignment, ours: int, theirs: int, quantities: tuple[Quantity, ...]) -> Iterator[SupportFinding]:
    """A figure in the place of another one, unless it follows from that, as "more than 40" follows from 41."""
    claim, evidence = aligned.claim.words, aligned.evidence.words
    one = _at(aligned.claim.quantities, claim.spans[ours])
    other = _at(quantities, evidence.spans[theirs])
    if one and other and comparable(one, other) and not rebounded(one, other):
        if relation(one, other) is not Relation.DIFFERS:
            return
    elif claim.words[ours] == evidence.words[theirs]:
        return
    detail = f"{claim.words[ours]!r} in the claim, {evidence.words[theirs]!r} in the evidence"
    yield _finding("quantity differs", aligned, ours, theirs, detail)


def _at(quantities: "tuple[Quantity, ...] | list[Quantity]", span: tuple[int, int]) -> Quantity | None:
    return next((one for one in quantities if one.start <= span[0] and span[1] <= one.end), None)


def _said(words: Words, places: list[int]) -> str:
    return " ".join(repr(words.words[at]) for at in places) or "nothing"


def _finding(kind: str, aligned: Alignment, ours: int, theirs: int, detail: str) -> SupportFinding:
    claim, evidence = aligned.claim.words.spans, aligned.evidence.words.spans
    start, end = claim[min(ours, len(claim) - 1)]
    place = aligned.evidence.place(*evidence[min(theirs, len(evidence) - 1)])
    return SupportFinding(kind, start, end, place, detail, against=True, decides=True)
