"""Words and dates in whose place the evidence has others of their kind."""

from collections.abc import Iterator, Sequence

from evaluator.quantities import Kind
from evaluator.support.entailment.checks.saying import against, words_of
from evaluator.support.entailment.counts import same_kind
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.counting import Counted
from evaluator.support.entailment.reading.likeness import CONTRARY
from evaluator.support.entailment.words.lexicon import contrast, has_contrast
from evaluator.support.support_finding import SupportFinding


def contrasted(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """A word of the claim in whose place the evidence has another of its kind: lower for higher, Monday for Friday."""
    shown = {image.term.at for image in pairs if image.sign != CONTRARY}
    for at in sorted(mine.words):
        token = mine.terms.tree.tokens[at]
        if token.pos == "ADP" or at in shown or not (has_contrast(token.lemma) or has_contrast(token.word)):
            continue
        for one in theirs:
            tree = one.terms.tree
            other = next(
                (
                    it
                    for it in sorted(one.words)
                    if contrast(token.lemma, tree.tokens[it].lemma) or contrast(token.word, tree.tokens[it].word)
                ),
                None,
            )
            same = any(tree.tokens[it].word == token.word for it in one.words)
            if other is not None and not same and "than" not in words_of(one) | words_of(mine):
                detail = f"the claim says {token.word!r}, the evidence {tree.tokens[other].word!r}"
                yield against(mine, at, "contrast", detail, decides=True)
                return


_FROM = frozenset("from since starting beginning after".split())


_UNTIL = frozenset("until till to through by before".split())


def _side(domain: Domain, counted: Counted) -> str:
    """Whether a date or time says from when, or until when."""
    tree = domain.terms.tree
    first = next((token.at for token in tree.tokens if token.end > counted.quantity.begin), 0)
    for at in (first, first - 1, first - 2):
        word = tree.tokens[at].word if at >= 0 else ""
        if word in _FROM | _UNTIL:
            return "from" if word in _FROM else "until"
    return ""


def turned_dates(mine: Domain, theirs: Sequence[Domain]) -> Iterator[SupportFinding]:
    """From a date in the claim and until it in the evidence, or the other way round."""
    for counted in mine.counted:
        here = _side(mine, counted)
        if counted.quantity.kind not in (Kind.DATE, Kind.TIME) or not here:
            continue
        there = {
            _side(one, other) for one in theirs for other in one.counted if same_kind(counted.quantity, other.quantity)
        }
        if there - {""} and here not in there:
            yield against(
                mine,
                counted.at,
                "time",
                f"the claim says {here!r} it, the evidence {min(there - {''})!r}",
                decides=True,
            )
