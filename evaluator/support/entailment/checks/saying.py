"""What the checks share: a finding against a claim, images by term, the words of a domain."""

from collections.abc import Sequence

from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.support_finding import SupportFinding


def against(mine: Domain, at: int, kind: str, detail: str, *, decides: bool = False) -> SupportFinding:
    token = mine.terms.tree.tokens[at]
    return SupportFinding(kind, token.start, token.end, None, detail, against=True, decides=decides)


def by_term(pairs: Sequence[Image]) -> dict[int, list[Image]]:
    found: dict[int, list[Image]] = {}
    for image in pairs:
        found.setdefault(image.term.at, []).append(image)
    return found


def words_of(domain: Domain) -> set[str]:
    return {domain.terms.tree.tokens[at].word for at in domain.words}
