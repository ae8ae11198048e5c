"""What the evidence only supposes, asks, or says of the past."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against, words_of
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.frames import supposed
from evaluator.support.support_finding import SupportFinding

_CONCESSIVE = frozenset("even regardless irrespective whatever however".split())


_ALLOWING = _CONCESSIVE | {"any", "all", "always", "every"}


_PAST = frozenset("previously formerly repealed".split())


_GONE_BY = frozenset("previously formerly past former earlier used".split())
_SUPPOSING = frozenset("suppose imagine assume hypothetically".split())


def frames(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """What the evidence only supposes, asks, denies or says of the past; what the claim says whatever else holds."""
    words = words_of(mine)
    if words & _GONE_BY:
        words |= _PAST
    tree = mine.terms.tree
    if words & _CONCESSIVE and not {word for one in theirs for word in words_of(one)} & _ALLOWING:
        yield against(
            mine, mine.clause.head, "concession", "the claim says it whatever else holds, the evidence does not"
        )
        return
    for one in theirs:
        tokens = one.terms.tree.tokens
        sentence = {tokens[at].word for at in one.words}
        if (sentence & _PAST) - words or (sentence & _SUPPOSING) - words:
            yield against(mine, mine.clause.head, "frame", "the evidence says it of the past, or only supposes it")
            return
    if not supposed(tree, mine.clause.head):
        head = [image for image in pairs if image.term.at == mine.clause.head] or list(pairs)
        if head and all(supposed(image.domain.terms.tree, image.other.at) for image in head):
            yield against(mine, mine.clause.head, "frame", "the evidence only supposes, asks, quotes or reports it")
